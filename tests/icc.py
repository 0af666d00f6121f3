"""Small matrix profiles (ICC.1:2010) for tests: a colour space by its primaries and its gamma, white at D65."""

from __future__ import annotations

import struct

import numpy as np

_D50 = (0.96422, 1.0, 0.82521)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def profile(primaries: tuple[tuple[float, float], ...], gamma: float) -> bytes:
    """An RGB display profile with these xy primaries (red, green, blue)."""
    columns = _adapted(primaries)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = [
        (b"desc", b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79)),
        (b"cprt", b"text" + bytes(4) + b"none\0"),
        (b"wtpt", _xyz(_D50)),
        *((name, _xyz(columns[:, at])) for at, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))),
        *((name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags:
        padded = data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += padded
    rest = struct.pack(">I", len(tags)) + table + body
    return _header(128 + len(rest)) + rest


def _header(size: int) -> bytes:
    start = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    white = b"".join(struct.pack(">i", round(part * 65536)) for part in _D50)
    head = start + date + b"acsp" + bytes(4) + bytes(4) + bytes(4) + bytes(4) + bytes(8) + bytes(4) + white
    return head + bytes(128 - len(head))


def _xyz(values: object) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(float(each) * 65536)) for each in values)  # type: ignore[attr-defined]


def _adapted(primaries: tuple[tuple[float, float], ...]) -> np.ndarray:
    """The primaries' XYZ, scaled to a D65 white and adapted to D50 (Bradford)."""
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    scaled = xyz * np.linalg.solve(xyz, white)
    ratio = (_BRADFORD @ np.array(_D50)) / (_BRADFORD @ white)
    return np.linalg.inv(_BRADFORD) @ np.diag(ratio) @ _BRADFORD @ scaled


DISPLAY_P3 = profile(((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), 2.2)
ADOBE_RGB = profile(((0.6400, 0.3300), (0.2100, 0.7100), (0.1500, 0.0600)), 2.2)
