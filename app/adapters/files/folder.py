"""The Files port on a local folder, for development and tests. The app's /media route serves its signed links."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from app.adapters import file_permissions
from app.core.errors import BadRequest, NotFound, TooLarge, Unavailable
from app.core.ids import new_token
from app.core.ports.files import MOST_STREAMED, FileInfo, StoredFile, UploadTicket
from app.core.signed_links import MediaLink

T = TypeVar("T")
CHUNK_BYTES = 256 * 1024
TYPE_SUFFIX = ".type"
"""The media type of each object is stored next to it, in a file with this suffix."""


class FolderFiles:
    most_streamed = MOST_STREAMED

    def __init__(self, root: Path, app_url: str, link_key: bytes):
        self._root = root
        self._app_url = app_url
        self._link_key = link_key

    async def put(self, key: str, data: bytes, mime: str) -> None:
        await asyncio.to_thread(_translate_errors, _write, self._path(key), data, mime)

    async def get(self, key: str, limit: int | None = None) -> bytes:
        return await asyncio.to_thread(_translate_errors, _read, self._path(key), limit)

    async def write(self, key: str, chunks: AsyncIterable[bytes], mime: str) -> int:
        part = _part(self._path(key))
        try:
            size = await self._write_chunks(part, chunks)
            await asyncio.to_thread(_translate_errors, _publish, part, self._path(key), mime)
        finally:
            await asyncio.to_thread(_discard, part)
        return size

    async def stat(self, key: str) -> FileInfo | None:
        return await asyncio.to_thread(_translate_errors, _stat, self._path(key))

    async def delete(self, *keys: str) -> None:
        for key in keys:
            await asyncio.to_thread(_translate_errors, _remove, self._path(key))

    async def list(self, prefix: str, after: str = "", limit: int = 100) -> Sequence[StoredFile]:
        return await asyncio.to_thread(_translate_errors, _list, self._root, prefix, after, limit)

    def link(self, key: str, *, expires_at: datetime, filename: str | None = None) -> str:
        link = MediaLink("GET", key, expires_at, filename=filename or "")
        return link.url(self._app_url, self._link_key)

    def upload_ticket(self, key: str, *, mime: str, size: int, expires_at: datetime) -> UploadTicket:
        link = MediaLink("PUT", key, expires_at, mime=mime, size=size)
        return UploadTicket("PUT", link.url(self._app_url, self._link_key), {"Content-Type": mime}, link.expires_at)

    async def receive(self, link: MediaLink, chunks: AsyncIterable[bytes]) -> None:
        """Store an upload as it streams in. Raises TooLarge or BadRequest if its size is not the signed one."""
        part = _part(self._path(link.key))
        try:
            await self._receive(part, link, chunks)
        finally:
            await asyncio.to_thread(_discard, part)

    async def open(self, key: str) -> tuple[FileInfo, AsyncIterator[bytes]]:
        """Stream an object. The content stays the same if the object is replaced meanwhile. Raises NotFound."""
        info, handle = await asyncio.to_thread(_translate_errors, _open, self._path(key))
        return info, _chunks(handle)

    async def _receive(self, part: Path, link: MediaLink, chunks: AsyncIterable[bytes]) -> None:
        if await self._write_chunks(part, chunks, link.size) != link.size:
            raise BadRequest("The upload was interrupted. Try again.", code="upload_incomplete")
        await asyncio.to_thread(_translate_errors, _publish, part, self._path(link.key), link.mime)

    async def _write_chunks(self, part: Path, chunks: AsyncIterable[bytes], most: int | None = None) -> int:
        """Write the chunks and return the number of bytes. Raises TooLarge if there are more than `most`."""
        received = 0
        await asyncio.to_thread(_translate_errors, file_permissions.make_folder, part.parent)
        with await asyncio.to_thread(_translate_errors, _create, part) as target:
            async for chunk in chunks:
                received += len(chunk)
                if most is not None and received > most:
                    raise TooLarge("This file is larger than announced.")
                await asyncio.to_thread(_translate_errors, target.write, chunk)
        return received

    def _path(self, key: str) -> Path:
        """The path of a key. Raises NotFound for a key that would lead outside the folder."""
        parts = key.split("/")
        if not key.isprintable() or any(part in ("", ".", "..") for part in parts) or "\\" in key:
            raise NotFound()
        return self._root.joinpath(*parts)


def open_to_others(root: Path) -> bool:
    """Return True if other users can enter the storage folder and at least one shop's folder in it."""
    return file_permissions.is_open_to_others(root) and any(
        file_permissions.is_open_to_others(shop) for shop in root.iterdir()
    )


