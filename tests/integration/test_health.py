"""/healthz: each part's state, in time, and asked once however many ask."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters.database.postgres import PostgresDatabase
from app.adapters.database.sqlite import SqliteDatabase
from app.adapters.queue.sqs import SqsQueue
from app.core.app import App
from app.core.errors import NotFound
from handlers.http.ttl_cache import TtlCache
from handlers.routes import create
from tests.aws.servers import ENVIRON, REGION
from tests.fakes.ports import NotingQueue
from tests.integration.world import World, without_storage
from tests.ports import free_port

pytestmark = pytest.mark.anyio


async def asked(app: App, times: int = 1) -> list[httpx.Response]:
    """So many requests at once."""
    transport = httpx.ASGITransport(create(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as http:
        return await asyncio.gather(*[http.get("/healthz") for _ in range(times)])


async def test_health_names_the_part_that_is_down(world: World) -> None:
    with without_storage(world):
        answer = await world.http.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() | {"version": ""} == {
        "status": "failing",
        "database": "ok",
        "files": "files_unavailable",
        "queue": "ok",
        "version": "",
    }


async def test_health_is_well_when_all_parts_are(world: World) -> None:
    answer = await world.http.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_health_does_not_wait_for_a_database_that_takes_calls_and_says_nothing(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = PostgresDatabase(f"postgresql://someone@127.0.0.1:{silent.getsockname()[1]}/artify")
        started = time.monotonic()
        [answer] = await asked(replace(world.app, db=database))
        assert time.monotonic() - started < 3
    assert answer.status_code == 503
    parts = answer.json()
    assert (parts["database"], parts["files"], parts["queue"]) == ("no_answer", "ok", "no_answer")


async def test_a_database_without_tables_is_a_503_and_a_line_in_the_log(world: World, tmp_path: Path) -> None:
    empty = SqliteDatabase(tmp_path / "empty.db")
    [answer] = await asked(replace(world.app, db=empty))
    await empty.close()
    assert (answer.status_code, answer.json()["database"]) == (503, "internal")
    assert len(world.logged("health_fault")) == 1


async def test_a_queue_of_messages_that_does_not_answer_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    nobody = free_port()
    url = f"http://127.0.0.1:{nobody}"
    sqs = SqsQueue(f"{url}/1/jobs", world.app.log, endpoint=url, region=REGION)
    [answer] = await asked(replace(world.app, queue=sqs))
    assert (answer.status_code, answer.json()["queue"]) == (503, "queue_unavailable")


async def test_a_queue_that_cannot_be_asked_is_not_blamed(world: World) -> None:
    [answer] = await asked(replace(world.app, queue=NotingQueue()))
    assert (answer.status_code, answer.json()["queue"]) == (200, "not asked")


async def test_many_who_ask_at_once_while_nothing_is_kept_ask_the_parts_once(world: World) -> None:
    files = CountingFiles()
    answers = await asked(replace(world.app, files=files), times=20)  # type: ignore[arg-type]
    assert {answer.status_code for answer in answers} == {200}
    assert files.asked == 1


async def test_an_answer_is_kept_for_some_seconds_and_a_fault_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("handlers.http.ttl_cache.time.monotonic", lambda: now)
    kept = TtlCache(5, Answers([1, NotFound(), 2]))
    assert [await kept.get(), await kept.get()] == [1, 1]
    now += 6
    with pytest.raises(NotFound):
        await kept.get()
    assert await kept.get() == 2


class Answers:
    """One after another: a value, or an error to raise."""

    def __init__(self, answers: list[Any]):
        self._answers = answers

    async def __call__(self) -> Any:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class CountingFiles:
    asked = 0

    async def stat(self, key: str) -> None:
        self.asked += 1
        await asyncio.sleep(0)
