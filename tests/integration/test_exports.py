"""An export holds all that is a customer's, and nothing that is the shop's or somebody else's."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest

from app import privacy
from app.capabilities import CAPABILITIES
from app.core.tables import metadata
from tests.integration import webhooks
from tests.integration.storefront import Storefront
from tests.integration.test_privacy import ADA, BOB, bought, owned, proposed, storage_agrees, told
from tests.integration.world import World
from tests.pictures import phone_jpeg

pytestmark = pytest.mark.anyio
PERSONAL_DATA = privacy.all_personal_data(CAPABILITIES)
EXPORTED, NOT_EXPORTED = privacy.exported_tables(PERSONAL_DATA), privacy.unexported_tables(PERSONAL_DATA)
OF_A_PERSON = {"shopper_id", "guest_session_id", "customer_id", "shopify_customer_id"}


@dataclass(frozen=True)
class Export:
    """A download as a customer would read it."""

    files: dict[str, bytes]

    @property
    def text(self) -> str:
        return self.files["index.html"].decode() + self.files["data.json"].decode()

    @property
    def rows(self) -> dict[str, list[dict[str, Any]]]:
        return dict(json.loads(self.files["data.json"]))

    @property
    def pictures(self) -> dict[str, bytes]:
        return {name: data for name, data in self.files.items() if name.startswith("pictures/")}

    @property
    def purposes(self) -> list[str]:
        return sorted(name.removeprefix("pictures/").partition("-")[0] for name in self.pictures)


async def exported(world: World, orders: list[int] | None = None, customer: str = ADA) -> Export:
    """What the merchant downloads after Shopify's request."""
    await told(world, "export", customer, orders)
    page = (await world.merchant().document("/privacy")).text
    link = page.split('href="http')[1].split('"')[0].replace("&amp;", "&")
    answer = await world.http.get("http" + link)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return Export({name: archive.read(name) for name in archive.namelist()})


async def ordered(world: World, storefront: Storefront, **changes: Any) -> str:
    """A design in an order of Ada's that `changes` says more of."""
    design = (await world.design(storefront))["id"]
    order = webhooks.order(webhooks.line(design), customer={"id": int(ADA)}, **changes)
    await webhooks.deliver(world.http, order)
    await world.run_all_jobs()
    return str(design)


async def stored(world: World, purpose: str) -> list[bytes]:
    """Every stored file of a purpose."""
    rows = world.rows("SELECT key FROM assets WHERE purpose = ? AND deleted_at IS NULL", purpose)
    return [await world.app.files.get(row["key"]) for row in rows]


async def test_an_export_holds_everything_of_a_customer_and_nothing_of_others(world: World) -> None:
    signed_in, guest, other = world.storefront(customer=ADA), world.storefront(), world.storefront()
    ada = await bought(world, ADA, signed_in, guest)
    unordered = (await world.design(guest))["id"]
    bob = await bought(world, BOB, other, world.storefront(customer=BOB))
    hers, his = owned(world, *ada["designs"], unordered), owned(world, *bob["designs"])
    export = await exported(world, [ada["id"]])
    [full] = world.rows("SELECT master_asset_id AS id FROM generations WHERE id = ?", unordered)
    ids = [word for word in hers if "/" not in word and word != full["id"]]
    assert [word for word in ids if word not in export.text] == []
    assert [word for word in [*his, BOB, str(bob["id"])] if word in export.text] == []
    rows = export.rows
    assert [row["shopify_order_id"] for row in rows["orders"]] == [str(ada["id"])]
    assert len(rows["order_items"]) == 2
    assert all(row["preflight"]["width"] for row in rows["generations"] if row["generation_type"] == "preview")
    for asset in rows["assets"]:
        [row] = world.rows("SELECT key FROM assets WHERE id = ?", asset["id"])
        assert export.files[asset["file"]] == await world.app.files.get(row["key"])
    assert len(export.files) == len(rows["assets"]) + 2
    assert storage_agrees(world)


