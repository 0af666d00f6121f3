"""A webhook of one package imports no other's code: a cold worker has a second to answer."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.tables import metadata
from devstore.config import Config
from tests.apps import close, environ, make_app, open_shop
from tests.integration.servers import SHOP
from tests.sources import ROOT

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("topic", "package", "strangers"),
    [
        ("app/uninstalled", "app.shops", {"app.personalization", "app.privacy", "app.catalog", "app.media"}),
        ("orders/paid", "app.personalization", {"app.privacy"}),
    ],
)
async def test_a_delivered_webhook_imports_its_own_package_and_what_that_uses(
    tmp_path: Path, topic: str, package: str, strangers: set[str]
) -> None:
    """In a fresh interpreter, from the request to the job that is queued."""
    app = make_app(tmp_path)
    await open_shop(app, SHOP)
    settings = environ(tmp_path) | {"DATABASE_URL": app.settings.database_url, "SHOPIFY_API_SECRET": Config.api_secret}
    command = [sys.executable, "-m", "tests.integration.cold_webhook", json.dumps(settings), topic]
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["status"] == 200
    assert package in found["packages"]
    assert strangers & set(found["packages"]) == set()
    deliveries = metadata.tables["webhook_deliveries"]
    [row] = await app.db.all(select(deliveries.c.topic, deliveries.c.status))
    assert (row["topic"], row["status"]) == (topic, "received")
    await close(app)
