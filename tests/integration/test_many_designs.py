"""A photo of which very many designs were made is deleted as a whole, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from tests import soak
from tests.integration.storefront import Storefront
from tests.integration.world import World

pytestmark = pytest.mark.anyio
COLUMNS = "shop_id, product_id, ai_style_id, guest_session_id, generation_type, ai_prompt_used, created_at, updated_at"
FILE = "shop_id, purpose, filename, mime, bytes, created_at, updated_at"


async def with_designs(world: World, storefront: Storefront, count: int) -> dict[str, Any]:
    """A preview, and the photo's further designs as rows, each with a picture in the storage."""
    preview = await world.design(storefront)
    [made] = world.rows("SELECT upload_asset_id AS photo, preview_asset_id AS picture FROM generations")
    for at in range(1, count):
        design, key = f"design-{at}", f"{storefront.shop}/personalization/design-{at}/preview_1.webp"
        await world.app.files.put(key, b"picture", "image/webp")
        world.change(
            f"INSERT INTO assets (id, key, {FILE}) SELECT ?, ?, {FILE} FROM assets WHERE id = ?",
            *(f"picture-{at}", key, made["picture"]),
        )
        world.change(
            f"INSERT INTO generations (id, status, upload_asset_id, preview_asset_id, {COLUMNS})"
            f" SELECT ?, 'completed', ?, ?, {COLUMNS} FROM generations WHERE id = ?",
            *(design, made["photo"], f"picture-{at}", preview["id"]),
        )
    return preview


def live(world: World) -> int:
    [counted] = world.rows("SELECT count(*) AS count FROM assets WHERE deleted_at IS NULL")
    return int(counted["count"])


@pytest.mark.parametrize("count", [19, 100, soak.size(500, 150)])
async def test_a_photo_with_so_many_designs_is_deleted_by_its_shopper(world: World, count: int) -> None:
    storefront = world.storefront()
    before = live(world)
    preview = await with_designs(world, storefront, count)
    answer = await storefront.post(f"previews/{preview['id']}/delete", {})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["deleted"]) == count
    assert world.rows("SELECT id FROM generations") == []
    assert live(world) == before
    await world.run_jobs()
    assert await world.app.files.list(f"{storefront.shop}/personalization/design-") == []
    assert world.rows("SELECT id FROM assets WHERE id LIKE 'picture-%'") == []
    assert world.rows("SELECT id FROM jobs WHERE kind = 'privacy.empty_photo'") == []


async def test_a_photo_with_many_designs_stays_whole_when_the_last_one_was_ordered(world: World) -> None:
    storefront = world.storefront()
    preview = await with_designs(world, storefront, 120)
    world.change("UPDATE generations SET pinned_at = created_at WHERE id = 'design-99'")
    before = live(world)
    answer = await storefront.post(f"previews/{preview['id']}/delete", {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ordered")
    assert len(world.rows("SELECT id FROM generations")) == 120
    assert live(world) == before
    assert world.rows("SELECT id FROM jobs WHERE kind = 'privacy.empty_photo'") == []
