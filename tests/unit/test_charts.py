"""Bar charts: what is drawn, and the sentence for those who do not see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.http.charts import HEIGHT, WIDTH, bar_chart

VALUES = st.lists(st.floats(0, 1e12, allow_subnormal=False), max_size=90)


@given(VALUES)
def test_bars_stand_side_by_side_on_the_axis_and_fit(values: list[float]) -> None:
    bars = bar_chart("Pictures", [(str(at), value) for at, value in enumerate(values)]).bars
    assert len(bars) == len(values)
    for bar in bars:
        assert 0 <= bar.y <= HEIGHT
        assert bar.y + bar.height == pytest.approx(HEIGHT, abs=0.02)
    edges = [edge for bar in bars for edge in (bar.x, bar.x + bar.width)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= WIDTH for edge in edges)


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (0.02, 0.02), (0.9, 1), (1, 1), (3, 5), (7, 10), (10, 10), (11, 20), (499, 500)]
)
def test_the_axis_ends_at_a_round_number(most: float, top: float) -> None:
    chart = bar_chart("Pictures", [("1 Nov", most)])
    assert [line.label for line in chart.lines] == [f"{top / 2:g}", f"{top:g}"]
    assert chart.bars[0].height == pytest.approx(HEIGHT * most / top, abs=0.01)


def test_a_chart_says_its_sum_and_its_peak() -> None:
    chart = bar_chart("Cost", [("1 Nov", 1.5), ("2 Nov", 2.0)], "${:.2f}".format)
    assert chart.about == "Cost: $3.50 in all, at most $2.00 (2 Nov)"
    assert [bar.title for bar in chart.bars] == ["1 Nov: $1.50", "2 Nov: $2.00"]
    assert bar_chart("Cost", [("1 Nov", 0)]).about == "Cost: 0 in all"
    assert bar_chart("Cost", []).about == "Cost: 0 in all"


def test_few_bars_are_labelled() -> None:
    labels = [bar.label for bar in bar_chart("Pictures", [(str(at), 1) for at in range(30)]).bars]
    assert [label for label in labels if label] == ["0", "6", "12", "18", "24"]
