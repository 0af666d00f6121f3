"""The log of calls to models: one row a call, and sums a day, written at the same time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from app.core.app import App
from app.core.errors import AppError, Unavailable
from app.core.pictures import ModelUsage
from app.generation import queries
from app.generation.model import USAGE_LIFE, CallResult, ModelCall

CALLS_AT_ONCE = 500


class Answer(Protocol):
    """What a model gives, and what it cost."""

    @property
    def usage(self) -> ModelUsage: ...


A = TypeVar("A", bound=Answer)


async def logged(app: App, call: ModelCall, ask: Callable[[], Awaitable[A]], images: Callable[[A], int]) -> A:
    """Ask a model, and log the call whatever comes of it.

    The row is written before the model is asked. So a call whose process ends, or loses its lease, before the answer
    arrives stays in the log as a failure. `images` counts the pictures of an answer.
    """
    await app.db.batch(*queries.begin_call(call))
    started = time.perf_counter()
    try:
        answer = await ask()
    except AppError as fault:
        await _end(app, call, CallResult(_since(started), error_code=fault.code, error_message=fault.message))
        raise
    await _end(app, call, CallResult(_since(started), images(answer), answer.usage))
    return answer


async def sweep_usage(app: App) -> int:
    """Delete calls that are older than 90 days from the log; their sums stay. Return how many."""
    (deleted,) = await app.db.batch(queries.delete_old_calls(app.clock.now() - USAGE_LIFE, CALLS_AT_ONCE))
    return deleted.rowcount


async def _end(app: App, call: ModelCall, result: CallResult) -> None:
    """Log what came of a call. An answer that was paid for is not thrown away because the log cannot be written."""
    try:
        await app.db.batch(*queries.end_call(call, result, app.clock.now()))
    except Unavailable as fault:
        app.log.warning("usage_not_logged", call=call.id, code=fault.code, cost_micros=result.usage.cost_micros)


def _since(started: float) -> int:
    return int((time.perf_counter() - started) * 1000)