async def test_an_export_reaches_a_guests_designs_through_the_orders_that_are_named(world: World) -> None:
    guest = world.storefront()
    design = (await world.design(guest))["id"]
    order = webhooks.order(webhooks.line(design), customer=None)
    await webhooks.deliver(world.http, order)
    await world.run_all_jobs()
    export = await exported(world, [order["id"]])
    ids = [word for word in owned(world, design) if "/" not in word]
    assert [word for word in ids if word not in export.text] == []


async def test_an_unpaid_design_is_exported_as_its_photo_and_its_marked_preview_alone(world: World) -> None:
    storefront = world.storefront(customer=ADA)
    await world.design(storefront, upload_id=await storefront.upload(phone_jpeg()), idempotency_key="planted-key")
    export = await exported(world)
    assert export.purposes == ["preview", "upload"]
    shown = [await stored(world, purpose) for purpose in ("preview", "upload")]
    assert sorted(export.pictures.values()) == sorted(picture for each in shown for picture in each)
    assert (await stored(world, "master"))[0] not in export.pictures.values()
    [upload] = [row for row in export.rows["assets"] if row["purpose"] == "upload"]
    assert export.files[upload["file"]] == phone_jpeg().data


@pytest.mark.parametrize(
    "changes",
    [
        {"financial_status": "pending"},
        {"financial_status": "refunded"},
        {"cancelled_at": "2026-11-01T00:00:00Z"},
    ],
)
async def test_an_order_that_is_not_paid_for_or_was_given_back_brings_no_full_picture(
    world: World, changes: dict[str, Any]
) -> None:
    await ordered(world, world.storefront(customer=ADA), **changes)
    assert (await exported(world)).purposes == ["preview", "upload"]


async def test_a_paid_line_that_is_in_doubt_brings_no_full_picture(world: World) -> None:
    """Else a cheap product would buy a dear one's design."""
    design = (await world.design(world.storefront(customer=ADA)))["id"]
    cheap = webhooks.line(design, product_id=7700000000003, variant_id=7800000000031)
    await webhooks.deliver(world.http, webhooks.order(cheap, customer={"id": int(ADA)}))
    await world.run_all_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["needs_review"]
    assert (await exported(world)).purposes == ["preview", "upload"]


@pytest.mark.parametrize("customer", [ADA, ""])
async def test_a_design_that_was_paid_for_is_exported_whole(world: World, customer: str) -> None:
    await ordered(world, world.storefront(customer=customer))
    export = await exported(world)
    assert export.purposes == ["master", "preview", "print", "upload"]
    assert (await stored(world, "master"))[0] in export.pictures.values()


async def test_of_a_proposed_picture_the_preview_alone_is_exported(world: World) -> None:
    ada = await proposed(world, ADA, world.storefront())
    export = await exported(world, [ada["id"]])
    assert [word for word in ada["designs"] if word not in export.text] == []
    assert "master" not in export.purposes
    assert export.purposes.count("preview") == 2


async def test_a_picture_that_the_merchant_sent_is_exported_once_the_line_is_paid_for(world: World) -> None:
    """It is printed as it is: handed out before, it would be a print file for nothing."""
    design = (await world.design(world.storefront(customer=ADA)))["id"]
    order = webhooks.order(webhooks.line(design), customer={"id": int(ADA)}, financial_status="pending")
    await webhooks.deliver(world.http, order)
    await world.run_all_jobs()
    picture = await replaced_by_the_merchant(world)
    unpaid = await exported(world)
    assert picture not in unpaid.pictures.values()
    assert unpaid.purposes == ["preview", "preview", "upload"]
    await webhooks.deliver(world.http, order | {"financial_status": "paid"})
    await world.run_all_jobs()
    paid = await exported(world)
    assert picture in paid.pictures.values()
    assert sorted({*paid.purposes}) == ["master", "preview", "print", "upload"]


