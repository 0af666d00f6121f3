"""Jobs: rows that describe outstanding work, each leased by one worker at a time.

A use case inserts a job in the same batch as its own change, then wakes the queue. The row is authoritative; the queue
message only wakes a worker. Any job may run twice, but the batch that finishes a job checks its lease, so only one run
takes effect. Heavy kinds of job can be left to other machines (`app.render_workers`).
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.jobs.kinds import JobKind, Kinds, Lease
    from app.jobs.model import Job, Outcome, Slots, new
    from app.jobs.queries.rows import (
        cancel,
        failed_by_kind,
        insert,
        is_open,
        is_running,
        job,
        jobs_by_status,
        oldest_due,
        open_by_kind,
        park,
        requeue,
        revive,
        start,
        waiting_by_kind,
    )
    from app.jobs.queries.scheduling import due, queue_position
    from app.jobs.running import end, extend, fail, run_due, run_one, run_woken, take
    from app.jobs.wake_ups import resend_wake_ups, wake_next_in_line
else:
    __getattr__ = facade(
        __name__,
        {
            "app.jobs.kinds": "JobKind Kinds Lease",
            "app.jobs.model": "Job Outcome Slots new",
            "app.jobs.queries.rows": (
                "cancel failed_by_kind insert is_open is_running job jobs_by_status oldest_due "
                "open_by_kind park requeue revive start waiting_by_kind"
            ),
            "app.jobs.queries.scheduling": "due queue_position",
            "app.jobs.running": "end extend fail run_due run_one run_woken take",
            "app.jobs.wake_ups": "resend_wake_ups wake_next_in_line",
        },
    )

__all__ = [
    "Job",
    "JobKind",
    "Kinds",
    "Lease",
    "Outcome",
    "Slots",
    "cancel",
    "due",
    "end",
    "extend",
    "fail",
    "failed_by_kind",
    "insert",
    "is_open",
    "is_running",
    "job",
    "jobs_by_status",
    "new",
    "oldest_due",
    "open_by_kind",
    "park",
    "queue_position",
    "requeue",
    "resend_wake_ups",
    "revive",
    "run_due",
    "run_one",
    "run_woken",
    "start",
    "take",
    "waiting_by_kind",
    "wake_next_in_line",
]
