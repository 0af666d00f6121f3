"""Render workers: machines that run the app's heavy jobs, and have only its URL and a key.

A kind of heavy job (`heavy_kind`) defines what is rendered and how the result is recorded. The same code renders it in
the deployment itself or, if JOBS_KEY is set, on a render worker. A worker leases a task, downloads its inputs from
signed URLs, uploads its outputs to others, and reports. The app verifies everything in a report that it can check.
"""

from typing import TYPE_CHECKING

from app.core.lazy import facade

if TYPE_CHECKING:
    from app.render_workers.kinds import HeavyKind, heavy_kind
    from app.render_workers.model import (
        CompletedRender,
        CompletedUpload,
        Input,
        LeasedTask,
        Made,
        Output,
        Render,
        Task,
        Tools,
        UploadRequest,
        fault_of,
    )
    from app.render_workers.protocol import extend, fail, finish, lease, release, ticket, unattended
else:
    __getattr__ = facade(
        __name__,
        {
            "app.render_workers.kinds": "HeavyKind heavy_kind",
            "app.render_workers.model": (
                "CompletedRender CompletedUpload Input LeasedTask Made Output Render Task Tools UploadRequest fault_of"
            ),
            "app.render_workers.protocol": "extend fail finish lease release ticket unattended",
        },
    )

__all__ = [
    "CompletedRender",
    "CompletedUpload",
    "HeavyKind",
    "Input",
    "LeasedTask",
    "Made",
    "Output",
    "Render",
    "Task",
    "Tools",
    "UploadRequest",
    "extend",
    "fail",
    "fault_of",
    "finish",
    "heavy_kind",
    "lease",
    "release",
    "ticket",
    "unattended",
]
