"""A self-test of the Images binding with a picture that is small enough to check in Python.

The local substitute in `wrangler dev` silently ignores crops and drawn overlays. A preview without its watermark would
give the print file away, so no picture is made with a service that has not passed this test.
"""

from __future__ import annotations

from app.adapters.imaging.images_binding import Draw, Make, Step, no_imaging
from app.adapters.imaging.png import Planes, decode, encode
from app.core.errors import BadPicture, UnsupportedMedia

_WIDE, _HIGH = 40, 36
_NEAR = 4  # the tolerance per channel, in levels of 255
_LEFT, _TOP, _CUT = 5, 9, (20, 24)
_MARK_LEFT, _MARK_TOP, _MARK_SIDE, _OPACITY = 3, 6, 4, 0.5


async def prove(make: Make) -> None:
    """Raise AppError 501 `no_imaging` unless a flip, a rotation, a crop and an overlay produce the expected pixels."""
    larger = {"width": _MARK_SIDE, "height": _MARK_SIDE, "fit": "squeeze"}
    steps: list[Step | Draw] = [
        Step({"flip": "h"}),
        Step({"rotate": 90}),
        Step({"trim": {"left": _LEFT, "top": _TOP, "width": _CUT[0], "height": _CUT[1]}}),
        Draw([_mark()], {"left": _MARK_LEFT, "top": _MARK_TOP, "opacity": _OPACITY}, [Step(larger)]),
    ]
    try:
        seen = decode(await make([_chart()], steps, "image/png", None))
    except (ValueError, BadPicture, UnsupportedMedia) as error:
        raise no_imaging() from error
    if (seen.width, seen.height) != _CUT or len(seen.channels) < 3:
        raise no_imaging()
    wanted = [_wanted(channel) for channel in range(3)]
    if any(
        abs(a - b) > _NEAR
        for mine, its in zip(wanted, seen.channels, strict=False)
        for a, b in zip(mine, its, strict=True)
    ):
        raise no_imaging()


def _chart() -> bytes:
    """A chart whose pixels all differ in colour, which is too many colours for an encoder to choose a palette."""
    channels = [bytes(_level(channel, x, y) for y in range(_HIGH) for x in range(_WIDE)) for channel in range(3)]
    return encode(Planes(channels, _WIDE, _HIGH))


def _mark() -> bytes:
    """A white mark at half the size at which it is drawn."""
    side = _MARK_SIDE // 2
    return encode(Planes([b"\xff" * side**2] * 3, side, side))


def _level(channel: int, x: int, y: int) -> int:
    return (6 * x, 7 * y, (7 * x + 11 * y) % 200)[channel]


def _wanted(channel: int) -> list[int]:
    """One channel of the expected result: the chart mirrored, rotated clockwise, cropped and marked."""
    levels = []
    for y in range(_CUT[1]):
        for x in range(_CUT[0]):
            # After mirroring, the clockwise rotation makes the first column, read upwards, the first row.
            level = _level(channel, _WIDE - 1 - (y + _TOP), _HIGH - 1 - (x + _LEFT))
            marked = 0 <= x - _MARK_LEFT < _MARK_SIDE and 0 <= y - _MARK_TOP < _MARK_SIDE
            levels.append(round(level + (255 - level) * _OPACITY) if marked else level)
    return levels
