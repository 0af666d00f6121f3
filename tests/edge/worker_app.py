"""Inside the tests' worker: the app as its wiring makes it, in parts. Bytes travel as bodies, the rest in queries."""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from workers import Response, env

from app import quotas
from app.adapters.models.gemini import GeminiImages
from app.core.app import App
from app.core.errors import AppError
from app.core.pictures import ImageRequest, Picture
from app.wiring_worker import build_worker
from handlers.routes import create
from handlers.runtimes import asgi_worker

HEARD: deque[tuple[str, str]] = deque(maxlen=10_000)
"""What the queues brought, as names of queues and bodies of messages."""


async def answer(request: Any) -> Any:
    """None when the request is not for the app."""
    url = urlsplit(request.url)
    if url.path.startswith("/media/"):
        return await asgi_worker.answer(_routes(), request.js_object)
    work = WORK.get(url.path)
    if work is None:
        return None
    words = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    try:
        return await work(words, (await request.js_object.arrayBuffer()).to_bytes())
    except AppError as fault:
        alone = fault.__cause__ is None and fault.__suppress_context__
        return _said(fault.status, code=fault.code, message=fault.message, alone=alone)


def hear(batch: Any) -> None:
    """A message that is to fail comes again, until it is dead."""
    for message in batch.messages:
        HEARD.append((batch.queue, message.body))
        if message.body.startswith("failing") and not batch.queue.endswith("-dead"):
            message.retry()
        else:
            message.ack()


async def _put(words: dict[str, str], body: bytes) -> Any:
    await _app().files.put(words["key"], body, words["mime"])
    return _said()


async def _get(words: dict[str, str], body: bytes) -> Any:
    limit = words.get("limit")
    return Response(await _app().files.get(words["key"], int(limit) if limit else None))


async def _write(words: dict[str, str], body: bytes) -> Any:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    return _said(bytes=await _app().files.write(words["key"], chunks(), words["mime"]))


async def _open(words: dict[str, str], body: bytes) -> Any:
    info, chunks = await _app().files.open(words["key"])
    return Response(b"".join([chunk async for chunk in chunks]), headers={"Content-Type": info.mime})


async def _list(words: dict[str, str], body: bytes) -> Any:
    found = await _app().files.list(words["prefix"], words["after"], int(words["limit"]))
    return _said(files=[[each.key, each.bytes, each.modified_at.isoformat()] for each in found])


async def _stat(words: dict[str, str], body: bytes) -> Any:
    info = await _app().files.stat(words["key"])
    return _said(bytes=info.bytes, mime=info.mime) if info else _said()


async def _delete(words: dict[str, str], body: bytes) -> Any:
    await _app().files.delete(*json.loads(body))
    return _said()


async def _wake(words: dict[str, str], body: bytes) -> Any:
    await _app().queue.wake(*json.loads(body), after_s=float(words["after_s"]))
    return _said()


async def _heard(words: dict[str, str], body: bytes) -> Any:
    return _said(heard=list(HEARD))


async def _memory(words: dict[str, str], body: bytes) -> Any:
    """Bytes of memory that Python has taken; WebAssembly never gives any back."""
    import pyodide_js

    return _said(bytes=pyodide_js._module.HEAPU8.length)


async def _render(words: dict[str, str], body: bytes) -> Any:
    asked = json.loads(body)
    sent = [Picture(base64.b64decode(each["data"]), each["mime"], 0, 0) for each in asked.pop("pictures")]
    model = GeminiImages(words["key"], words["model"], base_url=words["base_url"], timeout=float(words["timeout"]))
    made = await model.render(ImageRequest(pictures=sent, **asked))
    pictures = [base64.b64encode(each).decode() for each in made.pictures]
    return _said(pictures=pictures, model=made.model, usage=asdict(made.usage))


async def _period(words: dict[str, str], body: bytes) -> Any:
    return _said(period=quotas.period_of(datetime.fromisoformat(words["moment"]), words["zone"]))


WORK = {
    "/put": _put,
    "/get": _get,
    "/write": _write,
    "/open": _open,
    "/list": _list,
    "/stat": _stat,
    "/delete": _delete,
    "/wake": _wake,
    "/heard": _heard,
    "/memory": _memory,
    "/render": _render,
    "/period": _period,
}


def _said(status: int = 200, **words: Any) -> Any:
    return Response(json.dumps(words), status=status, headers={"Content-Type": "application/json"})


@cache
def _routes() -> Starlette:
    return create(build_worker(env._env))


def _app() -> App:
    app: App = _routes().state.app
    return app
