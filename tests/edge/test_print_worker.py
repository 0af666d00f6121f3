"""A print worker beside the app on Cloudflare: what the worker cannot make is made elsewhere, and lies in R2."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image

from app.core.errors import AppError
from app.core.signed_links import MediaLink
from app.wiring import print_engine
from tests.edge.conftest import Edge
from tests.integration import webhooks
from tests.integration.merchant import Merchant
from tests.integration.print_worker import connected, ran, sent, taken
from tests.integration.servers import SHOP
from tests.pictures import good

pytestmark = pytest.mark.anyio
FINAL = "SELECT * FROM generations WHERE generation_type = 'final' AND master_asset_id = ?"


async def test_a_paid_line_is_printed_by_a_print_worker(delegating: Edge, tmp_path: Path) -> None:
    design = await _paid(delegating, 0)
    status, out, err = await ran(delegating.url, tmp_path)
    assert status == 0, out + err
    [final] = delegating.rows(FINAL, design["master_asset_id"])
    assert json.loads(final["generation_params"])["engine"] == print_engine()[1].name
    [asset] = delegating.rows("SELECT key, bytes FROM assets WHERE id = ?", final["final_asset_id"])
    data = await _read(delegating, asset["key"])
    assert len(data) == asset["bytes"]
    assert Image.open(io.BytesIO(data)).size == (2475, 1155)


async def test_what_was_not_ordered_is_refused_and_leaves_nothing(delegating: Edge) -> None:
    await _paid(delegating, 1)
    async with connected(delegating.url) as there:
        order = await taken(there)
        report = await sent(there, order, good("jpeg").data)
        with pytest.raises(AppError, match="wrong_print"):
            await there.finish(order, report)
        [job] = delegating.rows("SELECT shop_id, subject_id FROM jobs WHERE id = ?", order.job_id)
        key = f"{job['shop_id']}/personalization/{job['subject_id']}/print_{order.token[:12]}.jpg"
        with pytest.raises(AssertionError, match="404"):
            await _read(delegating, key)
        assert delegating.rows("SELECT id FROM assets WHERE key = ?", key) == []
        await there.release(order)


async def _paid(edge: Edge, number: int) -> dict[str, str]:
    """One of the designs, ordered and paid: its print waits, and the worker does not touch it."""
    design = edge.rows("SELECT id, master_asset_id FROM generations WHERE generation_type = 'preview' ORDER BY id")[
        number
    ]
    async with httpx.AsyncClient(base_url=edge.url, timeout=60, trust_env=False) as http:
        assert (await Merchant(http, SHOP).document()).status_code == 200
        line = webhooks.line(design["id"])
        await webhooks.deliver(http, webhooks.order(line))
        [item] = await edge.settled("SELECT * FROM order_items WHERE shopify_line_item_id = ?", str(line["id"]))
        assert (await http.get("/cdn-cgi/handler/scheduled")).status_code == 200
    assert item["state"] == "queued", item
    assert edge.rows("SELECT status, attempts FROM jobs WHERE subject_id = ?", item["id"]) == [
        {"status": "pending", "attempts": 0}
    ]
    return design


async def _read(edge: Edge, key: str) -> bytes:
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        answer = await http.get(edge.signed(MediaLink("GET", key, datetime.now(UTC) + timedelta(minutes=5))))
        assert answer.status_code == 200, answer.status_code
        return answer.content
