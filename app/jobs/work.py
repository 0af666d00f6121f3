"""What a deployment and a print worker tell each other of one job: plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.core.errors import AppError, Unprocessable
from app.core.pictures import PrintSpec

_ENGINE = re.compile(r"[ -~]{1,40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[a-z0-9_]{1,40}")
_MOST_MESSAGE = 300  # characters: a merchant reads it in a table
_DAY_MS = 86_400_000
_MOST_TILES = 10_000_000  # far above what a print of 60 × 72 inches at 300 dpi has, even in tiles of 8 pixels


@dataclass(frozen=True)
class PrintTask:
    """The picture, at a signed address, the print file wanted of it, and where its colour profile is."""

    picture_url: str = field(repr=False)
    spec: PrintSpec
    profile_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class WorkOrder:
    """A leased job. `token` is the right to it; `lease_s` is how many seconds the worker may be silent."""

    job_id: str
    token: str = field(repr=False)
    lease_s: int
    task: PrintTask


@dataclass(frozen=True)
class Parcel:
    """A file that is about to be sent: its media type, and its size in bytes."""

    mime: str
    bytes: int


@dataclass(frozen=True)
class Delivery:
    """A file that was sent: its size in bytes, its hash in hex, what enlarged it, and in how many milliseconds.

    `tiles` is how many tiles a network enlarged, `tiles_fell_back` in how many of them it failed; both are None where
    the print worker is too old to count them. The pixels and the type are looked up in the file. Raises Unprocessable.
    """

    bytes: int
    sha256: str
    engine: str
    took_ms: int
    tiles: int | None = None
    tiles_fell_back: int | None = None

    def __post_init__(self) -> None:
        named = _SHA256.fullmatch(self.sha256) and _ENGINE.fullmatch(self.engine)
        counted = 0 <= (self.tiles_fell_back or 0) <= (self.tiles or 0) <= _MOST_TILES
        if not named or not counted or not 0 <= self.took_ms <= _DAY_MS:
            raise Unprocessable("The print worker's report is not valid.", code="bad_report")


def fault_of(code: str, message: str, *, retryable: bool) -> AppError:
    """What went wrong on a print worker, for the merchant to read. Raises Unprocessable."""
    if not _CODE.fullmatch(code):
        raise Unprocessable("The print worker's report is not valid.", code="bad_report")
    fault = AppError(message[:_MOST_MESSAGE], code=code)
    fault.retryable = retryable
    return fault
