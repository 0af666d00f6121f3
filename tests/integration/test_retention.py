"""What nobody needs any more goes by itself, and the books agree with the storage."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.privacy.model import preview_life
from handlers import jobs as runner
from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.test_privacy import ADA, bought, found, objects, owned, storage_agrees, told
from tests.integration.world import World
from tests.pictures import good

pytestmark = pytest.mark.anyio


async def swept(world: World, minutes: int = 2) -> None:
    for _ in range(minutes):
        await runner.sweep(world.app)


def aged(world: World, key: str, **age: float) -> None:
    """The object lies there so long."""
    at = (world.clock.now() - timedelta(**age)).timestamp()
    os.utime(world.files / key, (at, at))


async def test_what_nobody_ordered_goes_with_its_time_and_what_was_ordered_stays(world: World) -> None:
    order = await bought(world, ADA, world.storefront())
    design = (await world.design(world.storefront()))["id"]
    pictures = [key for key in owned(world, design) if "/" in key]
    ordered = [key for key in owned(world, *order["designs"]) if "/" in key]
    assert [key for key in ordered if "/uploads/" in key]
    world.clock.move(days=29, hours=23)
    await swept(world)
    assert {key for key in pictures if key in objects(world)} == {key for key in pictures if "/uploads/" not in key}
    world.clock.move(days=1, hours=1)
    await swept(world)
    assert [key for key in pictures if key in objects(world)] == []
    assert [key for key in ordered if key not in objects(world)] == []
    [row] = world.rows("SELECT * FROM generations WHERE id = ?", design)
    pictures = [f"{purpose}_asset_id" for purpose in ("upload", "master", "preview", "mockup")]
    emptied = (*pictures, "crop", "guest_session_id", "shopper_id", "preflight")
    assert [row[name] for name in ("status", *emptied)] == ["completed", *[None] * 8]
    assert storage_agrees(world)
    await told(world, "redaction", ADA)
    assert [key for key in ordered if key in objects(world)] == []
    assert storage_agrees(world)


@pytest.mark.parametrize(("setting", "days"), [(60, 60), (14, 14), (3, 14), (9999, 365), ("many", 30), (None, 30)])
async def test_a_shop_may_keep_previews_for_fourteen_days_or_more(world: World, setting: Any, days: int) -> None:
    assert preview_life({"preview_days": setting}) == timedelta(days=days)


async def test_a_merchant_says_how_long_previews_are_kept(world: World) -> None:
    await world.design()
    answer = await world.merchant().post("/privacy/previews", {"days": " 14 "})
    assert (answer.status_code, "Designs are kept for 14 days" in answer.text) == (200, True)
    assert 'value="14"' in (await world.merchant().document("/privacy")).text
    assert 'value="30"' in (await world.merchant(OTHER_SHOP).document("/privacy")).text
    world.clock.move(days=14, hours=1)
    await swept(world)
    assert len(world.rows("SELECT id FROM generations")) == 1
    assert world.rows("SELECT id FROM generations WHERE master_asset_id IS NOT NULL") == []


@pytest.mark.parametrize("days", ["", "13", "366", "14.5", "-20", "forever", "٢٠", "9" * 5000])
async def test_a_merchant_is_told_how_long_previews_can_be_kept(world: World, days: str) -> None:
    answer = await world.merchant().post("/privacy/previews", {"days": days})
    assert (answer.status_code, "from 14 to 365" in answer.text) == (422, True)
    assert world.rows("SELECT settings FROM shops WHERE id = ?", SHOP) == [{"settings": None}]


async def test_a_photo_that_never_came_holds_storage_for_the_life_of_its_ticket(world: World) -> None:
    storefront, used = world.storefront(), world.storefront()
    await world.design(used)
    arrived, announced = await storefront.upload(), (await storefront.ticket_of(5_000_000)).json()["upload_id"]
    before = world.quota()["current_storage_bytes"]
    world.clock.move(minutes=14, seconds=59)
    await swept(world)
    assert world.quota()["current_storage_bytes"] == before
    world.clock.move(seconds=1)
    await swept(world)
    assert world.quota()["current_storage_bytes"] == before - 5_000_000
    assert storage_agrees(world)
    world.clock.move(minutes=45)
    await swept(world)
    held = {row["id"] for row in world.rows("SELECT id FROM assets WHERE purpose = 'upload'")}
    assert (arrived in held, announced in held, len(held)) == (True, False, 2)
    assert storage_agrees(world)


async def test_a_gigabyte_of_tickets_that_are_never_used_is_free_again_when_they_end(world: World) -> None:
    """However they were got: forty of 25 MB by forty addresses, and nobody else has room for the quarter of an hour."""
    for number in range(40):
        world.http.headers["X-Forwarded-For"] = f"203.0.113.{number}"
        assert (await world.storefront().ticket_of(25 * 1024**2)).status_code == 201
    world.http.headers["X-Forwarded-For"] = "203.0.113.99"
    assert (await world.storefront().ticket_of(1)).json()["error"]["code"] == "storage_full"
    world.clock.move(minutes=15)
    await swept(world, 1)
    assert (await world.storefront().ticket_of(25 * 1024**2)).status_code == 201
    world.clock.move(minutes=46)
    await swept(world)
    assert len(world.rows("SELECT id FROM assets WHERE purpose = 'upload'")) == 1
    assert storage_agrees(world)


async def test_a_flood_of_tickets_in_one_shop_keeps_no_other_shop_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.media.uploads.SWEPT_AT_ONCE", 4)
    for number in range(12):
        world.http.headers["X-Forwarded-For"] = f"203.0.113.{number}"
        await world.storefront().ticket_of(1000)
    for _ in range(2):
        await world.storefront(OTHER_SHOP).ticket_of(1000)
    world.clock.move(minutes=15)
    left = []
    for _ in range(3):
        await swept(world, 1)
        left.append([world.quota(shop)["current_storage_bytes"] for shop in (SHOP, OTHER_SHOP)])
    assert left == [[10_000, 0], [6_000, 0], [2_000, 0]]


async def test_a_photo_that_comes_after_its_ticket_ended_is_counted_when_it_is_used(world: World) -> None:
    storefront, photo = world.storefront(), good("jpeg")
    ticket = (await storefront.ticket(photo)).json()
    [asset] = world.rows("SELECT key FROM assets WHERE purpose = 'upload'")
    world.clock.move(minutes=15)
    await swept(world)
    assert world.quota()["current_storage_bytes"] == 0
    await world.app.files.put(asset["key"], photo.data, photo.mime)  # a slow one, whose sending had begun in time
    await world.design(storefront, upload_id=ticket["upload_id"])
    assert storage_agrees(world)
    [upload] = world.rows("SELECT bytes FROM assets WHERE purpose = 'upload'")
    assert upload["bytes"] == len(photo.data)
    world.clock.move(hours=23)
    await swept(world)
    assert asset["key"] in objects(world)


async def test_a_late_photo_has_no_room_in_a_full_shop(world: World) -> None:
    storefront, photo = world.storefront(), good("jpeg")
    wish = await storefront.wish(upload_id=(await storefront.ticket(photo)).json()["upload_id"])
    [asset] = world.rows("SELECT key FROM assets WHERE purpose = 'upload'")
    world.clock.move(minutes=15)
    await swept(world)
    await world.app.files.put(asset["key"], photo.data, photo.mime)
    world.change("UPDATE quotas SET storage_quota_bytes = 10")
    answer = await storefront.post("previews", wish)
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "storage_full")
    assert storage_agrees(world)


async def test_a_photo_that_comes_late_and_is_not_used_goes_within_the_hour(world: World) -> None:
    photo = good("jpeg")
    await world.storefront().ticket(photo)
    [asset] = world.rows("SELECT key FROM assets WHERE purpose = 'upload'")
    world.clock.move(minutes=15)
    await swept(world)
    await world.app.files.put(asset["key"], photo.data, photo.mime)
    world.clock.move(minutes=45)
    await swept(world)
    assert asset["key"] not in objects(world)
    assert world.rows("SELECT id FROM assets WHERE purpose = 'upload'") == []


async def test_a_photo_that_is_used_between_the_end_of_its_ticket_and_the_sweep_keeps_its_reservation(
    world: World,
) -> None:
    storefront = world.storefront()
    upload = await storefront.upload()
    world.clock.move(minutes=30)
    await world.design(storefront, upload_id=upload)
    world.clock.move(hours=23)
    await swept(world)
    assert world.rows("SELECT id FROM assets WHERE id = ? AND deleted_at IS NULL", upload)
    assert storage_agrees(world)


async def test_the_row_of_a_photo_that_is_gone_stays_while_its_design_does(world: World) -> None:
    """By it "delete my photo" finds every design of one photo, days later; then the row goes as well."""
    storefront, style = world.storefront(), (await world.storefront().offer())["styles"][1]["id"]
    upload = await storefront.upload()
    first = await world.design(storefront, upload_id=upload)
    second = await world.design(storefront, upload_id=upload, style_id=style)
    unused, failed = await storefront.upload(), await storefront.upload()
    await storefront.cancel(await storefront.asked(upload_id=failed))
    world.clock.move(days=5)
    await swept(world, 3)
    assert [row["id"] for row in world.rows("SELECT id FROM assets WHERE purpose = 'upload'")] == [upload, failed]
    world.clock.move(days=3)
    await swept(world, 3)
    assert [row["id"] for row in world.rows("SELECT id FROM assets WHERE purpose = 'upload'")] == [upload]
    gone = await storefront.post(f"previews/{first['id']}/delete", {})
    assert set(gone.json()["deleted"]) == {first["id"], second["id"]}
    await world.run_all_jobs()
    assert world.rows("SELECT id FROM assets WHERE purpose = 'upload'") == []
    assert unused not in {row["id"] for row in world.rows("SELECT id FROM assets")}


async def test_a_shop_with_many_old_previews_is_swept_in_shares(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.privacy.retention.PREVIEWS_AT_ONCE", 2)
    for _ in range(3):
        await world.design(world.storefront())
    world.clock.move(days=31)
    left = []
    for _ in range(3):
        await swept(world, 1)
        left.append(len(world.rows("SELECT id FROM generations WHERE master_asset_id IS NOT NULL")))
    assert left == [1, 0, 0]


async def test_an_object_that_no_row_names_goes_after_a_day(world: World) -> None:
    kept = await bought(world, ADA, world.storefront())
    old, young = (f"{SHOP}/personalization/{age}/print_1.jpg" for age in ("old", "young"))
    for key in (old, young):
        await world.app.files.put(key, b"of an attempt that died", "image/jpeg")
    for key in objects(world) - {f"{young}"}:
        aged(world, key, hours=25)
    await swept(world)
    assert old not in objects(world)
    assert young in objects(world)
    assert [key for key in owned(world, *kept["designs"]) if "/" in key and key not in objects(world)] == []


async def test_a_storage_of_many_objects_is_looked_through_in_shares(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.privacy.retention.OBJECTS_AT_ONCE", 3)
    for number in range(8):
        key = f"{SHOP}/personalization/{number}/print_1.jpg"
        await world.app.files.put(key, b"lost", "image/jpeg")
        aged(world, key, hours=25)
    before = len(await world.app.files.list("", limit=1000))
    for _ in range(before // 3 + 1):
        await swept(world, 1)
    assert [each.key for each in await world.app.files.list("", limit=1000) if "print_1" in each.key] == []


async def test_a_row_whose_object_is_gone_is_marked_and_uncounted(world: World) -> None:
    await world.design(world.storefront())
    [master] = world.rows("SELECT id, key FROM assets WHERE purpose = 'master'")
    await world.app.files.delete(master["key"])
    world.clock.move(hours=23)
    await swept(world)
    assert world.rows("SELECT deleted_at FROM assets WHERE id = ?", master["id"]) == [{"deleted_at": None}]
    world.clock.move(hours=25)
    await swept(world)
    assert world.rows("SELECT id FROM assets WHERE id = ? AND deleted_at IS NOT NULL", master["id"])
    assert storage_agrees(world)


async def test_a_storage_counter_that_drifted_is_put_right_and_told(world: World) -> None:
    await world.design(world.storefront())
    world.change("UPDATE quotas SET current_storage_bytes = 7 WHERE shop_id = ?", SHOP)
    await swept(world)
    assert storage_agrees(world)
    assert [line["counted"] for line in world.logged("storage_drift") if line["shop"] == SHOP] == [7]
    before = len(world.logged("storage_drift"))
    world.clock.move(days=1)
    await swept(world)
    assert len(world.logged("storage_drift")) == before


async def test_messages_jobs_limits_and_tokens_go_with_their_time(world: World) -> None:
    await bought(world, ADA, world.storefront())
    await world.design(world.storefront())
    tables = ("webhook_deliveries", "jobs", "rate_limits")
    assert all(world.rows(f"SELECT * FROM {table}") for table in tables)
    world.clock.move(days=29)
    await swept(world)
    assert all(world.rows(f"SELECT * FROM {table}") for table in tables[:2])
    assert world.rows("SELECT key FROM rate_limits") == []
    assert len(world.rows("SELECT id FROM guest_sessions")) == 2
    world.clock.move(days=2)
    await swept(world)
    assert [world.rows(f"SELECT * FROM {table}") for table in tables] == [[], [], []]
    assert len(world.rows("SELECT id FROM guest_sessions")) == 1  # whose design was ordered
    assert world.rows("SELECT state FROM order_items") == [{"state": "ready"}]


async def leave(world: World, hours_ago: float) -> None:
    at = (datetime.now(UTC) - timedelta(hours=hours_ago)).isoformat()
    world.change("UPDATE shops SET installed_at = '2026-01-01T00:00:00.000Z', proven_at = NULL")
    await webhooks.deliver(world.http, webhooks.left(), topic="app/uninstalled", triggered_at=at)
    await world.run_all_jobs()
    assert world.rows("SELECT is_active FROM shops WHERE id = ?", SHOP) == [{"is_active": 0}]


async def test_a_shop_that_left_48_hours_ago_is_in_no_table_but_the_books_and_no_object(world: World) -> None:
    order = await bought(world, ADA, world.storefront(), world.storefront(customer=ADA))
    words = [*owned(world, *order["designs"]), ADA]
    kept = {key for key in objects(world) if key.startswith(f"{OTHER_SHOP}/")}
    await leave(world, 48)
    await webhooks.deliver(world.http, webhooks.redact(), topic="shop/redact")
    await world.run_all_jobs()
    world.clock.move(minutes=5)
    await swept(world)
    assert found(world, words) == []
    assert {table for table, word in found(world, [SHOP]) if table != "file"} == {
        "audit_log",
        "jobs",
        "webhook_deliveries",
    }
    assert objects(world) == kept
    assert world.rows("SELECT action FROM audit_log") == [{"action": "shop_deleted"}]
    assert world.rows("SELECT id FROM shops") == [{"id": OTHER_SHOP}]


@pytest.mark.parametrize("hours", [1, 30])
async def test_the_end_of_an_earlier_removal_changes_nothing_for_a_later_one(world: World, hours: int) -> None:
    await bought(world, ADA, world.storefront())
    before = objects(world)
    await leave(world, hours)
    await webhooks.deliver(world.http, webhooks.redact(), topic="shop/redact")
    await world.run_all_jobs()
    assert objects(world) == before
    assert len(world.rows("SELECT id FROM generations")) == 2


@pytest.mark.parametrize("year", ["2099", "9999"])
async def test_a_time_to_come_does_not_pass_for_48_hours(world: World, year: str) -> None:
    await bought(world, ADA, world.storefront())
    before = objects(world)
    await leave(world, 1)
    later = f"{year}-12-31T23:59:59Z"
    await webhooks.deliver(world.http, webhooks.redact(), topic="shop/redact", triggered_at=later)
    await world.run_all_jobs()
    assert objects(world) == before
    assert world.rows("SELECT status FROM webhook_deliveries WHERE topic = 'shop/redact'") == [{"status": "ignored"}]


async def test_the_end_of_a_shop_that_is_back_changes_nothing(world: World) -> None:
    await bought(world, ADA, world.storefront())
    before = objects(world)
    await leave(world, 49)
    assert (await world.merchant().document()).status_code == 200
    await webhooks.deliver(world.http, webhooks.redact(), topic="shop/redact")
    await world.run_all_jobs()
    assert objects(world) == before
    assert world.rows("SELECT id FROM orders")
    assert (await world.merchant().document("/orders")).status_code == 200


@pytest.mark.parametrize("installed", [True, False])
async def test_a_shop_whose_uninstall_was_lost_is_deleted_when_shopify_lets_the_app_in_no_more(
    world: World, installed: bool
) -> None:
    """It counts as installed, and the merchant was last seen before it left."""
    await bought(world, ADA, world.storefront())
    before = objects(world)
    world.change("UPDATE shops SET installed_at = '2026-01-01T00:00:00.000Z', proven_at = '2026-01-02T00:00:00.000Z'")
    if not installed:
        world.change("DELETE FROM access_tokens WHERE shop_id = ?", SHOP)
    await webhooks.deliver(world.http, webhooks.redact(), topic="shop/redact")
    await world.run_all_jobs()
    if installed:
        assert (objects(world), len(world.rows("SELECT id FROM shops"))) == (before, 2)
        assert world.rows("SELECT status FROM webhook_deliveries WHERE topic = 'shop/redact'") == [
            {"status": "ignored"}
        ]
    else:
        assert {key for key in objects(world) if key.startswith(f"{SHOP}/")} == set()
        assert world.rows("SELECT id FROM shops") == [{"id": OTHER_SHOP}]
        assert world.logged("uninstall_missed")


async def test_a_shop_whose_uninstall_was_lost_waits_until_shopify_answers(world: World) -> None:
    await bought(world, ADA, world.storefront())
    world.change("UPDATE shops SET installed_at = '2026-01-01T00:00:00.000Z', proven_at = NULL")
    world.shopify.fail("error_500", 10)
    await webhooks.deliver(world.http, webhooks.redact(), topic="shop/redact")
    await world.run_jobs()
    assert world.rows("SELECT status FROM jobs WHERE kind = 'privacy.redact_shop'") == [{"status": "pending"}]
    assert len(world.rows("SELECT id FROM generations")) == 2
