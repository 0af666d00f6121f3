"""A shop's limits: generations per month, concurrent jobs, and bytes of storage.

A generation is counted against the month when it is requested, and refunded if it does not complete. Slots limit how
many jobs in a lane run concurrently. Storage is reserved before bytes arrive.
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.quotas.model import CONCURRENT, Lane, Month, Quota, next_period_begins, period_of
    from app.quotas.queries import (
        SLOTS,
        LaneSlots,
        add_storage,
        free_all_slots_if,
        hold,
        open_quota,
        quota,
        refund,
        release_slot_if,
        release_storage,
        reserve_storage,
        stored_bytes,
    )
else:
    __getattr__ = facade(
        __name__,
        {
            "app.quotas.model": "CONCURRENT Lane Month Quota next_period_begins period_of",
            "app.quotas.queries": (
                "LaneSlots SLOTS add_storage free_all_slots_if hold open_quota quota refund release_slot_if "
                "release_storage reserve_storage stored_bytes"
            ),
        },
    )

__all__ = [
    "CONCURRENT",
    "SLOTS",
    "Lane",
    "LaneSlots",
    "Month",
    "Quota",
    "add_storage",
    "free_all_slots_if",
    "hold",
    "next_period_begins",
    "open_quota",
    "period_of",
    "quota",
    "refund",
    "release_slot_if",
    "release_storage",
    "reserve_storage",
    "stored_bytes",
]
