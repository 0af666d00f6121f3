"""What is kept of people: it can be seen, and it goes, from every table and from the storage."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from app.core.ports.database import Expect
from handlers import jobs as runner
from tests.apps import ON_POSTGRES
from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.storefront import Storefront
from tests.integration.world import World, without_storage

pytestmark = pytest.mark.anyio
ADA, BOB = "90017001", "90017002"
TOPICS = {"export": "customers/data_request", "redaction": "customers/redact"}


async def bought(world: World, customer: str, *storefronts: Storefront, **changes: str) -> dict[str, Any]:
    """An order of the customer's, of a design by each storefront, all of it printed."""
    designs = [await world.design(storefront) for storefront in storefronts]
    lines = [webhooks.line(design["id"]) for design in designs]
    order = webhooks.order(*lines, customer={"id": int(customer)})
    await webhooks.deliver(world.http, order, **changes)
    await world.run_all_jobs()
    return order | {"designs": [design["id"] for design in designs]}


async def told(world: World, kind: str, customer: str, orders: list[int] | None = None, **changes: str) -> None:
    """Shopify's request, and all that follows."""
    named = "orders_requested" if kind == "export" else "orders_to_redact"
    shop = changes.get("shop_domain", SHOP)
    person = {"id": int(customer), "email": "ada@shopper.example"}
    payload = webhooks.redact(shop, customer=person, **{named: orders or []})
    answer = await webhooks.deliver(world.http, payload, topic=TOPICS[kind], **changes)
    assert answer.status_code == 200
    await world.run_all_jobs()


def tables(world: World) -> list[str]:
    if ON_POSTGRES:
        return [row["n"] for row in world.rows("SELECT tablename AS n FROM pg_tables WHERE schemaname = 'public'")]
    return [row["n"] for row in world.rows("SELECT name AS n FROM sqlite_master WHERE type = 'table'")]


def found(world: World, words: list[str]) -> list[tuple[str, str]]:
    """Where the database holds any of these words: every value of every row, and every byte of its files."""
    rows = [(table, str(row)) for table in tables(world) for row in world.rows(f"SELECT * FROM {table}")]
    assert len(rows) >= 15
    hits = [(table, word) for table, row in rows for word in words if word in row]
    if not ON_POSTGRES:
        hits += [("file", word) for word in words if word.encode() in database_bytes(world)]
    return hits


def database_bytes(world: World) -> bytes:
    """All that lies on the disk: the database, its write-ahead log, and that log's index."""
    return b"".join(path.read_bytes() for path in sorted(world.folder.glob("artify.db*")))


def objects(world: World) -> set[str]:
    return {path.relative_to(world.files).as_posix() for path in world.files.rglob("*") if path.is_file()}


def owned(world: World, *designs: str) -> list[str]:
    """Ids and keys that only this owner's rows hold."""
    listed = ", ".join(f"'{design}'" for design in designs)
    finals = world.rows(f"SELECT final_generation_id AS id FROM order_items WHERE preview_generation_id IN ({listed})")
    ids = {*designs, *[row["id"] for row in finals if row["id"]]}
    words = set(ids)
    for each in ids:
        [row] = world.rows("SELECT * FROM generations WHERE id = ?", each)
        purposes = ("upload", "master", "preview", "mockup", "final")
        words |= {row[f"{purpose}_asset_id"] for purpose in purposes}
    words.discard(None)
    keys = [row["key"] for row in world.rows("SELECT id, key FROM assets") if row["id"] in words]
    return sorted(words | set(keys))


@contextmanager
def just_before(world: World, code: str, work: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """The first batch that can be refused with this code waits until the work is done: what it was made of is old."""
    batch, waiting = world.app.db.batch, [work]

    async def late(*statements: Any) -> Any:
        if waiting and any(isinstance(each, Expect) and each.code == code for each in statements):
            await waiting.pop()()
        return await batch(*statements)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.app.db, "batch", late)
        yield
    assert waiting == []


def personal(world: World) -> list[str]:
    """Objects of shoppers; the shop's own pictures are not."""
    marks = ("/uploads/", "/privacy/", "/preview_", "/mockup_")
    return sorted(key for key in objects(world) if any(mark in key for mark in marks))


