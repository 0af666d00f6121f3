"""Imaging in the tests' worker: what is asked of it from outside."""

from __future__ import annotations

from functools import cache
from typing import Any

import sample_wire
from parcel import packed, unpacked
from workers import env

from app.adapters.imaging.cloudflare import CloudflareImages
from app.adapters.imaging.images_binding import make_by
from app.adapters.imaging.upscaler_resample import Resample
from app.core.errors import AppError
from app.core.pictures import Crop, Mark, PrintSpec


async def answer(body: bytes) -> bytes:
    """A picture, and how it was made; or the error's kind and words."""
    asked, files = unpacked(body)
    try:
        told, data = await _WORKS[asked["work"]](_imaging(asked["service"], asked["trusting"]), files, **asked["wish"])
    except AppError as fault:
        kind = type(fault).__name__
        return packed({"kind": kind, "message": fault.message, "code": fault.code, "status": fault.status})
    return packed(told, data)


@cache
def _imaging(service: bool, trusting: bool) -> CloudflareImages:
    """As the app has it, or `trusting`: then it makes pictures by a service that could not prove itself.

    What one service has proved does not count for the other, with `service` or without.
    """
    imaging = CloudflareImages(make_by(env._env.IMAGES))
    imaging._is_tested = trusting
    return imaging


async def _develop(imaging: Any, files: list[bytes], crop: Any, **wish: Any) -> tuple[dict[str, Any], bytes]:
    made = await imaging.develop(files[0], crop=Crop(**crop) if crop else None, **wish)
    return _described(made)


async def _samples(imaging: Any, files: list[bytes], crop: Any, **wish: Any) -> tuple[dict[str, Any], bytes]:
    return sample_wire.packed(await imaging.samples(files[0], crop=Crop(**crop) if crop else None, **wish))


async def _out_of_gamut(imaging: Any, files: list[bytes], intent: Any) -> tuple[dict[str, Any], bytes]:
    return {"share": await imaging.out_of_gamut(*files, intent)}, b""


async def _preview(imaging: Any, files: list[bytes], mark: Any, **wish: Any) -> tuple[dict[str, Any], bytes]:
    if mark:
        mark = Mark(**mark | {"picture": files[1] if len(files) > 1 else None})
    return _described(await imaging.preview(files[0], mark=mark, **wish))


async def _print_file(imaging: Any, files: list[bytes], spec: Any) -> tuple[dict[str, Any], bytes]:
    made = await imaging.print_file(files[0], PrintSpec(**spec), Resample())
    told, data = _described(made.picture)
    rest = {"engine": made.engine, "factor": made.factor}
    return told | rest | {"source_width": made.source_width, "source_height": made.source_height}, data


def _described(picture: Any) -> tuple[dict[str, Any], bytes]:
    told = {"mime": picture.mime, "width": picture.width, "height": picture.height}
    return told, picture.data


_WORKS = {
    "develop": _develop,
    "samples": _samples,
    "out_of_gamut": _out_of_gamut,
    "preview": _preview,
    "print_file": _print_file,
}
