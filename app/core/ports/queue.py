"""The queue port: wake-ups for jobs. The job's row is authoritative; a lost wake-up delays a job but never loses it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from app.core.ports.compute import Compute as Compute

LONGEST_WAKE_UP_DELAY_S = 900  # the longest delay that every queue supports: the limit of SQS


class Queue(Protocol):
    """Sends wake-ups for jobs that are due."""

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        """Wake jobs after `after_s` seconds, at most LONGEST_WAKE_UP_DELAY_S.

        Never raises, because the jobs are stored in the database and the sweep wakes them later.
        """


@runtime_checkable
class WaitsForWakeUps(Protocol):
    """A queue whose jobs are run by this process."""

    async def wait(self, seconds: float) -> None:
        """Wait for a wake-up, but no longer than this many seconds."""
