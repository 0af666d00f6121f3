"""The log of calls to models: one row per call, and daily sums that are updated in the same batch."""

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
    """A model's answer, with the tokens that it used and their cost."""

    @property
    def usage(self) -> ModelUsage: ...


A = TypeVar("A", bound=Answer)


async def log_call(app: App, call: ModelCall, ask: Callable[[], Awaitable[A]], images: Callable[[A], int]) -> A:
    """Call a model and log the call, whether or not it succeeds.

    The row is written before the model is called, so that a call stays in the log as a failure if its process stops or
    loses the lease before the answer arrives. `images` counts the pictures in an answer.
    """
    await app.db.batch(*queries.begin_call(call))
    started = time.perf_counter()
    try:
        answer = await ask()
    except AppError as fault:
        await _end(app, call, CallResult(_elapsed_ms(started), error_code=fault.code, error_message=fault.message))
        raise
    await _end(app, call, CallResult(_elapsed_ms(started), images(answer), answer.usage))
    return answer


async def sweep_usage(app: App) -> int:
    """Delete calls older than USAGE_LIFE from the log and return how many; the daily sums stay."""
    made_before = app.clock.now() - USAGE_LIFE
    if not await queries.has_old_calls(app.db, made_before):  # a delete would take the write lock
        return 0
    (deleted,) = await app.db.batch(queries.delete_old_calls(made_before, CALLS_AT_ONCE))
    return deleted.rowcount


async def _end(app: App, call: ModelCall, result: CallResult) -> None:
    """Log the result of a call. A failure to write the log is ignored, so that a paid answer is not lost."""
    try:
        await app.db.batch(*queries.end_call(call, result, app.clock.now()))
    except Unavailable as fault:
        app.log.warning("usage_not_logged", call=call.id, code=fault.code, cost_micros=result.usage.cost_micros)


def _elapsed_ms(started: float) -> int:
    return int((time.perf_counter() - started) * 1000)
