"""Jobs: rows that say what must still be done, leased by one worker at a time.

A use case inserts a job in the batch of its own change, then wakes the queue. The
row is the truth and the message a hint. Every job can run twice; a batch that
finishes one names its lease, so only one run counts. Some kinds can be done by a print
worker, a machine that has only this app's address (`remote`).
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.jobs.hints import hint_in_line, rehint
    from app.jobs.model import Job, JobKind, Lease, Remote, Slots, new
    from app.jobs.queries import (
        cancel,
        given_up_by_kind,
        insert,
        is_open,
        is_running,
        job,
        jobs_by_status,
        oldest_due,
        open_by_kind,
        park,
        queue_position,
        requeue,
        revive,
        start,
    )
    from app.jobs.remote import extend, fail, finish, release, ticket, work_order
    from app.jobs.running import run_due, run_hinted, run_one
    from app.jobs.work import Delivery, Parcel, PrintTask, WorkOrder, fault_of
else:
    __getattr__ = facade(
        __name__,
        {
            "app.jobs.hints": "hint_in_line rehint",
            "app.jobs.model": "Job JobKind Lease Remote Slots new",
            "app.jobs.queries": (
                "cancel given_up_by_kind insert is_open is_running job jobs_by_status "
                "oldest_due open_by_kind park queue_position requeue revive start"
            ),
            "app.jobs.remote": "extend fail finish release ticket work_order",
            "app.jobs.running": "run_due run_hinted run_one",
            "app.jobs.work": "Delivery Parcel PrintTask WorkOrder fault_of",
        },
    )

__all__ = [
    "Delivery",
    "Job",
    "JobKind",
    "Lease",
    "Parcel",
    "PrintTask",
    "Remote",
    "Slots",
    "WorkOrder",
    "cancel",
    "extend",
    "fail",
    "fault_of",
    "finish",
    "given_up_by_kind",
    "hint_in_line",
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
    "rehint",
    "release",
    "requeue",
    "revive",
    "run_due",
    "run_hinted",
    "run_one",
    "start",
    "ticket",
    "work_order",
]