async def replaced_by_the_merchant(world: World) -> bytes:
    """The only line's picture becomes one of the merchant's, which is this."""
    merchant, photo = world.merchant(), phone_jpeg()
    [item] = world.rows("SELECT id FROM order_items")
    wish = {"filename": photo.filename, "content_type": photo.mime, "bytes": len(photo.data)}
    ticket = (await merchant.orders_post(item["id"], "upload", **wish)).json()
    await world.storefront().send(ticket, photo.data)
    answer = await merchant.orders_post(item["id"], "picture", upload_id=ticket["upload_id"])
    assert answer.status_code == 200, answer.text
    await world.run_all_jobs()
    [line] = world.rows("SELECT proposed_generation_id AS id FROM order_items")
    assert (await merchant.orders_post(item["id"], "picture/approve", picture_id=line["id"])).status_code == 200
    return photo.data


async def test_prompts_keys_and_hashes_stay_with_the_shop(world: World) -> None:
    storefront = world.storefront(customer=ADA)
    await world.design(storefront, idempotency_key="planted-key")
    order = await ordered(world, storefront)
    export = await exported(world)
    kept: set[str] = set()
    for table, names in (
        ("generations", ("ai_prompt_used", "idempotency_key", "guest_session_id")),
        ("assets", ("key", "sha256", "guest_session_id")),
        ("webhook_deliveries", ("event_id", "webhook_id")),
        ("jobs", ("id", "dedupe_key", "lease_token")),
        ("guest_sessions", ("id", "token_hash")),
    ):
        kept |= {str(row[name]) for row in world.rows(f"SELECT * FROM {table}") for name in names if row[name]}
    assert "planted-key" in kept
    assert [word for word in kept if word in export.text] == []
    assert order in export.text


async def test_of_what_shopify_told_the_named_fields_are_exported(world: World) -> None:
    design = await ordered(world, world.storefront(customer=ADA))
    [row] = world.rows("SELECT id, fields FROM webhook_deliveries WHERE topic = 'orders/paid'")
    world.change(
        "UPDATE webhook_deliveries SET fields = ? WHERE id = ?",
        json.dumps(json.loads(row["fields"]) | {"planted": "not for them"}, separators=(",", ":")),
        row["id"],
    )
    export = await exported(world)
    [order, asked] = [row["fields"] for row in export.rows["webhook_deliveries"]]
    assert order["lines"][0]["preview_ref"] == design
    assert (order["total_price"], order["customer_id"]) == ("18.00", ADA)
    assert asked["customer_id"] == ADA
    assert "planted" not in export.text


@pytest.mark.parametrize("table", EXPORTED)
def test_every_column_is_exported_or_withheld_for_a_reason(table: str) -> None:
    """A new column fails here until its capability's privacy.py, or app/privacy/exported.py, says which it is."""
    exported = EXPORTED[table]
    assert set(exported.shown) & set(exported.withheld) == set()
    assert set(exported.shown) | set(exported.withheld) == {column.name for column in metadata.tables[table].columns}
    assert [reason for reason in exported.withheld.values() if len(reason) < 10] == []


def test_every_table_that_points_to_a_person_is_exported_or_not_for_a_reason() -> None:
    of_people = {name for name, table in metadata.tables.items() if OF_A_PERSON & set(table.columns.keys())}
    assert of_people - EXPORTED.keys() - NOT_EXPORTED.keys() == set()


async def test_a_row_is_exported_in_the_columns_that_are_named(world: World) -> None:
    await ordered(world, world.storefront(customer=ADA))
    rows = (await exported(world)).rows
    for table, exported_as in EXPORTED.items():
        named = {*exported_as.shown, *(["file"] if table == "assets" else [])}
        assert rows[table] != []
        assert [set(row) ^ named for row in rows[table] if set(row) != named] == []
