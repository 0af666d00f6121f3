"""Worlds on demand: each test gets a fresh copy of two shops, installed and filled."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from devstore.config import Config
from devstore.server import create_devstore
from tests import postgres
from tests.apps import ON_POSTGRES
from tests.devstore.conftest import serving
from tests.integration import print_worker
from tests.integration.servers import NEW_SHOP, OTHER_SHOP, RETRY_DELAYS, SHOP, Front, Shopify
from tests.integration.world import World, fill

CRASHES = ("request_crashed", "job_crashed", "job_loop_fault")
EARLIER_SECRET = "the-secret-before-this-one"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def front() -> Iterator[Front]:
    front = Front()
    with serving(front) as front.url:
        yield front


@pytest.fixture(scope="session")
def simulated_shopify(front: Front) -> Iterator[Shopify]:
    config = Config(app_url=front.url, retry_delays=RETRY_DELAYS)
    devstore = create_devstore(config, shops=[SHOP, OTHER_SHOP, NEW_SHOP])
    with serving(devstore) as url, httpx.Client(base_url=url) as http:
        shopify = Shopify(url, config, devstore.state.store, http)
        shopify.install(SHOP)
        shopify.install(OTHER_SHOP)
        yield shopify


@pytest.fixture
def shopify(simulated_shopify: Shopify) -> Iterator[Shopify]:
    yield simulated_shopify
    simulated_shopify.store.faults.clear()


@pytest.fixture(scope="session")
def two_shops_made(
    tmp_path_factory: pytest.TempPathFactory, front: Front, simulated_shopify: Shopify
) -> tuple[Path, Callable[[], None]]:
    folder = tmp_path_factory.mktemp("two-shops")
    asyncio.run(_fill(folder, front, simulated_shopify))
    return folder, simulated_shopify.unused()


@pytest.fixture
def two_shops(two_shops_made: tuple[Path, Callable[[], None]]) -> Path:
    """A folder with a database in which two shops are installed, with products, styles and a watermark.

    Shopify takes its tokens, whatever other tests have done with them.
    """
    folder, renew_tokens = two_shops_made
    renew_tokens()
    return folder


@pytest.fixture
async def world(tmp_path: Path, two_shops: Path, front: Front, shopify: Shopify) -> AsyncIterator[World]:
    """Two shops that are ready. Nothing may crash in it: a fault that the app did not expect fails the test."""
    copied(two_shops, tmp_path)
    async with opened(tmp_path, front, shopify) as world:
        yield world


@pytest.fixture
async def impatient(tmp_path: Path, two_shops: Path, front: Front, shopify: Shopify) -> AsyncIterator[World]:
    """As `world`, with leases of a second: a worker looks three times a second whether it still has its job."""
    copied(two_shops, tmp_path)
    async with opened(tmp_path, front, shopify, JOB_LEASE_S="1") as world:
        yield world


@pytest.fixture
async def delegating(tmp_path: Path, two_shops: Path, front: Front, shopify: Shopify) -> AsyncIterator[World]:
    """As `world`, with its prints left to print workers."""
    copied(two_shops, tmp_path)
    async with opened(tmp_path, front, shopify, JOBS_KEY=print_worker.KEY_TEXT) as world:
        yield world


@pytest.fixture
async def empty_world(tmp_path: Path, front: Front, shopify: Shopify) -> AsyncIterator[World]:
    """The app before its first shop."""
    async with opened(tmp_path, front, shopify) as world:
        yield world


@pytest.fixture
async def down(tmp_path: Path, front: Front, shopify: Shopify) -> AsyncIterator[World]:
    """The app before its first shop, while Shopify does not answer."""
    async with opened(tmp_path, front, shopify, SHOPIFY_BASE_URL="http://127.0.0.1:9") as world:
        yield world


@pytest.fixture
async def rotating(tmp_path: Path, front: Front, shopify: Shopify) -> AsyncIterator[World]:
    """The app while its secret is being changed."""
    async with opened(tmp_path, front, shopify, SHOPIFY_OLD_API_SECRET=EARLIER_SECRET) as world:
        yield world


@asynccontextmanager
async def opened(folder: Path, front: Front, shopify: Shopify, **environ: str) -> AsyncIterator[World]:
    world = World.open(folder, front, shopify, **environ)
    try:
        yield world
    finally:
        await world.close()
    assert world.may_crash or [world.logged(event) for event in CRASHES] == [[], [], []]


def copied(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if ON_POSTGRES:
        postgres.copied(source, folder)


async def _fill(folder: Path, front: Front, shopify: Shopify) -> None:
    world = World.open(folder, front, shopify)
    await fill(world)
    await world.close()
