"""What a kind of heavy job must supply, and what a deployment and a render worker tell each other of one job."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar, get_type_hints

from app.core.app import App
from app.core.errors import AppError, Unprocessable
from app.core.pictures import Picture
from app.core.ports.imaging import Imaging, Upscaler
from app.jobs import Lease
from app.media import ArrivedFile, File

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[a-z0-9_]{1,40}")
_MOST_MESSAGE = 300  # characters: a merchant reads it in a table
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Input:
    """A stored file that a render needs; `code` and `message` are what is said when it is gone."""

    key: str
    code: str
    message: str


@dataclass(frozen=True)
class Output:
    """A file that a render must give: its media type, and the most bytes that it can have."""

    mime: str
    most_bytes: int


class Task(Protocol):
    """One render as the database has it: its inputs and outputs by name, and the kind's own description of the rest.

    `spec` is a dataclass of JSON values. A name is of lower-case letters, digits and underscores; that of an output is
    the purpose of its file.
    """

    @property
    def inputs(self) -> Mapping[str, Input]: ...

    @property
    def outputs(self) -> Mapping[str, Output]: ...

    @property
    def spec(self) -> Any: ...


@dataclass(frozen=True)
class Tools:
    """What a render is made with: the app's own, or those of the machine on which a render worker runs."""

    imaging: Imaging
    upscaler: Upscaler


T = TypeVar("T", bound=Task)
S = TypeVar("S")
R = TypeVar("R")


@dataclass(frozen=True)
class Made(Generic[R]):
    """The files of a render by the names of its outputs, and its report, a flat dataclass of JSON values.

    `summary` and `warnings` are for the terminal of a render worker.
    """

    files: Mapping[str, Picture | File]
    report: R
    summary: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Render(Generic[T, S, R]):
    """How a kind of heavy job is done: by the deployment itself, or by a render worker, which has no database.

    The deployment's part:
    - `task` reads what is to be made; None when that is there already, and the job can end.
    - `begin` tells the subject that the render has begun.
    - `is_as_ordered` looks into an output that a render worker sent, by name and key. Its type and size were compared.
    - `record` keeps the files by `media.store` in `folder`, under the job's subject and the lease's attempt, and ends
      the job in one batch. Raises Refused when another attempt has won.

    The part of whoever renders, who need not believe the deployment:
    - `is_sensible` says whether a spec is one that this app could have given.
    - `make` renders, from the bytes of the inputs; `describe` says in a few words what it makes.
    """

    folder: str
    spec: type[S]
    report: type[R]
    task: Callable[[App, Lease], Awaitable[T | None]]
    begin: Callable[[App, T], Awaitable[None]]
    is_as_ordered: Callable[[App, T, str, str], Awaitable[bool]]
    record: Callable[[App, Lease, T, Mapping[str, Picture | File | ArrivedFile], R, datetime], Awaitable[None]]
    is_sensible: Callable[[S], bool]
    make: Callable[[Tools, Mapping[str, bytes], S], Awaitable[Made[R]]]
    describe: Callable[[S], str]

    def read_report(self, values: Mapping[str, Any]) -> R:
        """A render worker's report; names that are not known are ignored. Raises Unprocessable."""
        types = get_type_hints(self.report)
        known = {name: value for name, value in values.items() if name in types}
        if not all(isinstance(value, types[name]) for name, value in known.items()):
            raise unreadable()
        try:
            return self.report(**known)
        except TypeError as fault:  # a value is missing
            raise unreadable() from fault


@dataclass(frozen=True)
class LeasedTask:
    """A job that a render worker has leased, as it is sent.

    `token` is the right to it; `lease_s` is how many seconds the worker may be silent. `task` has the `spec`, and for
    each input its signed address as `<name>_url`.
    """

    job_id: str
    token: str = field(repr=False)
    lease_s: int
    kind: str
    task: Mapping[str, Any] = field(repr=False)

    @property
    def addresses(self) -> dict[str, Any]:
        """Where each input is, by name."""
        named = {name.removesuffix("_url"): url for name, url in self.task.items() if name.endswith("_url")}
        return {name: url for name, url in named.items() if url is not None}


@dataclass(frozen=True)
class UploadRequest:
    """An output that is about to be sent: its name, media type, and size in bytes."""

    name: str
    mime: str
    bytes: int


@dataclass(frozen=True)
class CompletedUpload:
    """An output that was sent: its size in bytes, and its SHA-256 in hex. Raises Unprocessable."""

    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise unreadable()


@dataclass(frozen=True)
class CompletedRender:
    """What a render worker made: its uploads by name, in how many milliseconds, and the kind's report.

    Raises Unprocessable.
    """

    files: Mapping[str, CompletedUpload]
    took_ms: int
    report: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not 0 <= self.took_ms <= _DAY_MS:
            raise unreadable()


def fault_of(code: str, message: str, *, retryable: bool) -> AppError:
    """What went wrong on a render worker, for the merchant to read. Raises Unprocessable."""
    if not _CODE.fullmatch(code):
        raise unreadable()
    fault = AppError(message[:_MOST_MESSAGE], code=code)
    fault.retryable = retryable
    return fault


def unreadable() -> Unprocessable:
    return Unprocessable("The render worker's report cannot be read.", code="bad_report")
