"""Requests of a story: a shopper's through the app proxy, a merchant's from the admin, Shopify's, and strangers'."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from devstore.config import Config
from devstore.signatures import id_token, webhook_hmac
from tests.integration.merchant import HTML
from tests.integration.storefront import signed
from tests.setups import SetUp
from tests.story import same
from tests.story.photos import looks, photo

Step = Mapping[str, Any]
SECRET = re.compile(r"[0-9a-f]{64}|eyJ[\w-]+\.[\w-]+\.[\w-]+|(?<![\w-])[\w-]{43}(?![\w-])|[\w+/]{43}=")
"""Signatures, ID tokens, guests' tokens, HMACs."""


def ask(setup: SetUp, step: Step) -> dict[str, Any]:
    """Send the request; what came back as a step can `give` it, and as it is `told` for comparison."""
    method, target = next((verb, step[verb]) for verb in ("GET", "POST", "PUT", "webhook") if verb in step)
    headers, body = dict(step.get("headers", {})), _body(step)
    if method == "webhook":
        headers |= _webhook(step, body)
        method, target = "POST", "/webhooks"
    if step.get("as") == "merchant":
        headers |= HTML if method == "GET" else HTML | {"Authorization": f"Bearer {_id_token(step)}"}
    query = _query(method, step)
    answer = setup.send(method, f"{_address(target, step)}{'?' if query else ''}{query}", headers, body)
    secret = {"secret": set(SECRET.findall(" ".join([query, *headers.values(), _text(answer)])))}
    return secret | (_stored(answer) if target.startswith("http") else _answered(answer))


def _answered(answer: httpx.Response) -> dict[str, Any]:
    """An answer of the app."""
    given: dict[str, Any] = {"status": answer.status_code, "headers": dict(answer.headers), "text": answer.text}
    if answer.content and answer.headers.get("content-type") == "application/json":
        given["json"] = answer.json()
    else:
        given["links"] = [html.unescape(link) for link in re.findall(same.SIGNED, answer.text)]
    told = same.plain(given.get("json", answer.text))
    return given | {"told": [answer.status_code, same.headers(answer), told]}


def _stored(answer: httpx.Response) -> dict[str, Any]:
    """An answer of the storage, which is another service on each set-up: taken, or refused."""
    given: dict[str, Any] = {"taken": answer.is_success}
    assert answer.is_success or answer.is_client_error, answer.text
    if answer.is_success and answer.content:
        given |= {"picture": looks(answer.content)}
    return given | {"told": same.plain(given)}


def _text(answer: httpx.Response) -> str:
    return "" if answer.headers.get("content-type", "").startswith("image/") else answer.text


def _body(step: Step) -> bytes:
    if "photo" in step:
        return photo(step["photo"])
    if "json" in step:
        return json.dumps(step["json"]).encode()
    return str(step.get("text", "")).encode()


def _query(method: str, step: Step) -> str:
    query: dict[str, str] = dict(step.get("query", {}))
    shop = step["shop"]
    if step.get("as") == "shopper":
        secret = step.get("secret", Config.api_secret)
        return urlencode(signed(query, shop=shop, customer=step.get("customer", ""), secret=secret))
    if step.get("as") == "merchant" and method == "GET":
        query |= {"embedded": "1", "shop": shop, "host": "YWRtaW4", "id_token": _id_token(step)}
    return urlencode(query)


def _address(target: str, step: Step) -> str:
    """The address; when the step is `altered`, with another signature."""
    if not step.get("altered"):
        return target
    [signature] = re.findall(r"[0-9a-f]{64}", target)
    return target.replace(signature, signature[::-1])


def _id_token(step: Step) -> str:
    return id_token(step["shop"], Config.api_key, step.get("secret", Config.api_secret))


def _webhook(step: Step, body: bytes) -> dict[str, str]:
    triggered = datetime.now(UTC) + timedelta(**step.get("triggered", {}))
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": step["webhook"],
        "X-Shopify-Shop-Domain": step["shop"],
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": str(uuid4()),
        "X-Shopify-Event-Id": step["event"],
        "X-Shopify-Triggered-At": triggered.isoformat(),
        "X-Shopify-Hmac-Sha256": webhook_hmac(body, step.get("secret", Config.api_secret)),
    }
