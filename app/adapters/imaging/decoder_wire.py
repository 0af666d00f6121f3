"""The protocol between the app and a decoder process for one photo.

The request is a line of JSON followed by the photo. The response is nine bytes, an `Outcome` and the photo's size,
followed by raw pixels if there are any. It contains no names, text or lengths: the app derives everything but the
photo's size and its pixels from its own request, so a compromised decoder can forge nothing else.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

from app.adapters.imaging.decode_limits import Allowance
from app.core.crop_geometry import OVERVIEW_SIDE, Box, cut, fit, no_larger, patches
from app.core.errors import BadPicture, UnsupportedMedia
from app.core.pictures import Crop, Raster, Samples
from app.core.sizes import check_size

_ANSWER = struct.Struct(">BII")
ANSWER_BYTES = _ANSWER.size
Size = tuple[int, int]
Refusal = BadPicture | UnsupportedMedia


class Outcome(IntEnum):
    """The result of a decode: pixels, or the reason why there are none."""

    PIXELS = 0
    DAMAGED = 1
    UNSUPPORTED = 2
    BAD_SIZE = 3
    TOO_MANY_PIXELS = 4
    TOO_DEMANDING = 5


@dataclass(frozen=True)
class DecodeRequest:
    """A request for pixels of a photo, cropped to `crop` and to the aspect ratio width:height, on `background`.

    The result is one picture of at most width × height pixels or, if `samples` is set, the overview and the patches
    of `app.core.pictures.Samples`.
    """

    crop: Crop | None
    width: int
    height: int
    background: str
    samples: bool = False

    def box(self, photo: Size) -> Box:
        """The box to which an upright photo of this size is cropped."""
        return cut(photo, self.crop, (self.width, self.height))

    def sizes(self, photo: Size) -> list[Size]:
        """The width and height of each raster in the result for an upright photo of this size, in order."""
        box = self.box(photo)
        if not self.samples:
            return [no_larger(box, self.width, self.height)]
        return [fit((box.width, box.height), OVERVIEW_SIDE), *((each.width, each.height) for each in patches(box))]


@dataclass(frozen=True)
class Decoded:
    """An upright photo's size in pixels, and the requested rasters in the order of `DecodeRequest.sizes`."""

    size: Size
    rasters: tuple[Raster, ...]


class InvalidAnswer(ValueError):
    """A response that no correctly working decoder sends."""


def samples_of(request: DecodeRequest, decoded: Decoded) -> Samples:
    """The samples that were decoded for a request with `samples` set."""
    box, (overview, *pieces) = request.box(decoded.size), decoded.rasters
    return Samples(box.width, box.height, overview, tuple(pieces))


def question(request: DecodeRequest, may_take: Allowance) -> bytes:
    """Encode the request line that is sent before the photo."""
    return json.dumps({"request": asdict(request), "may_take": asdict(may_take)}).encode() + b"\n"


def parse_question(line: bytes) -> tuple[DecodeRequest, Allowance]:
    """Decode a line that `question` encoded."""
    words: dict[str, Any] = json.loads(line)
    crop = words["request"].pop("crop")
    return DecodeRequest(Crop(**crop) if crop else None, **words["request"]), Allowance(**words["may_take"])


def answer(outcome: Outcome, photo: Size = (0, 0)) -> bytes:
    """Encode the nine bytes that are sent before the pixels."""
    return _ANSWER.pack(outcome, *photo)


def parse_answer(head: bytes) -> Size | Refusal:
    """Decode those nine bytes: the photo's size if pixels follow, else the error to raise. Raises InvalidAnswer."""
    try:
        number, width, height = _ANSWER.unpack(head)
        outcome = Outcome(number)
    except (struct.error, ValueError) as error:
        raise InvalidAnswer("no such outcome") from error
    wrong = _wrong_size(width, height)
    if outcome is Outcome.PIXELS and wrong is None:
        return width, height
    if outcome is Outcome.BAD_SIZE and wrong is not None:
        return wrong
    if outcome in _REFUSALS:
        return _REFUSALS[outcome]()
    raise InvalidAnswer(f"{outcome.name} with {width} × {height} pixels")


def outcome_of(fault: Refusal) -> tuple[Outcome, Size]:
    """The outcome with which a decoder reports this error. Without a specific outcome, the photo counts as damaged."""
    if isinstance(fault, UnsupportedMedia):
        return Outcome.UNSUPPORTED, (0, 0)
    if fault.size:
        return Outcome.BAD_SIZE, fault.size
    return (Outcome.TOO_MANY_PIXELS if fault.code == "too_many_pixels" else Outcome.DAMAGED), (0, 0)


def too_demanding() -> BadPicture:
    return BadPicture("This photo is too complex to open. Try another photo.", code="too_demanding")


_REFUSALS: dict[Outcome, Callable[[], Refusal]] = {
    Outcome.DAMAGED: BadPicture,
    Outcome.UNSUPPORTED: UnsupportedMedia,
    Outcome.TOO_MANY_PIXELS: lambda: BadPicture(
        "This photo has too many pixels. Choose a smaller one.", code="too_many_pixels"
    ),
    Outcome.TOO_DEMANDING: too_demanding,
}


def _wrong_size(width: int, height: int) -> BadPicture | None:
    try:
        check_size(width, height)
    except BadPicture as refusal:
        return refusal
    return None
