"""A world full of people, made once; each test has a copy of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.conftest import copied, opened
from tests.integration.print_worker import KEY_TEXT
from tests.integration.servers import Front, Shopify
from tests.integration.tenancy.belongings import Person, people, print_workers
from tests.integration.world import World

SETTINGS = {"JOBS_KEY": KEY_TEXT, "JOB_LEASE_S": "3600"}


@dataclass(frozen=True)
class Town:
    """Two worlds that are the same, and who lives in both."""

    world: World
    twin: World
    people: dict[str, Person]


@pytest.fixture(scope="session")
def town_made(
    tmp_path_factory: pytest.TempPathFactory,
    two_shops_made: tuple[Path, object],
    front: Front,
    simulated_shopify: Shopify,
) -> tuple[Path, dict[str, Person]]:
    folder = tmp_path_factory.mktemp("town")
    copied(two_shops_made[0], folder)

    async def fill() -> dict[str, Person]:
        async with opened(folder, front, simulated_shopify, **SETTINGS) as world:
            return await people(world) | await print_workers(world)

    return folder, asyncio.run(fill())


@pytest.fixture
async def town(
    tmp_path: Path, town_made: tuple[Path, dict[str, Person]], two_shops: Path, front: Front, shopify: Shopify
) -> AsyncIterator[Town]:
    folder, people = town_made
    places = tmp_path / "world", tmp_path / "twin"
    for place in places:
        copied(folder, place)
    async with (
        opened(places[0], front, shopify, **SETTINGS) as world,
        opened(places[1], front, shopify, **SETTINGS) as twin,
    ):
        yield Town(world, twin, people)
