"""`artify jobs`: list, run, retry."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from typing import Any
from urllib.parse import urlsplit

from app import jobs
from app.core.app import App
from app.core.errors import BadRequest, NotFound
from app.core.settings import Settings, jobs_key
from app.core.times import to_text
from app.wiring import build
from handlers.jobs import LOOPS
from handlers.runtimes.loops import Loops

OPEN = ("pending", "running", "failed", "dead")


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("jobs", help="manage jobs: list, run, retry")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="list open and failed jobs").set_defaults(run=show)
    running = actions.add_parser("run", help="run jobs until stopped")
    running.add_argument(
        "--remote",
        metavar="APP_URL",
        type=_address,
        help="do the heavy jobs of the app at this address; needs JOBS_KEY",
    )
    running.add_argument(
        "--storage",
        metavar="URL",
        type=_address,
        help="with --remote: the origin of the app's file storage, if it is on a private network",
    )
    running.add_argument("--once", action="store_true", help="with --remote: do one job, if there is one, and exit")
    running.set_defaults(run=run)
    again = actions.add_parser("retry", help="start a failed job again")
    again.add_argument("id", metavar="ID")
    again.set_defaults(run=retry)


def show(arguments: argparse.Namespace) -> int:
    found = asyncio.run(jobs.jobs_by_status(_app().db, OPEN, 100))
    for job in found:
        print(f"{job.id}  {job.status:8} {job.attempts:2}  {to_text(job.run_at)}  {job.kind}  {job.last_error or ''}")
    print("1 job" if len(found) == 1 else f"{len(found)} jobs")
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Run jobs until SIGINT or SIGTERM. Running jobs then get a few seconds; unfinished ones go to other workers."""
    if arguments.remote:
        from handlers.cli import render_worker

        return render_worker.work(
            arguments.remote, jobs_key(os.environ), storage=arguments.storage, once=arguments.once
        )
    for name in ("once", "storage"):
        if getattr(arguments, name):
            raise BadRequest(f"--{name} needs --remote APP_URL.")
    asyncio.run(_run(_app()))
    return 0


async def _run(app: App) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    loops = Loops(app, *LOOPS)
    loops.start()
    await stopped.wait()
    await loops.stop()


def retry(arguments: argparse.Namespace) -> int:
    asyncio.run(_retry(_app(), arguments.id))
    print("queued again")
    return 0


async def _retry(app: App, job_id: str) -> None:
    job = await jobs.job(app.db, job_id)
    if job is None or job.status not in ("failed", "dead", "cancelled"):
        raise NotFound("There is no failed job with this id.")
    now = app.clock.now()
    again = jobs.new(job.kind, job.shop_id, job.subject_id, at=now, dedupe_key=job.dedupe_key)
    await app.db.batch(jobs.requeue(again, now))
    await app.queue.wake(job.id)


def _app() -> App:
    return build(Settings.load(os.environ))


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError("must look like https://artify.example.com")
    return text.rstrip("/")
