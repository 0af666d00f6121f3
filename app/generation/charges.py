"""Charges: what a generation costs the shop. They return statements for the caller's batch and execute nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from app import quotas

R = TypeVar("R", contravariant=True)


class Charge(Protocol[R]):
    """How a row is paid for. Exactly one of `settle` and `refund` follows a `hold`, in the batch that ends the row."""

    @property
    def refusals(self) -> Mapping[str, str]:
        """The sentence that a person reads when `hold` is refused, by the code of the refusal."""

    def hold(self, row: R, at: datetime) -> Sequence[Any]:
        """Take all that the row may cost; refused with a code of `refusals`."""

    def settle(self, row: R, delivered: int | None, at: datetime) -> Sequence[Any]:
        """Keep what `delivered` units cost and release the rest; None means that all units were delivered."""

    def refund(self, row: R, at: datetime) -> Sequence[Any]:
        """Release all that was held."""


class Counted(Protocol):
    """A row that counts against a month of its shop."""

    @property
    def shop_id(self) -> str: ...
    @property
    def quota_period(self) -> str | None:
        """The month, as YYYY-MM in the shop's time zone."""


def _one(row: Any) -> int:
    return 1


@dataclass(frozen=True)
class MonthlyQuota:
    """Counts against the shop's month.

    `refusal` is what a person reads when the month is used up, and `units` says how many generations a row counts as.
    """

    refusal: str
    units: Callable[[Any], int] = _one

    @property
    def refusals(self) -> Mapping[str, str]:
        return {"quota_exhausted": self.refusal}

    def hold(self, row: Counted, at: datetime) -> Sequence[Any]:
        return quotas.hold(row.shop_id, str(row.quota_period), at, self.units(row))

    def settle(self, row: Counted, delivered: int | None, at: datetime) -> Sequence[Any]:
        left = 0 if delivered is None else self.units(row) - delivered
        return [quotas.refund(row.shop_id, row.quota_period, at, left)] if left > 0 else []

    def refund(self, row: Counted, at: datetime) -> Sequence[Any]:
        return [quotas.refund(row.shop_id, row.quota_period, at, self.units(row))]


@dataclass(frozen=True)
class Free:
    """Costs nothing and counts nowhere."""

    refusals: Mapping[str, str] = field(default_factory=dict)

    def hold(self, row: Any, at: datetime) -> Sequence[Any]:
        return []

    def settle(self, row: Any, delivered: int | None, at: datetime) -> Sequence[Any]:
        return []

    def refund(self, row: Any, at: datetime) -> Sequence[Any]:
        return []
