"""ICC profiles for photos that describe their colours only by numbers: HEIF's `nclx`, and PNG's cICP, cHRM and gAMA.

None of the imaging libraries reads these numbers. With an equivalent profile, all of them convert in the same way.
"""

from __future__ import annotations

import functools
import math
import struct
from collections.abc import Callable, Sequence

from app.core.heif import Coding

Point = tuple[float, float]  # CIE x and y
Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]  # rows
_C, _D65, _E, _DCI = (0.310, 0.316), (0.3127, 0.3290), (1 / 3, 1 / 3), (0.314, 0.351)
_BT709 = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65)
_PRIMARIES: dict[int, tuple[Point, Point, Point, Point]] = {  # red, green, blue, white (H.273, table 2)
    1: _BT709,
    4: ((0.670, 0.330), (0.210, 0.710), (0.140, 0.080), _C),
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060), _D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),  # BT.2020
    10: ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0), _E),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),  # Display P3
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_CURVES: dict[int, Sequence[float]] = {  # parameters of ICC's functions 0 and 3 (H.273, table 3)
    4: (2.2,),
    5: (2.8,),
    7: (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 0.25, 0.0913),
    8: (1.0,),
    17: (2.6,),
}
"""All other numbers use the sRGB curve. That includes BT.709's (1, 6, 14, 15): it is a camera's transfer function,
which displays do not invert."""
_PQ, _HLG = 16, 18
_SDR_WHITE, _PEAK = 203.0, 1000.0  # cd/m² (ITU-R BT.2408)
_CURVE_STEPS = 4096
_NEAR_POINT, _NEAR_GAMMA = 0.002, 0.06  # the largest difference from sRGB's values that still counts as sRGB
_GAMMAS = 0.1, 10.0
_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))


@functools.lru_cache(maxsize=16)
def of_coding(coding: Coding) -> bytes | None:
    """The profile for code points of H.273; None if they mean sRGB or are unknown.

    HDR (PQ and HLG) is tone-mapped to the range of a print as browsers do it: by the extended Reinhard curve, from a
    peak of 1,000 cd/m² with diffuse white at 203 cd/m², separately for each primary.
    """
    primaries = _PRIMARIES.get(coding.primaries, _BT709)
    if coding.transfer in (_PQ, _HLG):
        curve = _sampled_curve(_from_pq if coding.transfer == _PQ else _from_hlg)
    else:
        parameters = _CURVES.get(coding.transfer, _SRGB_CURVE)
        if primaries == _BT709 and parameters is _SRGB_CURVE:
            return None
        curve = _parametric_curve(parameters)
    return _profile(primaries, curve)


def of_png(gamma: float | None, chromaticities: tuple[Point, Point, Point, Point] | None) -> bytes | None:
    """The profile for the values of cHRM (red, green, blue, white) and gAMA; None if they are close to sRGB or invalid.

    `gamma` is the display's gamma: 2.2 for a gAMA of 0.45455.
    """
    if gamma is not None and not _GAMMAS[0] <= gamma <= _GAMMAS[1]:
        return None
    is_usual = gamma is None or abs(gamma - 2.2) <= _NEAR_GAMMA
    if is_usual and (chromaticities is None or _is_srgb(chromaticities)):
        return None
    curve = _parametric_curve(_SRGB_CURVE if gamma is None else (gamma,))
    try:
        return _profile(chromaticities or _BT709, curve)
    except (ZeroDivisionError, struct.error):
        return None


def _is_srgb(chromaticities: Sequence[Point]) -> bool:
    points = zip(chromaticities, _BT709, strict=True)
    return all(abs(a - b) <= _NEAR_POINT for point, other in points for a, b in zip(point, other, strict=True))


