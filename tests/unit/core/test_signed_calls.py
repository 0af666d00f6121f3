"""Signed requests between machines: whole, fresh, and by the right key."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.errors import Unauthorized
from app.core.signed_calls import SignedCall
from tests.fakes.ports import START

KEY = bytes(range(32))
CALL = SignedCall("POST", "/internal/jobs/1/finish", b'{"token":"t"}')
SIGNED = CALL.signed(KEY, "nonce", START)


def code_of(call: SignedCall = CALL, header: str = SIGNED, key: bytes = KEY, **later: float) -> str:
    with pytest.raises(Unauthorized) as fault:
        call.verify(header, key, START + timedelta(**later))
    return fault.value.code


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_call_is_good_for_five_minutes_either_way(minutes: int) -> None:
    CALL.verify(SIGNED, KEY, START + timedelta(minutes=minutes))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_call_of_another_time_is_told_from_a_forged_one(seconds: int) -> None:
    assert code_of(seconds=seconds) == "clock_skew"
    assert code_of(key=b"x" * 32, seconds=seconds) == "unauthorized"


@pytest.mark.parametrize("change", [{"method": "GET"}, {"path": "/internal/jobs/2/finish"}, {"body": b"{}"}])
def test_what_was_changed_is_refused(change: dict[str, object]) -> None:
    assert code_of(replace(CALL, **change)) == "unauthorized"


def test_another_key_is_refused() -> None:
    assert code_of(key=bytes(32)) == "unauthorized"


def test_moment_and_nonce_are_signed_too() -> None:
    moment, nonce, signature = SIGNED.split(".")
    assert code_of(header=f"{int(moment) + 1}.{nonce}.{signature}") == "unauthorized"
    assert code_of(header=f"{moment}.other.{signature}") == "unauthorized"


@pytest.mark.parametrize("header", ["", ".", "..", "1.n", "1.n.", "-1.n.s", "é.é.é", "٣.n.s", "1.n.s.s"])
def test_what_is_no_signature_is_refused(header: str) -> None:
    assert code_of(header=header) == "unauthorized"


def test_a_call_shows_no_body_when_it_is_printed() -> None:
    assert "token" not in repr(CALL)
