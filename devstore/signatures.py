"""The signatures of Shopify's requests, all keyed with the app's secret."""

import base64
import hmac
import time
from collections.abc import Iterable
from urllib.parse import urlencode
from uuid import uuid4

import jwt

from devstore.catalog import SEED

ID_TOKEN_SECONDS = 60


def id_token(shop: str, key: str, secret: str) -> str:
    """An ID token (session token) as App Bridge hands it out: HS256, good for a minute."""
    now, origin = int(time.time()), f"https://{shop}"
    times = {"exp": now + ID_TOKEN_SECONDS, "nbf": now, "iat": now}
    claims = {"iss": f"{origin}/admin", "dest": origin, "aud": key, "sub": str(SEED["staff"]["id"]), **times}
    claims |= {"jti": str(uuid4()), "sid": uuid4().hex}
    return jwt.encode(claims, secret, algorithm="HS256")


def webhook_hmac(body: bytes, secret: str) -> str:
    """Base64 of the HMAC over the raw body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def query_hmac(params: dict[str, str], secret: str) -> str:
    """The `hmac` of a document request: hex, over the sorted query."""
    return _hex(urlencode(sorted(params.items())), secret)


def proxy_signature(params: Iterable[tuple[str, str]], secret: str) -> str:
    """The `signature` of an app-proxy request: values of one name joined by commas, pairs sorted."""
    values: dict[str, list[str]] = {}
    for name, value in params:
        values.setdefault(name, []).append(value)
    return _hex("".join(sorted(f"{name}={','.join(all_)}" for name, all_ in values.items())), secret)


def _hex(message: str, secret: str) -> str:
    return hmac.digest(secret.encode(), message.encode(), "sha256").hex()
