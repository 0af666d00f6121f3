"""The lifecycle of generated media: a request is charged, queued, run, stored, and delivered or refunded.

A capability describes its kind of generation (`Kind`) and how one is made (`job_kind`). Everything else is common to
all capabilities and is implemented here: idempotency keys, charges, progress, files, the batch that completes a row,
refunds, cancellation, the queue position, and the log of calls to models.
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.generation.charges import Charge, Free, MonthlyQuota
    from app.generation.model import DailySums, Kind, ModelSums, Output, State, Status, StoredOutput
    from app.generation.model_calls import sweep_usage
    from app.generation.privacy import SHOWN, WITHHELD, personal_data
    from app.generation.queries import by_key, find, outputs, usage_by_day, usage_since
    from app.generation.requests import (
        cancel,
        cancel_own,
        ensure_same,
        find_own,
        find_state,
        list_own,
        notices,
        request,
        request_once,
        state,
        stored_state,
    )
    from app.generation.rows import GenerationRow, Requester, ShopperRow, request_columns
    from app.generation.runs import Run, job_kind
    from app.generation.tables import (
        file_column,
        lifecycle_columns,
        merchant_table,
        output_table,
        owner_columns,
        owner_keys,
        shopper_table,
    )
else:
    __getattr__ = facade(
        __name__,
        {
            "app.generation.charges": "Charge Free MonthlyQuota",
            "app.generation.model": "DailySums Kind ModelSums Output State Status StoredOutput",
            "app.generation.model_calls": "sweep_usage",
            "app.generation.privacy": "SHOWN WITHHELD personal_data",
            "app.generation.queries": "by_key find outputs usage_by_day usage_since",
            "app.generation.requests": (
                "cancel cancel_own ensure_same find_own find_state list_own notices request request_once state "
                "stored_state"
            ),
            "app.generation.rows": "GenerationRow Requester ShopperRow request_columns",
            "app.generation.runs": "Run job_kind",
            "app.generation.tables": (
                "file_column lifecycle_columns merchant_table output_table owner_columns owner_keys shopper_table"
            ),
        },
    )

__all__ = [
    "SHOWN",
    "WITHHELD",
    "Charge",
    "DailySums",
    "Free",
    "GenerationRow",
    "Kind",
    "ModelSums",
    "MonthlyQuota",
    "Output",
    "Requester",
    "Run",
    "ShopperRow",
    "State",
    "Status",
    "StoredOutput",
    "by_key",
    "cancel",
    "cancel_own",
    "ensure_same",
    "file_column",
    "find",
    "find_own",
    "find_state",
    "job_kind",
    "lifecycle_columns",
    "list_own",
    "merchant_table",
    "notices",
    "output_table",
    "outputs",
    "owner_columns",
    "owner_keys",
    "personal_data",
    "request",
    "request_columns",
    "request_once",
    "shopper_table",
    "state",
    "stored_state",
    "sweep_usage",
    "usage_by_day",
    "usage_since",
]
