"""Imaging where no pictures are made yet: a preview or a print fails at once, with a sentence, and is uncounted."""

from __future__ import annotations

from app.core.errors import AppError
from app.core.pictures import Crop, Mark, Picture, PrintFile, PrintSpec
from app.core.ports import Upscaler


class NoImaging:
    """Refuses every picture with the code `no_imaging`."""

    async def develop(
        self, photo: bytes, *, crop: Crop | None, width: int, height: int, mime: str = "image/png"
    ) -> Picture:
        raise _absent()

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None) -> Picture:
        raise _absent()

    async def print_file(self, master: bytes, spec: PrintSpec, upscaler: Upscaler) -> PrintFile:
        raise _absent()


def _absent() -> AppError:
    return AppError("Pictures cannot be made here yet. Please come back later.", code="no_imaging", status=501)
