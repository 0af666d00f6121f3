"""What must be true of paid orders once everything has settled, whatever happened on the way."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.adapters.files.folder import TYPE_SUFFIX
from app.core.log import Log
from app.core.settings import Settings
from app.wiring import build, close
from handlers import jobs
from tests.fakes.ports import SetClock
from tests.integration.processes.installation import Installation
from tests.integration.servers import SHOP

TAG = "artify-print-ready"
SWEEPS = 20
Order = dict[str, Any]


def check_printed_once(installation: Installation, orders: Sequence[Order]) -> None:
    """One print asset and one object a line, and one metafield that names it; one tag an order; no job left."""
    rows = installation.rows
    lines = {str(line["id"]): order for order in orders for line in order["line_items"]}
    items = rows("SELECT * FROM order_items")
    assert Counter(item["shopify_line_item_id"] for item in items) == Counter(list(lines))
    assert Counter(item["state"] for item in items) == {"ready": len(lines)}
    prints = {asset["id"]: asset for asset in rows("SELECT * FROM assets WHERE purpose = 'print'")}
    assert len(prints) == len(lines)
    for item in items:
        asset = prints.pop(item["print_asset_id"])
        assert asset["owner_id"] == item["id"]
        assert _digest(installation, asset["key"]) == asset["sha256"]
        _check_told(installation, lines[item["shopify_line_item_id"]], item)
    assert rows("SELECT kind, status, last_error FROM jobs WHERE status <> 'done'") == []
    final = rows("SELECT count(*) AS n FROM generations WHERE generation_type = 'final'")
    assert final == [{"n": len(lines)}]


def check_counted_once(installation: Installation, orders: Sequence[Order], events: int) -> None:
    """Rows of what arrived, and the shop's counters, are exact."""
    rows = installation.rows
    assert len(rows("SELECT id FROM orders WHERE status = 'paid'")) == len(orders)
    deliveries = rows("SELECT status, count(*) AS n FROM webhook_deliveries GROUP BY status")
    assert deliveries == [{"status": "done", "n": events}]
    [used] = rows("SELECT sum(bytes) AS n FROM assets WHERE shop_id = ? AND deleted_at IS NULL", SHOP)
    [quota] = rows("SELECT current_storage_bytes AS n, running FROM quotas WHERE shop_id = ?", SHOP)
    assert quota == {"n": used["n"], "running": 0}


def objects(installation: Installation) -> set[str]:
    """The keys of everything in storage, what was begun and never finished too."""
    files = installation.folder / "files"
    paths = [path for path in files.rglob("*") if path.is_file() and path.suffix != TYPE_SUFFIX]
    return {path.relative_to(files).as_posix() for path in paths}


def orphans(installation: Installation) -> set[str]:
    """What lies in storage and no row knows."""
    known = installation.rows("SELECT key FROM assets WHERE deleted_at IS NULL")
    return objects(installation) - {asset["key"] for asset in known}


async def sweep_days_later(installation: Installation) -> None:
    """Every minute's sweep, as often as a round over everything takes, when what is left over is old enough."""
    clock = SetClock(datetime.now(UTC) + timedelta(days=2))
    app = build(Settings.load(installation.environ), clock=clock, log=Log(io.StringIO()))
    for _ in range(SWEEPS):
        await jobs.sweep(app)
    await close(app)


def _check_told(installation: Installation, order: Order, item: dict[str, Any]) -> None:
    """Shopify's order has one value for each line, and it names the file that counts."""
    marks = installation.shopify.marks(order)
    assert set(marks["metafields"]) == {f"artify.print_{line['id']}" for line in order["line_items"]}
    about = json.loads(marks["metafields"][f"artify.print_{item['shopify_line_item_id']}"]["value"])
    assert about["file_id"] == item["print_asset_id"]
    assert marks["tags"] == [TAG]


def _digest(installation: Installation, key: str) -> str:
    return hashlib.sha256(Path(installation.folder / "files" / key).read_bytes()).hexdigest()
