"""The token endpoint: token exchange, expiring offline tokens, rotating refresh tokens."""

import secrets
import time

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstore.catalog import SEED
from devstore.state import Record
from devstore.store import Store, fields, here

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
REQUIRED = ["exp", "iss", "dest", "sub"]
ACCESS_SECONDS, ONLINE_SECONDS, REFRESH_SECONDS = 3600, 86399, 90 * 24 * 3600


class RefusedError(Exception):
    """Its message is the OAuth error code; the answer is a 400."""


async def token_endpoint(request: Request) -> Response:
    """POST /{shop}/admin/oauth/access_token, as a form or as JSON."""
    store, shop = here(request)
    try:
        return JSONResponse(_grant(store, shop, await fields(request)))
    except RefusedError as refusal:
        return JSONResponse({"error": str(refusal)}, 400)


def is_access_token(store: Store, shop: str, token: str) -> bool:
    grant = store.state.get("access_token", shop, token)
    return grant is not None and (grant["until"] is None or grant["until"] > time.time())


def _grant(store: Store, shop: str, wish: Record) -> Record:
    if (wish.get("client_id"), wish.get("client_secret")) != (store.config.api_key, store.config.api_secret):
        raise RefusedError("invalid_client")
    if not store.installed(shop):
        raise RefusedError("application_not_installed")
    if wish.get("grant_type") == "refresh_token":
        return _refresh(store, shop, wish.get("refresh_token", ""))
    if (wish.get("grant_type"), wish.get("subject_token_type")) != (EXCHANGE, ID_TOKEN):
        raise RefusedError("unsupported_grant_type")
    _verify(store, shop, wish.get("subject_token", ""))
    if wish.get("requested_token_type") == ONLINE:
        return _online(store, shop)
    if wish.get("requested_token_type") != OFFLINE:
        raise RefusedError("invalid_requested_token_type")
    return _offline(store, shop, expiring=str(wish.get("expiring")) in ("1", "True"))


def _verify(store: Store, shop: str, token: str) -> None:
    key, secret = store.config.api_key, store.config.api_secret
    try:
        claims = jwt.decode(token, secret, ["HS256"], {"require": REQUIRED}, audience=key, leeway=10)
    except jwt.InvalidTokenError as fault:
        raise RefusedError("invalid_subject_token") from fault
    if claims["dest"] != f"https://{shop}":
        raise RefusedError("invalid_subject_token")


def _refresh(store: Store, shop: str, token: str) -> Record:
    """Rotate. The old refresh token answers the same pair again, until that pair's own is used."""
    grant = store.state.get("refresh_token", shop, token)
    if grant is None or grant["retired"] or grant["until"] < time.time():
        raise RefusedError("invalid_grant")
    if grant["successor"] is None:
        grant["successor"] = _offline(store, shop, expiring=True, replaces=token)
        store.state.put("refresh_token", shop, token, grant)
        before = store.state.get("refresh_token", shop, grant["replaces"])
        if before:
            store.state.put("refresh_token", shop, grant["replaces"], before | {"retired": True})
    successor: Record = grant["successor"]
    return successor


def _offline(store: Store, shop: str, *, expiring: bool, replaces: str = "") -> Record:
    access = _new_access(store, shop, ACCESS_SECONDS if expiring else None)
    if not expiring:
        return {"access_token": access, "scope": store.scopes}
    refresh, until = f"shprt_{secrets.token_hex(16)}", time.time() + REFRESH_SECONDS
    grant = {"until": until, "replaces": replaces, "successor": None, "retired": False}
    store.state.put("refresh_token", shop, refresh, grant)
    return {
        "access_token": access,
        "scope": store.scopes,
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh,
        "refresh_token_expires_in": REFRESH_SECONDS,
    }


def _online(store: Store, shop: str) -> Record:
    return {
        "access_token": _new_access(store, shop, ONLINE_SECONDS),
        "scope": store.scopes,
        "expires_in": ONLINE_SECONDS,
        "associated_user_scope": store.scopes,
        "associated_user": SEED["staff"],
    }


def _new_access(store: Store, shop: str, seconds: int | None) -> str:
    token = f"shpat_{secrets.token_hex(16)}"
    store.state.put("access_token", shop, token, {"until": seconds and time.time() + seconds})
    return token
