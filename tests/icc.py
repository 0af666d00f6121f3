"""Small colour profiles (ICC.1:2010) for tests: screens by their primaries and gamma (white at D65), and a printer."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_D50 = (0.96422, 1.0, 0.82521)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def profile(primaries: tuple[tuple[float, float], ...], gamma: float, name: str = "test") -> bytes:
    """An RGB display profile with these xy primaries (red, green, blue)."""
    columns = _adapted(primaries)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = [
        (b"desc", b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name.encode() + bytes(80)),
        (b"cprt", b"text" + bytes(4) + b"none\0"),
        (b"wtpt", _xyz(_D50)),
        *((name, _xyz(columns[:, at])) for at, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))),
        *((name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    return _assembled(tags, b"mntr", b"RGB ", b"XYZ ")


def grey(gamma: float) -> bytes:
    """A profile of one channel."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(79)
    tags = [(b"desc", name), (b"cprt", b"text" + bytes(4) + b"none\0"), (b"wtpt", _xyz(_D50)), (b"kTRC", curve)]
    return _assembled(tags, b"mntr", b"GRAY", b"XYZ ")


def ink_profile() -> bytes:
    """A CMYK printer profile with two grid points an ink: overprints mixed in Lab, on cream paper."""
    nodes = [[ink >> 3 & 1, ink >> 2 & 1, ink >> 1 & 1, ink & 1] for ink in range(16)]
    colours = b"".join(bytes(round(each) for each in _lab8(*node)) for node in nodes)
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + colours + ramp * 3
    body = [(b"desc", b"desc" + bytes(4) + struct.pack(">I", 4) + b"ink\0" + bytes(79)), (b"A2B0", lut)]
    return _assembled(body, b"prtr", b"CMYK", b"Lab ")


def _lab8(cyan: int, magenta: int, yellow: int, black: int) -> tuple[float, float, float]:
    """About what these inks look like together, as 8-bit Lab (a and b are offset by 128)."""
    light = max(96 - 40 * cyan - 45 * magenta - 6 * yellow, 18) * (0.12 if black else 1)
    red_green = (-38 * cyan + 74 * magenta - 5 * yellow) * (0 if black else 1)
    yellow_blue = (-48 * cyan - 3 * magenta + 90 * yellow) * (0 if black else 1)
    return light * 2.55, 128 + red_green, 128 + yellow_blue


def _assembled(tags: list[tuple[bytes, bytes]], kind: bytes, space: bytes, connection: bytes) -> bytes:
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags:
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    rest = struct.pack(">I", len(tags)) + table + body
    return _header(128 + len(rest), kind, space, connection) + rest


def _header(size: int, kind: bytes, space: bytes, connection: bytes) -> bytes:
    start = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, kind, space, connection)
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    white = b"".join(struct.pack(">i", round(part * 65536)) for part in _D50)
    head = start + date + b"acsp" + bytes(4) + bytes(4) + bytes(4) + bytes(4) + bytes(8) + bytes(4) + white
    return head + bytes(128 - len(head))


def _xyz(values: Iterable[float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(float(each) * 65536)) for each in values)


def _adapted(primaries: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """The primaries' XYZ, scaled to a D65 white and adapted to D50 (Bradford)."""
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    scaled = xyz * np.linalg.solve(xyz, white)
    ratio = (_BRADFORD @ np.array(_D50)) / (_BRADFORD @ white)
    return np.linalg.inv(_BRADFORD) @ np.diag(ratio) @ _BRADFORD @ scaled


DISPLAY_P3 = profile(((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), 2.2)
ADOBE_RGB = profile(((0.6400, 0.3300), (0.2100, 0.7100), (0.1500, 0.0600)), 2.2)
INKS = ink_profile()
