"""The lifecycle of generated media: a request is charged, queued, run, stored, and delivered or refunded.

A capability describes its kind of generation (`Kind`) and how one is made (`job_kind`). Everything else is common to
all capabilities and is implemented here: idempotency keys, charges, progress, files, the batch that completes a row,
refunds, cancellation, the queue position, and the log of calls to models.
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.generation.charges import Charge, Free, MonthlyQuota
    from app.generation.model import DailySums, Generated, Kind, ModelSums, Output, State, Status
    from app.generation.model_calls import sweep_usage
    from app.generation.privacy import WITHHELD, personal_data
    from app.generation.queries import by_key, find, usage_by_day, usage_since
    from app.generation.requests import cancel, ensure_same, notices, request, state
    from app.generation.runs import Run, job_kind
    from app.generation.tables import lifecycle_columns
else:
    __getattr__ = facade(
        __name__,
        {
            "app.generation.charges": "Charge Free MonthlyQuota",
            "app.generation.model": "DailySums Generated Kind ModelSums Output State Status",
            "app.generation.model_calls": "sweep_usage",
            "app.generation.privacy": "WITHHELD personal_data",
            "app.generation.queries": "by_key find usage_by_day usage_since",
            "app.generation.requests": "cancel ensure_same notices request state",
            "app.generation.runs": "Run job_kind",
            "app.generation.tables": "lifecycle_columns",
        },
    )

__all__ = [
    "WITHHELD",
    "Charge",
    "DailySums",
    "Free",
    "Generated",
    "Kind",
    "ModelSums",
    "MonthlyQuota",
    "Output",
    "Run",
    "State",
    "Status",
    "by_key",
    "cancel",
    "ensure_same",
    "find",
    "job_kind",
    "lifecycle_columns",
    "notices",
    "personal_data",
    "request",
    "state",
    "sweep_usage",
    "usage_by_day",
    "usage_since",
]
