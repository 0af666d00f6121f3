"""SIGTERM in the middle of work: the process ends soon, and another finishes the work at once, and once."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from PIL import Image

from handlers.runtimes.loops import GRACE_S
from tests.integration import webhooks
from tests.integration.processes.installation import Installation, Process, on
from tests.integration.servers import SHOP
from tests.integration.storefront import MUG_VARIANT, Storefront
from tests.pictures import Sample, good
from tests.sizes import resized

pytestmark = pytest.mark.anyio
SOON_S = GRACE_S + 20
"""The grace, and what a busy machine needs for the rest: far less than the minute that a lease lasts."""
PREVIEW, PRINT = "personalization.preview", "personalization.finalize"


@on("postgres")
async def test_a_preview_outlives_every_process_that_is_stopped_while_it_makes_it(installation: Installation) -> None:
    installation.gemini.mode = "slow"
    with installation.servers(1) as [server]:
        preview = await asked(server, good("jpeg"))
        await until(installation, lambda: len(installation.gemini.asked) == 1)
        await check_ends_well(server, -signal.SIGTERM)  # by the signal it was sent: so uvicorn ends, when all is done
    check_given_back(installation, PREVIEW)
    with installation.runner() as runner:
        await until(installation, lambda: len(installation.gemini.asked) == 2)
        await check_ends_well(runner, 0)
    check_given_back(installation, PREVIEW)
    installation.gemini.mode = "ok"
    with installation.servers(1) as [server]:
        await until(installation, lambda: done(installation, PREVIEW))
        async with httpx.AsyncClient(base_url=server.url) as http:
            assert (await Storefront(http, customer="1000").look(preview))["status"] == "completed"
    [quota] = installation.rows("SELECT current_generations, running FROM quotas WHERE shop_id = ?", SHOP)
    assert quota == {"current_generations": 1, "running": 0}
    assert len(installation.rows("SELECT id FROM assets WHERE purpose = 'master'")) == 1


@on("sqlite")
async def test_a_print_outlives_the_server_that_is_stopped_while_it_makes_it(installation: Installation) -> None:
    resize(installation, 4000, 4000)
    with installation.servers(1) as [server]:
        preview = await asked(server, large_photo())
        await until(installation, lambda: done(installation, PREVIEW))
        await ordered(installation, server, preview["id"])
        await until(installation, lambda: installation.rows("SELECT id FROM order_items WHERE state = 'printing'"))
        await check_ends_well(server, -signal.SIGTERM)
    check_given_back(installation, PRINT)
    resize(installation, 600, 280)  # else the next process enlarges it for half a minute
    with installation.runner():
        await until(installation, lambda: done(installation, PRINT))
    assert len(installation.rows("SELECT id FROM assets WHERE purpose = 'print'")) == 1
    assert [row["state"] for row in installation.rows("SELECT state FROM order_items")] == ["ready"]


@on("postgres")
async def test_a_server_with_workers_ends_with_all_of_them(installation: Installation) -> None:
    installation.gemini.mode = "slow"
    with installation.servers(1, "--workers", "2") as [server]:
        await asked(server, good("jpeg"))
        await until(installation, lambda: installation.gemini.asked)
        await check_ends_well(server, 0)
    check_given_back(installation, PREVIEW)


@on("sqlite")
async def test_a_server_that_has_nothing_to_do_ends_at_once(installation: Installation) -> None:
    with installation.servers(1) as [server]:
        status, seconds = await anyio.to_thread.run_sync(server.terminate)
    assert status == -signal.SIGTERM
    assert seconds < GRACE_S


async def asked(server: Process, photo: Sample) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        shopper = Storefront(http, customer="1000")
        return await shopper.asked(upload_id=await shopper.upload(photo))


async def ordered(installation: Installation, server: Process, preview_id: str) -> None:
    line = {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": preview_id}}
    order = await anyio.to_thread.run_sync(lambda: installation.shopify.order(line, customer_id=1000))
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        assert (await webhooks.deliver(http, order)).status_code == 200


async def until(installation: Installation, look: Callable[[], Any]) -> None:
    await anyio.to_thread.run_sync(installation.wait, look)


async def check_ends_well(process: Process, status: int) -> None:
    """It ends with this status, after the grace and before long."""
    ended, seconds = await anyio.to_thread.run_sync(process.terminate)
    assert ended == status
    assert GRACE_S <= seconds < SOON_S


def check_given_back(installation: Installation, kind: str) -> None:
    [job] = installation.rows("SELECT status, attempts, lease_token, lease_until FROM jobs WHERE kind = ?", kind)
    assert job == {"status": "pending", "attempts": 0, "lease_token": None, "lease_until": None}
    assert {row["running"] for row in installation.rows("SELECT running FROM quotas")} == {0}


def done(installation: Installation, kind: str) -> bool:
    """Whether the one job of the kind is done, at the first attempt that counts."""
    [job] = installation.rows("SELECT status, attempts FROM jobs WHERE kind = ?", kind)
    return job == {"status": "done", "attempts": 1}


def resize(installation: Installation, width: int, height: int) -> None:
    for statement in resized(width, height):
        installation.rows(statement)


def large_photo() -> Sample:
    """Large enough that its enlargement takes twice the grace, also on two idle cores."""
    out = io.BytesIO()
    Image.effect_noise((2000, 2000), 60).convert("RGB").save(out, "JPEG")
    return Sample(out.getvalue(), "photo.jpg", "image/jpeg")
