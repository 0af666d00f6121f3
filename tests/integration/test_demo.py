"""`make demo` ends whole: whoever stops it finds both ports free again."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from app import shops
from app.personalization.tables import ai_styles
from handlers.demo import shop
from tests import apps
from tests.browser.demo import running


def test_what_the_demo_writes_is_its_users_alone(tmp_path: Path) -> None:
    """Keys, log, both databases, pictures; also where an earlier demo left a folder that others could read."""
    var = tmp_path / "var" / "demo"
    var.mkdir(parents=True)
    var.chmod(0o755)
    before = os.umask(0)
    try:
        with running(tmp_path):
            made = {path.relative_to(var).as_posix(): path.stat().st_mode for path in [var, *var.rglob("*")]}
    finally:
        os.umask(before)
    assert {"keys.json", "app.log", "artify.db", "devstore.db"} <= made.keys()
    assert any(name.startswith("files/") for name in made)
    assert {name: oct(mode) for name, mode in made.items() if stat.S_IMODE(mode) & 0o077} == {}


@pytest.mark.anyio
async def test_every_style_of_the_demo_has_an_example(tmp_path: Path) -> None:
    app = apps.make_app(tmp_path)
    await shops.expect_install(app, shop.SHOP)
    await shop.seed(app, examples=True)
    styles = await app.db.all(select(ai_styles.c.example_asset_id))
    await apps.close(app)
    assert len({style["example_asset_id"] for style in styles} - {None}) == len(shop.STYLES)


def test_ending_the_demo_ends_the_simulated_shop(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        assert httpx.get(demo.shop_url).status_code == 200
        demo.process.terminate()
        demo.process.wait(30)
        with pytest.raises(httpx.TransportError):
            httpx.get(demo.shop_url)
