"""Render workers: machines that have only this app's address and a key, and do its heavy jobs.

A kind of heavy job (`heavy_kind`) says what is to be made and how it is recorded; the same code renders it in the
deployment itself, or on a render worker where JOBS_KEY lets them in. A worker leases a task, fetches its inputs by
signed links, sends its outputs by others, and reports. Nothing it says is believed that can be looked up.
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
