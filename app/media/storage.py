"""Keeping files: an object, its row and its bytes in the shop's storage counter belong together."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from app import quotas
from app.core.app import App
from app.core.ids import new_id
from app.core.pictures import Picture
from app.media import queries
from app.media.model import Asset, object_key

LISTED_AT_ONCE = 100


@dataclass(frozen=True)
class File:
    """A file to keep; width and height in pixels where it has any."""

    data: bytes = field(repr=False)
    mime: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Stream:
    """A file to keep that is too large for memory."""

    chunks: AsyncIterable[bytes] = field(repr=False)
    mime: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class ArrivedFile:
    """A file that a render worker sent straight to storage, under the key that `store` gives it.

    Storage confirmed `mime` and `bytes`; `sha256` is the sender's claim.
    """

    mime: str
    bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None


class Person(Protocol):
    """The shopper or guest whose file it is: an export and a redaction find it by them."""

    @property
    def shopper_id(self) -> str | None: ...

    @property
    def guest_session_id(self) -> str | None: ...


@dataclass(frozen=True)
class Stored:
    """Files whose objects are in storage, by purpose. They count once a batch has recorded them with `rows`."""

    app: App = field(repr=False)
    shop_id: str
    assets: Mapping[str, Asset]

    @property
    def ids(self) -> dict[str, str]:
        """The ids of the files' rows, by purpose."""
        return {purpose: asset.id for purpose, asset in self.assets.items()}

    @property
    def bytes(self) -> int:
        return sum(asset.bytes for asset in self.assets.values())

    def rows(self, at: datetime) -> list[Any]:
        """Statements that record the files and count their bytes, for the batch of what they belong to.

        They count whatever the shop's limit: work that was accepted is delivered.
        """
        inserted = [queries.insert_asset(asset, at) for asset in self.assets.values()]
        return [*inserted, quotas.add_storage(self.shop_id, self.bytes, at)]

    async def discard(self) -> None:
        """Delete the objects, after the batch that should have recorded them was refused.

        A render worker may have reported its files twice at once: those that were recorded meanwhile stay.
        """
        await _delete_unrecorded(self.app, self.shop_id, [asset.key for asset in self.assets.values()])


async def store(
    app: App,
    shop_id: str,
    files: Mapping[str, Picture | File | Stream | ArrivedFile],
    *,
    folder: str,
    subject: str,
    attempt: str,
    owner: tuple[str, str],
    person: Person | None,
    filename: str | None = None,
    expires_at: datetime | None = None,
) -> Stored:
    """Write files, by purpose, under keys of this attempt. Apart from uploads, nothing else keeps a file.

    `folder` is the capability's, `subject` the id of what the files are of; no two attempts at it may share a name.
    `owner` is (type, id) as in `Asset`; `filename` is what a download is called. The sweep removes what `expires_at`
    says is over. The caller records the files in its batch with `Stored.rows`, and calls `Stored.discard` when that
    batch is refused. Raises Unavailable.
    """
    assets: dict[str, Asset] = {}
    for purpose, file in files.items():
        key = object_key(shop_id, folder, subject, purpose, attempt, file.mime)
        size, digest = await _write(app, key, file)
        assets[purpose] = Asset(
            id=new_id(),
            shop_id=shop_id,
            key=key,
            purpose=purpose,
            filename=filename,
            mime=file.mime,
            bytes=size,
            width=file.width,
            height=file.height,
            sha256=digest,
            owner_type=owner[0],
            owner_id=owner[1],
            shopper_id=person.shopper_id if person else None,
            guest_session_id=person.guest_session_id if person else None,
            expires_at=expires_at,
        )
    return Stored(app, shop_id, assets)


async def discard_attempt(app: App, shop_id: str, *, folder: str, subject: str, attempt: str) -> bool:
    """Delete the objects of an attempt at a subject; False when its files are recorded, and stay."""
    keys = [
        key
        async for key in _keys(app, f"{shop_id}/{folder}/{subject}/")
        if key.rpartition(".")[0].endswith(f"_{attempt}")
    ]
    return await _delete_unrecorded(app, shop_id, keys)


async def _delete_unrecorded(app: App, shop_id: str, keys: list[str]) -> bool:
    if keys and await queries.are_recorded(app.db, shop_id, keys):
        return False
    await app.files.delete(*keys)
    return True


async def _keys(app: App, prefix: str) -> AsyncIterator[str]:
    after = ""
    while True:
        page = await app.files.list(prefix, after, LISTED_AT_ONCE)
        for each in page:
            yield each.key
        if len(page) < LISTED_AT_ONCE:
            return
        after = page[-1].key


async def _write(app: App, key: str, file: Picture | File | Stream | ArrivedFile) -> tuple[int, str]:
    """The object's size in bytes and its SHA-256 in hex."""
    if isinstance(file, ArrivedFile):
        return file.bytes, file.sha256
    if isinstance(file, Stream):
        digest = hashlib.sha256()
        size = await app.files.write(key, _hashed(file.chunks, digest), file.mime)
        return size, digest.hexdigest()
    await app.files.put(key, file.data, file.mime)
    return len(file.data), hashlib.sha256(file.data).hexdigest()


async def _hashed(chunks: AsyncIterable[bytes], digest: hashlib._Hash) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        digest.update(chunk)
        yield chunk
