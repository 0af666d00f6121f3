"""A print worker beside a server on PostgreSQL and S3, and beside Lambda: the file goes straight to the bucket."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from app.core.errors import AppError
from tests.integration.merchant import Merchant
from tests.integration.print_worker import KEY_TEXT, PATIENCE_S, connected, picture, ran, sent, taken
from tests.integration.servers import SHOP
from tests.integration.storefront import MUG_VARIANT, Storefront
from tests.setups import SetUp, aws, machine
from tests.sizes import resized

PRINTS = "SELECT key, width, height FROM assets WHERE purpose = 'print'"
OPENED: dict[str, Callable[..., AbstractContextManager[SetUp]]] = {"postgres": machine.opened, "lambda": aws.opened}


@pytest.fixture(params=OPENED)
def setup(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SetUp]:
    """With a mug that is paid, and its print left to print workers."""
    with OPENED[request.param](tmp_path, JOBS_KEY=KEY_TEXT) as opened:
        opened.shopify.install(SHOP)
        for statement in resized(600, 280):  # nothing is enlarged: it takes long
            opened.execute(statement)
        design = asyncio.run(_asked(opened))
        opened.settle()
        wish = {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": design["id"]}}
        opened.shopify.order(wish)
        _wait(opened, "SELECT id FROM jobs WHERE kind = 'personalization.finalize'")
        opened.cron()
        yield opened


def test_a_print_is_sent_to_the_bucket_and_recorded(setup: SetUp, tmp_path: Path) -> None:
    [waiting] = setup.rows("SELECT status, attempts FROM jobs WHERE kind = 'personalization.finalize'")
    assert waiting == {"status": "pending", "attempts": 0}
    status, out, err = asyncio.run(ran(setup.url, tmp_path))
    assert status == 0, out + err
    [asset] = setup.rows(PRINTS)
    assert Image.open(io.BytesIO(setup.stored(asset["key"]))).size == (asset["width"], asset["height"]) == (600, 280)
    assert setup.rows("SELECT state FROM order_items") == [{"state": "ready"}]


def test_a_file_that_was_not_ordered_is_removed_from_the_bucket(setup: SetUp) -> None:
    assert asyncio.run(_lied(setup.url)) == "wrong_print"
    assert setup.rows(PRINTS) == []
    assert [key for key in setup.objects() if "/print_" in key] == []


async def _asked(setup: SetUp) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=setup.url, timeout=60, trust_env=False) as http:
        assert (await Merchant(http).document()).status_code == 200
        return await Storefront(http).asked()


async def _lied(url: str) -> str:
    """The code with which a picture of other pixels is refused."""
    async with connected(url) as there:
        order = await taken(there)
        report = await sent(there, order, picture(100, 100))
        with pytest.raises(AppError) as fault:
            await there.finish(order, report)
        return fault.value.code


def _wait(setup: SetUp, sql: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not setup.rows(sql):
        assert time.monotonic() < deadline, setup.log()[-3000:]
        setup.pump()
