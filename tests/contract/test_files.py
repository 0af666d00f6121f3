"""What every Files adapter does: objects by key, and signed links that are answered over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from app.adapters.files.multipart import PART_BYTES
from app.core.errors import NotFound
from app.core.ports.files import FileInfo, Files, UploadTicket
from tests.contract.adapters import FILES

pytestmark = pytest.mark.anyio
KEY = "a-shop.myshopify.com/personalization/0001/preview_1.webp"
OTHER = KEY.replace("0001", "0002")
DATA = bytes(range(256)) * 40


@pytest.fixture(params=FILES, scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    with FILES[request.param](tmp_path_factory.mktemp(request.param)) as opened:
        yield opened


@pytest.fixture
async def files(served: Files, anyio_backend: str) -> AsyncIterator[Files]:
    yield served
    await served.delete(KEY, OTHER)


@pytest.fixture
async def browser_like(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=10) as client:
        yield client


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)


def past() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=5)


def ticket(files: Files, size: int = len(DATA), mime: str = "image/png", at: datetime | None = None) -> UploadTicket:
    return files.upload_ticket(KEY, mime=mime, size=size, expires_at=at or soon())


async def test_an_object_comes_back_with_its_size_and_type(files: Files) -> None:
    await files.put(KEY, DATA, "image/webp")
    assert await files.get(KEY) == DATA
    assert await files.stat(KEY) == FileInfo(len(DATA), "image/webp")


@pytest.mark.parametrize("limit", [1, 100, len(DATA), len(DATA) + 1])
async def test_a_limit_gives_the_first_bytes(files: Files, limit: int) -> None:
    await files.put(KEY, DATA, "image/webp")
    assert await files.get(KEY, limit) == DATA[:limit]


async def test_an_empty_object_is_an_object(files: Files) -> None:
    await files.put(KEY, b"", "image/webp")
    assert await files.get(KEY) == b""
    assert await files.stat(KEY) == FileInfo(0, "image/webp")


async def test_what_was_never_put_is_not_found(files: Files) -> None:
    with pytest.raises(NotFound):
        await files.get(KEY)
    assert await files.stat(KEY) is None


async def pieces(size: int) -> AsyncIterator[bytes]:
    for start in range(0, size, 300_000):
        yield bytes([start // 300_000 % 251]) * min(300_000, size - start)


@pytest.mark.parametrize("size", [0, 10, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 5])
async def test_what_streams_in_streams_out(files: Files, size: int) -> None:
    whole = b"".join([piece async for piece in pieces(size)])
    assert await files.write(KEY, pieces(size), "application/zip") == size
    assert await files.stat(KEY) == FileInfo(size, "application/zip")
    info, chunks = await files.open(KEY)
    assert info == FileInfo(size, "application/zip")
    assert b"".join([chunk async for chunk in chunks]) == whole


async def test_a_stream_that_breaks_leaves_what_was_there(files: Files) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(PART_BYTES + 1)
        raise LookupError

    await files.put(KEY, DATA, "image/webp")
    with pytest.raises(LookupError):
        await files.write(KEY, broken(), "application/zip")
    assert await files.get(KEY) == DATA
    assert [each.key for each in await files.list(KEY.rpartition("/")[0])] == [KEY]


async def test_what_is_not_there_does_not_stream_out(files: Files) -> None:
    with pytest.raises(NotFound):
        await files.open(KEY)


async def test_objects_are_listed_in_pages(files: Files) -> None:
    folder = "listed-shop.myshopify.com/personalization"
    keys = [f"{folder}/{name}" for name in ("a-b/x.jpg", "a/x.jpg", "a/y.jpg", "b/x.jpg")]
    await files.put(KEY, DATA, "image/webp")
    for key in reversed(keys):
        await files.put(key, DATA, "image/jpeg")
    pages = [await files.list(f"{folder}/", limit=3)]
    pages.append(await files.list(f"{folder}/", pages[0][-1].key, limit=3))
    listed = [each for page in pages for each in page]
    assert [len(page) for page in pages] == [3, 1]
    assert sorted(each.key for each in listed) == keys
    assert await files.list(f"{folder}/", listed[-1].key) == []
    assert {each.bytes for each in listed} == {len(DATA)}
    assert all(abs(datetime.now(UTC) - each.modified_at) < timedelta(minutes=1) for each in listed)
    assert [each.key for each in await files.list(f"{folder}/a/")] == keys[1:3]
    await files.delete(*keys)
    assert await files.list(f"{folder}/") == []


async def test_a_second_put_replaces_bytes_and_type(files: Files) -> None:
    await files.put(KEY, DATA, "image/webp")
    await files.put(KEY, b"new", "image/png")
    assert await files.get(KEY) == b"new"
    assert await files.stat(KEY) == FileInfo(3, "image/png")


async def test_readers_meet_the_old_or_the_new_object_and_never_half_of_one(files: Files) -> None:
    old, new = b"o" * 500_000, b"n" * 400_000
    await files.put(KEY, old, "image/webp")

    async def replace() -> None:
        for data in (new, old) * 5:
            await files.put(KEY, data, "image/webp")

    writing = asyncio.ensure_future(replace())
    seen = set()
    while not writing.done():
        seen.add(await files.get(KEY))
    await writing
    assert seen <= {old, new}


async def test_delete_removes_what_is_there_and_minds_nothing_missing(files: Files) -> None:
    await files.put(KEY, DATA, "image/webp")
    await files.put(OTHER, DATA, "image/webp")
    await files.delete(KEY, "a/b/c/missing_1.png")
    await files.delete(KEY)
    assert await files.stat(KEY) is None
    with pytest.raises(NotFound):
        await files.get(KEY)
    assert await files.get(OTHER) == DATA


async def test_keys_are_apart_even_when_one_begins_with_the_other(files: Files) -> None:
    await files.put("shop/a/1/print_1.jpg", b"one", "image/jpeg")
    await files.put("shop/a/1/print_1.jpeg", b"two", "image/png")
    assert await files.get("shop/a/1/print_1.jpg") == b"one"
    assert await files.stat("shop/a/1/print_1.jpg") == FileInfo(3, "image/jpeg")


async def test_a_link_reads_the_object(files: Files, browser_like: httpx.AsyncClient) -> None:
    await files.put(KEY, DATA, "image/webp")
    answer = await browser_like.get(files.link(KEY, expires_at=soon()))
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, DATA, "image/webp")


async def test_a_link_with_a_filename_saves_the_object_under_it(files: Files, browser_like: httpx.AsyncClient) -> None:
    await files.put(KEY, DATA, "image/webp")
    answer = await browser_like.get(files.link(KEY, expires_at=soon(), filename="1001-Poster-A3.jpg"))
    assert answer.headers["content-disposition"].startswith('attachment; filename="1001-Poster-A3.jpg"')


@pytest.mark.parametrize("filename", ["Großes-Bild-é.jpg", "写真-プリント.jpg", "😀.jpg"])
async def test_a_filename_in_any_script_is_kept(files: Files, browser_like: httpx.AsyncClient, filename: str) -> None:
    await files.put(KEY, DATA, "image/webp")
    answer = await browser_like.get(files.link(KEY, expires_at=soon(), filename=filename))
    assert answer.status_code == 200
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment")
    assert httpx.URL(f"http://x/?n={disposition.partition(chr(39) * 2)[2]}").params["n"] == filename


async def test_a_link_to_nothing_is_404(files: Files, browser_like: httpx.AsyncClient) -> None:
    assert (await browser_like.get(files.link(KEY, expires_at=soon()))).status_code == 404


async def test_an_expired_link_is_refused(files: Files, browser_like: httpx.AsyncClient) -> None:
    await files.put(KEY, DATA, "image/webp")
    assert (await browser_like.get(files.link(KEY, expires_at=past()))).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
async def test_a_link_is_for_reading_alone(files: Files, browser_like: httpx.AsyncClient, method: str) -> None:
    await files.put(KEY, DATA, "image/webp")
    answer = await browser_like.request(method, files.link(KEY, expires_at=soon()), content=b"other")
    assert answer.status_code in (403, 405)
    assert await files.get(KEY) == DATA


async def test_every_altered_word_of_a_link_is_refused(files: Files, browser_like: httpx.AsyncClient) -> None:
    await files.put(KEY, DATA, "image/webp")
    await files.put(OTHER, DATA, "image/webp")
    link = httpx.URL(files.link(KEY, expires_at=soon(), filename="a.jpg"))
    altered = [link.copy_with(params=link.params.set(name, value + "0")) for name, value in link.params.items()]
    altered += [link.copy_with(params=link.params.remove(name)) for name in link.params]
    altered += [link.copy_with(path=link.path.replace("0001", "0002"))]
    answers = [(await browser_like.get(url)).status_code for url in altered]
    assert len(answers) >= 5
    assert set(answers) <= {400, 403}
    assert (await browser_like.get(link)).status_code == 200


async def test_a_ticket_takes_the_file_it_was_signed_for(files: Files, browser_like: httpx.AsyncClient) -> None:
    given = ticket(files)
    answer = await browser_like.request(given.method, given.url, headers=given.headers, content=DATA)
    assert answer.is_success
    assert await files.get(KEY) == DATA
    assert await files.stat(KEY) == FileInfo(len(DATA), "image/png")


@pytest.mark.parametrize("size", [len(DATA) - 1, len(DATA) + 1, 0])
async def test_another_size_is_refused_and_nothing_stored(
    files: Files, browser_like: httpx.AsyncClient, size: int
) -> None:
    given = ticket(files)
    body = (DATA + b"x")[:size]
    answer = await browser_like.request(given.method, given.url, headers=given.headers, content=body)
    assert 400 <= answer.status_code < 500
    assert await files.stat(KEY) is None


@pytest.mark.parametrize("mime", ["text/html", "image/png; charset=utf-8", ""])
async def test_another_type_is_refused_and_nothing_stored(
    files: Files, browser_like: httpx.AsyncClient, mime: str
) -> None:
    given = ticket(files)
    answer = await browser_like.request(given.method, given.url, headers={"Content-Type": mime}, content=DATA)
    assert 400 <= answer.status_code < 500
    assert await files.stat(KEY) is None


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    """A body whose length is not announced."""
    for at in range(0, len(data), 1000):
        yield data[at : at + 1000]


@pytest.mark.parametrize("size", [len(DATA) - 1, len(DATA) * 2])
async def test_a_body_that_hides_its_size_is_refused_and_nothing_stored(
    files: Files, browser_like: httpx.AsyncClient, size: int
) -> None:
    given = ticket(files)
    body = chunks((DATA * 2)[:size])
    status = 400
    with suppress(httpx.WriteError, httpx.RemoteProtocolError):  # hung up on in the middle of the body
        status = (await browser_like.put(given.url, headers=given.headers, content=body)).status_code
    assert 400 <= status < 500
    assert await files.stat(KEY) is None


async def test_an_upload_that_is_cut_stores_nothing(files: Files) -> None:
    await send_and_hang_up(ticket(files), DATA[:5000])
    assert await files.stat(KEY) is None


async def test_an_upload_that_is_cut_leaves_the_object_that_was_there(files: Files) -> None:
    await files.put(KEY, b"before", "image/webp")
    await send_and_hang_up(ticket(files), DATA[:5000])
    assert await files.get(KEY) == b"before"


async def test_an_expired_ticket_is_refused(files: Files, browser_like: httpx.AsyncClient) -> None:
    given = ticket(files, at=past())
    answer = await browser_like.request(given.method, given.url, headers=given.headers, content=DATA)
    assert answer.status_code == 403
    assert await files.stat(KEY) is None


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
async def test_a_ticket_is_for_sending_alone(files: Files, browser_like: httpx.AsyncClient, method: str) -> None:
    await files.put(KEY, DATA, "image/webp")
    answer = await browser_like.request(method, ticket(files).url)
    assert answer.status_code in (403, 405)
    assert await files.get(KEY) == DATA


async def test_every_altered_word_of_a_ticket_is_refused(files: Files, browser_like: httpx.AsyncClient) -> None:
    given = ticket(files)
    url = httpx.URL(given.url)
    altered = [url.copy_with(params=url.params.set(name, value + "0")) for name, value in url.params.items()]
    altered += [url.copy_with(path=url.path.replace("0001", "0002"))]
    answers = [(await browser_like.put(each, headers=given.headers, content=DATA)).status_code for each in altered]
    assert len(answers) >= 4
    assert set(answers) <= {400, 403}
    assert await files.stat(KEY) is None
    assert await files.stat(OTHER) is None


async def test_a_browser_of_any_shop_may_send(files: Files, browser_like: httpx.AsyncClient) -> None:
    asked = {
        "Origin": "https://a-shop.myshopify.com",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = await browser_like.options(ticket(files).url, headers=asked)
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] in ("*", asked["Origin"])
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()


async def test_a_browser_of_any_shop_may_see_how_its_upload_went(files: Files, browser_like: httpx.AsyncClient) -> None:
    given, origin = ticket(files), {"Origin": "https://a-shop.myshopify.com"}
    sent = await browser_like.put(given.url, headers={**given.headers, **origin}, content=DATA)
    read = await browser_like.get(files.link(KEY, expires_at=soon()), headers=origin)
    for answer in (sent, read):
        assert answer.headers["access-control-allow-origin"] in ("*", origin["Origin"])


async def send_and_hang_up(given: UploadTicket, part: bytes) -> None:
    """Announce the whole body, send a part of it, and close; returns when the server has closed too."""
    url = urlsplit(given.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    head = [f"PUT {url.path}?{url.query} HTTP/1.1", f"Host: {url.netloc}", f"Content-Length: {len(DATA)}"]
    head += [f"{name}: {value}" for name, value in given.headers.items()]
    writer.write("\r\n".join([*head, "", ""]).encode() + part)
    await writer.drain()
    writer.write_eof()
    await reader.read()
    writer.close()
    await writer.wait_closed()
