"""Types of the lifecycle: kinds of generation, the output of a run, the state of a generation, and calls to models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

from app.core.pictures import ModelUsage, Picture
from app.generation.charges import Charge
from app.generation.rows import GenerationRow
from app.media import File, Stream
from app.quotas import Lane

USAGE_LIFE = timedelta(days=90)
"""How long a call to a model stays in the log. The daily sums are kept as long as the shop."""
NO_ANSWER = "no_answer"
"""The error code of a call whose answer never arrived, because its process stopped or lost the job's lease."""


class Status(StrEnum):
    """The states of a generation. The last three are final."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


G = TypeVar("G", bound=GenerationRow)


@dataclass(frozen=True, eq=False)
class Kind(Generic[G]):
    """A kind of generation.

    `name` is also the name of its job kind, and begins with the name of its capability and a dot. Its rows are in
    `table`, which has `generation.lifecycle_columns`, and are read as `shape`. If other kinds share the table, `fixed`
    holds the columns that have the same value in all rows of this kind. `owner_type` is the type of owner recorded for
    files and in the log of model calls.

    `request_fields` are the columns in which a request says what it wants: two requests with the same idempotency key
    must have the same values in them. `photo` is the one of them with the id of an uploaded photo, if there is one.
    `status` is the column of the lifecycle's status, for a table whose `status` has a wider meaning. `outputs` is a
    table made by `output_table`, for a kind that makes several files with a row for each (see `Output.several`).
    """

    name: str
    table: Any
    shape: type[G]
    owner_type: str
    charge: Charge[G]
    lane: Lane
    request_fields: tuple[str, ...]
    photo: str | None = None
    priority: int = 0
    status: str = "status"
    outputs: Any = None
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The folder in object keys of the files of its capability."""
        return self.name.partition(".")[0]

    def is_same_request(self, row: G, other: G) -> bool:
        """Return whether two requests ask for the same thing."""
        return all(getattr(row, name) == getattr(other, name) for name in self.request_fields)

    def status_of(self, row: G) -> Status:
        return Status(getattr(row, self.status))

    def photo_of(self, row: G) -> str | None:
        """Return the id of the uploaded photo that a generation is made from."""
        photo: str | None = getattr(row, self.photo) if self.photo else None
        return photo


def _no_statements(assets: Mapping[str, str], at: datetime) -> Sequence[Any]:
    return ()


@dataclass(frozen=True)
class Output:
    """The result of a run.

    `files` are by purpose. If the table has a column `{purpose}_asset_id`, it is set to the id of the file's asset.
    `model` is the name of the model, and `values` are further columns to set. `then` takes the ids of the assets by
    purpose, and the time, and returns further statements for the batch that completes the row. `delivered` is how many
    of the charged units were made; None means all of them. The others are refunded.
    """

    files: Mapping[str, Picture | File | Stream]
    model: str
    values: Mapping[str, Any] = field(default_factory=dict)
    then: Callable[[Mapping[str, str], datetime], Sequence[Any]] = _no_statements
    delivered: int | None = None

    @classmethod
    def several(cls, files: Sequence[Picture | File | Stream], model: str, **options: Any) -> Self:
        """Return an output of several files, each of which is one unit of the charge.

        Their purposes are `output_1`, `output_2` and so on. Each gets a row in `Kind.outputs`, with its number as the
        position. Further files of the same row, such as thumbnails, may be added as `thumbnail_1` and so on: their ids
        are written to its column `thumbnail_asset_id`. `options` are further fields of Output.
        """
        numbered = {f"output_{number}": file for number, file in enumerate(files, 1)}
        return cls(numbered | dict(options.pop("files", {})), model, delivered=len(files), **options)


@dataclass(frozen=True)
class StoredOutput:
    """One of several files that a generation made, as its row in `Kind.outputs`. The file may have been deleted."""

    id: str
    position: int
    asset_id: str | None


@dataclass(frozen=True)
class State:
    """The current state of a generation.

    `progress` is a percentage. `queue_position` is how many jobs start before it, or None if it is not waiting.
    """

    id: str
    status: str
    progress: int
    queue_position: int | None
    error_code: str | None
    error_message: str | None


@dataclass(frozen=True)
class ModelCall:
    """A call to a model when it begins. It contains neither the prompt nor personal data.

    `operation` is the kind of generation, and the subject is the row that is being made. `job_id` is the job whose run
    made the call, and is in the log lines of that run. `images_requested` is 0 for calls that make no images, and
    `prompt_chars` is the length of the prompt in characters.
    """

    id: str
    shop_id: str
    job_id: str
    operation: str
    subject_type: str
    subject_id: str
    api_type: str
    service: str
    model: str
    images_requested: int
    prompt_chars: int
    created_at: datetime


@dataclass(frozen=True)
class CallResult:
    """The result of a call to a model that took `duration_ms` milliseconds. `error_code` is None if it succeeded."""

    duration_ms: int
    images_returned: int = 0
    usage: ModelUsage = field(default_factory=ModelUsage)
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True)
class DailySums:
    """One day's calls (YYYY-MM-DD, UTC) of one operation to one model. `cost_micros` is in micro-dollars."""

    day: str
    operation: str
    service: str
    model: str
    calls: int
    failures: int
    images: int
    input_tokens: int
    output_tokens: int
    cost_micros: int


@dataclass(frozen=True)
class ModelSums:
    """Sums over the calls that one operation made to one model. `cost_micros` is in micro-dollars."""

    operation: str
    service: str
    model: str
    calls: int
    failures: int
    images: int
    input_tokens: int
    output_tokens: int
    cost_micros: int
