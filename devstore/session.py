"""What the storefront keeps per browser: a cart, and who is logged in. One cookie per shop."""

import secrets

from starlette.requests import Request
from starlette.responses import Response

from devstore.state import Record
from devstore.store import shop_of, store_of

COOKIE = "devstore_session"
ADA = {"id": 9001000000001, "email": "ada@shopper.example", "first_name": "Ada", "last_name": "Shopper"}


def load(request: Request) -> Record:
    """The session of this browser, or a fresh one that is not stored yet."""
    token = request.cookies.get(COOKIE, "")
    known = store_of(request).state.get("session", shop_of(request), token)
    return known or {"token": secrets.token_urlsafe(16), "items": [], "customer": None}


def save(request: Request, session: Record, response: Response) -> Response:
    shop = shop_of(request)
    store_of(request).state.put("session", shop, session["token"], session)
    response.set_cookie(COOKIE, session["token"], path=f"/{shop}", httponly=True, samesite="lax")
    return response


def customer_id(request: Request) -> str | None:
    customer = load(request)["customer"]
    return str(customer["id"]) if customer else None
