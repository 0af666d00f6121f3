"""Proof that the Images binding does what it says, by a picture small enough to check here.

What stands in for it on a laptop (`wrangler dev`) ignores cuts and drawn marks without a word. A preview without its
watermark is a print file given away, so nothing is made by a service that has not shown what it can do.
"""

from __future__ import annotations

from app.adapters.imaging.images_binding import Draw, Make, Step, no_imaging
from app.adapters.imaging.png import Planes, decode, encode
from app.core.errors import BadPicture, UnsupportedMedia

_WIDE, _HIGH = 40, 36
_NEAR = 4  # of 255, a channel
_LEFT, _TOP, _CUT = 5, 9, (20, 24)
_MARK_LEFT, _MARK_TOP, _MARK_SIDE, _OPACITY = 3, 6, 4, 0.5


async def prove(make: Make) -> None:
    """Raises AppError 501 `no_imaging` unless flip, turn, cut and a drawn mark came out as asked."""
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
    """Every pixel of another colour, and more of them than a palette holds: encoders like to use one."""
    channels = [bytes(_level(channel, x, y) for y in range(_HIGH) for x in range(_WIDE)) for channel in range(3)]
    return encode(Planes(channels, _WIDE, _HIGH))


def _mark() -> bytes:
    """White, and half as large as it is to be drawn."""
    side = _MARK_SIDE // 2
    return encode(Planes([b"\xff" * side**2] * 3, side, side))


def _level(channel: int, x: int, y: int) -> int:
    return (6 * x, 7 * y, (7 * x + 11 * y) % 200)[channel]


def _wanted(channel: int) -> list[int]:
    """The chart mirrored, turned clockwise, cut, and marked."""
    levels = []
    for y in range(_CUT[1]):
        for x in range(_CUT[0]):
            # Mirrored, then turned clockwise: the first column read from below becomes the first row.
            level = _level(channel, _WIDE - 1 - (y + _TOP), _HIGH - 1 - (x + _LEFT))
            marked = 0 <= x - _MARK_LEFT < _MARK_SIDE and 0 <= y - _MARK_TOP < _MARK_SIDE
            levels.append(round(level + (255 - level) * _OPACITY) if marked else level)
    return levels