def storage_agrees(world: World, shop: str = SHOP) -> bool:
    [held] = world.rows("SELECT SUM(bytes) AS b FROM assets WHERE shop_id = ? AND deleted_at IS NULL", shop)
    return int(held["b"] or 0) == world.quota(shop)["current_storage_bytes"]


async def test_an_export_goes_after_a_week(world: World) -> None:
    await bought(world, ADA, world.storefront())
    await told(world, "export", ADA)
    [asset] = world.rows("SELECT key FROM assets WHERE purpose = 'export'")
    assert asset["key"] in objects(world)
    world.clock.move(days=7)
    await swept(world)
    assert asset["key"] not in objects(world)
    assert "Expired" in (await world.merchant().document("/privacy")).text
    assert storage_agrees(world)


@pytest.mark.parametrize("by", ["shopify", "merchant"])
async def test_a_deleted_customer_is_in_no_table_and_no_object(world: World, by: str) -> None:
    signed_in, guest = world.storefront(customer=ADA), world.storefront()
    ada = await bought(world, ADA, signed_in, guest)
    unordered = (await world.design(guest))["id"]
    bob = await bought(world, BOB, world.storefront(), world.storefront(customer=BOB))
    await told(world, "export", ADA, [ada["id"]])
    exports = [row["key"] for row in world.rows("SELECT key FROM assets WHERE purpose = 'export'")]
    hers, his = owned(world, *ada["designs"], unordered), owned(world, *bob["designs"])
    stray = f"{SHOP}/personalization/{unordered}/master_died.png"
    await world.app.files.put(stray, b"of an attempt that died", "image/png")
    if by == "shopify":
        await told(world, "redaction", ADA, [ada["id"]])
    else:
        assert (await world.merchant().post("/privacy/requests", {"kind": "redaction", "customer_id": ADA})).is_success
        await world.run_all_jobs()
    assert found(world, [ADA, *exports, *hers]) == []
    left = objects(world)
    assert [key for key in [*hers, *exports, stray] if key in left] == []
    assert [key for key in his if "/" in key and key not in left] == []
    assert {word for _, word in found(world, his)} == set(his)
    books = world.rows("SELECT * FROM orders WHERE shopify_order_id = ?", str(ada["id"]))
    assert [(row["customer_id"], row["total_price"], row["status"]) for row in books] == [(None, 1800, "paid")]
    assert storage_agrees(world)
    line = world.rows("SELECT actor, action, detail FROM audit_log WHERE action = 'customer_deleted'")
    assert line == [{"actor": by, "action": "customer_deleted", "detail": None}]


