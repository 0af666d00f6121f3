"""The Imaging of a worker, asked through the tests' worker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from typing import Any

from app.adapters.imaging.cloudflare import CloudflareImages
from app.adapters.imaging.images_binding import Parts
from app.core import errors
from app.core.mockups import MockupParts
from app.core.pictures import WHITE, Crop, Intent, Mark, Picture, PrintFile, PrintSpec, Samples
from app.core.ports.imaging import Upscaler
from tests.edge import sample_wire, workerd
from tests.edge.adapter_worker import client, images_by_wrangler, served
from tests.edge.parcel import packed, unpacked


class BindingImages:
    """The Imaging of a worker; the upscaler stays here, since a worker asks none. Skips where none can run.

    With `service` the tests' Images service is behind the binding, without it wrangler's own; then it is asked for one
    thing at a time. `trusting` leaves out the proof that a service does what is asked.
    """

    def __init__(self, *, service: bool = True, trusting: bool = False):
        workerd.needed()
        self._service, self._trusting = service, trusting

    async def develop(
        self,
        photo: bytes,
        *,
        crop: Crop | None,
        width: int,
        height: int,
        mime: str = "image/png",
        background: str = WHITE,
    ) -> Picture:
        wish = {"width": width, "height": height, "mime": mime, "background": background}
        told, data = await self._ask("develop", photo, crop=crop and asdict(crop), **wish)
        return Picture(data, **told)

    async def samples(self, photo: bytes, *, crop: Crop | None, aspect: tuple[int, int], background: str) -> Samples:
        wish = {"crop": crop and asdict(crop), "aspect": aspect, "background": background}
        told, data = await self._ask("samples", photo, **wish)
        return sample_wire.unpacked(told, data)

    async def out_of_gamut(self, master: bytes, profile: bytes, intent: Intent) -> float | None:
        told, _ = await self._ask("out_of_gamut", master, profile, intent=intent)
        return told["share"]  # type: ignore[no-any-return]

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        logo = [mark.picture] if mark and mark.picture is not None else []
        said = mark and asdict(replace(mark, picture=None))
        told, data = await self._ask("preview", master, *logo, max_side=max_side, mark=said, by_ai=by_ai)
        return Picture(data, **told)

    async def mockup(self, design: bytes, parts: MockupParts, *, max_side: int, by_ai: bool = False) -> Picture | None:
        return await CloudflareImages(_unasked).mockup(design, parts, max_side=max_side, by_ai=by_ai)

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        told, data = await self._ask("print_file", master, spec=asdict(spec))
        picture = Picture(data, told.pop("mime"), told.pop("width"), told.pop("height"))
        return PrintFile(picture, **told)

    async def _ask(self, work: str, *files: bytes, **wish: Any) -> tuple[dict[str, Any], bytes]:
        message = {"work": work, "service": self._service, "trusting": self._trusting, "wish": wish}
        async with client(await asyncio.to_thread(served)) as http:
            with nullcontext() if self._service else images_by_wrangler():
                answer = await http.post("/images", content=packed(message, *files))
        assert answer.status_code == 200, answer.text
        told, given = unpacked(answer.content)
        if "kind" in told:
            raise _error(**told)
        return told, given[0]


async def _unasked(photo: Parts, steps: Sequence[Any], mime: str, quality: int | None) -> bytes:
    raise AssertionError("the service was asked for what it cannot do")


def _error(kind: str, message: str, code: str, status: int) -> errors.AppError:
    error: errors.AppError = getattr(errors, kind)(message, code=code)
    error.status = status
    return error
