"""Installations on both databases that a server can have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.responses import Response

from tests import postgres
from tests.apps import environ, migrated
from tests.fakes.gemini import KEY, FakeGemini
from tests.integration.processes.installation import DATABASES, Installation
from tests.integration.servers import Front, Shopify
from tests.integration.world import World, fill, settings_for
from tests.ports import free_port
from tests.sizes import resized


@pytest.fixture(params=DATABASES)
async def installation(
    request: pytest.FixtureRequest, tmp_path: Path, front: Front, shopify: Shopify
) -> AsyncIterator[Installation]:
    """Two shops, mugs that are printed without enlarging, and an image service that answers at once."""
    url = postgres.database(tmp_path) if request.param == "postgres" else f"sqlite:///{migrated(tmp_path)}"
    world = World.open(tmp_path, front, shopify, DATABASE_URL=url)
    await fill(world)
    await world.close()
    front.app = Response()  # Shopify's own webhooks: the tests deliver theirs
    port = free_port()
    gemini = FakeGemini()
    with gemini.serving() as gemini_url:
        settings = {
            "DATABASE_URL": url,
            "APP_URL": f"http://127.0.0.1:{port}",
            "AI_PROVIDER": "gemini",
            "GEMINI_API_KEY": KEY,
            "GEMINI_BASE_URL": gemini_url,
        }
        whole = environ(tmp_path) | settings_for(front, shopify) | settings
        made = Installation(tmp_path, whole, gemini, shopify)
        for statement in resized(600, 280):
            made.rows(statement)
        yield made


@pytest.fixture
async def design(installation: Installation, front: Front, shopify: Shopify) -> str:
    """The id of a preview that is done, and that anybody may buy."""
    world = World.open(installation.folder, front, shopify, **installation.environ)
    made = await world.design()
    await world.close()
    front.app = Response()
    return str(made["id"])
