"""Access to Cloudflare Images through its worker binding: the steps of a request, and the translation of its errors.

https://developers.cloudflare.com/images/optimization/binding/ and …/images/reference/errors/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.core.errors import AppError, BadPicture, TooLarge, Unavailable, UnsupportedMedia

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS, MAX_SIDE = 100_000_000, 12_000
Parts = Sequence[bytes]
_FOREIGN = {9412, 9420, 9520}
_TOO_MANY_PIXELS = {9413}
_NOT_AVAILABLE = {9422, 9423, 9425, 9430, 9432}  # the quota is used up, or the account lacks the service
_BY_STATUS = {413: 9402, 415: 9520, 422: 9516}


@dataclass(frozen=True)
class Step:
    """One transformation with the service's own options: width, height, fit, trim, flip, rotate, sharpen and so on."""

    options: Mapping[str, Any]


@dataclass(frozen=True)
class Draw:
    """Draws another picture on top, after applying `steps` to it. The options are top, left (pixels) and opacity."""

    overlay: Parts
    options: Mapping[str, Any]
    steps: Sequence[Step] = field(default=())


class Make(Protocol):
    """A call of the service."""

    async def __call__(self, photo: Parts, steps: Sequence[Step | Draw], mime: str, quality: int | None) -> bytes:
        """Apply the steps in order and encode. Raises UnsupportedMedia, BadPicture, TooLarge, Unavailable, AppError."""


def make_by(binding: Any) -> Make:
    """Return a `Make` on the Images binding. `binding` is the JavaScript object."""

    async def make(photo: Parts, steps: Sequence[Step | Draw], mime: str, quality: int | None) -> bytes:
        from pyodide.ffi import JsException

        output_options: dict[str, Any] = {"format": mime, "anim": False} | (
            {} if quality is None else {"quality": quality}
        )
        picture = binding.input(_stream(photo))
        for step in steps:
            picture = _with(binding, picture, step)
        try:
            result = await picture.output(_object(output_options))
            answer = await result.response().arrayBuffer()
        except JsException as fault:
            raise translate_error(getattr(fault, "code", None), str(fault.message)) from None
        if result.contentType().partition(";")[0] != mime:
            raise Unavailable("The image service returned another format than requested.")
        data: bytes = answer.to_bytes()
        return data

    return make


def translate_error(code: int | None, message: str) -> AppError:
    """Translate an error of the service: its four-digit code or, if it has none, the HTTP status in its message."""
    if status := re.match(r"Unexpected error response (\d{3})", message):
        code = _BY_STATUS.get(int(status[1]), code)
    if code in _FOREIGN:
        return UnsupportedMedia()
    if code in _TOO_MANY_PIXELS:
        return BadPicture("This photo has too many pixels. Choose a smaller one.", code="too_many_pixels")
    if code == 9402:
        return TooLarge()
    if code == 9516 and "encoding" not in message:
        return BadPicture()
    if code in _NOT_AVAILABLE:
        return no_imaging()
    return Unavailable("Pictures cannot be made at the moment. Try again in a few minutes.", code="imaging_unavailable")


def no_imaging() -> AppError:
    return AppError("Pictures cannot be made here yet. Try again later.", code="no_imaging", status=501)


def _with(binding: Any, picture: Any, step: Step | Draw) -> Any:
    if isinstance(step, Step):
        return picture.transform(_object(step.options))
    overlay = binding.input(_stream(step.overlay))
    for inner in step.steps:
        overlay = _with(binding, overlay, inner)
    return picture.draw(overlay, _object(step.options))


def _stream(parts: Parts) -> Any:
    """A JavaScript stream of the parts, which keeps them out of Python's memory, since that never shrinks."""
    import js
    from pyodide.ffi import to_js

    return js.Blob.new(to_js([to_js(part) for part in parts])).stream()


def _object(values: Mapping[str, Any]) -> Any:
    import js
    from pyodide.ffi import to_js

    return to_js(dict(values), dict_converter=js.Object.fromEntries)
