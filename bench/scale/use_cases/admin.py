"""The merchant's pages and their buttons."""

from __future__ import annotations

import json

from app.personalization.model import NOTE
from bench.scale.site import Site, expect
from bench.scale.use_cases.model import Part, UseCase
from handlers.personalization.admin import FILTERS
from handlers.usage import PERIODS


def _page(name: str, path: str, **query: str) -> UseCase:
    async def run(site: Site, _: None) -> None:
        expect(await site.merchant().document(path, **query), 200)

    return UseCase(name, Part.REQUEST, run)


async def _product_in_the_middle(site: Site) -> str:
    found = await site.rows("SELECT id FROM products WHERE shop_id = ? AND is_enabled = 1 ORDER BY title", site.shop)
    return str(found[len(found) // 2]["id"])


async def _later_home(site: Site, product_id: str) -> None:
    expect(await site.merchant().document("/", after=product_id), 200)


async def _line_in_the_middle(site: Site) -> str:
    found = await site.rows("SELECT id FROM order_items WHERE shop_id = ? ORDER BY id", site.shop)
    return str(found[len(found) // 2]["id"])


async def _later_orders(site: Site, line_id: str) -> None:
    expect(await site.merchant().document("/orders", after=line_id), 200)


async def _order_number(site: Site) -> str:
    return str((await site.one("SELECT order_number AS name FROM orders WHERE shop_id = ?", site.shop))["name"])


async def _customer(site: Site) -> str:
    found = await site.one(
        "SELECT customer_id AS id FROM orders WHERE shop_id = ? AND customer_id IS NOT NULL LIMIT 1", site.shop
    )
    return str(found["id"])


async def _search(site: Site, text: str) -> None:
    expect(await site.merchant().document("/orders", search=text), 200)


async def _line_in_review(site: Site) -> str:
    return str((await site.stuck_line("needs_review"))["id"])


async def _retry(site: Site, item_id: str) -> None:
    expect(await site.merchant().retry(item_id), 200)


async def _unmapped(site: Site) -> tuple[str, str]:
    """An unmapped line, and a size for it."""
    line = await site.stuck_line("unmapped")
    size = await site.one("SELECT id FROM sizes WHERE shop_id = ?", site.shop)
    return line["id"], size["id"]


async def _map_size(site: Site, chosen: tuple[str, str]) -> None:
    item_id, size_id = chosen
    expect(await site.merchant().orders_post(item_id, "size", size_id=size_id), 200)


async def _line_without_note(site: Site) -> str:
    """A printed line whose note on the order was given up."""
    found = await site.one(
        "SELECT i.id, j.id AS job_id FROM order_items i JOIN jobs j ON j.subject_id = i.id AND j.shop_id = i.shop_id "
        "WHERE i.shop_id = ? AND i.state = 'ready' AND j.kind = ? LIMIT 1",
        *(site.shop, NOTE),
    )
    await site.rows("UPDATE jobs SET status = 'dead' WHERE id = ?", found["job_id"])
    return str(found["id"])


async def _note_again(site: Site, item_id: str) -> None:
    expect(await site.merchant().orders_post(item_id, "note"), 200)


async def request_zip(site: Site, _: None = None) -> None:
    expect(await site.merchant().post("/orders/archives", {}), 202)


async def _zip_of_prints(site: Site) -> str:
    """A ZIP that is made of as many print files as one may have."""
    await request_zip(site)
    made = await site.one("SELECT id FROM print_archives WHERE shop_id = ?", site.shop)
    lines = await site.rows(
        "SELECT print_asset_id AS id FROM order_items WHERE shop_id = ? AND state = 'ready' "
        "AND print_asset_id IS NOT NULL LIMIT 500",
        site.shop,
    )
    await site.rows(
        "UPDATE print_archives SET status = 'completed', completed_at = created_at, print_asset_ids = ? WHERE id = ?",
        *(json.dumps([line["id"] for line in lines]), made["id"]),
    )
    return str(made["id"])


async def _mark_zip(site: Site, archive_id: str) -> None:
    for sent in (True, False):
        expect(await site.merchant().post(f"/orders/archives/{archive_id}/sent", {"sent": sent}), 200)


async def _mark_line(site: Site, item_id: str) -> None:
    expect(await site.merchant().orders_post(item_id, "sent", sent=True), 200)


async def _history(site: Site, item_id: str) -> None:
    expect(await site.merchant().document(f"/orders/items/{item_id}/history"), 200)


async def _sync(site: Site, _: None) -> None:
    expect(await site.merchant().post("/products/sync", {}), 202)


async def _keep_previews(site: Site, _: None) -> None:
    expect(await site.merchant().post("/privacy/previews", {"days": "30"}), 200)


async def _want_mail(site: Site, _: None) -> None:
    expect(await site.merchant().post("/settings/mail", {"wanted": True}), 200)


async def _ask_for_export(site: Site, _: None) -> None:
    expect(await site.merchant().post("/privacy/requests", {"kind": "export", "customer_id": "1"}), 202)


USE_CASES = (
    _page("Home", "/"),
    UseCase("Home, a later page", Part.REQUEST, _later_home, _product_in_the_middle),
    *(_page(f"Orders, {show or 'all'}", "/orders", show=str(show)) for show in FILTERS),
    UseCase("Orders, a later page", Part.REQUEST, _later_orders, _line_in_the_middle),
    UseCase("Orders, search by number", Part.REQUEST, _search, _order_number),
    UseCase("Orders, search by customer", Part.REQUEST, _search, _customer),
    _page("Orders, of some days", "/orders", **{"from": "2026-01-01", "to": "2026-01-31"}),
    *(_page(f"Usage, {days} days", "/usage", days=str(days)) for days in PERIODS),
    _page("Usage as CSV", "/usage.csv", days=str(PERIODS[-1])),
    _page("Privacy", "/privacy"),
    _page("Settings", "/settings"),
    _page("Products", "/products"),
    _page("Blanks", "/blanks"),
    _page("Styles", "/styles"),
    _page("Watermark", "/watermark"),
    UseCase("product sync button", Part.REQUEST, _sync),
    UseCase("retry a line", Part.REQUEST, _retry, _line_in_review),
    UseCase("map a size", Part.REQUEST, _map_size, _unmapped),
    UseCase("note a print again", Part.REQUEST, _note_again, _line_without_note),
    UseCase("request a ZIP of print files", Part.REQUEST, request_zip),
    UseCase("mark a ZIP as sent", Part.REQUEST, _mark_zip, _zip_of_prints),
    UseCase("mark a line as sent", Part.REQUEST, _mark_line, _line_in_the_middle),
    UseCase("history of a line", Part.REQUEST, _history, _line_in_the_middle),
    UseCase("request an export", Part.REQUEST, _ask_for_export),
    UseCase("set the retention", Part.REQUEST, _keep_previews),
    UseCase("switch mail on", Part.REQUEST, _want_mail),
)
