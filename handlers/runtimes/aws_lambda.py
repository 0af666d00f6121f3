"""AWS Lambda: the same routes and jobs, called by API Gateway, SQS and a schedule.

A process handles its events one after the other on a single event loop, because connections belong to the loop that
opened them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from mangum import Mangum

from app.core.app import App
from app.core.settings import Settings
from app.wiring import build
from handlers.jobs import resend_wake_ups, run_woken, sweep
from handlers.routes import create

Event = Mapping[str, Any]


def http(event: Event, context: Any) -> dict[str, Any]:
    """Answer a request from API Gateway (payload version 2.0)."""
    return _gateway()(dict(event), context)


def queue(event: Event, context: Any) -> dict[str, Any]:
    """Handle wake-ups from SQS, and return those that SQS must deliver again."""
    failed = _loop().run_until_complete(_run_woken(_app(), event["Records"]))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def schedule(event: Event, context: Any) -> dict[str, int]:
    """Runs every minute: wake jobs whose wake-up was lost or whose retry is due, then sweep."""
    return {"woken": _loop().run_until_complete(_every_minute(_app()))}


async def _every_minute(app: App) -> int:
    """Wake due jobs and sweep. Returns how many jobs were woken."""
    woken = await resend_wake_ups(app)
    await sweep(app)
    return woken


async def _run_woken(app: App, records: Sequence[Event]) -> list[str]:
    """Run a job for each message, and return the ids of the messages that must be delivered again."""
    return [record["messageId"] for record in records if not await run_woken(app, record["body"])]


@cache
def _gateway() -> Mangum:
    _loop()  # Mangum runs requests on the thread's event loop
    return Mangum(create(_app()), lifespan="off")


@cache
def _app() -> App:
    return build(Settings.load(os.environ))


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop
