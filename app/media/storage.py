"""Storing files, so that an object, its row and its bytes in the shop's storage counter stay consistent."""

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
    """A file to store. `width` and `height` are in pixels, for pictures only."""

    data: bytes = field(repr=False)
    mime: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Stream:
    """A file to store that is too large for memory. `width` and `height` are in pixels, for pictures only."""

    chunks: AsyncIterable[bytes] = field(repr=False)
    mime: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class ArrivedFile:
    """A file that a render worker uploaded directly to storage, under the same key that `store` computes.

    Storage has confirmed `mime` and `bytes`; `sha256` is unverified, as reported by the worker.
    """

    mime: str
    bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None


class Person(Protocol):
    """The shopper or guest to whom a file belongs. Exports and redactions find the file by these ids."""

    @property
    def shopper_id(self) -> str | None: ...

    @property
    def guest_session_id(self) -> str | None: ...


@dataclass(frozen=True)
class Stored:
    """Files whose objects have been written to storage, by purpose.

    They are not part of the shop's data until a batch has recorded them with `rows`.
    """

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
        """Return statements that record the files and add their bytes to the shop's storage.

        The caller runs them in the batch that completes the owner. They do not check the shop's storage limit, because
        accepted work is always delivered.
        """
        inserted = [queries.insert_asset(asset, at) for asset in self.assets.values()]
        return [*inserted, quotas.add_storage(self.shop_id, self.bytes, at)]

    async def discard(self) -> None:
        """Delete the objects after the batch that should have recorded them was refused.

        Nothing is deleted if the objects were recorded in the meantime, because a render worker may send the same
        report twice at once.
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
    """Write files, by purpose, under keys that contain this attempt. Raises Unavailable.

    Every file of the app except uploads is stored by this function. `folder` is the capability's folder, and `subject`
    the id of the row that the files were made for; `attempt` must be unique among the attempts at a subject. `owner` is
    the (type, id) of `Asset`. `filename` is the name of the file when it is downloaded. The sweep deletes the files
    after `expires_at`. The caller records the files in its batch with `Stored.rows`, and calls `Stored.discard` if that
    batch is refused.
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
    """Delete the objects of an attempt at a subject. Return False if they have been recorded, and keep them."""
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
    """Write the object, unless it is in storage already, and return its size in bytes and its SHA-256 in hex."""
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
