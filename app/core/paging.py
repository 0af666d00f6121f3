"""Pages of a list, which begin next to a row rather than at a number, so that no page reads the rows before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: after the row with an id, or before it; at the beginning of the list without either."""

    after: str | None = None
    before: str | None = None

    @property
    def row(self) -> str | None:
        return self.before or self.after

    @property
    def is_backwards(self) -> bool:
        """Whether the page ends before the row, so that it is read backwards from there."""
        return self.before is not None


START = Cursor()


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of a list. `previous` and `next` lead to the pages before and after this one, if there are any."""

    rows: Sequence[T]
    previous: Cursor | None = None
    next: Cursor | None = None


def page_of(rows: Sequence[T], cursor: Cursor, size: int, id_of: Callable[[T], str]) -> Page[T]:
    """Return a page of `size` rows. `rows` are in the order of the list, and may hold one more row beyond its end."""
    is_more = len(rows) > size
    shown = rows[-size:] if cursor.is_backwards else rows[:size]
    if not shown:
        return Page([])
    has_previous = is_more if cursor.is_backwards else cursor.row is not None
    has_next = cursor.is_backwards or is_more
    return Page(
        shown,
        Cursor(before=id_of(shown[0])) if has_previous else None,
        Cursor(after=id_of(shown[-1])) if has_next else None,
    )
