"""PersonalData for the usual case: one table whose rows belong to a shopper or to a guest session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.privacy.personal_data import Exported
from app.privacy.queries.owned import NEEDED, OwnedTable


def for_table(
    table: Any, *, folder: str, exported: Mapping[str, Exported], shape: type[OwnedTable] = OwnedTable, **options: Any
) -> OwnedTable:
    """Return the PersonalData of a table; `options` are further fields of `shape`, OwnedTable or a subclass.

    Raises ValueError if the table lacks a column that OwnedTable reads or writes.
    """
    found = shape(table, folder, exported, **options)
    named = {*NEEDED, found.status, *found.all_files, *found.marked, *found.emptied, *found.charged}
    if missing := sorted(named - set(table.columns.keys())):
        raise ValueError(f"{table.name} has no {', '.join(missing)}")
    return found
