"""Charges for generations. Their methods return statements for the caller's batch and execute nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from app import quotas

R = TypeVar("R", contravariant=True)


class Charge(Protocol[R]):
    """How a generation is paid for.

    Each `hold` is followed by exactly one `settle` or `refund`, in the batch that ends the row.
    """

    @property
    def refusals(self) -> Mapping[str, str]:
        """The error messages for the user, by the code with which `hold` is refused."""

    def hold(self, row: R, at: datetime) -> Sequence[Any]:
        """Return statements that charge the most the row may cost; refused with a code in `refusals`."""

    def settle(self, row: R, delivered: int | None, at: datetime) -> Sequence[Any]:
        """Return statements that keep the charge for `delivered` units and release the rest.

        None means that all units were delivered.
        """

    def refund(self, row: R, at: datetime) -> Sequence[Any]:
        """Return statements that release the whole charge."""


class Counted(Protocol):
    """A row that counts against its shop's monthly quota."""

    @property
    def shop_id(self) -> str: ...
    @property
    def quota_period(self) -> str | None:
        """The month, as YYYY-MM in the shop's time zone."""


def _one_unit(row: Any) -> int:
    return 1


@dataclass(frozen=True)
class MonthlyQuota:
    """A charge against the shop's monthly number of generations.

    `refusal` is the error message for the user when the quota is exhausted. `units` returns how many generations a row
    counts as.
    """

    refusal: str
    units: Callable[[Any], int] = _one_unit

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
    """No charge: the generation costs nothing and is not counted."""

    refusals: Mapping[str, str] = field(default_factory=dict)

    def hold(self, row: Any, at: datetime) -> Sequence[Any]:
        return []

    def settle(self, row: Any, delivered: int | None, at: datetime) -> Sequence[Any]:
        return []

    def refund(self, row: Any, at: datetime) -> Sequence[Any]:
        return []
