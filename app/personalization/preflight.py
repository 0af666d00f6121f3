"""Preflight: is a photo good enough for a print? The shopper gets messages, the merchant gets figures.

The measurements of a photo (`Figures`) are stored. Their meaning depends on the print (`Target`), so a photo is rated
again for every size. A poor rating never prevents a purchase.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How good a photo is for a print, from best to worst."""

    OK = "ok"
    WARN = "warn"
    POOR = "poor"


PLAIN_DPI = (100, 65)
"""From these values on, a resampled print is ok, or passes with a warning; in dots per inch of the photo itself.

They follow from what a 300 dpi print loses if it is enlarged from less. On photographs of scikit-image, Lanczos from
100 dpi (three times) keeps an SSIM of 0.87 and a GMSD of 0.05, and from 65 dpi about 0.80 and 0.10. The eye resolves
some 90 dpi at one metre, the viewing distance of a poster.
"""
NETWORK_DPI = (75, 50)
"""The same with an upscaling network, which loses at four times what Lanczos loses at three: SSIM 0.86 and GMSD 0.06
from 75 dpi, 0.80 and 0.10 from 50."""
DRAWN_SHARE = (0.6, 0.35)
"""A picture drawn by an image model has the detail of its own pixels, whatever the photo has. So a photo with this
share of the drawn picture's pixels per side is ok, or passes, however large the print."""
SHARP_BLUR = 0.7
"""The blur in pixels (sigma) of a sharp photo, caused by lens, sensor and JPEG. A photo with more blur has as much
detail as a sharp one that is smaller in proportion."""
SEEN_DPI = 150
"""Grain finer than this is not visible at arm's length."""
NOISE = (8.0, 16.0)
"""Grain in grey levels (sigma) that is visible in even areas, and that is visible everywhere. A fine texture such as a
lawn counts as grain if it fills the photo, so the first value is generous."""
CLIPPING = (0.2, 0.5)
"""The share of a photo without any detail. A white sky alone is not a fault."""
CAST = 20.0
"""The distance of the least coloured parts from grey, in CIELAB. Candlelight exceeds it; a wooden table or a ginger cat
does not."""
GAMUT = 0.15
"""The share of visibly changed colours from which a shopper may notice."""


@dataclass(frozen=True)
class Figures:
    """The measurements of the printed part of a photo.

    Its size in pixels; blur (sigma in pixels, None if unknown) and noise (sigma in grey levels); the shares (0 to 1) of
    clipped pixels and of colours that cannot be printed (None: not measured); a and b (CIELAB) of the colour cast.
    """

    width: int
    height: int
    blur: float | None
    noise: float
    clipping: float
    cast: tuple[float, float]
    gamut: float | None = None

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Figures:
        """Read the figures from a JSON object."""
        return cls(**stored | {"cast": tuple(stored["cast"])})


@dataclass(frozen=True)
class Target:
    """The print that a photo is used for: its size in inches, and whether a network enlarges it.

    `drawn` is the size in pixels of the picture that an image model makes of the photo first; None if the photo is
    printed as it is.
    """

    inches: tuple[float, float]
    enlarged: bool
    drawn: tuple[int, int] | None

    def dpi(self, width: float, height: float) -> float:
        """Return the resolution of a picture of this size in pixels, on the side with fewer."""
        return min(width / self.inches[0], height / self.inches[1])

    @property
    def least_dpi(self) -> tuple[float, float]:
        """The resolutions from which a photo is ok, and from which it passes."""
        ok, passes = NETWORK_DPI if self.enlarged else PLAIN_DPI
        if self.drawn is None:
            return ok, passes
        drawn = self.dpi(*self.drawn)
        return min(ok, drawn * DRAWN_SHARE[0]), min(passes, drawn * DRAWN_SHARE[1])


@dataclass(frozen=True)
class Check:
    """One check: its value, a message for the shopper (None if it is ok), and a figure for the merchant."""

    name: str
    verdict: Verdict
    value: float
    message: str | None
    figure: str


