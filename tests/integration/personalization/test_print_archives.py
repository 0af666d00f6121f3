"""The merchant downloads the print files of many orders as one ZIP, and marks them as sent to the printer."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import pytest

from app import media
from app.core.errors import Unavailable
from app.core.ports.files import FileInfo
from app.personalization import packing_list, print_archives
from tests.integration import webhooks
from tests.integration.personalization.test_orders import bought
from tests.integration.servers import OTHER_SHOP
from tests.integration.test_privacy import ADA, storage_agrees, told
from tests.integration.world import World

pytestmark = pytest.mark.anyio


async def ready(world: World, count: int = 1) -> None:
    """Lines whose print files are ready, of one design."""
    design = await world.design()
    for _ in range(count):
        world.shopify.order(bought(design["id"]))
        await world.run_jobs()
        world.clock.move(seconds=1)


async def ask(world: World, **body: str) -> httpx.Response:
    return await world.merchant().post("/orders/archives", body)


async def page(world: World, path: str = "/orders") -> str:
    answer = await world.merchant().fetch(path)
    assert answer.status_code == 200
    return answer.text


async def download(world: World) -> zipfile.ZipFile:
    """What "Download ZIP" on the page saves."""
    [link] = re.findall(r'href="([^"]+)" download>Download ZIP', await page(world))
    answer = await world.http.get(unescape(link))
    assert answer.status_code == 200
    assert re.search(r"attachment.*artify-prints-[\d-]+\.zip", answer.headers["content-disposition"])
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def listed(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    text = archive.read(packing_list.PACKING_LIST).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def archive_row(world: World) -> dict[str, Any]:
    [row] = world.rows("SELECT * FROM print_archives")
    return row


def sent(world: World) -> int:
    return len(world.rows("SELECT id FROM order_items WHERE sent_to_printer_at IS NOT NULL"))


def zips(world: World) -> list[str]:
    """Objects of ZIPs in storage, and what a broken write has left."""
    return [path.name for path in world.files.rglob("*") if "print_archive" in path.name or path.suffix == ".part"]


async def test_a_zip_has_every_file_that_is_ready_and_a_list_of_them(world: World) -> None:
    await ready(world, 3)
    answer = await ask(world)
    assert answer.status_code == 202
    assert "Creating a ZIP" in answer.text
    assert "data-refresh" in answer.text
    await world.run_jobs()
    archive = await download(world)
    rows = listed(archive)
    assert archive.namelist() == [*[row["file"] for row in rows], packing_list.PACKING_LIST]
    files = world.rows("SELECT key, sha256 FROM assets WHERE purpose = 'print'")
    assert len(files) == len(rows) == 3
    stored = sorted([hashlib.sha256(await world.app.files.get(file["key"])).hexdigest() for file in files])
    assert sorted(hashlib.sha256(archive.read(row["file"])).hexdigest() for row in rows) == stored
    assert [hashlib.sha256(archive.read(row["file"])).hexdigest() for row in rows] == [row["sha256"] for row in rows]
    numbers = [row["order_number"] for row in world.rows("SELECT order_number FROM orders ORDER BY created_at")]
    assert [row["order"] for row in rows] == numbers
    assert {(row["quantity"], row["width_px"], row["height_px"], row["dpi"], row["problem"]) for row in rows} == {
        ("1", "2475", "1155", "300", "")
    }
    assert storage_agrees(world)
    assert world.quota()["merchant_running"] == 0


async def test_a_zip_is_the_shops_own(world: World) -> None:
    await ready(world)
    await ask(world)
    await world.run_jobs()
    other, archive_id = world.merchant(OTHER_SHOP), archive_row(world)["id"]
    assert "Download ZIP" not in (await other.fetch("/orders")).text
    assert print_archives.NOTHING_READY in (await other.post("/orders/archives", {})).text
    assert (await other.post(f"/orders/archives/{archive_id}/sent", {"sent": True})).status_code == 404
    await other.post(f"/orders/archives/{archive_id}/cancel", {})
    assert archive_row(world)["status"] == "completed"
    [item] = world.rows("SELECT id FROM order_items")
    assert (await other.orders_post(item["id"], "sent", sent=True)).status_code == 404
    assert (await other.fetch(f"/orders/items/{item['id']}/history")).status_code == 404
    assert sent(world) == 0


async def test_a_file_that_has_vanished_is_listed_as_missing(world: World) -> None:
    await ready(world, 2)
    gone = world.rows("SELECT key FROM assets WHERE purpose = 'print' ORDER BY id")[0]["key"]
    await world.app.files.delete(gone)
    await ask(world)
    await world.run_jobs()
    rows = listed(archive := await download(world))
    assert sorted(row["problem"] for row in rows) == ["", packing_list.MISSING]
    assert len(archive.namelist()) == 2
    assert "1 more could not be found in storage" in await page(world)
    await world.merchant().post(f"/orders/archives/{archive_row(world)['id']}/sent", {"sent": True})
    assert sent(world) == 1


async def test_asking_twice_makes_one_zip(world: World) -> None:
    await ready(world)
    assert [(await ask(world)).status_code for _ in range(2)] == [202, 202]
    assert len(world.rows("SELECT id FROM jobs WHERE kind = ?", print_archives.PACK)) == 1
    await world.run_jobs()
    assert len(zips(world)) == 2, "the object and its type"


async def test_nothing_is_left_of_a_zip_whose_files_cannot_be_read(world: World, monkeypatch: Any) -> None:
    """The storage breaks in the middle of the second file, at every attempt."""
    await ready(world, 2)
    opened, files = list[str](), world.app.files

    async def breaking(key: str) -> tuple[FileInfo, AsyncIterator[bytes]]:
        opened.append(key)
        info, chunks = await type(files).open(files, key)
        return info, broken(chunks) if len(opened) % 2 == 0 else chunks

    monkeypatch.setattr(files, "open", breaking, raising=False)
    await ask(world)
    await world.run_all_jobs()
    assert len(opened) == 6
    assert zips(world) == []
    assert archive_row(world)["status"] == "failed"
    assert "The ZIP could not be created. The file storage is down." in await page(world)
    assert storage_agrees(world)
    assert world.quota()["merchant_running"] == 0
    monkeypatch.undo()
    await ask(world)
    await world.run_jobs()
    assert len(listed(await download(world))) == 2


async def broken(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    whole = b"".join([chunk async for chunk in chunks])
    yield whole[:100]
    raise Unavailable("The file storage is down.")


@pytest.mark.parametrize("when", ["before", "during"])
async def test_a_cancelled_zip_leaves_nothing(world: World, when: str, monkeypatch: Any) -> None:
    await ready(world)
    await ask(world)
    path, files = f"/orders/archives/{archive_row(world)['id']}/cancel", world.app.files

    async def cancelling(key: str) -> tuple[FileInfo, AsyncIterator[bytes]]:
        assert (await world.merchant().post(path, {})).status_code == 200
        return await type(files).open(files, key)

    if when == "during":
        monkeypatch.setattr(files, "open", cancelling, raising=False)
    else:
        assert (await world.merchant().post(path, {})).status_code == 200
    await world.run_jobs()
    assert (archive_row(world)["status"], zips(world)) == ("cancelled", [])
    assert storage_agrees(world)
    assert world.quota()["merchant_running"] == 0


async def test_lines_are_marked_as_sent_once_and_the_mark_is_undone(world: World) -> None:
    await ready(world, 2)
    [item, _] = world.rows("SELECT id FROM order_items ORDER BY id")
    row = await world.merchant().orders_post(item["id"], "sent", sent=True)
    assert "Sent to the printer on" in row.text
    assert "Mark as not sent" in row.text
    await ask(world)
    await world.run_jobs()
    assert len(listed(await download(world))) == 1, "the line that was sent is not in it"
    path = f"/orders/archives/{archive_row(world)['id']}/sent"
    assert (await world.merchant().post(path, {"sent": True})).status_code == 200
    assert sent(world) == 2
    assert "Mark as sent" not in await page(world, "/orders?show=unsent")
    assert print_archives.NOTHING_READY in (await ask(world)).text
    assert (await world.merchant().post(path, {"sent": False})).status_code == 200
    assert sent(world) == 1, "the line that was marked by itself stays marked"
    await world.merchant().orders_post(item["id"], "sent", sent=False)
    assert sent(world) == 0
    assert (await page(world, "/orders?show=unsent")).count("Mark as sent<") == 2


async def test_a_page_without_lines_offers_no_zip(world: World) -> None:
    assert "Create ZIP" not in await page(world)
    await ready(world)
    assert "Create ZIP" in await page(world)
    assert "Create ZIP" not in await page(world, "/orders?show=cancelled")


async def test_a_filter_chooses_what_is_packed(world: World) -> None:
    await ready(world)
    await world.merchant().orders_post(world.rows("SELECT id FROM order_items")[0]["id"], "sent", sent=True)
    assert print_archives.NOTHING_READY in (await ask(world, show="ready", since="2999-01-01")).text
    assert (await ask(world, show="ready", since="no day")).status_code == 202
    await world.run_jobs()
    assert len(listed(await download(world))) == 1


@pytest.mark.parametrize("limit", ["files", "storage"])
async def test_what_does_not_fit_is_left_for_the_next_zip(world: World, limit: str, monkeypatch: Any) -> None:
    await ready(world, 2)
    if limit == "files":
        monkeypatch.setattr(print_archives, "MOST_FILES", 1)
    else:
        [size, _] = [row["bytes"] for row in world.rows("SELECT bytes FROM assets WHERE purpose = 'print'")]
        world.change("UPDATE quotas SET storage_quota_bytes = current_storage_bytes + ?", size * 3)
    await ask(world)
    await world.run_jobs()
    assert len(listed(await download(world))) == 1
    assert "More print files are ready than fit into one ZIP" in await page(world)


async def test_a_full_storage_is_said(world: World) -> None:
    await ready(world)
    world.change("UPDATE quotas SET storage_quota_bytes = current_storage_bytes")
    await ask(world)
    await world.run_jobs()
    assert print_archives.NO_ROOM in unescape(await page(world))
    assert zips(world) == []


async def test_a_zip_is_deleted_after_a_day_and_its_lines_can_still_be_marked(world: World) -> None:
    await ready(world)
    await ask(world)
    await world.run_jobs()
    world.clock.move(hours=23)
    await media.sweep_uploads(world.app)
    assert len(zips(world)) == 2
    world.clock.move(hours=1, seconds=1)
    await media.sweep_uploads(world.app)
    assert zips(world) == []
    assert storage_agrees(world)
    shown = await page(world)
    assert "Download ZIP" not in shown
    assert "Mark all as sent to the printer" in shown


async def test_a_new_zip_replaces_the_old_one(world: World) -> None:
    await ready(world)
    for _ in range(2):
        await ask(world)
        await world.run_jobs()
    await media.sweep_uploads(world.app)
    assert len(zips(world)) == 2
    assert len(listed(await download(world))) == 1
    assert storage_agrees(world)


@pytest.mark.parametrize("is_made", [True, False])
async def test_a_deletion_of_a_customer_takes_the_zip_with_their_print(world: World, is_made: bool) -> None:
    design = await world.design(world.storefront(customer=ADA))
    order = webhooks.order(webhooks.line(design["id"]), customer={"id": int(ADA)})
    await webhooks.deliver(world.http, order)
    await world.run_all_jobs()
    await ask(world)
    if is_made:
        await world.run_jobs()
    await told(world, "redaction", ADA, [order["id"]])
    await media.sweep_uploads(world.app)
    assert zips(world) == []
    assert world.rows("SELECT id FROM print_archives") == []
    assert storage_agrees(world)
    assert world.quota()["merchant_running"] == 0


async def test_a_large_zip_takes_little_memory(world: World) -> None:
    """Forty megabytes of files: a quick sample of what holds for any size, because each chunk is taken at once."""
    await ready(world, 2)
    size = 20_000_000
    for row in world.rows("SELECT key FROM assets WHERE purpose = 'print'"):
        await world.app.files.put(row["key"], bytes(size), "image/jpeg")
    world.change("UPDATE assets SET bytes = ? WHERE purpose = 'print'", size)
    await ask(world)
    tracemalloc.start()
    try:
        await world.run_jobs()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    print(f"{2 * size / 1e6:.0f} MB through {peak / 1e6:.1f} MB")
    assert world.rows("SELECT bytes FROM assets WHERE purpose = 'print_archive'")[0]["bytes"] > 2 * size
    assert peak < 6_000_000


async def test_the_history_of_a_line_is_loaded_when_it_is_opened(world: World) -> None:
    await ready(world)
    [item] = world.rows("SELECT id FROM order_items")
    shown = await page(world)
    assert f'data-load="/orders/items/{item["id"]}/history"' in shown
    [design] = world.rows("SELECT ai_prompt_used, cost_micros FROM generations WHERE generation_type = 'preview'")
    assert design["ai_prompt_used"] not in unescape(shown)
    history = (await world.merchant().fetch(f"/orders/items/{item['id']}/history")).text
    assert design["ai_prompt_used"] in unescape(history)
    assert "Print file made on" in history
    assert "2475 × 1155 px" in history
    for name in ("photo", "preview"):
        [link] = re.findall(rf'href="([^"]+)" target="_blank" rel="noopener">Open {name}', history)
        answer = await world.http.get(unescape(link))
        assert answer.headers["content-type"].startswith("image/")
        assert "content-disposition" not in answer.headers
