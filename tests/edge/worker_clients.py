"""R2, Cloudflare Queues and Gemini as a worker uses them, for the batteries of their ports."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from app.adapters.files.r2 import R2Files
from app.core.errors import AppError, NotFound, Unavailable, Unprocessable
from app.core.pictures import ImageAnswer, ImageRequest, ModelUsage
from app.core.ports.files import FileInfo, Files, StoredFile, UploadTicket
from tests.edge import adapter_worker, workerd

ERRORS: dict[int, type[AppError]] = {404: NotFound, 422: Unprocessable, 503: Unavailable}


@contextmanager
def r2(folder: Path) -> Iterator[Files]:
    """A bucket in workerd, whose links the app's own routes answer there. Skips where no worker can run."""
    workerd.needed()
    yield R2(adapter_worker.served())


class R2:
    """What touches the bucket is done by R2Files in the worker. Links are signed by R2Files here, with the same key."""

    def __init__(self, url: str):
        self._url, self._links = url, R2Files(None, url, adapter_worker.LINK_KEY)

    async def put(self, key: str, data: bytes, mime: str) -> None:
        await ask(self._url, "/put", data, key=key, mime=mime)

    async def get(self, key: str, limit: int | None = None) -> bytes:
        words = {"key": key} | ({} if limit is None else {"limit": str(limit)})
        return (await ask(self._url, "/get", **words)).content

    async def write(self, key: str, chunks: AsyncIterable[bytes], mime: str) -> int:
        body = b"".join([chunk async for chunk in chunks])
        return int((await ask(self._url, "/write", body, key=key, mime=mime)).json()["bytes"])

    async def open(self, key: str) -> tuple[FileInfo, AsyncIterator[bytes]]:
        found = await ask(self._url, "/open", key=key)
        return FileInfo(len(found.content), found.headers["content-type"]), found.aiter_bytes()

    async def stat(self, key: str) -> FileInfo | None:
        told = (await ask(self._url, "/stat", key=key)).json()
        return FileInfo(**told) if told else None

    async def delete(self, *keys: str) -> None:
        await ask(self._url, "/delete", json.dumps(keys).encode())

    async def list(self, prefix: str, after: str = "", limit: int = 100) -> Sequence[StoredFile]:
        told = (await ask(self._url, "/list", prefix=prefix, after=after, limit=str(limit))).json()
        return [StoredFile(key, size, datetime.fromisoformat(at)) for key, size, at in told["files"]]

    def link(self, key: str, *, expires_at: datetime, filename: str | None = None) -> str:
        return self._links.link(key, expires_at=expires_at, filename=filename)

    def upload_ticket(self, key: str, *, mime: str, size: int, expires_at: datetime) -> UploadTicket:
        return self._links.upload_ticket(key, mime=mime, size=size, expires_at=expires_at)


async def memory() -> int:
    """Bytes that the worker's Python has taken since it began; it never gives any back."""
    return int((await ask(await asyncio.to_thread(adapter_worker.served), "/memory")).json()["bytes"])


class CloudQueue:
    """CloudflareQueue in workerd; `heard` is what its consumer was brought. Skips where no worker can run."""

    def __init__(self) -> None:
        workerd.needed()

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        await ask(
            await asyncio.to_thread(adapter_worker.served), "/wake", json.dumps(job_ids).encode(), after_s=str(after_s)
        )

    async def heard(self) -> list[tuple[str, str]]:
        """Names of queues and what they brought, in order."""
        told = (await ask(await asyncio.to_thread(adapter_worker.served), "/heard")).json()
        return [(queue, body) for queue, body in told["heard"]]


class Gemini:
    """GeminiImages in workerd. Skips where no worker can run."""

    service = "gemini"

    def __init__(self, api_key: str, model: str, *, base_url: str, timeout: float = 60) -> None:
        workerd.needed()
        self.name = model
        self._words = {"key": api_key, "model": model, "base_url": base_url, "timeout": str(timeout)}

    async def render(self, request: ImageRequest) -> ImageAnswer:
        sent = [{"mime": each.mime, "data": base64.b64encode(each.data).decode()} for each in request.pictures]
        body = json.dumps(vars(request) | {"pictures": sent}).encode()
        answer = await ask(await asyncio.to_thread(adapter_worker.served), "/render", body, **self._words)
        made = answer.json()
        pictures = tuple(base64.b64decode(each) for each in made["pictures"])
        return ImageAnswer(pictures, made["model"], ModelUsage(**made["usage"]))


async def ask(url: str, path: str, body: bytes = b"", **words: Any) -> httpx.Response:
    """What the worker answers. Raises what its adapter raised."""
    async with adapter_worker.client(url) as http:
        answer = await http.post(path, params=words, content=body)
    if answer.is_success:
        return answer
    assert answer.headers["content-type"] == "application/json", answer.text
    told = answer.json()
    fault = ERRORS[answer.status_code](told["message"], code=told["code"])
    fault.__suppress_context__ = told["alone"]
    raise fault
