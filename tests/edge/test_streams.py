"""A print file passes through the worker in pieces: a worker has 128 MB, and serves several at once."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.core.ports.files import Files
from tests.edge import worker_clients

pytestmark = pytest.mark.anyio
MB = 1_000_000
PIECE = random.Random(7).randbytes(MB)
SIZE_MB = 60
KEY = "a-shop.myshopify.com/personalization/0001/print_1.jpg"


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    with worker_clients.r2(tmp_path_factory.mktemp("r2")) as opened:
        yield opened


@pytest.fixture
async def stored(files: Files, anyio_backend: str) -> AsyncIterator[str]:
    """A link to a file of 60 MB that was sent through the worker."""
    ticket = files.upload_ticket(KEY, mime="image/jpeg", size=SIZE_MB * MB, expires_at=soon())

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(SIZE_MB):
            yield PIECE

    headers = {**ticket.headers, "Content-Length": str(SIZE_MB * MB)}
    async with httpx.AsyncClient(timeout=120, trust_env=False) as http:
        sent = await http.put(ticket.url, headers=headers, content=pieces())
    assert sent.status_code == 200, sent.text
    yield files.link(KEY, expires_at=soon())
    await files.delete(KEY)


@pytest.mark.alone
async def test_sixty_megabytes_come_back_whole_and_are_never_in_memory(stored: str) -> None:
    before = await worker_clients.memory()
    began, seen, first_s = time.monotonic(), hashlib.sha256(), 0.0
    async with httpx.AsyncClient(timeout=120, trust_env=False) as http, http.stream("GET", stored) as answer:
        assert answer.headers["content-length"] == str(SIZE_MB * MB)
        async for chunk in answer.aiter_raw():
            first_s = first_s or time.monotonic() - began
            seen.update(chunk)
    took_s = time.monotonic() - began
    grown = await worker_clients.memory() - before
    print(f"{SIZE_MB} MB in {took_s:.2f} s, the first byte after {first_s:.3f} s; memory grew by {grown / MB:.1f} MB")
    assert seen.digest() == hashlib.sha256(PIECE * SIZE_MB).digest()
    assert grown < SIZE_MB * MB / 4
    assert first_s < took_s / 2


async def test_what_is_read_whole_shows_in_the_memory_that_was_measured(files: Files, stored: str) -> None:
    before = await worker_clients.memory()
    assert len(await files.get(KEY)) == SIZE_MB * MB
    assert await worker_clients.memory() - before > SIZE_MB * MB / 2


async def test_a_question_for_the_size_alone_reads_nothing(stored: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.head(stored)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"", "image/jpeg")


async def test_a_download_that_is_left_does_no_harm(files: Files, stored: str) -> None:
    async with httpx.AsyncClient(timeout=120, trust_env=False) as http:
        async with http.stream("GET", stored) as answer:
            assert len(await anext(answer.aiter_raw())) < SIZE_MB * MB
        assert (await http.get(stored)).status_code == 200
    assert await files.stat(KEY) is not None
