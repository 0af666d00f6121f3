"""Log lines: JSON, with the ids they belong to, and without what a person said."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

from app.core.log import Log, context, context_id

SECRET = "jane.doe@example.com"


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_its_time_level_event_and_fields() -> None:
    stream = io.StringIO()
    Log(stream).info("request", status=200, path="/a\nb")
    (line,) = lines(stream)
    at = line.pop("at")
    assert (len(at), at[-1]) == (24, "Z")
    assert line == {"level": "info", "event": "request", "status": 200, "path": "/a\nb"}


def test_a_line_has_the_ids_of_the_contexts_around_it() -> None:
    stream = io.StringIO()
    with context(request_id="r1"):
        with context(shop="a", job_id="j1"):
            Log(stream).warning("inside")
            assert context_id("job_id") == "j1"
        Log(stream).info("between")
    Log(stream).info("outside")
    ids = [{name: line.get(name) for name in ("request_id", "shop", "job_id")} for line in lines(stream)]
    assert ids == [
        {"request_id": "r1", "shop": "a", "job_id": "j1"},
        {"request_id": "r1", "shop": None, "job_id": None},
        {"request_id": None, "shop": None, "job_id": None},
    ]


def test_a_context_ends_when_its_work_fails() -> None:
    try:
        with context(request_id="r1"):
            raise ValueError
    except ValueError:
        assert context_id("request_id") == ""


def test_tasks_at_once_keep_their_ids_apart() -> None:
    stream = io.StringIO()

    async def work(name: str) -> None:
        with context(job_id=name):
            await asyncio.sleep(0)
            Log(stream).info("step", mine=name)

    async def both() -> None:
        await asyncio.gather(work("a"), work("b"))

    asyncio.run(both())
    assert sorted((line["job_id"], line["mine"]) for line in lines(stream)) == [("a", "a"), ("b", "b")]


def test_an_error_says_what_and_where_but_nothing_of_its_message() -> None:
    stream = io.StringIO()

    def fail() -> None:
        try:
            raise KeyError(SECRET)
        except KeyError as fault:
            raise ValueError(f"no customer {SECRET}") from fault

    try:
        fail()
    except ValueError as fault:
        Log(stream).error("job_crashed", fault, attempts=2)
    (line,) = lines(stream)
    assert (line["level"], line["fault"], line["attempts"]) == ("error", "ValueError", 2)
    assert line["where"][-1].startswith("test_log.py:")
    assert line["where"][-1].endswith(" fail")
    assert SECRET not in stream.getvalue()


def test_what_is_not_json_is_written_as_text() -> None:
    stream = io.StringIO()
    Log(stream).info("odd", value={1}, kind=ValueError)
    (line,) = lines(stream)
    assert (line["value"], line["kind"]) == ("{1}", "<class 'ValueError'>")
