"""A second capability has its export, its deletions and its retention from one table and a few names of columns."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, select, update

from app import generation, media, personalization, privacy, quotas, shops
from app.core.app import App
from app.core.ids import new_id, new_token
from app.core.ports.shopify import ProxyVisit
from app.core.tables import metadata, upsert
from app.media.queries import insert_asset
from app.personalization import PreviewRequest
from app.shops import Visitor
from handlers import jobs as runner
from tests.apps import SHOP, clock_of, close, make_app, open_shop, send_photo, stock
from tests.sketches.banners import banner_outputs
from tests.sketches.capability import PERSONAL_DATA, SKETCHES, sketches
from tests.sketches.installed import installed

pytestmark = pytest.mark.anyio
ADA, BOB = "90017001", "90017002"


@dataclass
class Atelier:
    """A shop where guests have designs and sketches made of their photos."""

    app: App
    offer: personalization.Offer

    async def guest(self) -> Visitor:
        return await shops.visitor(self.app, ProxyVisit(SHOP, None), new_token())

    async def design(self, visitor: Visitor) -> dict[str, Any]:
        """A finished design, as its row."""
        upload = await send_photo(self.app, visitor.shop)
        wish = PreviewRequest(upload, "1001", self.offer.styles[0].id)
        made = await personalization.request_preview(self.app, visitor, wish)
        await runner.run_due(self.app)
        return await self.row("generations", made.id)

    async def sketch(self, visitor: Visitor, upload_id: str | None = None, status: str = "completed") -> dict[str, Any]:
        """A sketch with its picture, as its row."""
        now, sketch_id, asset_id = self.app.clock.now(), new_id(), new_id()
        key = f"{SHOP}/sketches/{sketch_id}/picture_1.png"
        await self.app.files.put(key, b"a sketch", "image/png")
        asset = media.Asset(asset_id, SHOP, key, "sketch", None, "image/png", 8)
        owner = {"shopper_id": visitor.shopper_id, "guest_session_id": visitor.guest_session_id}
        values = {"id": sketch_id, "shop_id": SHOP, "status": status, "created_at": now, "updated_at": now}
        values |= {"prompt": "a ring", "wanted": 2, "quota_period": quotas.period_of(now, visitor.shop.timezone)}
        files = {"upload_asset_id": upload_id, "picture_asset_id": asset_id}
        row = upsert(sketches).values(**values, **owner, **files)
        held = quotas.hold(SHOP, values["quota_period"], now, 2)
        await self.app.db.batch(insert_asset(asset, now), row, *held)
        return await self.row("sketches", sketch_id)

    async def order(self, customer: str, design: dict[str, Any]) -> None:
        now, order_id, item_id = self.app.clock.now(), new_id(), new_id()
        same = {"shop_id": SHOP, "created_at": now, "updated_at": now}
        order = {"id": order_id, "shopify_order_id": order_id, "customer_id": customer, "paid_at": now}
        line = {"id": item_id, "order_id": order_id, "shopify_line_item_id": item_id, "preview_ref": design["id"]}
        design_id = {"preview_generation_id": design["id"]}
        await self.app.db.batch(
            upsert(metadata.tables["orders"]).values(**order, **same),
            upsert(metadata.tables["order_items"]).values(**line, **design_id, **same),
        )

    async def row(self, table: str, row_id: str) -> dict[str, Any]:
        source = metadata.tables[table]
        found = await self.app.db.one(select(source).where(source.c.id == row_id))
        return dict(found) if found else {}

    async def ask(self, kind: str, customer: str) -> None:
        await privacy.ask(self.app, SHOP, kind, customer)
        await runner.run_due(self.app)

    async def charged(self) -> int:
        """Units that count in this month."""
        quota = await quotas.quota(self.app.db, SHOP)
        assert quota is not None
        return quota.current_generations

    async def files(self) -> list[str]:
        return [each.key for each in await self.app.files.list(f"{SHOP}/sketches/")]


@pytest.fixture
async def atelier(tmp_path: Path) -> AsyncIterator[Atelier]:
    made = make_app(tmp_path)
    await open_shop(made)
    async with installed(made) as app:
        yield Atelier(app, await stock(app))
    await close(made)


async def test_a_guests_sketch_is_the_customers_who_alone_ordered_from_that_browser(atelier: Atelier) -> None:
    """The order is of another capability: browsers are judged over all of them together."""
    guest = await atelier.guest()
    design, sketch = await atelier.design(guest), await atelier.sketch(guest)
    await atelier.order(ADA, design)
    await atelier.ask("export", ADA)
    assets = metadata.tables["assets"]
    [export] = await atelier.app.db.all(select(assets).where(assets.c.purpose == "export"))
    archive = zipfile.ZipFile(io.BytesIO(await atelier.app.files.get(export["key"])))
    [shown] = json.loads(archive.read("data.json"))["sketches"]
    assert (shown["id"], set(shown)) == (sketch["id"], set(PERSONAL_DATA.exported["sketches"].shown))
    assert not any("sketch" in name for name in archive.namelist()), "it has no watermark, and nobody paid"


async def test_a_customers_sketches_go_with_them_and_what_is_being_made_is_refunded(atelier: Atelier) -> None:
    guest = await atelier.guest()
    await atelier.order(ADA, await atelier.design(guest))
    done, strangers = await atelier.sketch(guest), await atelier.sketch(await atelier.guest())
    delivered = await atelier.charged()
    open_one = await atelier.sketch(guest, status="processing")
    await atelier.ask("redaction", ADA)
    assert [await atelier.row("sketches", each["id"]) for each in (done, open_one)] == [{}, {}]
    assert await atelier.charged() == delivered
    assert await atelier.row("sketches", strangers["id"]) == strangers
    assert await atelier.files() == [f"{SHOP}/sketches/{strangers['id']}/picture_1.png"]


async def test_a_sketch_of_a_browser_that_two_ordered_from_is_nobodys_once_one_is_deleted(atelier: Atelier) -> None:
    guest = await atelier.guest()
    for customer in (ADA, BOB):
        await atelier.order(customer, await atelier.design(guest))
    sketch = await atelier.sketch(guest)
    await atelier.ask("redaction", ADA)
    left = await atelier.row("sketches", sketch["id"])
    assert (left["shopper_id"], left["guest_session_id"]) == (None, None)
    await atelier.ask("redaction", BOB)
    assert await atelier.row("sketches", sketch["id"]) == left


async def test_a_photo_takes_with_it_what_every_capability_made_of_it(atelier: Atelier) -> None:
    guest = await atelier.guest()
    design = await atelier.design(guest)
    sketch, other = await atelier.sketch(guest, design["upload_asset_id"]), await atelier.sketch(guest)
    deleted = await privacy.delete_photo(atelier.app, guest, design["id"])
    await runner.run_due(atelier.app)
    assert deleted == [design["id"], sketch["id"]]
    assert await atelier.row("sketches", sketch["id"]) == {}
    assert await atelier.row("sketches", other["id"]) == other
    assert await atelier.files() == [f"{SHOP}/sketches/{other['id']}/picture_1.png"]
    quotas_table, assets = metadata.tables["quotas"], metadata.tables["assets"]
    left = await atelier.app.db.all(select(assets).where(assets.c.deleted_at.is_(None)))
    assert [row["owner_type"] for row in left] == [None]
    assert (await atelier.app.db.all(select(quotas_table.c.current_storage_bytes)))[0]["current_storage_bytes"] == 0


async def test_a_sketch_loses_picture_and_owner_with_its_age(atelier: Atelier) -> None:
    sketch = await atelier.sketch(await atelier.guest())
    await atelier.app.db.batch(update(metadata.tables["quotas"]).values(current_storage_bytes=8))
    clock_of(atelier.app).move(seconds=31 * 86_400)
    await runner.sweep(atelier.app)
    left = await atelier.row("sketches", sketch["id"])
    assert (left["picture_asset_id"], left["guest_session_id"], left["status"]) == (None, None, "completed")
    assert await atelier.files() == []


@pytest.mark.parametrize("column", ["guest_session_id", "picture_asset_id"])
def test_a_table_without_a_column_that_is_needed_is_refused(column: str) -> None:
    columns = [Column(each.name, each.type) for each in sketches.columns if each.name != column]
    kind = replace(SKETCHES, table=Table("sketches", MetaData(), *columns))
    with pytest.raises(ValueError, match=f"sketches has no .*{column}"):
        generation.personal_data(kind, "Sketches", (), fading=("picture_asset_id",))


def test_a_kind_whose_files_would_not_be_found_is_refused() -> None:
    kind = replace(SKETCHES, outputs=banner_outputs)
    with pytest.raises(ValueError, match=r"sketches\.sketch: .* banner_outputs"):
        generation.personal_data(kind, "Sketches", (), fading=("picture_asset_id",))
