"""The whole way on Cloudflare: photo, preview, paid order, print file, with Gemini and Images beside the worker."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from PIL import Image

from app.core.signed_links import MediaLink
from tests.edge.conftest import Edge
from tests.integration import webhooks
from tests.integration.merchant import Merchant
from tests.integration.servers import SHOP
from tests.integration.storefront import MUG_VARIANT, Storefront
from tests.pictures import Sample, good

pytestmark = pytest.mark.anyio
ENDED = "SELECT * FROM generations WHERE id = ? AND status IN ('completed', 'failed')"


@pytest.fixture
async def storefront(edge: Edge, http: httpx.AsyncClient) -> Storefront:
    home = await Merchant(http, SHOP).document()
    assert home.status_code == 200, home.text
    return Storefront(http)


async def picture(edge: Edge, http: httpx.AsyncClient, asset_id: str) -> Image.Image:
    [asset] = edge.rows("SELECT key FROM assets WHERE id = ?", asset_id)
    ends = datetime.now(UTC) + timedelta(minutes=5)
    answer = await http.get(edge.signed(MediaLink("GET", asset["key"], ends)))
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


async def test_a_photo_becomes_a_marked_preview_and_when_it_is_paid_a_print_of_its_pixels(
    edge: Edge, storefront: Storefront
) -> None:
    preview = await storefront.asked()
    [made] = await edge.settled(ENDED, preview["id"])
    assert made["status"] == "completed", made["error_message"]
    assert (await storefront.http.get((await storefront.look(preview))["preview_url"])).status_code == 200
    seen = await picture(edge, storefront.http, made["preview_asset_id"])
    master = await picture(edge, storefront.http, made["master_asset_id"])
    plain = master.convert("RGB").resize(seen.size, Image.Resampling.LANCZOS)
    marked = np.abs(np.asarray(seen.convert("RGB"), np.int16) - np.asarray(plain, np.int16)).max(axis=2) > 24
    assert edge.rows("SELECT id FROM watermarks") == []
    assert 0.005 < marked.mean() < 0.6, "the default watermark"

    order = webhooks.order(webhooks.line(preview["id"]))
    assert (await webhooks.deliver(storefront.http, order)).status_code == 200
    [item] = await edge.settled(
        "SELECT i.* FROM order_items i JOIN orders o ON o.id = i.order_id "
        "WHERE o.shopify_order_id = ? AND i.state IN ('ready', 'failed', 'needs_review')",
        str(order["id"]),
    )
    assert item["state"] == "ready", item["reason"]
    [size] = edge.rows("SELECT width_px, height_px FROM sizes WHERE shopify_variant_id = ?", MUG_VARIANT)
    printed = await picture(edge, storefront.http, item["print_asset_id"])
    assert (printed.size, printed.format) == ((size["width_px"], size["height_px"]), "JPEG")
    assert "78 dpi before enlarging" in (await Merchant(storefront.http, SHOP).document("/orders")).text


async def test_a_damaged_photo_fails_with_a_sentence_and_is_not_counted(edge: Edge, storefront: Storefront) -> None:
    counted = "SELECT current_generations, running FROM quotas WHERE shop_id = ?"
    await storefront.offer()
    before = edge.rows(counted, SHOP)
    whole = good("jpeg")
    preview = await storefront.asked(
        upload_id=await storefront.upload(Sample(whole.data[: len(whole.data) // 3], whole.filename, whole.mime))
    )
    [ended] = await edge.settled(ENDED, preview["id"])
    state = await storefront.look(preview)
    assert (ended["status"], state["status"]) == ("failed", "failed")
    assert state["error"]["message"].endswith(".")
    assert edge.rows(counted, SHOP) == before
