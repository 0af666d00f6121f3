"""The file storage port: private objects by key, and signed links to them."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from app.core.ports.compute import Compute as Compute
from app.core.signed_links import MediaLink

MOST_STREAMED = 4_000_000_000
"""How many bytes a process without a limit of processor time may stream from storage to storage in one job."""


@dataclass(frozen=True)
class UploadTicket:
    """A signed request with which a browser uploads one file, of exactly the signed type and size, to storage."""

    method: str
    url: str
    headers: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True)
class FileInfo:
    bytes: int
    mime: str


@dataclass(frozen=True)
class StoredFile:
    """A stored object and when it was last written."""

    key: str
    bytes: int
    modified_at: datetime


class Files(Protocol):
    """Private objects by key: `{shop}/{capability}/{subject}/{purpose}_{attempt}.{ext}`."""

    @property
    def most_streamed(self) -> int:
        """How many bytes one job may stream from storage to storage."""

    async def put(self, key: str, data: bytes, mime: str) -> None:
        """Write or replace an object, completely or not at all."""

    async def get(self, key: str, limit: int | None = None) -> bytes:
        """Return the object, or its first `limit` bytes. Raises NotFound."""

    async def write(self, key: str, chunks: AsyncIterable[bytes], mime: str) -> int:
        """Like put, from a stream, with a few megabytes in memory at a time. Return the number of bytes."""

    async def open(self, key: str) -> tuple[FileInfo, AsyncIterator[bytes]]:
        """Return the object as a stream, which must be read to its end. Raises NotFound."""

    async def stat(self, key: str) -> FileInfo | None:
        """Return size and type, or None if there is no such object."""

    async def list(self, prefix: str, after: str = "", limit: int = 100) -> Sequence[StoredFile]:
        """Return the first objects whose key starts with `prefix`, after the key `after`, in the storage's order."""

    async def delete(self, *keys: str) -> None:
        """Delete objects. Missing ones are ignored."""

    def link(self, key: str, *, expires_at: datetime, filename: str | None = None) -> str:
        """Return a signed URL to read from. With `filename`, the browser saves the file under that name."""

    def upload_ticket(self, key: str, *, mime: str, size: int, expires_at: datetime) -> UploadTicket:
        """Return a signed upload of one file of this type and size in bytes."""


@runtime_checkable
class AnswersLinks(Files, Protocol):
    """File storage whose signed links are served by this process."""

    async def receive(self, link: MediaLink, chunks: AsyncIterable[bytes]) -> None:
        """Store an upload from a stream. Raises TooLarge or BadRequest if its size differs from the signed size."""
