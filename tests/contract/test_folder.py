"""What only the folder does: safe headers on what it serves, keys that stay inside, and nothing left half done."""

from __future__ import annotations

import asyncio
import io
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import ClientDisconnect

from app.adapters.files import folder as files_folder
from app.adapters.files.folder import FolderFiles
from app.core.app import App
from app.core.errors import NotFound, Unavailable
from app.core.log import Log
from app.core.ports.files import FileInfo
from app.core.signed_links import MediaLink
from handlers import routes
from tests.apps import close, make_app

pytestmark = pytest.mark.anyio
KEY = "a-shop.myshopify.com/personalization/0001/preview_1.webp"
OUTSIDE = ["../secret", "a/../../secret", "/etc/passwd", "a//b", "a/./b", "", "a/b/", "..\\secret", "a/\x00b", "a\nb"]


@pytest.fixture
async def app(tmp_path: Path, anyio_backend: str) -> AsyncIterator[App]:
    made = make_app(tmp_path, log=Log(io.StringIO()))
    yield made
    await close(made)


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(routes.create(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport) as opened:
        yield opened


def folder(app: App) -> FolderFiles:
    assert isinstance(app.files, FolderFiles)
    return app.files


async def test_a_type_that_a_death_left_without_its_object_is_listed_and_can_be_deleted(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*arguments: Any) -> None:
        raise KeyboardInterrupt

    await app.files.put("a/whole.webp", b"whole", "image/webp")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            files_folder._write(folder(app)._path("a/died.webp"), b"died", "image/webp")
    left = [each.key for each in await app.files.list("a/")]
    assert left == ["a/died.webp.type", "a/whole.webp"]
    await app.files.delete(left[0])
    assert [each.key for each in await app.files.list("a/")] == ["a/whole.webp"]
    assert (await app.files.stat("a/whole.webp")) == FileInfo(5, "image/webp")


async def test_what_is_stored_is_its_owners_alone_however_it_came(
    tmp_path: Path, app: App, client: httpx.AsyncClient, no_umask: None
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"in pieces"

    await app.files.put("a/put.webp", b"whole", "image/webp")
    await app.files.write("b/written.zip", chunks(), "application/zip")
    ends = app.clock.now() + timedelta(minutes=1)
    ticket = app.files.upload_ticket("c/uploads/sent.png", mime="image/png", size=5, expires_at=ends)
    assert (await client.put(ticket.url, headers=ticket.headers, content=b"photo")).is_success
    made = [tmp_path / "files", *(tmp_path / "files").rglob("*")]
    assert len([path for path in made if path.is_file()]) == 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_dir()} == {0o700}


async def test_an_upload_that_is_under_way_is_its_owners_alone(tmp_path: Path, app: App, no_umask: None) -> None:
    modes: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        yield b"half"
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "files").rglob("*.part"))
        yield b"whole"

    await app.files.write("a/upload.png", chunks(), "image/png")
    assert modes == [0o600]


def stored(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "files").rglob("*") if path.is_file())


async def test_what_is_served_can_do_nothing_in_a_browser(app: App, client: httpx.AsyncClient) -> None:
    await app.files.put(KEY, b"<script>alert(1)</script>", "image/svg+xml")
    answer = await client.get(app.files.link(KEY, expires_at=app.clock.now() + timedelta(minutes=1)))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"].startswith("private")
    assert "content-disposition" not in answer.headers


async def test_a_link_is_good_until_its_last_second(app: App, client: httpx.AsyncClient) -> None:
    await app.files.put(KEY, b"data", "image/webp")
    now = app.clock.now()
    ends = [now + timedelta(seconds=seconds) for seconds in (1, 0, -1)]
    answers = [(await client.get(app.files.link(KEY, expires_at=end))).status_code for end in ends]
    assert answers == [200, 403, 403]


