"""Hints by SQS, beyond what every queue does: a message for each job, and a warning where none could be sent."""

from __future__ import annotations

import io
import json
import time
import uuid

import pytest

from app.adapters.queue.sqs import SqsQueue
from app.core.errors import Unavailable
from app.core.log import Log
from app.core.ports.queue import LONGEST_WAKE_UP_DELAY_S
from tests.aws import servers
from tests.ports import free_port

pytestmark = pytest.mark.anyio


def made() -> str:
    """The address of a fresh queue."""
    sqs = servers.client("sqs", servers.moto())
    return str(sqs.create_queue(QueueName=f"jobs-{uuid.uuid4().hex[:12]}")["QueueUrl"])


def received(url: str) -> list[str]:
    """Every message that waits."""
    sqs, bodies = servers.client("sqs", servers.moto()), []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in messages]
    return bodies


async def test_every_job_is_one_message_with_its_id() -> None:
    url, ids = made(), [str(uuid.uuid4()) for _ in range(23)]
    await SqsQueue(url, Log(io.StringIO()), endpoint=servers.moto(), region=servers.REGION).wake(*ids, ids[0], "")
    assert sorted(received(url)) == sorted(ids)


async def test_a_hint_for_later_is_held_back() -> None:
    log, url = io.StringIO(), made()
    queue = SqsQueue(url, Log(log), endpoint=servers.moto(), region=servers.REGION)
    await queue.wake("soon", after_s=0.4)
    await queue.wake("last", after_s=LONGEST_WAKE_UP_DELAY_S)
    assert received(url) == []
    came, until = list[str](), time.monotonic() + 10
    while not came and time.monotonic() < until:
        came = received(url)
    assert came == ["soon"]
    assert log.getvalue() == ""


async def test_a_queue_that_does_not_answer_loses_hints_and_says_so() -> None:
    log, url = io.StringIO(), made()
    nobody = free_port()
    await SqsQueue(url, Log(log), endpoint=f"http://127.0.0.1:{nobody}", region=servers.REGION).wake("a", "b")
    (line,) = map(json.loads, log.getvalue().splitlines())
    assert (line["event"], line["count"]) == ("wake_ups_lost", 2)


async def test_a_queue_that_is_not_there_loses_hints_and_says_so() -> None:
    log, url = io.StringIO(), f"{servers.moto()}/123456789012/nobody"
    await SqsQueue(url, Log(log), endpoint=servers.moto(), region=servers.REGION).wake("a")
    assert "wake_ups_lost" in log.getvalue()


async def test_without_keys_hints_are_lost_and_the_request_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    log, url = io.StringIO(), made()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    await SqsQueue(url, Log(log), endpoint=servers.moto(), region=servers.REGION).wake("a")
    assert "wake_ups_lost" in log.getvalue()


async def test_a_queue_that_is_there_says_so_and_one_that_is_not_is_unavailable() -> None:
    place = {"endpoint": servers.moto(), "region": servers.REGION}
    await SqsQueue(made(), Log(io.StringIO()), **place).ask()
    with pytest.raises(Unavailable):
        await SqsQueue(f"{servers.moto()}/123456789012/nobody", Log(io.StringIO()), **place).ask()
