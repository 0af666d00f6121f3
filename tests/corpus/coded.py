"""Pictures in the colours of H.273: other primaries and transfer functions, by formulas from the standards.

seen_through(image, *P3)      the numbers that show this sRGB picture in Display P3
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

P3, BT2020 = (12, 13), (9, 14)  # primaries and transfer function, as H.273 numbers them
PQ, HLG = (9, 16), (9, 18)
Floats = NDArray[np.float64]
_POINTS = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
_SDR_WHITE, _PEAK = 203, 1000  # cd/m²


def seen_through(image: Image.Image, primaries: int, transfer: int) -> Image.Image:
    """The numbers that mean the same colours. In HDR, white is diffuse white."""
    light = _light(image) @ (np.linalg.inv(_to_xyz(primaries)) @ _to_xyz(1)).T
    return _image(_ENCODED[transfer](light.clip(0, 1)))


def shown_by(image: Image.Image, transfer: int) -> Image.Image:
    """What a print shows of that: HDR is brought down by Reinhard's extended curve, each BT.2020 primary by itself."""
    if transfer not in (16, 18):
        return image
    wide = _light(image) @ (np.linalg.inv(_to_xyz(9)) @ _to_xyz(1)).T
    peak = _PEAK / _SDR_WHITE
    mapped = wide * (1 + wide / peak**2) / (1 + wide)
    return _image(_srgb((mapped @ (np.linalg.inv(_to_xyz(1)) @ _to_xyz(9)).T).clip(0, 1)))


def _light(image: Image.Image) -> Floats:
    levels = np.asarray(image.convert("RGB"), np.float64) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def _image(levels: Floats) -> Image.Image:
    return Image.fromarray((levels * 255).round().astype(np.uint8))


def _to_xyz(primaries: int) -> Floats:
    xyz = np.array([[x, y, 1 - x - y] for x, y in _POINTS[primaries]]).T
    return xyz * np.linalg.solve(xyz, np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290]))


def _srgb(light: Floats) -> Floats:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def _pq(light: Floats) -> Floats:
    """SMPTE ST 2084."""
    root = (light * _SDR_WHITE / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * root) / (1 + 2392 / 128 * root)) ** (2523 / 32)


def _hlg(light: Floats) -> Floats:
    """ITU-R BT.2100, for a screen of 1,000 cd/m² whose gamma of 1.2 works on each primary."""
    scene = (light * _SDR_WHITE / _PEAK) ** (1 / 1.2)
    bright = 0.17883277 * np.log((12 * scene - 0.28466892).clip(1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)


_ENCODED = {8: lambda light: light, 13: _srgb, 14: _srgb, 16: _pq, 18: _hlg}