@pytest.mark.parametrize(
    ("headers", "size", "status", "code"),
    [
        ({"Content-Type": "image/jpeg"}, 10, 415, "unsupported_format"),
        ({"Content-Type": "image/png"}, 9, 400, "wrong_size"),
        ({"Content-Type": "image/png"}, 11, 400, "wrong_size"),
    ],
)
async def test_a_wrong_upload_is_told_what_is_wrong(
    app: App, client: httpx.AsyncClient, headers: dict[str, str], size: int, status: int, code: str
) -> None:
    end = app.clock.now() + timedelta(minutes=1)
    given = app.files.upload_ticket(KEY, mime="image/png", size=10, expires_at=end)
    answer = await client.put(given.url, headers=headers, content=b"x" * size)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_an_upload_in_pieces_is_told_what_is_wrong_too(app: App, client: httpx.AsyncClient) -> None:
    end = app.clock.now() + timedelta(minutes=1)
    given = app.files.upload_ticket(KEY, mime="image/png", size=10, expires_at=end)

    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"xxx"

    answers = [await client.put(given.url, headers=given.headers, content=pieces(count)) for count in (3, 4)]
    assert [(each.status_code, each.json()["error"]["code"]) for each in answers] == [
        (400, "upload_incomplete"),
        (413, "too_large"),
    ]


async def test_a_body_that_stops_leaves_nothing_behind(app: App, tmp_path: Path) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield b"half"
        raise ClientDisconnect

    with pytest.raises(ClientDisconnect):
        await folder(app).receive(MediaLink("PUT", KEY, app.clock.now(), "image/png", 8), cut())
    assert stored(tmp_path) == []


async def test_an_upload_that_is_cut_is_no_crash_of_ours(app: App) -> None:
    stream, sent = io.StringIO(), list[Any]()
    link = MediaLink("PUT", KEY, app.clock.now() + timedelta(minutes=1), "image/png", 8)
    path, _, query = link.url("", app.settings.link_key).partition("?")
    messages = [{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}]
    scope = {
        "type": "http",
        "method": "PUT",
        "path": path,
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"content-type", b"image/png"), (b"content-length", b"8")],
        "server": ("127.0.0.1", 80),
    }

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await routes.create(replace(app, log=Log(stream)))(scope, receive, send)
    assert sent[0]["status"] == 400
    assert "request_crashed" not in stream.getvalue()


@pytest.mark.parametrize("key", OUTSIDE)
async def test_a_key_that_would_leave_the_folder_is_not_found(app: App, tmp_path: Path, key: str) -> None:
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(NotFound):
        await app.files.get(key)
    with pytest.raises(NotFound):
        await app.files.put(key, b"x", "image/png")
    with pytest.raises(NotFound):
        await app.files.delete(key)
    with pytest.raises(NotFound):
        await app.files.stat(key)
    assert (tmp_path / "secret").read_text() == "secret"


@pytest.mark.parametrize("path", ["/media/../artify.db", "/media/%2e%2e/artify.db", "/media/%2e%2e%2fartify.db"])
async def test_a_path_cannot_climb_out_of_media(app: App, client: httpx.AsyncClient, path: str) -> None:
    query = MediaLink("GET", "../artify.db", app.clock.now() + timedelta(minutes=1)).url("", app.settings.link_key)
    answer = await client.get(f"{app.settings.app_url}{path}?{query.partition('?')[2]}")
    assert answer.status_code in (403, 404)


async def test_a_type_lies_beside_its_object_and_goes_with_it(app: App, tmp_path: Path) -> None:
    await app.files.put(KEY, b"data", "image/webp")
    assert stored(tmp_path) == ["preview_1.webp", "preview_1.webp.type"]
    await app.files.delete(KEY)
    assert stored(tmp_path) == []


async def test_a_storage_that_fails_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "disk").write_text("a file where the folder should be")
    files = FolderFiles(tmp_path / "disk", "http://x", b"k" * 32)
    with pytest.raises(Unavailable) as fault:
        await files.put("a/b.png", b"x", "image/png")
    assert (fault.value.code, fault.value.retryable) == ("files_unavailable", True)


async def test_two_uploads_of_one_ticket_leave_one_whole_object(app: App, tmp_path: Path) -> None:
    link = MediaLink("PUT", KEY, app.clock.now(), "image/png", 6)

    async def body(letter: bytes) -> AsyncIterator[bytes]:
        for _ in range(6):
            yield letter

    await asyncio.gather(*[folder(app).receive(link, body(letter)) for letter in (b"a", b"b", b"c")])
    assert await app.files.get(KEY) in (b"aaaaaa", b"bbbbbb", b"cccccc")
    assert await app.files.stat(KEY) == FileInfo(6, "image/png")
    assert len(stored(tmp_path)) == 2
