"""Values of the lifecycle: a kind of generation, what a run gives, how far a generation is, and calls to models."""

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
"""How long a single call to a model stays in the log; its part in the daily sums stays as long as the shop."""
NO_ANSWER = "no_answer"
"""The error code of a call whose answer never arrived: its process ended or lost its lease meanwhile."""


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
        """Return whether a repeated idempotency key repeats the request too."""


G = TypeVar("G", bound=Generated)


def _whole_shop(row: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, eq=False)
class Kind(Generic[G]):
    """A kind of generation.

    `name` is also the name of its job kind. Its rows are in `table`, which has `generation.lifecycle_columns`, and are
    read as `shape`; `fixed` are columns with the same value in all of them, where other rows share the table. `folder`
    is the capability's folder in object keys, and `owner_type` what files and the ledger call the owner of theirs.
    `key_scope` gives the columns, besides the shop, within which an idempotency key is unique; the table has a unique
    constraint over them and the key.
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


def _nothing(assets: Mapping[str, str], at: datetime) -> Sequence[Any]:
    return ()


@dataclass(frozen=True)
class Output:
    """What a run made.

    `pictures` are by purpose. Where the table has a column `{purpose}_asset_id`, it is set to the picture's asset.
    `model` is the name of the model, `values` are more columns to set. `then` returns more statements for the batch
    that completes the row; it is given the ids of the assets by purpose, and the time. `delivered` is how many of the
    units that the request was charged for were made: all of them where it is None, and the rest is refunded.
    """

    pictures: Mapping[str, Picture]
    model: str
    values: Mapping[str, Any] = field(default_factory=dict)
    then: Callable[[Mapping[str, str], datetime], Sequence[Any]] = _nothing
    delivered: int | None = None


@dataclass(frozen=True)
class State:
    """How far a generation is.

    `progress` is a percentage. `queue_position` is how many jobs start before it, or None where it does not wait.
    """

    id: str
    status: str
    progress: int
    queue_position: int | None
    error_code: str | None
    error_message: str | None


@dataclass(frozen=True)
class ModelCall:
    """A call to a model, as it begins. It holds no prompt and names no person.

    `operation` is the kind of generation that it was for, the subject the row that is being made, and `job_id` the job
    whose run made the call, which the log lines of that run carry. `images_requested` is 0 for calls that make none.
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
    """What came of a call to a model, after `duration_ms` milliseconds. `error_code` is None when it succeeded."""

    duration_ms: int
    images_returned: int = 0
    usage: ModelUsage = field(default_factory=ModelUsage)
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True)
class ModelSums:
    """Calls of one operation to one model, added up. `cost_micros` is in micro-dollars."""

    operation: str
    service: str
    model: str
    calls: int
    failures: int
    images: int
    input_tokens: int
    output_tokens: int
    cost_micros: int