def _translate_errors(work: Callable[..., T], *arguments: Any) -> T:
    try:
        return work(*arguments)
    except FileNotFoundError as fault:
        raise NotFound("This file no longer exists.", code="file_missing") from fault
    except OSError as fault:
        raise Unavailable("The file storage does not answer.", code="files_unavailable") from fault


def _part(path: Path) -> Path:
    """The path of the temporary file of an object that is being written."""
    return path.with_suffix(f".{new_token()[:8]}.part")


def _create(path: Path) -> BinaryIO:
    """Create an empty file that only its owner can read."""
    return open(path, "wb", opener=file_permissions.opener)  # Path.open takes no opener


def _discard(part: Path) -> None:
    """Delete a temporary file. A published one no longer exists, and an error here must not hide the original one."""
    with suppress(OSError):
        part.unlink()


def _write(path: Path, data: bytes, mime: str) -> None:
    file_permissions.make_folder(path.parent)
    part = _part(path)
    try:
        with _create(part) as target:
            target.write(data)
        _publish(part, path, mime)
    finally:
        part.unlink(missing_ok=True)


def _publish(part: Path, path: Path, mime: str) -> None:
    """Write the media type before the object becomes visible, so that every visible object has its type."""
    with _create(path.with_name(path.name + TYPE_SUFFIX)) as target:
        target.write(mime.encode())
    with part.open("rb+") as handle:
        os.fsync(handle.fileno())
    part.replace(path)


def _read(path: Path, limit: int | None) -> bytes:
    with path.open("rb") as handle:
        return handle.read(-1 if limit is None else limit)


def _stat(path: Path) -> FileInfo | None:
    try:
        return FileInfo(path.stat().st_size, _mime(path))
    except FileNotFoundError:
        return None


def _open(path: Path) -> tuple[FileInfo, BinaryIO]:
    mime, handle = _mime(path), path.open("rb")
    return FileInfo(os.fstat(handle.fileno()).st_size, mime), handle


def _mime(path: Path) -> str:
    return path.with_name(path.name + TYPE_SUFFIX).read_text()


def _list(root: Path, prefix: str, after: str, limit: int) -> list[StoredFile]:
    """List objects. It scans every file, which is fast enough for a local folder.

    A type file without its object, as an interrupted process may leave it, is listed as an object and so gets swept.
    """
    if not root.exists():  # nothing has been stored yet
        return []
    next(root.iterdir(), None)  # raises if the folder is unreadable, which rglob ignores
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    keys = sorted(key for key in found if key.startswith(prefix) and key > after and not _has_object(key, found))
    stored = []
    for key in keys[:limit]:
        with suppress(FileNotFoundError):  # deleted since it was listed
            stat = found[key].stat()
            stored.append(StoredFile(key, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC)))
    return stored


def _has_object(key: str, found: Collection[str]) -> bool:
    """Return True if the key is the type file of an existing object."""
    return key.endswith(TYPE_SUFFIX) and key.removesuffix(TYPE_SUFFIX) in found


async def _chunks(handle: BinaryIO) -> AsyncIterator[bytes]:
    with handle:
        while chunk := await asyncio.to_thread(_translate_errors, handle.read, CHUNK_BYTES):
            yield chunk


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(path.name + TYPE_SUFFIX).unlink(missing_ok=True)
