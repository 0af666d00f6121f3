"""The app on Cloudflare: D1, R2 and Queues as workerd has them locally."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.core.signed_links import MediaLink
from app.media.uploads import MAX_UPLOAD_BYTES
from handlers.http.static_files import STATIC
from tests.edge.conftest import Edge
from tests.integration import webhooks
from tests.integration.merchant import Merchant
from tests.integration.servers import SHOP
from tests.integration.storefront import Storefront
from tests.pictures import Sample, good

pytestmark = pytest.mark.anyio


@pytest.fixture
async def storefront(edge: Edge, http: httpx.AsyncClient) -> Storefront:
    """Of a shop whose merchant has opened the app: that installs it."""
    home = await Merchant(http, SHOP).document()
    assert home.status_code == 200, home.text
    return Storefront(http)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)


async def test_the_worker_is_well(http: httpx.AsyncClient) -> None:
    answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()["database"], answer.json()["files"]) == (200, "ok", "ok")


@pytest.mark.parametrize("name", ["app.css", "app.js"])
async def test_the_merchants_pages_get_their_script_and_style(http: httpx.AsyncClient, name: str) -> None:
    answer = await http.get(f"/static/{name}")
    assert (answer.status_code, answer.content) == (200, (STATIC / name).read_bytes())


async def test_a_merchants_visit_installs_the_shop_and_seals_its_token(edge: Edge, http: httpx.AsyncClient) -> None:
    home = await Merchant(http, SHOP).document()
    assert "Artify is installed" in home.text
    [token] = edge.rows("SELECT access_cipher FROM access_tokens WHERE shop_id = ?", SHOP)
    assert token["access_cipher"].startswith("v2:")
    assert edge.rows("SELECT is_active FROM shops WHERE id = ?", SHOP) == [{"is_active": 1}]


async def test_the_storefront_gets_the_offer(storefront: Storefront) -> None:
    assert len((await storefront.offer())["styles"]) == 6


async def test_a_photo_is_taken_byte_for_byte(edge: Edge, storefront: Storefront) -> None:
    photo = good("jpeg")
    upload = await storefront.upload(photo)
    [asset] = edge.rows("SELECT key FROM assets WHERE id = ?", upload)
    answer = await storefront.http.get(edge.signed(MediaLink("GET", asset["key"], soon(), filename="Ada's größte.jpg")))
    assert (answer.status_code, answer.content) == (200, photo.data)
    assert answer.headers["content-type"] == photo.mime
    assert answer.headers["content-disposition"].startswith("attachment; ")


async def test_the_biggest_photo_streams_in(edge: Edge, storefront: Storefront) -> None:
    photo = Sample(os.urandom(MAX_UPLOAD_BYTES), "big.jpg", "image/jpeg")
    upload = await storefront.upload(photo)
    [asset] = edge.rows("SELECT key FROM assets WHERE id = ?", upload)
    answer = await storefront.http.get(edge.signed(MediaLink("GET", asset["key"], soon())))
    assert answer.content == photo.data


@pytest.mark.parametrize("change", [-1, 1])
async def test_an_upload_of_another_size_leaves_nothing(edge: Edge, storefront: Storefront, change: int) -> None:
    photo = good("jpeg")
    ticket = (await storefront.ticket(photo, bytes=len(photo.data) + change)).json()

    async def chunks():  # type: ignore[no-untyped-def]  # a stream says no length beforehand
        yield photo.data

    sent = await storefront.http.put(ticket["url"], headers=ticket["headers"], content=chunks())
    assert (sent.status_code, sent.json()["error"]["code"]) in [(400, "upload_incomplete"), (413, "too_large")]
    [asset] = edge.rows("SELECT key FROM assets WHERE id = ?", ticket["upload_id"])
    assert (await storefront.http.get(edge.signed(MediaLink("GET", asset["key"], soon())))).status_code == 404


async def test_an_altered_link_is_refused(edge: Edge, storefront: Storefront) -> None:
    ticket = (await storefront.ticket(good("jpeg"))).json()
    sent = await storefront.http.put(ticket["url"].replace("s=", "s=0"), headers=ticket["headers"], content=b"x")
    assert sent.status_code == 403


async def test_a_key_used_for_another_wish_is_refused(storefront: Storefront) -> None:
    upload, styles = await storefront.upload(), (await storefront.offer())["styles"]
    first = await storefront.asked(upload_id=upload, idempotency_key="twice")
    again = await storefront.asked(upload_id=upload, idempotency_key="twice")
    other = await storefront.ask(upload_id=upload, idempotency_key="twice", style_id=styles[1]["id"])
    assert again["id"] == first["id"]
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")


async def test_a_paid_order_is_recorded_once_however_often_it_is_told(edge: Edge, storefront: Storefront) -> None:
    order = webhooks.order(webhooks.line("no-such-preview"))
    for _ in range(3):
        answer = await webhooks.deliver(storefront.http, order, event_id=f"told-{order['id']}")
        assert answer.status_code == 200
    [delivery] = await edge.settled(
        "SELECT id, status FROM webhook_deliveries WHERE event_id = ? AND status = 'done'", f"told-{order['id']}"
    )
    assert edge.rows("SELECT status, attempts FROM jobs WHERE subject_id = ?", delivery["id"]) == [
        {"status": "done", "attempts": 1}
    ]


async def test_an_unsigned_webhook_is_refused_and_leaves_no_trace(edge: Edge, http: httpx.AsyncClient) -> None:
    body = json.dumps(webhooks.order()).encode()
    headers = webhooks.headers(body, event_id="forged") | {"X-Shopify-Hmac-Sha256": "AAAA"}
    assert (await http.post("/webhooks", content=body, headers=headers)).status_code == 401
    assert edge.rows("SELECT id FROM webhook_deliveries WHERE event_id = 'forged'") == []
