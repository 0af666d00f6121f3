"""What privacy needs to know of a kind whose rows belong to a shopper or to a guest session."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from app import jobs, quotas
from app.generation.model import G, Kind
from app.privacy import BOOKS, BROWSER, REQUEST, THE_CUSTOMER, THE_SHOP, WORK, Exported, Made, OwnedTable, for_table

WITHHELD = {
    "shop_id": THE_SHOP,
    "shopper_id": THE_CUSTOMER,
    "guest_session_id": BROWSER,
    "idempotency_key": REQUEST,
    "cost_micros": BOOKS,
    "quota_period": BOOKS,
    **dict.fromkeys(("progress", "duration_ms", "started_at", "completed_at"), WORK),
}
"""Columns of the owner and of the lifecycle that an export withholds, with the reasons."""
SHOWN = ("id", "status", "error_code", "error_message", "model_used", "created_at", "updated_at")
"""The columns of the lifecycle that an export shows."""


def personal_data(
    kind: Kind[G],
    title: str,
    shown: Collection[str],
    withheld: Mapping[str, str] | None = None,
    others: Mapping[str, Exported] | None = None,
    **options: Any,
) -> OwnedTable:
    """Return the PersonalData of a kind's table. A generation that a deletion stops is refunded as if it was cancelled.

    `title` is the table's heading in an export, which shows the columns SHOWN and `shown`. WITHHELD and `withheld` are
    the other columns, with the reasons. `others` are further tables that an export shows.

    `options` are further ones of `privacy.for_table`. Raises ValueError if the table lacks a column that is needed, or
    if the kind has `outputs`, because OwnedTable only finds files in columns of the table itself.
    """
    if kind.outputs is not None:
        raise ValueError(f"{kind.name}: deletions and exports would not find the files in {kind.outputs.name}")
    columns = tuple(dict.fromkeys((*SHOWN, kind.status, *shown)))
    exported = {kind.table.name: Exported(title, columns, WITHHELD | dict(withheld or {})), **(others or {})}
    names = tuple(each.name for each in fields(kind.shape))

    def refund(shop_id: str, item: Made, at: datetime) -> Sequence[Any]:
        row = kind.shape(**{name: item.row[name] for name in names})
        is_running = jobs.is_running(shop_id, f"{kind.name}:{item.id}")
        return [*quotas.release_slot_if(shop_id, kind.lane, is_running), *kind.charge.refund(row, at)]

    return for_table(
        kind.table,
        folder=kind.folder,
        exported=exported,
        photo=kind.photo,
        status=kind.status,
        charged=names,
        refund=refund,
        **options,
    )
