"""What every request for generated media shares: a shop's limits.

The monthly count is held when a picture is asked for and given back when none comes;
slots limit how many run at once; storage is reserved before bytes arrive.
"""

from app.quotas.model import Month, Quota, period_of
from app.quotas.queries import (
    QuotaSlots,
    free_all_slots_if,
    free_slot_if,
    give_back,
    hold,
    keep_storage,
    open_quota,
    quota,
    release_storage,
    reserve_storage,
    stored_bytes,
)

SLOTS = QuotaSlots()

__all__ = [
    "SLOTS",
    "Month",
    "Quota",
    "free_all_slots_if",
    "free_slot_if",
    "give_back",
    "hold",
    "keep_storage",
    "open_quota",
    "period_of",
    "quota",
    "release_storage",
    "reserve_storage",
    "stored_bytes",
]
