"""Imports the shipped worker when it is told to: a worker's clock stands still while it starts."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from workers import Response, WorkerEntrypoint

YARDSTICK = (
    "argparse",
    "cProfile",
    "configparser",
    "csv",
    "difflib",
    "doctest",
    "fractions",
    "optparse",
    "pickletools",
    "plistlib",
    "pydoc",
    "statistics",
    "tarfile",
    "unittest",
    "xml.dom.minidom",
    "xml.etree.ElementTree",
    "zipfile",
)
"""Modules of Python that the app has no use for: how long they take tells how fast this machine imports."""


class Default(WorkerEntrypoint):  # type: ignore[misc]
    async def fetch(self, request: Any) -> Any:
        if request.url.endswith("/ready"):
            return Response("ready")
        if request.url.endswith("/yardstick"):
            for name in YARDSTICK:
                import_module(name)
            return Response("imported")
        from handlers.worker import Default as Shipped

        if request.url.endswith("/import"):
            return Response("imported")
        return await Shipped(self.ctx, self.env).fetch(request)

    async def queue(self, batch: Any, env: Any, ctx: Any) -> None:
        from handlers.worker import Default as Shipped

        await Shipped(self.ctx, self.env).queue(batch, env, ctx)
