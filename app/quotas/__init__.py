"""A shop's limits: generations a month, jobs that run at once, and bytes of storage.

The monthly count is held when a picture is asked for and released when none comes. Slots limit how many jobs of a lane
run at once. Storage is reserved before bytes arrive.
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.quotas.model import CONCURRENT, Lane, Month, Quota, period_of
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
            "app.quotas.model": "CONCURRENT Lane Month Quota period_of",
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
    "open_quota",
    "period_of",
    "quota",
    "refund",
    "release_slot_if",
    "release_storage",
    "reserve_storage",
    "stored_bytes",
]
