"""The Files port on Cloudflare R2. A binding cannot presign URLs, so the worker serves signed links under /media."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from app.adapters.files.multipart import PART_BYTES, in_parts
from app.core.errors import BadRequest, NotFound, TooLarge, Unavailable
from app.core.ports.files import FileInfo, StoredFile, UploadTicket
from app.core.signed_links import MediaLink


class R2Files:
    """Files in R2. `bucket` is the JavaScript binding object."""

    most_streamed = 256_000_000  # a worker has 30 s of CPU time and 1,000 calls for a job

    def __init__(self, bucket: Any, app_url: str, link_key: bytes):
        self._bucket = bucket
        self._app_url = app_url
        self._link_key = link_key

    async def put(self, key: str, data: bytes, mime: str) -> None:
        await _translate_errors(self._bucket.put(_valid_key(key), _bytes(data), _type_options(mime)))

    async def get(self, key: str, limit: int | None = None) -> bytes:
        options = {} if limit is None else {"range": {"offset": 0, "length": limit}}
        found = await self._get_object(key, options)
        data: bytes = (await _translate_errors(found.arrayBuffer())).to_bytes()
        return data

    async def write(self, key: str, chunks: AsyncIterable[bytes], mime: str) -> int:
        parts = in_parts(chunks)
        first = await anext(parts, b"")
        if len(first) < PART_BYTES:
            await self.put(key, first, mime)
            return len(first)
        upload = await _translate_errors(self._bucket.createMultipartUpload(_valid_key(key), _type_options(mime)))
        try:
            return await _send_parts(upload, first, parts)
        except BaseException:
            await _translate_errors(upload.abort())
            raise

    async def stat(self, key: str) -> FileInfo | None:
        found = await _translate_errors(self._bucket.head(_valid_key(key)))
        return None if found is None else _info(found)

    async def delete(self, *keys: str) -> None:
        for key in keys:
            await _translate_errors(self._bucket.delete(_valid_key(key)))

    async def list(self, prefix: str, after: str = "", limit: int = 100) -> Sequence[StoredFile]:
        options = {"prefix": prefix, "limit": limit} | ({"startAfter": after} if after else {})
        page = await _translate_errors(self._bucket.list(_object(options)))
        return [StoredFile(str(each.key), int(each.size), _datetime(each.uploaded)) for each in page.objects]

    def link(self, key: str, *, expires_at: datetime, filename: str | None = None) -> str:
        link = MediaLink("GET", key, expires_at, filename=filename or "")
        return link.url(self._app_url, self._link_key)

    def upload_ticket(self, key: str, *, mime: str, size: int, expires_at: datetime) -> UploadTicket:
        link = MediaLink("PUT", key, expires_at, mime=mime, size=size)
        return UploadTicket("PUT", link.url(self._app_url, self._link_key), {"Content-Type": mime}, link.expires_at)

    async def receive(self, link: MediaLink, chunks: AsyncIterable[bytes]) -> None:
        """Store an upload as it streams in. Raises TooLarge or BadRequest if its size is not the signed one."""
        import asyncio

        import js

        pipe = js.FixedLengthStream.new(link.size)  # R2 accepts only streams of a known length
        writer = pipe.writable.getWriter()
        storing = asyncio.ensure_future(
            _translate_errors(self._bucket.put(_valid_key(link.key), pipe.readable, _type_options(link.mime)))
        )
        try:
            await _write_chunks(chunks, writer, link.size)
        except BaseException:
            await _abort(writer, storing)
            raise
        await storing

    async def open(self, key: str) -> tuple[FileInfo, AsyncIterator[bytes]]:
        """Stream an object. Raises NotFound."""
        found = await self._get_object(key, {})
        return _info(found), _chunks(found.body)

    async def _get_object(self, key: str, options: dict[str, Any]) -> Any:
        found = await _translate_errors(self._bucket.get(_valid_key(key), _object(options)))
        if found is None:
            raise NotFound("This file no longer exists.", code="file_missing")
        return found


def _info(found: Any) -> FileInfo:
    return FileInfo(int(found.size), found.httpMetadata.contentType)


def _datetime(date: Any) -> datetime:
    """Convert a JavaScript Date."""
    return datetime.fromtimestamp(date.getTime() / 1000, UTC)


async def _send_parts(upload: Any, first: bytes, parts: AsyncIterator[bytes]) -> int:
    from pyodide.ffi import to_js

    sent, size, part = list[Any](), 0, first
    while part:
        sent.append(await _translate_errors(upload.uploadPart(len(sent) + 1, _bytes(part))))
        size += len(part)
        part = await anext(parts, b"")
    await _translate_errors(upload.complete(to_js(sent)))
    return size


async def _chunks(body: Any) -> AsyncIterator[bytes]:
    from pyodide.ffi import JsException

    from app.adapters.files.js_stream import pieces

    try:
        async for piece in pieces(body):
            yield piece
    except JsException as fault:
        raise Unavailable("The file storage does not answer.", code="files_unavailable") from fault


async def _write_chunks(chunks: AsyncIterable[bytes], writer: Any, size: int) -> None:
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if received > size:
            raise TooLarge("This file is larger than announced.")
        if chunk:
            await writer.write(_bytes(chunk))
    if received != size:
        raise BadRequest("The upload was interrupted. Try again.", code="upload_incomplete")
    await writer.close()


async def _abort(writer: Any, storing: Any) -> None:
    """Abort the write, so that no incomplete object is stored."""
    import asyncio

    await asyncio.gather(writer.abort("abandoned"), storing, return_exceptions=True)


async def _translate_errors(work: Any) -> Any:
    """Await a call to R2. Returns None where R2 returns null. Raises Unavailable."""
    from pyodide.ffi import JsException, jsnull

    try:
        found = await work
    except JsException as fault:
        raise Unavailable("The file storage does not answer.", code="files_unavailable") from fault
    return None if found is jsnull else found  # not a truth test: an empty object is falsy too


def _valid_key(key: str) -> str:
    """Return the key. Raises NotFound for one that a local folder rejects, since all adapters accept the same keys."""
    if not key.isprintable() or any(part in ("", ".", "..") for part in key.split("/")) or "\\" in key:
        raise NotFound()
    return key


def _type_options(mime: str) -> Any:
    return _object({"httpMetadata": {"contentType": mime}})


def _object(values: dict[str, Any]) -> Any:
    import js
    from pyodide.ffi import to_js

    return to_js(values, dict_converter=js.Object.fromEntries)


def _bytes(data: bytes) -> Any:
    from pyodide.ffi import to_js

    return to_js(data)