@pytest.mark.skipif(ON_POSTGRES, reason="PostgreSQL keeps its files elsewhere: docs/privacy.md")
async def test_what_a_long_read_keeps_in_the_log_goes_with_the_next_sweep(world: World) -> None:
    ada = await bought(world, ADA, world.storefront(customer=ADA))
    hers = owned(world, *ada["designs"])
    with closing(sqlite3.connect(world.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM generations").fetchone()
        await told(world, "redaction", ADA, [ada["id"]])
        assert [row["state"] for row in world.rows("SELECT state FROM privacy_requests")] == ["done"]
        assert len(world.logged("deleted_rows_in_log")) == 1
        assert [word for word in [ADA, *hers] if word.encode() in database_bytes(world)] != []
    await runner.sweep(world.app)
    assert found(world, [ADA, *hers]) == []


@pytest.mark.parametrize("kind", ["export", "redaction"])
async def test_a_request_that_the_storage_interrupts_is_done_later(world: World, kind: str) -> None:
    ada = await bought(world, ADA, world.storefront(), world.storefront(customer=ADA))
    hers = owned(world, *ada["designs"])
    payload = webhooks.redact(customer={"id": int(ADA)})
    await webhooks.deliver(world.http, payload, topic=TOPICS[kind])
    with without_storage(world):
        await world.run_jobs()
        assert [row["state"] for row in world.rows("SELECT state FROM privacy_requests")] == ["open"]
    await world.run_all_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM privacy_requests")] == ["done"]
    left = objects(world)
    assert [key for key in hers if "/" in key and (key in left) != (kind == "export")] == []
    assert storage_agrees(world)


async def test_what_shopify_asks_of_a_customer_is_done_in_its_own_words(world: World) -> None:
    """By the simulated shop's webhooks, which hold all that Shopify's do."""
    ada = await bought(world, ADA, world.storefront(customer=ADA))
    for topic in ("customers/data_request", "customers/redact"):
        world.shopify.comply(topic, customer_id=int(ADA), orders=[ada["id"]])
        await world.run_all_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM privacy_requests")] == ["done", "done"]
    assert world.rows("SELECT id FROM shoppers WHERE shopify_customer_id = ?", ADA) == []


async def test_a_photo_that_was_deleted_is_in_no_table_and_no_object(world: World) -> None:
    storefront = world.storefront()
    upload = await storefront.upload()
    first = await world.design(storefront, upload_id=upload)
    second = await world.design(storefront, upload_id=upload)
    other = (await world.design(storefront))["id"]
    gone, kept = owned(world, first["id"], second["id"]), owned(world, other)
    answer = await storefront.post(f"previews/{first['id']}/delete", {})
    assert answer.json() == {"deleted": sorted([first["id"], second["id"]])}
    assert storage_agrees(world)
    await world.run_jobs()
    assert {word for _, word in found(world, gone)} == {first["id"]}  # which the audit log names
    assert [key for key in gone if key in objects(world)] == []
    assert {word for _, word in found(world, kept)} == set(kept)
    assert storage_agrees(world)
    assert (await storefront.post(f"previews/{first['id']}/delete", {})).status_code == 404


async def test_a_photo_of_somebody_else_is_not_found(world: World) -> None:
    design = await world.design(world.storefront())
    for stranger in (world.storefront(), world.storefront(customer=BOB), world.storefront(OTHER_SHOP)):
        stranger.guest_token = "somebody"
        assert (await stranger.post(f"previews/{design['id']}/delete", {})).status_code == 404
    assert world.rows("SELECT status FROM generations") == [{"status": "completed"}]


async def test_a_guest_can_still_delete_a_photo_once_their_data_were_exported(world: World) -> None:
    """What they ordered says whose browser it is; it stays their browser."""
    guest = world.storefront()
    await bought(world, ADA, guest)
    preview = await world.design(guest)
    await told(world, "export", ADA)
    assert (await guest.cancel(preview)).status_code == 200
    assert (await guest.post(f"previews/{preview['id']}/delete", {})).json() == {"deleted": [preview["id"]]}


async def test_a_photo_that_was_ordered_stays_until_the_shop_deletes_it(world: World) -> None:
    storefront = world.storefront()
    order = await bought(world, ADA, storefront)
    before = objects(world)
    answer = await storefront.post(f"previews/{order['designs'][0]}/delete", {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ordered")
    assert objects(world) == before


async def proposed(world: World, customer: str, storefront: Storefront) -> dict[str, Any]:
    """An order of the customer's that waits for a size, with another picture proposed for it."""
    design = await world.design(storefront)
    order = webhooks.order(webhooks.line(design["id"], variant_id=404), customer={"id": int(customer)})
    await webhooks.deliver(world.http, order)
    await world.run_all_jobs()
    [item] = world.rows("SELECT id FROM order_items WHERE preview_generation_id = ?", design["id"])
    assert (await world.merchant().orders_post(item["id"], "picture")).status_code == 200
    await world.run_all_jobs()
    [picture] = world.rows("SELECT proposed_generation_id AS id FROM order_items WHERE id = ?", item["id"])
    return order | {"designs": [design["id"], picture["id"]]}


async def test_a_picture_that_was_proposed_is_the_customers_that_it_was_made_for(world: World) -> None:
    """In a browser of two, so that nothing but the order says whose it is."""
    browser = world.storefront()
    ada, bob = await proposed(world, ADA, browser), await proposed(world, BOB, browser)
    hers, his = owned(world, *ada["designs"]), owned(world, *bob["designs"])
    await told(world, "redaction", ADA, [ada["id"]])
    assert found(world, [ADA, *hers]) == []
    assert [key for key in hers if key in objects(world)] == []
    assert {word for _, word in found(world, his)} == set(his)
    assert storage_agrees(world)


async def test_a_photo_whose_next_picture_is_proposed_stays_too(world: World) -> None:
    storefront = world.storefront()
    order = await proposed(world, ADA, storefront)
    before = objects(world)
    answer = await storefront.post(f"previews/{order['designs'][0]}/delete", {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ordered")
    assert objects(world) == before


async def test_a_preview_under_way_is_stopped_and_uncounted_when_its_photo_is_deleted(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    assert (await storefront.post(f"previews/{preview['id']}/delete", {})).status_code == 200
    await world.run_jobs()
    assert world.quota()["current_generations"] == 0
    assert world.rows("SELECT id FROM generations") == []
    assert personal(world) == []


@pytest.mark.parametrize("by", ["shopper", "shopify"])
async def test_a_preview_that_is_done_in_the_moment_it_is_deleted_stays_counted_and_leaves_nothing(
    world: World, by: str
) -> None:
    storefront = world.storefront(customer=ADA)
    preview = await storefront.asked()
    world.change("UPDATE jobs SET run_at = '2999-01-01T00:00:00.000Z' WHERE kind = 'personalization.preview'")

    async def done() -> None:
        world.change("UPDATE jobs SET run_at = created_at WHERE kind = 'personalization.preview'")
        assert await world.run_jobs() == 1

    with just_before(world, "moved_on", done):
        if by == "shopper":
            assert (await storefront.post(f"previews/{preview['id']}/delete", {})).status_code == 200
        else:
            await told(world, "redaction", ADA)
    await world.run_jobs()
    assert world.rows("SELECT id FROM generations") == []
    assert (world.quota()["current_generations"], world.quota()["running"]) == (1, 0)
    assert personal(world) == []
    assert storage_agrees(world)


async def test_a_photos_objects_go_when_the_storage_is_back(world: World) -> None:
    storefront = world.storefront()
    design = (await world.design(storefront))["id"]
    with without_storage(world):
        assert (await storefront.post(f"previews/{design}/delete", {})).status_code == 200
        await world.run_jobs()
        assert (await storefront.post(f"previews/{design}/delete", {})).status_code == 404
    await world.run_all_jobs()
    assert personal(world) == []
    assert storage_agrees(world)


async def test_who_asks_twice_for_a_deletion_is_answered_twice(world: World) -> None:
    await bought(world, ADA, world.storefront())
    for _ in range(2):
        wish = {"kind": "redaction", "customer_id": ADA}
        assert (await world.merchant().post("/privacy/requests", wish)).status_code == 202
    await world.run_all_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM privacy_requests")] == ["done", "done"]
    assert len(world.rows("SELECT id FROM audit_log WHERE action = 'customer_deleted'")) == 1


@pytest.mark.parametrize("kind", ["export", "redaction"])
async def test_a_customer_we_never_saw_is_answered_too(world: World, kind: str) -> None:
    await told(world, kind, ADA, [1, 2])
    assert [row["state"] for row in world.rows("SELECT state FROM privacy_requests")] == ["done"]
    kept = found(world, [ADA])
    assert kept if kind == "export" else kept == []


async def test_a_merchant_sees_what_is_wrong_with_a_customers_number(world: World) -> None:
    for wrong in ("", "ada@shopper.example", "9" * 30, "٣"):
        answer = await world.merchant().post("/privacy/requests", {"kind": "redaction", "customer_id": wrong})
        assert (answer.status_code, "the last part of" in answer.text) == (422, True)
    assert world.rows("SELECT id FROM privacy_requests") == []


async def test_a_shop_sees_its_own_requests_alone(world: World) -> None:
    await bought(world, ADA, world.storefront())
    await told(world, "export", ADA)
    assert ADA in (await world.merchant().document("/privacy")).text
    page = (await world.merchant(OTHER_SHOP).document("/privacy")).text
    assert ADA not in page
    assert "Customer data exported" not in page


async def test_another_shops_redaction_leaves_this_shops_customer(world: World) -> None:
    ada = await bought(world, ADA, world.storefront(customer=ADA))
    hers = owned(world, *ada["designs"])
    await told(world, "redaction", ADA, [ada["id"]], shop_domain=OTHER_SHOP)
    assert {word for _, word in found(world, hers)} == set(hers)
    assert [key for key in hers if "/" in key and key not in objects(world)] == []


async def swept(world: World) -> None:
    from handlers import jobs as runner

    for _ in range(3):
        await runner.sweep(world.app)
