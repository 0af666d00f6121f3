"""The signatures of Shopify's requests. All of them are keyed with the app's API secret."""

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
    """An ID token (session token) as App Bridge provides it: a JWT signed with HS256, valid for a minute."""
    now, origin = int(time.time()), f"https://{shop}"
    times = {"exp": now + ID_TOKEN_SECONDS, "nbf": now, "iat": now}
    claims = {"iss": f"{origin}/admin", "dest": origin, "aud": key, "sub": str(SEED["staff"]["id"]), **times}
    claims |= {"jti": str(uuid4()), "sid": uuid4().hex}
    return jwt.encode(claims, secret, algorithm="HS256")


def webhook_hmac(body: bytes, secret: str) -> str:
    """The `X-Shopify-Hmac-Sha256` of a webhook: the HMAC of the raw body, in base64."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def query_hmac(params: dict[str, str], secret: str) -> str:
    """The `hmac` parameter of a document request: the HMAC of the sorted query, in hexadecimal."""
    return _hex(urlencode(sorted(params.items())), secret)


def proxy_signature(params: Iterable[tuple[str, str]], secret: str) -> str:
    """The `signature` parameter of an app proxy request, in hexadecimal.

    Values of the same name are joined by commas, and the sorted pairs are concatenated without a separator.
    """
    values: dict[str, list[str]] = {}
    for name, value in params:
        values.setdefault(name, []).append(value)
    return _hex("".join(sorted(f"{name}={','.join(all_)}" for name, all_ in values.items())), secret)


def _hex(message: str, secret: str) -> str:
    return hmac.digest(secret.encode(), message.encode(), "sha256").hex()
