"""The interface of a kind of heavy job, and the messages that a deployment and a render worker exchange about a job."""

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
_MOST_MESSAGE = 300  # characters, because merchants see the message in a table
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Input:
    """A stored file that a render needs. `code` and `message` are those of the error if it no longer exists."""

    key: str
    code: str
    message: str


@dataclass(frozen=True)
class Output:
    """A file that a render must produce: its media type and its maximum size in bytes."""

    mime: str
    most_bytes: int


class Task(Protocol):
    """One render as recorded in the database: its inputs and outputs by name, and the parameters of its kind.

    `spec` is a dataclass of JSON values. Names consist of lower-case letters, digits and underscores. An output's name
    is also its file's purpose.
    """

    @property
    def inputs(self) -> Mapping[str, Input]: ...

    @property
    def outputs(self) -> Mapping[str, Output]: ...

    @property
    def spec(self) -> Any: ...


@dataclass(frozen=True)
class Tools:
    """The imaging and upscaling engines for a render, on the machine that performs it."""

    imaging: Imaging
    upscaler: Upscaler


T = TypeVar("T", bound=Task)
S = TypeVar("S")
R = TypeVar("R")


@dataclass(frozen=True)
class Made(Generic[R]):
    """The files of a render, by the names of its outputs, and its report, a flat dataclass of JSON values.

    A render worker prints `summary` and `warnings` to its terminal.
    """

    files: Mapping[str, Picture | File]
    report: R
    summary: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Render(Generic[T, S, R]):
    """How a kind of heavy job is performed, by the deployment itself or by a render worker, which has no database.

    The deployment calls:
    - `task` to read what to render. It returns None if the result exists already, so that the job can end.
    - `begin` to record on the job's subject that rendering has started.
    - `is_as_ordered` to check the content of an output that a render worker sent, by name and key. Its media type and
      size have been compared before.
    - `record` to store the files with `media.store` in `folder`, under the job's subject and the lease's attempt, and
      to record them and end the job in one batch. It raises Refused if another attempt has finished first.

    The machine that renders, which need not trust the deployment, calls:
    - `is_sensible` to check that a spec is one that this app could have produced.
    - `make` to render from the content of the inputs, and `describe` for a short description of what it renders.
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
        """Parse a render worker's report, ignoring unknown names. Raises Unprocessable."""
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
    """A leased job, as it is sent to a render worker.

    `token` authorizes requests about the job. The lease expires after `lease_s` seconds without a request that extends
    it. `task` contains the `spec`, and the signed URL of each input as `<name>_url`.
    """

    job_id: str
    token: str = field(repr=False)
    lease_s: int
    kind: str
    task: Mapping[str, Any] = field(repr=False)

    @property
    def addresses(self) -> dict[str, Any]:
        """The signed URL of each input, by name."""
        named = {name.removesuffix("_url"): url for name, url in self.task.items() if name.endswith("_url")}
        return {name: url for name, url in named.items() if url is not None}


@dataclass(frozen=True)
class UploadRequest:
    """An output that a render worker is about to upload: its name, media type, and size in bytes."""

    name: str
    mime: str
    bytes: int


@dataclass(frozen=True)
class CompletedUpload:
    """An output that a render worker has uploaded: its size in bytes, and its SHA-256 in hex. Raises Unprocessable."""

    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise unreadable()


@dataclass(frozen=True)
class CompletedRender:
    """A finished render: the uploads by name, the duration in milliseconds, and the report. Raises Unprocessable."""

    files: Mapping[str, CompletedUpload]
    took_ms: int
    report: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not 0 <= self.took_ms <= _DAY_MS:
            raise unreadable()


def fault_of(code: str, message: str, *, retryable: bool) -> AppError:
    """Return the error that a render worker reported, whose message merchants see. Raises Unprocessable."""
    if not _CODE.fullmatch(code):
        raise unreadable()
    fault = AppError(message[:_MOST_MESSAGE], code=code)
    fault.retryable = retryable
    return fault


def unreadable() -> Unprocessable:
    return Unprocessable("The render worker's report cannot be read.", code="bad_report")
