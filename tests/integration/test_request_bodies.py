"""Bodies that are no JSON, of the wrong shape, or too big: refused with a sentence, before anything is done."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.integration.servers import Front
from tests.integration.storefront import signed
from tests.integration.wire import HANG_UP, call
from tests.integration.world import World

pytestmark = pytest.mark.anyio

PREVIEW = {"upload_id": "u", "product_id": "1", "style_id": "s"}
STOREFRONT = ["/proxy/uploads", "/proxy/previews", "/proxy/previews/1/cancel"]
RETRY = "/orders/items/1/retry"
NO_JSON = {
    "empty": b"",
    "text": b"upload_id=1",
    "half": b'{"upload_id": "1"',
    "not utf-8": b'{"upload_id": "\xff\xfe"}',
    "utf-16": '{"upload_id": "1"}'.encode("utf-16"),
    "half a surrogate": b'{"upload_id": "\\ud800"}',
    "deep": b"[" * 30_000,
    "deep objects": b'{"a":' * 10_000,
}
WRONG: list[tuple[str, Any]] = [
    ("/proxy/uploads", []),
    ("/proxy/uploads", None),
    ("/proxy/uploads", "text"),
    ("/proxy/uploads", {}),
    ("/proxy/uploads", {"filename": "a", "content_type": "image/jpeg", "bytes": "many"}),
    ("/proxy/uploads", {"filename": "a", "content_type": "image/jpeg", "bytes": -1}),
    ("/proxy/uploads", {"filename": "a", "content_type": "image/jpeg", "bytes": 1.5}),
    ("/proxy/uploads", {"filename": "a", "content_type": "image/jpeg", "bytes": None}),
    ("/proxy/uploads", {"filename": 1, "content_type": "image/jpeg", "bytes": 1}),
    ("/proxy/uploads", {"filename": "a", "content_type": ["image/jpeg"], "bytes": 1}),
    ("/proxy/previews", []),
    ("/proxy/previews", {}),
    ("/proxy/previews", PREVIEW | {"upload_id": 1}),
    ("/proxy/previews", PREVIEW | {"product_id": None}),
    ("/proxy/previews", PREVIEW | {"product_id": {"id": 1}}),
    ("/proxy/previews", PREVIEW | {"style_id": True}),
    ("/proxy/previews", PREVIEW | {"crop": "all"}),
    ("/proxy/previews", PREVIEW | {"crop": [0, 0, 1, 1]}),
    ("/proxy/previews", PREVIEW | {"crop": {"x": 0}}),
    ("/proxy/previews", PREVIEW | {"crop": {"x": "left", "y": 0, "width": 1, "height": 1}}),
    ("/proxy/previews", PREVIEW | {"guest_token": 5}),
    ("/proxy/previews", PREVIEW | {"idempotency_key": {}}),
    ("/proxy/previews/1/cancel", []),
    ("/proxy/previews/1/cancel", {"guest_token": []}),
    (RETRY, []),
    (RETRY, {"approved": "perhaps"}),
]


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
@pytest.mark.parametrize("path", [*STOREFRONT, RETRY])
async def test_a_body_that_is_no_json_is_a_400(world: World, path: str, body: bytes) -> None:
    refused(await send(world, path, body), 400)


@pytest.mark.parametrize(("path", "body"), WRONG)
async def test_a_body_of_the_wrong_shape_is_a_422(world: World, path: str, body: Any) -> None:
    refused(await send(world, path, json.dumps(body).encode()), 422)


async def test_a_wrong_field_is_named_and_not_repeated(world: World) -> None:
    body = PREVIEW | {"crop": {"x": 0, "y": 0, "width": "planted", "height": 1}}
    answer = await send(world, "/proxy/previews", json.dumps(body).encode())
    assert answer.json()["error"]["message"].startswith("crop.width: ")
    assert "planted" not in answer.text


@pytest.mark.parametrize("number", [b"9" * 5000, b"1e400", b"-" + b"9" * 5000])
async def test_an_endless_number_is_refused(world: World, number: bytes) -> None:
    upload = b'{"filename": "a", "content_type": "image/jpeg", "bytes": ' + number + b"}"
    assert (await send(world, "/proxy/uploads", upload)).status_code in (400, 413, 422)
    preview = b'{"upload_id": "u", "style_id": "s", "product_id": ' + number + b"}"
    assert (await send(world, "/proxy/previews", preview)).status_code in (400, 404, 422)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ["x", "y", "width", "height"])
async def test_a_crop_that_is_no_number_is_refused(world: World, field: str, word: str) -> None:
    storefront = world.storefront()
    wish = await storefront.wish(crop={"x": 0, "y": 0, "width": 0.9, "height": 0.9} | {field: "HERE"})
    answer = await send(world, "/proxy/previews", json.dumps(wish).replace('"HERE"', word).encode())
    assert answer.status_code in (400, 422), answer.text
    assert world.rows("SELECT id FROM generations") == []


@pytest.mark.parametrize("text", ["\x00", "é", "'; DROP TABLE shops; --", "x" * 30_000])
async def test_any_text_is_an_id_that_nobody_has(world: World, text: str) -> None:
    storefront = world.storefront()
    assert (await storefront.ask(upload_id=text)).status_code == 404
    assert (await storefront.ask(style_id=text)).status_code == 404
    assert (await storefront.ask(product_id=text)).status_code == 404
    assert (await storefront.ask(variant_id=text)).status_code == 422
    assert (await storefront.asked(guest_token=text, idempotency_key=text))["guest_token"] != text


@pytest.mark.parametrize("path", [*STOREFRONT, RETRY])
async def test_a_body_over_the_limit_is_a_413(world: World, path: str) -> None:
    refused(await send(world, path, b'{"filename": "' + b"x" * 70_000 + b'"}'), 413)


@pytest.mark.parametrize("path", [*STOREFRONT, RETRY])
async def test_an_endless_body_without_a_length_is_cut_off(world: World, path: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 16_384
            yield b" " * 16_384

    refused(await send(world, path, endless()), 413)
    assert sent < 200_000


async def test_an_endless_webhook_is_cut_off(world: World) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield bytes(1 << 20)

    refused(await world.http.post("/webhooks", content=endless()), 413)


async def test_a_chunked_body_over_a_real_socket_is_cut_off(world: World, front: Front) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 16_384

    async with httpx.AsyncClient(base_url=front.url, trust_env=False) as http:
        refused(await http.post("/proxy/uploads", params=signed({}), content=endless()), 413)


@pytest.mark.parametrize("path", ["/proxy/uploads", "/webhooks"])
async def test_a_request_that_breaks_off_changes_nothing(world: World, path: str) -> None:
    half = {"type": "http.request", "body": b'{"file', "more_body": True}
    query = httpx.QueryParams(signed({})).__str__().encode()
    answer = await call(world.routes, "POST", path, query, received=[half, HANG_UP])
    assert answer.status == 400
    assert world.rows("SELECT id FROM assets") == world.rows("SELECT id FROM webhook_deliveries") == []


async def test_an_upload_that_breaks_off_leaves_nothing(world: World) -> None:
    storefront = world.storefront()
    ticket = (await storefront.ticket_of(1000)).json()
    url = httpx.URL(ticket["url"])
    half = {"type": "http.request", "body": b"x" * 500, "more_body": True}
    headers = {"content-type": b"image/jpeg"}
    answer = await call(world.routes, "PUT", url.path, url.query, headers, received=[half, HANG_UP])
    assert (answer.status, answer.error["code"]) == (400, "upload_incomplete")
    assert [path for path in world.files.rglob("*") if path.is_file()] == []


async def send(world: World, path: str, content: bytes | AsyncIterator[bytes]) -> httpx.Response:
    """A signed request with this body."""
    if path.startswith("/proxy/"):
        return await world.http.post(path, params=signed({}), content=content)
    return await world.http.post(path, headers={"Authorization": f"Bearer {world.merchant().token}"}, content=content)


def refused(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "request_id"}
    assert error["message"].endswith(".")
    assert error["request_id"] == answer.headers["x-request-id"]
