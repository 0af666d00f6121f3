"""A restore drill: a backup in the middle of work, restored to another database, which then ends that work well."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from app.core.tables import metadata
from tests import postgres, processes, soak
from tests.apps import migrated
from tests.integration import webhooks
from tests.integration.processes.bookkeeping import check_counted_once, check_printed_once
from tests.integration.processes.installation import DATABASES, Installation
from tests.integration.storefront import MUG_VARIANT
from tests.sources import ROOT

pytestmark = pytest.mark.anyio
ORDERS = 24
EVERY = [(database, elsewhere) for database in DATABASES for elsewhere in DATABASES]
ACROSS = [("sqlite", "postgres"), ("postgres", "sqlite")]
"""Both write a backup, and both read one."""
CUSTOMER = 4711


@pytest.mark.parametrize(("installation", "elsewhere"), soak.choice(EVERY, ACROSS), indirect=["installation"])
async def test_work_of_a_restored_database_goes_on(
    installation: Installation, design: str, elsewhere: str, tmp_path: Path
) -> None:
    """What came after the backup is sent again by Shopify; no line is printed twice by the rows that were restored."""
    kept = tmp_path / "kept.db"
    first = replace(installation, environ=installation.environ | {"JOB_LEASE_S": "2"})
    orders = await anyio.to_thread.run_sync(placed, first, design)
    with first.servers(1) as [server]:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            taking = asyncio.create_task(taken(http, orders))
            await anyio.to_thread.run_sync(first.wait, lambda: is_in_the_middle(first))
            await anyio.to_thread.run_sync(command, first, "backup", str(kept))
            await taking
    second = replace(first, environ=first.environ | {"DATABASE_URL": made(elsewhere, tmp_path / "elsewhere")})
    await anyio.to_thread.run_sync(command, second, "restore", str(kept))
    rows = rows_of(kept)
    assert {name: ordered(second.rows(f"SELECT * FROM {name}")) for name in rows} == rows
    assert len(rows["orders"]) > 0
    assert any(job["status"] != "done" for job in rows["jobs"])
    with second.servers(1) as [server]:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            await taken(http, orders)
        await anyio.to_thread.run_sync(second.wait, lambda: is_settled(second))
    check_printed_once(second, orders)
    check_counted_once(second, orders, events=ORDERS)


def placed(installation: Installation, design: str) -> list[dict[str, Any]]:
    line = {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": design}}
    return [installation.shopify.order(line, customer_id=CUSTOMER) for _ in range(ORDERS)]


async def taken(http: httpx.AsyncClient, orders: list[dict[str, Any]]) -> None:
    for order in orders:
        assert (await webhooks.deliver(http, order, event_id=f"paid-{order['id']}")).status_code == 200


def is_in_the_middle(installation: Installation) -> bool:
    """Some lines are printed, some are not, and some orders have not come yet."""
    states = {row["state"] for row in installation.rows("SELECT state FROM order_items")}
    return {"ready", "queued"} <= states or {"ready", "printing"} <= states


def is_settled(installation: Installation) -> bool:
    [row] = installation.rows("SELECT count(*) AS n FROM order_items WHERE state = 'ready'")
    return row["n"] == ORDERS and not installation.rows("SELECT 1 FROM jobs WHERE status IN ('pending', 'running')")


def command(installation: Installation, *arguments: str) -> None:
    whole = [sys.executable, "-m", "handlers.cli", "db", *arguments]
    done = processes.run(
        whole, cwd=ROOT, env=os.environ | installation.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def made(kind: str, folder: Path) -> str:
    folder.mkdir()
    return postgres.database(folder) if kind == "postgres" else f"sqlite:///{migrated(folder)}"


def rows_of(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as handle:
        handle.row_factory = sqlite3.Row
        names = [table.name for table in metadata.sorted_tables]
        return {name: ordered([dict(row) for row in handle.execute(f"SELECT * FROM {name}")]) for name in names}


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])
