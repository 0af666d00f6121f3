"""The queue port: wake-ups for jobs. The job's row is the truth; a lost wake-up costs time, never work."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from app.core.ports.compute import Compute as Compute

LONGEST_WAKE_UP_DELAY_S = 900  # the longest delay that every queue supports: the limit of SQS


class Queue(Protocol):
    """Wake-ups for jobs that are due. The row in the database counts; a lost wake-up costs time, never work."""

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        """Wake jobs now, or after some seconds, at most LONGEST_HINT_S. Never raises, because the jobs are saved."""


@runtime_checkable
class WaitsForWakeUps(Protocol):
    """A queue whose jobs are run by this process."""

    async def wait(self, seconds: float) -> None:
        """Wait for a wake-up, or for so many seconds."""
