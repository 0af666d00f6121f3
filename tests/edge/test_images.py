"""Pictures on Cloudflare, by a whole Images service and by the one of `wrangler dev`, which ignores crops and marks."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from PIL import Image

from app.core.signed_links import MediaLink
from tests import pictures
from tests.edge.conftest import Edge
from tests.integration.merchant import Merchant
from tests.integration.servers import SHOP
from tests.integration.storefront import Storefront

pytestmark = pytest.mark.anyio
COUNTED = "SELECT current_generations, running FROM quotas WHERE shop_id = ?"


async def test_a_preview_fails_with_a_sentence_and_is_not_counted(delegating: Edge) -> None:
    async with httpx.AsyncClient(base_url=delegating.url, timeout=60, trust_env=False) as http:
        assert (await Merchant(http, SHOP).document()).status_code == 200
        before, storefront = delegating.rows(COUNTED, SHOP), Storefront(http)
        preview = await storefront.asked()
        await delegating.settled("SELECT id FROM generations WHERE id = ? AND status = 'failed'", preview["id"])
        assert (await storefront.look(preview))["error"]["code"] == "no_imaging"
    assert delegating.rows(COUNTED, SHOP) == before
    assert before[0]["running"] == 0


async def test_a_preview_is_made_and_marked(edge: Edge, http: httpx.AsyncClient) -> None:
    """In the shipped worker: from a phone's turned photo, by the whole way through queue, Gemini and the binding."""
    assert (await Merchant(http, SHOP).document()).status_code == 200
    storefront = Storefront(http)
    preview = await storefront.asked(upload_id=await storefront.upload(pictures.phone_jpeg()))
    await edge.settled("SELECT id FROM generations WHERE id = ? AND status = 'completed'", preview["id"])
    [master_file] = edge.rows(
        "SELECT key FROM assets WHERE id = (SELECT master_asset_id FROM generations WHERE id = ?)", preview["id"]
    )
    done = await storefront.look(preview)
    assert (done["preflight"]["verdict"], done["preflight"]["checks"][0]["value"]) == ("ok", 366)
    shown = Image.open(io.BytesIO((await http.get(done["preview_url"])).content))
    master = Image.open(io.BytesIO((await http.get(edge.signed(_reading(master_file["key"])))).content))
    plain = master.convert("RGB").resize(shown.size, Image.Resampling.LANCZOS)
    changed = np.abs(np.asarray(shown.convert("RGB"), np.int32) - np.asarray(plain, np.int32)).max(axis=2) > 20
    assert shown.format == "WEBP"
    for rows in np.array_split(changed, 3):
        assert all(0.005 < part.mean() < 0.5 for part in np.array_split(rows, 2, axis=1))


def _reading(key: str) -> MediaLink:
    return MediaLink("GET", key, datetime.now(UTC) + timedelta(minutes=5))
