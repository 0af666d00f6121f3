"""Ids sort by time and exist once."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest

from app.core.ids import first_id, new_id, new_token

UUID_7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_an_id_is_a_version_7_uuid() -> None:
    assert all(UUID_7.fullmatch(new_id()) for _ in range(1000))


def test_ids_are_unique() -> None:
    assert len({new_id() for _ in range(50_000)}) == 50_000


def test_ids_of_later_milliseconds_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for millis in (0, 1, 999, 1_700_000_000_000, 1_795_000_000_000, 1_795_000_000_001, 2**48 - 1):
        monkeypatch.setattr(time, "time_ns", lambda millis=millis: millis * 1_000_000)
        ids += [new_id()]
    assert ids == sorted(ids)
    assert len(set(ids)) == 7


def test_ids_of_one_millisecond_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for nanos in range(0, 1_000_000, 250):
        monkeypatch.setattr(time, "time_ns", lambda nanos=nanos: 1_795_262_400_123_000_000 + nanos)
        ids += [new_id()]
    assert ids == sorted(ids)


def test_an_id_says_its_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_795_262_400_123_999_999)
    assert int(new_id().replace("-", "")[:12], 16) == 1_795_262_400_123


def test_tokens_are_unique_and_fit_in_a_url() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_the_first_id_of_a_time_lies_between_the_ids_made_before_and_after_it() -> None:
    before = new_id()
    at = datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000 + 0.001, UTC)
    while datetime.now(UTC) < at:
        pass
    assert before < first_id(at) <= new_id()
    assert UUID_7.fullmatch(first_id(at))
