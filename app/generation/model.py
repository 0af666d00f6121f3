"""Types of the lifecycle: kinds of generation, the output of a run, the state of a generation, and calls to models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, Self, TypeVar

from app.core.pictures import ModelUsage, Picture
from app.generation.charges import Charge
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


class Generated(Protocol):
    """A row of a kind's table, as the capability's frozen dataclass."""

    @property
    def id(self) -> str: ...
    @property
    def shop_id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def progress(self) -> int: ...
    @property
    def idempotency_key(self) -> str | None: ...
    @property
    def error_code(self) -> str | None: ...
    @property
    def error_message(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...

    def asks_the_same(self, other: Self, /) -> bool:
        """Return whether two requests with the same idempotency key are otherwise the same."""


G = TypeVar("G", bound=Generated)


def _whole_shop(row: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, eq=False)
class Kind(Generic[G]):
    """A kind of generation.

    `name` is also the name of its job kind. Its rows are in `table`, which has `generation.lifecycle_columns`, and are
    read as `shape`. If other kinds share the table, `fixed` holds the columns that have the same value in all rows of
    this kind. `folder` is the capability's folder in object keys, and `owner_type` is the type of owner recorded for
    files and in the log of model calls. `key_scope` returns the columns, besides the shop, within which an idempotency
    key is unique; the table has a unique constraint on these columns and the key.
    """

    name: str
    table: Any
    shape: type[G]
    folder: str
    owner_type: str
    charge: Charge[G]
    lane: Lane
    priority: int = 0
    key_scope: Callable[[G], Mapping[str, Any]] = _whole_shop
    fixed: Mapping[str, Any] = field(default_factory=dict)


def _no_statements(assets: Mapping[str, str], at: datetime) -> Sequence[Any]:
    return ()


@dataclass(frozen=True)
class Output:
    """The result of a run.

    `pictures` are by purpose. If the table has a column `{purpose}_asset_id`, it is set to the id of the picture's
    asset. `model` is the name of the model, and `values` are further columns to set. `then` takes the ids of the assets
    by purpose, and the time, and returns further statements for the batch that completes the row. `delivered` is how
    many of the charged units were made; None means all of them. The others are refunded.
    """

    pictures: Mapping[str, Picture]
    model: str
    values: Mapping[str, Any] = field(default_factory=dict)
    then: Callable[[Mapping[str, str], datetime], Sequence[Any]] = _no_statements
    delivered: int | None = None


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
