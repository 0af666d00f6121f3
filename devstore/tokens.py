"""The token endpoint: token exchange, expiring offline tokens, rotating refresh tokens."""

import json
import secrets
import time
from urllib.parse import parse_qsl

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstore.signatures import STAFF_ID
from devstore.state import Record
from devstore.store import Store, shop_of, store_of

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
ACCESS_SECONDS = 3600
ONLINE_SECONDS = 86399
REFRESH_SECONDS = 90 * 24 * 3600
STAFF = {
    "id": int(STAFF_ID),
    "first_name": "Mona",
    "last_name": "Merchant",
    "email": "mona@artify-demo.example",
    "email_verified": True,
    "account_owner": True,
    "locale": "en",
    "collaborator": False,
}


async def token_endpoint(request: Request) -> Response:
    """POST /{shop}/admin/oauth/access_token, as a form or as JSON."""
    store, shop, params = store_of(request), shop_of(request), await _params(request)
    client = (params.get("client_id"), params.get("client_secret"))
    if client != (store.config.api_key, store.config.api_secret):
        return _refused("invalid_client")
    if not store.installation(shop):
        return _refused("application_not_installed")
    if params.get("grant_type") == "refresh_token":
        return _refresh(store, shop, params.get("refresh_token", ""))
    if params.get("grant_type") == EXCHANGE and params.get("subject_token_type") == ID_TOKEN:
        return _exchange(store, shop, params)
    return _refused("unsupported_grant_type")


def is_access_token(store: Store, shop: str, token: str) -> bool:
    grant = store.state.get("access_token", shop, token)
    return grant is not None and (grant["until"] is None or grant["until"] > time.time())


def revoke_all(store: Store, shop: str) -> None:
    for kind in ("access_token", "refresh_token"):
        store.state.clear(kind, shop)


async def _params(request: Request) -> dict[str, str]:
    body = (await request.body()).decode()
    if "json" in request.headers.get("content-type", ""):
        return {name: str(value) for name, value in json.loads(body).items()}
    return dict(parse_qsl(body))


def _exchange(store: Store, shop: str, params: dict[str, str]) -> Response:
    try:
        claims = jwt.decode(
            params.get("subject_token", ""),
            store.config.api_secret,
            algorithms=["HS256"],
            audience=store.config.api_key,
            leeway=10,
            options={"require": ["exp", "nbf", "iss", "dest", "aud", "sub"]},
        )
    except jwt.InvalidTokenError:
        return _refused("invalid_subject_token")
    if claims["dest"] != f"https://{shop}":
        return _refused("invalid_subject_token")
    match params.get("requested_token_type"):
        case str(kind) if kind == OFFLINE:
            return JSONResponse(_offline(store, shop, expiring=params.get("expiring") in ("1", "True")))
        case str(kind) if kind == ONLINE:
            return JSONResponse(_online(store, shop))
    return _refused("invalid_requested_token_type")


def _refresh(store: Store, shop: str, token: str) -> Response:
    """Rotate. The old refresh token answers the same pair again until that pair's own is used."""
    grant = store.state.get("refresh_token", shop, token)
    if grant is None or grant["retired"] or grant["until"] < time.time():
        return _refused("invalid_grant")
    if grant["successor"] is None:
        grant["successor"] = _offline(store, shop, expiring=True, replaces=token)
        store.state.put("refresh_token", shop, token, grant)
        _retire(store, shop, grant["replaces"])
    return JSONResponse(grant["successor"])


def _retire(store: Store, shop: str, token: str | None) -> None:
    grant = store.state.get("refresh_token", shop, token) if token else None
    if grant and token:
        store.state.put("refresh_token", shop, token, {**grant, "retired": True})


def _offline(store: Store, shop: str, *, expiring: bool, replaces: str | None = None) -> Record:
    answer: Record = {"access_token": _new_access(store, shop, ACCESS_SECONDS if expiring else None)}
    answer["scope"] = store.manifest.scopes
    if expiring:
        refresh = f"shprt_{secrets.token_hex(16)}"
        answer |= {"expires_in": ACCESS_SECONDS, "refresh_token": refresh, "refresh_token_expires_in": REFRESH_SECONDS}
        grant = {"until": time.time() + REFRESH_SECONDS, "replaces": replaces, "successor": None, "retired": False}
        store.state.put("refresh_token", shop, refresh, grant)
    return answer


def _online(store: Store, shop: str) -> Record:
    return {
        "access_token": _new_access(store, shop, ONLINE_SECONDS),
        "scope": store.manifest.scopes,
        "expires_in": ONLINE_SECONDS,
        "associated_user_scope": store.manifest.scopes,
        "associated_user": STAFF,
    }


def _new_access(store: Store, shop: str, seconds: int | None) -> str:
    token = f"shpat_{secrets.token_hex(16)}"
    store.state.put("access_token", shop, token, {"until": seconds and time.time() + seconds})
    return token


def _refused(error: str) -> Response:
    return JSONResponse({"error": error, "error_description": error.replace("_", " ").capitalize()}, 400)
