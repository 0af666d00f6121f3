"""Bar charts as SVG: the geometry that the macro `bar_chart` draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 320, 100
"""Units of the SVG's own coordinates, about a pixel on a phone; the page scales it to the width there is."""
GAP = 0.25
"""The share of a bar's place that stays empty."""
MOST_LABELS = 5
STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Bar:
    """`label` names the bar under the chart, if it has one; `title` is what pointing at it says."""

    x: float
    y: float
    width: float
    height: float
    label: str | None
    title: str


@dataclass(frozen=True)
class Line:
    """A line of the grid, with the value that it stands for."""

    y: float
    label: str


@dataclass(frozen=True)
class BarChart:
    """`about` is the chart in a sentence, for those who do not see it."""

    about: str
    bars: Sequence[Bar]
    lines: Sequence[Line]
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(name: str, values: Sequence[tuple[str, float]], show: Callable[[float], str] = "{:g}".format) -> BarChart:
    """Return a chart of labelled values that are not negative. `show` writes a value with its unit.

    The axis begins at 0 and ends at 1, 2 or 5 times a power of ten, or at 1 if all values are 0.
    """
    top = _round_up(max((value for _, value in values), default=0))
    place = WIDTH / max(len(values), 1)
    every = math.ceil(len(values) / MOST_LABELS) if values else 1
    bars = [
        Bar(
            x=round(at * place + place * GAP / 2, 2),
            y=round(HEIGHT - HEIGHT * value / top, 2),
            width=round(place * (1 - GAP), 2),
            height=round(HEIGHT * value / top, 2),
            label=label if at % every == 0 else None,
            title=f"{label}: {show(value)}",
        )
        for at, (label, value) in enumerate(values)
    ]
    total, most = sum(value for _, value in values), max(values, key=lambda each: each[1], default=("", 0.0))
    peak = f", at most {show(most[1])} ({most[0]})" if total else ""
    return BarChart(f"{name}: {show(total)} in all{peak}", bars, [Line(HEIGHT / 2, show(top / 2)), Line(0, show(top))])


def _round_up(value: float) -> float:
    if value <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in STEPS if step * power >= value)