def _profile(primaries: tuple[Point, Point, Point, Point], curve: bytes) -> bytes:
    """Build an ICC profile (version 4.3) from the primaries and one tone curve for all of them.

    Raises ZeroDivisionError or struct.error if the primaries are degenerate.
    """
    columns = tuple(zip(*_to_d50(*primaries), strict=True))
    name = "As coded".encode("utf-16-be")
    text = b"mluc" + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", len(name), 28) + name
    tags = [(b"desc", text), (b"cprt", text), (b"wtpt", _xyz(_D50))]
    tags += [(tag, _xyz(column)) for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)]
    tags += [(tag, curve) for tag in (b"rTRC", b"gTRC", b"bTRC")]
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for tag, content in tags:
        table += tag + struct.pack(">II", at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = 128 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _xyz(_D50)[8:]
    return head.ljust(128, b"\0") + table + body


def _parametric_curve(parameters: Sequence[float]) -> bytes:
    kind = 0 if len(parameters) == 1 else 3
    return b"para" + struct.pack(">IHH", 0, kind, 0) + b"".join(_fixed_point(each) for each in parameters)


def _sampled_curve(curve: Callable[[float], float]) -> bytes:
    levels = [round(65535 * curve(step / (_CURVE_STEPS - 1))) for step in range(_CURVE_STEPS)]
    return b"curv" + struct.pack(f">II{_CURVE_STEPS}H", 0, _CURVE_STEPS, *levels)


def _from_pq(level: float) -> float:
    """The PQ transfer function (SMPTE ST 2084), tone-mapped."""
    root = level ** (32 / 2523)
    light = 10_000 * (max(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (16384 / 2610)
    return _tone_map(light)


def _from_hlg(level: float) -> float:
    """The HLG transfer function (ITU-R BT.2100) for a display of 1,000 cd/m² and a system gamma of 1.2, tone-mapped."""
    scene = level**2 / 3 if level <= 0.5 else (math.exp((level - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return _tone_map(_PEAK * scene**1.2)


def _tone_map(light: float) -> float:
    """Map light in cd/m² to a fraction of the brightest tone that a print can show, by the extended Reinhard curve."""
    share, peak = light / _SDR_WHITE, _PEAK / _SDR_WHITE
    return min(1.0, share * (1 + share / peak**2) / (1 + share))


def _to_d50(red: Point, green: Point, blue: Point, white: Point) -> Matrix:
    """The matrix from linear RGB to XYZ, adapted to D50, the white of ICC profiles, by the Bradford method."""
    shape: Matrix = tuple(zip(*(_with_z(each) for each in (red, green, blue)), strict=True))  # type: ignore[assignment]
    here = tuple(each / white[1] for each in _with_z(white))
    scales = _transform(_inverse(shape), here)
    to_xyz: Matrix = tuple(tuple(a * b for a, b in zip(row, scales, strict=True)) for row in shape)  # type: ignore[assignment]
    seen, wanted = _transform(_BRADFORD, here), _transform(_BRADFORD, _D50)
    adapted: Matrix = tuple(  # type: ignore[assignment]
        tuple(each * there / now for each in row) for row, there, now in zip(_BRADFORD, wanted, seen, strict=True)
    )
    return _product(_product(_inverse(_BRADFORD), adapted), to_xyz)


def _with_z(point: Point) -> Vector:
    return point[0], point[1], 1 - point[0] - point[1]


def _transform(matrix: Matrix, vector: Sequence[float]) -> Vector:
    first, second, third = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return first, second, third


def _product(left: Matrix, right: Matrix) -> Matrix:
    columns = [_transform(left, column) for column in zip(*right, strict=True)]
    return tuple(zip(*columns, strict=True))  # type: ignore[return-value]


def _inverse(m: Matrix) -> Matrix:
    """Invert a matrix by cofactors. Raises ZeroDivisionError if it is singular."""
    (a, b, c), (d, e, f), (g, h, i) = m
    cofactors = ((e * i - f * h, c * h - b * i, b * f - c * e), (f * g - d * i, a * i - c * g, c * d - a * f))
    rows = (*cofactors, (d * h - e * g, b * g - a * h, a * e - b * d))
    determinant = a * rows[0][0] + b * rows[1][0] + c * rows[2][0]
    first, second, third = (tuple(each / determinant for each in row) for row in rows)
    return first, second, third  # type: ignore[return-value]


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed_point(each) for each in values)


def _fixed_point(value: float) -> bytes:
    """Encode as ICC's s15Fixed16Number."""
    return struct.pack(">i", round(value * 65536))
