"""Jobs: rows that say what must still be done, leased by one worker at a time.

A use case inserts a job in the batch of its own change, then wakes the queue. The
row is the truth and the message a hint. Every job can run twice; a batch that
finishes one names its lease, so only one run counts.
"""

from app.jobs.hints import rehint
from app.jobs.model import Job, JobKind, Lease, Slots, new
from app.jobs.queries import cancel, insert, is_running, job, jobs_by_status, queue_position, requeue
from app.jobs.running import run_due, run_one

__all__ = [
    "Job",
    "JobKind",
    "Lease",
    "Slots",
    "cancel",
    "insert",
    "is_running",
    "job",
    "jobs_by_status",
    "new",
    "queue_position",
    "rehint",
    "requeue",
    "run_due",
    "run_one",
]
