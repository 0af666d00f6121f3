"""The OAuth endpoints: token exchange, and the authorization code grant of the legacy installation.

Access tokens are offline tokens that expire, and refresh tokens rotate. Other kinds of tokens are refused.
"""

import secrets
import time
from contextlib import suppress
from urllib.parse import urlencode

import jwt
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from devstore.signatures import query_hmac
from devstore.state import Record
from devstore.store import Store, fields, store_and_shop

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ACCESS_SECONDS, REFRESH_SECONDS = 3600, 90 * 24 * 3600


async def token_endpoint(request: Request) -> Response:
    """POST /{shop}/admin/oauth/access_token, as a form or as JSON."""
    store, shop = store_and_shop(request)
    try:
        return JSONResponse(_grant(store, shop, await fields(request)))
    except HTTPException as refusal:
        return JSONResponse({"error": refusal.detail}, refusal.status_code)


async def authorize(request: Request) -> Response:
    """GET admin/oauth/authorize, the legacy installation: consent at once, and redirect to the app with a code."""
    (store, shop), params, code = store_and_shop(request), request.query_params, secrets.token_hex(16)
    back = f"{store.config.app_url}/auth/callback"
    if (params.get("client_id"), params.get("redirect_uri")) != (store.config.api_key, back):
        raise HTTPException(400, "invalid_request")
    store.state.put("installation", shop, "app", {"scopes": params["scope"]})
    store.state.put("code", shop, code, {})
    query = {"code": code, "shop": shop, "state": params["state"], "timestamp": str(int(time.time()))}
    return RedirectResponse(f"{back}?{urlencode(query | {'hmac': query_hmac(query, store.config.api_secret)})}")


def is_access_token(store: Store, shop: str, token: str) -> bool:
    grant = store.state.get("access_token", shop, token)
    return grant is not None and grant["until"] > time.time()


def _grant(store: Store, shop: str, body: Record) -> Record:
    if (body.get("client_id"), body.get("client_secret")) != (store.config.api_key, store.config.api_secret):
        raise HTTPException(400, "invalid_client")
    if not store.installed(shop):
        raise HTTPException(400, "application_not_installed")
    if body.get("grant_type") == "refresh_token":
        return _refresh(store, shop, body.get("refresh_token", ""))
    if "code" in body:
        if store.state.get("code", shop, body["code"]) is None:
            raise HTTPException(400, "invalid_request")
        store.state.clear("code", shop)
    elif (body.get("grant_type"), body.get("subject_token_type")) != (EXCHANGE, ID_TOKEN):
        raise HTTPException(400, "unsupported_grant_type")
    else:
        _verify(store, shop, body.get("subject_token", ""))
        if body.get("requested_token_type") != OFFLINE:
            raise HTTPException(400, "invalid_requested_token_type")
    if str(body.get("expiring")) != "1":
        raise HTTPException(400, "non_expiring_tokens_not_allowed")
    return _pair(store, shop)


def _verify(store: Store, shop: str, token: str) -> None:
    key, secret = store.config.api_key, store.config.api_secret
    with suppress(jwt.InvalidTokenError):
        claims = jwt.decode(token, secret, ["HS256"], {"require": ["exp", "dest"]}, audience=key, leeway=10)
        if claims["dest"] == f"https://{shop}":
            return
    raise HTTPException(400, "invalid_subject_token")


def _refresh(store: Store, shop: str, token: str) -> Record:
    """Rotate a refresh token.

    The old refresh token returns the same new pair again, until the refresh token of that pair is used.
    """
    grant = store.state.get("refresh_token", shop, token)
    if grant is None or grant["retired"] or grant["until"] < time.time():
        raise HTTPException(400, "invalid_grant")
    if grant["successor"] is None:
        grant["successor"] = _pair(store, shop, replaces=token)
        store.state.put("refresh_token", shop, token, grant)
        before = store.state.get("refresh_token", shop, grant["replaces"])
        if before:
            store.state.put("refresh_token", shop, grant["replaces"], before | {"retired": True})
    successor: Record = grant["successor"]
    return successor


def _pair(store: Store, shop: str, replaces: str = "") -> Record:
    access, refresh, now = f"shpat_{secrets.token_hex(16)}", f"shprt_{secrets.token_hex(16)}", time.time()
    store.state.put("access_token", shop, access, {"until": now + ACCESS_SECONDS})
    grant = {"until": now + REFRESH_SECONDS, "replaces": replaces, "successor": None, "retired": False}
    store.state.put("refresh_token", shop, refresh, grant)
    return {
        "access_token": access,
        "scope": (store.state.get("installation", shop, "app") or {})["scopes"],
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh,
        "refresh_token_expires_in": REFRESH_SECONDS,
    }