@dataclass(frozen=True)
class Preflight:
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all checks."""
        return max((check.verdict for check in self.checks), key=list(Verdict).index)


def assess(figures: Figures, target: Target) -> Preflight:
    """Rate a photo. If it is redrawn, grain and clipped areas are a warning at most, because the drawing has less."""
    checks = [measure(figures, target) for measure in _MEASURES]
    return Preflight(tuple(check for check in checks if check is not None))


def _dpi(figures: Figures, target: Target) -> Check:
    """Pixels of the photo per inch of print, before enlarging."""
    dpi = target.dpi(figures.width, figures.height)
    verdict = _rate_minimum(dpi, target.least_dpi)
    messages = {
        Verdict.WARN: "The photo is a little small for this size: fine details may look soft.",
        Verdict.POOR: "The photo is too small for this size: the print will look blurred.",
    }
    return Check("dpi", verdict, round(dpi), messages.get(verdict), f"{dpi:.0f} dpi before enlarging")


def _sharpness(figures: Figures, target: Target) -> Check | None:
    """A blurred photo is rated like a smaller, sharp one with as much detail."""
    if figures.blur is None:
        return None
    share = min(1.0, SHARP_BLUR / max(figures.blur, SHARP_BLUR))
    dpi = target.dpi(figures.width * share, figures.height * share)
    verdict = Verdict.OK if share == 1 else _rate_minimum(dpi, target.least_dpi)
    messages = {
        Verdict.WARN: "The photo is a little out of focus for this size.",
        Verdict.POOR: "The photo is out of focus: the print will look blurred.",
    }
    figure = "Sharp edges" if share == 1 else f"Edges {figures.blur:.1f} pixels soft: as sharp as {dpi:.0f} dpi"
    return Check("sharpness", verdict, round(figures.blur, 2), messages.get(verdict), figure)


def _noise(figures: Figures, target: Target) -> Check:
    """Visible grain: grain finer than the eye resolves averages out."""
    visible = figures.noise / max(1.0, target.dpi(figures.width, figures.height) / SEEN_DPI)
    verdict = _unless_drawn(_rate_maximum(visible, NOISE), target)
    messages = {
        Verdict.WARN: "The photo is grainy, as photos in dim light are.",
        Verdict.POOR: "The photo is very grainy: the grain will show on the print.",
    }
    return Check("noise", verdict, round(visible, 1), messages.get(verdict), f"Grain of {visible:.1f} grey levels")


def _clipping(figures: Figures, target: Target) -> Check:
    verdict = _unless_drawn(_rate_maximum(figures.clipping, CLIPPING), target)
    message = None if verdict is Verdict.OK else "Large parts of the photo are plain white or black, without detail."
    figure = f"{100 * figures.clipping:.0f} % without detail"
    return Check("clipping", verdict, round(figures.clipping, 3), message, figure)


def _cast(figures: Figures, target: Target) -> Check:
    """A warning at most: a sunset is supposed to be red."""
    size = math.hypot(*figures.cast)
    towards = _hue(*figures.cast)
    message = f"The colours of the photo lean towards {towards}." if size >= CAST else None
    figure = f"Colour cast of {size:.0f}" + (f", towards {towards}" if message else "")
    return Check("cast", Verdict.WARN if message else Verdict.OK, round(size, 1), message, figure)


def _gamut(figures: Figures, target: Target) -> Check | None:
    """A warning at most: every printer has fewer colours than a screen."""
    if figures.gamut is None:
        return None
    message = "Some bright colours will print a little duller than on the screen." if figures.gamut >= GAMUT else None
    figure = f"{100 * figures.gamut:.0f} % of the colours cannot be printed"
    return Check("gamut", Verdict.WARN if message else Verdict.OK, round(figures.gamut, 3), message, figure)


_MEASURES: Sequence[Callable[[Figures, Target], Check | None]] = (_dpi, _sharpness, _noise, _clipping, _cast, _gamut)


def _rate_minimum(value: float, least: tuple[float, float]) -> Verdict:
    """Rounded as displayed: a displayed 75 dpi must pass a limit of 75."""
    return (
        Verdict.OK
        if round(value) >= round(least[0])
        else Verdict.WARN
        if round(value) >= round(least[1])
        else Verdict.POOR
    )


def _rate_maximum(value: float, most: tuple[float, float]) -> Verdict:
    return Verdict.OK if value < most[0] else Verdict.WARN if value < most[1] else Verdict.POOR


def _unless_drawn(verdict: Verdict, target: Target) -> Verdict:
    return Verdict.WARN if verdict is Verdict.POOR and target.drawn else verdict


def _hue(a: float, b: float) -> str:
    """The name of a hue in the CIELAB plane."""
    names = ("red", "orange", "yellow", "green", "green", "blue", "blue", "purple")
    return names[round(math.degrees(math.atan2(b, a)) / 45) % 8]
