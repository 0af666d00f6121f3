"""Exports a customer's data as one zip: their rows as JSON, their pictures, and a page that shows both.

Because an export is given to people outside the shop, it contains only what `exported` and the capabilities list. The
customer's own photos and watermarked previews are always included; the full picture and the print file of a design are
included only once it has been paid for.
"""

from __future__ import annotations

import html
import json
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import media
from app.core.app import App
from app.core.errors import NotFound, Refused
from app.core.times import to_text
from app.core.zip_stream import Entry, zip_stream
from app.jobs import Lease
from app.privacy.customer_redaction import adopt_guest_items
from app.privacy.exported import DELIVERED, exported_tables
from app.privacy.model import EXPORT_LIFE, Customer
from app.privacy.personal_data import Exported, Personal, all_personal_data
from app.privacy.queries import customer_redaction, requests
from app.privacy.requests import open_request

PAGE = 50
MIME = "application/zip"


async def export(app: App, lease: Lease) -> None:
    """Run the job that writes the zip to storage, where the merchant can download it for EXPORT_LIFE."""
    request, customer_id = await open_request(app, lease)
    customer = Customer(request.shop_id, customer_id)
    await adopt_guest_items(app, customer)
    started = app.clock.now()
    content = _Export(app, customer, all_personal_data(app.capabilities))
    stored = await media.store(
        app,
        request.shop_id,
        {"export": media.Stream(zip_stream(content.entries(), started), MIME)},
        folder="privacy",
        subject=request.id,
        attempt=lease.attempt,
        owner=("privacy_request", request.id),
        person=None,  # the archive belongs to the merchant, so another export must not include it
        expires_at=started + EXPORT_LIFE,
    )
    now = app.clock.now()
    try:
        await app.db.batch(
            *lease.finish(now),
            *stored.rows(now),
            requests.close_request(request.shop_id, request.id, "done", now, stored.ids["export"]),
            requests.audit(request.shop_id, request.asked_by, "export_made", request.id, now),
        )
    except Refused:
        await stored.discard()
        raise


@dataclass(frozen=True)
class _Export:
    app: App
    customer: Customer
    personal: Personal

    @property
    def exported(self) -> Mapping[str, Exported]:
        return exported_tables(self.personal)

    async def entries(self) -> AsyncIterator[Entry]:
        yield "index.html", self._page()
        yield "data.json", self._json()
        async for asset in self._files():
            if name := _file(asset):
                yield name, self._bytes(asset["key"])

    async def _rows(self, table: str) -> AsyncIterator[dict[str, Any]]:
        """Yield a table's rows as the export shows them. Rows of files name the file in the export while it exists."""
        if table == "assets":
            async for asset in self._files():
                yield {name: value for name, value in asset.items() if name != "key"} | {"file": _file(asset)}
            return
        async for row in self._paged(table, self.exported[table].shown):
            if row.get("fields"):
                row["fields"] = {name: value for name, value in row["fields"].items() if name in DELIVERED}
            yield row

    def _files(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the rows of the customer's files, with their keys in storage."""
        return self._paged("assets", (*self.exported["assets"].shown, "key"))

    async def _paged(self, table: str, columns: Collection[str]) -> AsyncIterator[dict[str, Any]]:
        query, after = (self.app.db, self.customer, table, columns, self.personal), ""
        while rows := await customer_redaction.rows_of(*query, after, PAGE):
            for row in rows:
                yield row
            after = rows[-1]["id"]

    async def _bytes(self, key: str) -> AsyncIterator[bytes]:
        try:
            _, chunks = await self.app.files.open(key)
        except NotFound:  # the object is missing, and the sweep has not marked its row as deleted yet
            return
        async for chunk in chunks:
            yield chunk

    async def _json(self) -> AsyncIterator[bytes]:
        comma = "{"
        for table in self.exported:
            yield f"{comma}{json.dumps(table)}: [".encode()
            comma, between = ",\n", "\n"
            async for row in self._rows(table):
                yield (between + json.dumps(row, default=_plain, ensure_ascii=False)).encode()
                between = ",\n"
            yield b"]"
        yield b"}\n"

    async def _page(self) -> AsyncIterator[bytes]:
        yield _HEAD.format(customer=html.escape(self.customer.id), shop=html.escape(self.customer.shop_id)).encode()
        for table, exported in self.exported.items():
            yield f"<h2>{exported.title}</h2>\n".encode()
            async for row in self._rows(table):
                yield _section(row).encode()
        yield b"</body></html>\n"


def _file(asset: dict[str, Any]) -> str | None:
    """Return a file's name in the export; None if it is marked as deleted."""
    if asset["deleted_at"] is not None:
        return None
    extension = media.EXTENSIONS.get(asset["mime"]) or asset["key"].rpartition(".")[2]
    return f"pictures/{asset['purpose']}-{asset['id']}.{extension}"


def _section(row: dict[str, Any]) -> str:
    """Return a row as HTML: a list of its values, and its picture."""
    values = [(name, value) for name, value in row.items() if value is not None]
    terms = "".join(f"<dt>{name}</dt><dd>{html.escape(_text(value))}</dd>" for name, value in values)
    name = html.escape(row.get("file") or "")
    picture = f'<a href="{name}"><img src="{name}" alt="{html.escape(row["purpose"])}"></a>' if name else ""
    return f"<section>{picture}<dl>{terms}</dl></section>\n"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    return to_text(value) if isinstance(value, datetime) else str(value)


_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Customer {customer}</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 60rem; margin: 1rem auto; padding: 0 1rem }}
section {{ border: 1px solid #ccc; padding: 1rem; margin: 1rem 0; overflow-wrap: anywhere }}
img {{ max-width: 100%; max-height: 20rem }}
dl {{ display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: 0 1rem }} dd {{ margin: 0 }}</style></head>
<body><h1>Customer {customer} of {shop}</h1>
<p>The data that Artify stores about this customer. <a href="data.json">data.json</a> contains the same rows. Designs
that have not been paid for are shown as previews with the shop's watermark.</p>
"""
