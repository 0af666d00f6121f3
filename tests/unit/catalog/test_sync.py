"""Products follow Shopify, in whatever order it tells of them; orders are printed all the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from app import catalog, jobs, shops
from app.catalog.tables import products
from app.core.app import App
from app.core.errors import Unavailable
from app.core.ports.shopify import ListedProduct, ProductPage, Webhook
from tests.apps import OTHER_SHOP, SHOP, clock_of, open_shop, stock
from tests.fakes.ports import START, NotingShopify
from tests.unit.personalization.payloads import line
from tests.unit.personalization.studio import Studio, open_studio

pytestmark = pytest.mark.anyio
KINDS = {kind.name: kind for kind in catalog.KINDS}
UPDATED = {"id": 1001, "title": "Poster", "handle": "poster", "status": "active", "updated_at": "2026-11-21T13:00:00Z"}


async def told(app: App, topic: str, payload: dict[str, Any], event: str = "e1") -> None:
    webhook = Webhook(SHOP, topic, event, event, app.clock.now(), b"")
    known = {
        "products/update": ("catalog.update_product", catalog.product_fields),
        "products/delete": ("catalog.delete_product", catalog.deleted_product_fields),
    }
    kind, fields = known[topic]
    await shops.receive(app, webhook, kind, fields(payload))
    await jobs.run_due(app, KINDS)


async def rows(app: App, shop_id: str = SHOP) -> list[tuple[str, str, bool, bool, bool]]:
    """Shopify's id, title, whether switched on, on sale, archived."""
    found = await app.db.all(
        select(products).where(products.c.shop_id == shop_id).order_by(products.c.shopify_product_id)
    )
    return [
        (row["shopify_product_id"], row["title"], row["is_enabled"], row["is_active"], row["archived_at"] is not None)
        for row in found
    ]


def listed(number: int, title: str = "Poster", *, active: bool = True, at: datetime = START) -> ListedProduct:
    return ListedProduct(str(number), title, "poster", active, at)


def shopify_lists(app: App, *pages: list[ListedProduct]) -> None:
    assert isinstance(app.shopify, NotingShopify)
    cursors = [None, *[f"after {number}" for number in range(1, len(pages))], None]
    app.shopify.pages = {cursors[number]: ProductPage(page, cursors[number + 1]) for number, page in enumerate(pages)}


async def test_a_product_takes_over_its_title_and_goes_off_sale(app: App) -> None:
    await open_shop(app)
    await stock(app)
    await told(app, "products/update", UPDATED | {"title": "New poster", "status": "archived"})
    assert await rows(app) == [("1001", "New poster", True, False, False)]


async def test_a_product_is_the_same_in_whatever_order_shopify_tells_of_it(app: App) -> None:
    await open_shop(app)
    for number, order in enumerate(permutations([*range(3), "deleted"])):
        product = {"id": 2000 + number}
        for each in order:
            if each == "deleted":
                await told(app, "products/delete", product, f"{number} {each}")
            else:
                about = {"title": f"Title {each}", "updated_at": f"2026-11-21T13:00:0{each}Z"}
                await told(app, "products/update", UPDATED | product | about, f"{number} {each}")
    assert {(enabled, active, archived) for _, _, enabled, active, archived in await rows(app)} == {
        (False, False, True)
    }
    for number, order in enumerate(permutations(range(3))):
        for each in order:
            about = {"id": 3000 + number, "title": f"Title {each}", "updated_at": f"2026-11-21T13:00:0{each}Z"}
            await told(app, "products/update", UPDATED | about, f"3 {number} {each}")
    assert {title for id, title, *_ in await rows(app) if id.startswith("3")} == {"Title 2"}


async def test_a_product_that_is_deleted_is_still_printed(app: App) -> None:
    studio: Studio = await open_studio(app)
    preview = await studio.made()
    await told(app, "products/delete", {"id": 1001})
    await studio.told("order", line(preview=preview.id))
    assert await studio.items() == {"501": ("ready", None)}


async def test_every_page_of_products_is_read(app: App) -> None:
    await open_shop(app)
    shopify_lists(app, [listed(1), listed(2)], [listed(3)], [listed(4, active=False)])
    await catalog.sync_products(app, SHOP)
    await jobs.run_due(app, KINDS)
    assert [(id, active) for id, _, _, active, _ in await rows(app)] == [
        ("1", True),
        ("2", True),
        ("3", True),
        ("4", False),
    ]


async def test_a_product_that_shopify_no_longer_lists_is_archived_in_this_shop_alone(app: App) -> None:
    for shop in (SHOP, OTHER_SHOP):
        await open_shop(app, shop)
        await stock(app, shop)
    clock_of(app).move(minutes=5)
    shopify_lists(app, [listed(1)])
    await catalog.sync_products(app, SHOP)
    await jobs.run_due(app, KINDS)
    assert [(id, archived) for id, *_, archived in await rows(app)] == [("1", False), ("1001", True)]
    assert [(id, archived) for id, *_, archived in await rows(app, OTHER_SHOP)] == [("1001", False)]


async def test_a_sync_goes_on_where_shopify_was_away(app: App) -> None:
    await open_shop(app)
    shopify_lists(app, [listed(1)], [listed(2)])
    assert isinstance(app.shopify, NotingShopify)
    app.shopify.fault = Unavailable()
    await catalog.sync_products(app, SHOP)
    await jobs.run_due(app, KINDS)
    assert await rows(app) == []
    app.shopify.fault = None
    clock_of(app).move(minutes=5)
    await jobs.run_due(app, KINDS)
    assert len(await rows(app)) == 2


async def test_an_installation_reads_its_products_once(app: App) -> None:
    shop = await open_shop(app)
    shopify_lists(app, [listed(1)])
    await catalog.expect_sync(app, shop)
    assert await jobs.run_due(app, KINDS) == 1
    clock_of(app).move(hours=1)
    await catalog.expect_sync(app, shop)
    assert await jobs.run_due(app, KINDS) == 0


async def test_an_older_list_changes_nothing(app: App) -> None:
    await open_shop(app)
    await told(app, "products/update", UPDATED)
    shopify_lists(app, [listed(1001, "Old title", at=START - timedelta(days=1))])
    await catalog.sync_products(app, SHOP)
    await jobs.run_due(app, KINDS)
    assert await rows(app) == [("1001", "Poster", False, True, False)]
