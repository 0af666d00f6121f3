"""A customer's data as one zip: their rows as JSON, their pictures, and a page that shows both.

It leaves the shop, so it holds what `exported` and the capabilities name, and nothing else. Their own photos and the
watermarked previews are always in it, the full picture and the print file of a design only once it was paid for.
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
from app.jobs import Lease
from app.privacy.archive import Entry, zipped
from app.privacy.customer_redaction import gather
from app.privacy.exported import DELIVERED, exported_tables
from app.privacy.model import EXPORT_LIFE, Customer
from app.privacy.personal_data import Exported, Personal, all_personal_data
from app.privacy.queries import customer_redaction, requests
from app.privacy.requests import open_request

PAGE = 50
MIME = "application/zip"


async def export(app: App, lease: Lease) -> None:
    """The job: write the zip into the storage, where the merchant downloads it for a week."""
    request, customer_id = await open_request(app, lease)
    customer = Customer(request.shop_id, customer_id)
    await gather(app, customer)
    started = app.clock.now()
    person = _Person(app, customer, all_personal_data(app.capabilities))
    stored = await media.store(
        app,
        request.shop_id,
        {"export": media.Stream(zipped(person.entries(), started), MIME)},
        folder="privacy",
        subject=request.id,
        attempt=lease.attempt,
        owner=("privacy_request", request.id),
        person=None,  # the archive is the merchant's, and no part of another export
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
class _Person:
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
        """A table's rows as they are handed out; those of files name theirs, as long as it is there."""
        if table == "assets":
            async for asset in self._files():
                yield {name: value for name, value in asset.items() if name != "key"} | {"file": _file(asset)}
            return
        async for row in self._paged(table, self.exported[table].shown):
            if row.get("fields"):
                row["fields"] = {name: value for name, value in row["fields"].items() if name in DELIVERED}
            yield row

    def _files(self) -> AsyncIterator[dict[str, Any]]:
        """The files' rows, with their place in the storage."""
        return self._paged("assets", (*self.exported["assets"].shown, "key"))

    async def _paged(self, table: str, columns: Collection[str]) -> AsyncIterator[dict[str, Any]]:
        about, after = (self.app.db, self.customer, table, columns, self.personal), ""
        while rows := await customer_redaction.rows_of(*about, after, PAGE):
            for row in rows:
                yield row
            after = rows[-1]["id"]

    async def _bytes(self, key: str) -> AsyncIterator[bytes]:
        try:
            _, chunks = await self.app.files.open(key)
        except NotFound:  # its row is a day ahead of the sweep
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
        for table, shown in self.exported.items():
            yield f"<h2>{shown.title}</h2>\n".encode()
            async for row in self._rows(table):
                yield _shown(row).encode()
        yield b"</body></html>\n"


def _file(asset: dict[str, Any]) -> str | None:
    """A file's name in the export; None when it is gone from the storage."""
    if asset["deleted_at"] is not None:
        return None
    extension = media.EXTENSIONS.get(asset["mime"]) or asset["key"].rpartition(".")[2]
    return f"pictures/{asset['purpose']}-{asset['id']}.{extension}"


def _shown(row: dict[str, Any]) -> str:
    """A row as a list of its values, and its picture."""
    values = [(name, value) for name, value in row.items() if value is not None]
    said = "".join(f"<dt>{name}</dt><dd>{html.escape(_text(value))}</dd>" for name, value in values)
    name = html.escape(row.get("file") or "")
    picture = f'<a href="{name}"><img src="{name}" alt="{html.escape(row["purpose"])}"></a>' if name else ""
    return f"<section>{picture}<dl>{said}</dl></section>\n"


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
<p>The data that Artify keeps about this customer. <a href="data.json">data.json</a> contains the same rows. Designs
that were not paid for are shown by their preview, with the shop's watermark.</p>
"""
