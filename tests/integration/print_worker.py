"""Print workers as they are: `artify jobs run --remote` in a process of its own, or its client without the engine."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from app.core.ports.clock import Clock
from app.core.times import SystemClock
from app.render_workers import CompletedRender, CompletedUpload, UploadRequest
from handlers.cli.render_client import RenderClient, Work
from tests import processes

KEY = b"j" * 32
KEY_TEXT = base64.b64encode(KEY).decode()
PATIENCE_S = 180  # on cores that others keep busy


@asynccontextmanager
async def started(app_url: str, folder: Path, *options: str, key: str = KEY_TEXT) -> AsyncIterator[Process]:
    """A print worker that is told the app's address and JOBS_KEY, and nothing else."""
    environ = {"PATH": os.environ["PATH"], "JOBS_KEY": key}
    environ |= {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}  # wrangler would build anew for each .pyc
    command = [sys.executable, "-m", "handlers.cli", "jobs", "run", "--remote", app_url, *options]
    worker = await processes.start_async(*command, cwd=folder, env=environ, stdout=PIPE, stderr=PIPE)
    try:
        yield worker
    finally:
        if worker.returncode is None:
            worker.kill()
        await worker.communicate()


async def ran(app_url: str, folder: Path, *, key: str = KEY_TEXT) -> tuple[int | None, str, str]:
    """One print, by a worker of its own: its exit status, and what it wrote."""
    async with started(app_url, folder, "--once", key=key) as worker:
        heard = asyncio.create_task(worker.communicate())
        done, _ = await asyncio.wait([heard], timeout=PATIENCE_S)
        if not done:
            worker.kill()
        out, err = (part.decode() for part in await heard)
        assert done, f"the worker did not end: {out}{err}"
        return worker.returncode, out, err


async def says(worker: Process, words: str) -> str:
    """The line in which the worker says so."""
    assert worker.stdout
    async with asyncio.timeout(PATIENCE_S):
        async for line in worker.stdout:
            if words in line.decode():
                return line.decode()
    raise AssertionError(f"the worker ended before it said {words}")


@asynccontextmanager
async def connected(app_url: str, key: bytes = KEY, clock: Clock | None = None) -> AsyncIterator[RenderClient]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield RenderClient(app_url, key, http, clock or SystemClock())


async def taken(client: RenderClient) -> Work:
    order = await client.lease()
    assert order
    return order


def picture(width: int, height: int, fmt: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, fmt)
    return out.getvalue()


def ordered(order: Work) -> bytes:
    """A picture of the size that was ordered."""
    return picture(order.spec.width, order.spec.height)


async def sent(client: RenderClient, order: Work, data: bytes, mime: str = "image/jpeg") -> CompletedRender:
    """The file lies in storage; what is left is to report it."""
    ticket = await client.ticket(order, UploadRequest("print", mime, len(data)))
    await client.send(ticket, data)
    upload = CompletedUpload(len(data), hashlib.sha256(data).hexdigest())
    return CompletedRender({"print": upload}, 1200, {"engine": "by-hand"})


def flat(completed: CompletedRender) -> dict[str, Any]:
    """The report as a print worker sends it that is older than render workers."""
    upload = completed.files["print"]
    return {"bytes": upload.bytes, "sha256": upload.sha256, "engine": "by-hand", "took_ms": completed.took_ms}
