"""docs/printing.md says what the code does: sizes, bleed, formats, and when a photo is good enough."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.adapters.files.r2 import R2Files
from app.adapters.imaging import print_plan, span_faults, upscaler_span
from app.core.pictures import PRINT_MIMES, PrintSpec
from app.core.ports.files import MOST_STREAMED
from app.personalization import preflight, print_archives
from app.personalization.print_sizes import Size
from handlers.demo.shop import POSTER_SIZES
from tests.facts import states

TEXT = (Path(__file__).parents[1] / "docs" / "printing.md").read_text("utf-8")
WORDS = " ".join(TEXT.split())
ROWS = {
    name: cells for name, *cells in (line.strip("| ").split(" | ") for line in TEXT.splitlines() if line[:1] == "|")
}


def numbers(row: str, *columns: int) -> list[int]:
    [cells] = [cells for name, cells in ROWS.items() if name.startswith(row)]
    return [int(number) for column in columns for number in re.findall(r"\d+", cells[column])]


@pytest.mark.parametrize(
    ("row", "limits"),
    [
        ("dots per inch", preflight.NETWORK_DPI),
        ("the same, if", preflight.PLAIN_DPI),
        ("visible grain", preflight.NOISE),
        ("white or black", tuple(100 * share for share in preflight.CLIPPING)),
    ],
)
def test_the_table_has_the_limits_of_ok_and_warn(row: str, limits: tuple[float, ...]) -> None:
    assert numbers(row, 0, 1) == [round(limit) for limit in limits]


def test_the_table_has_the_limits_of_warnings() -> None:
    assert numbers("colour cast", 0) == [preflight.CAST]
    assert numbers("colours that", 0) == [100 * preflight.GAMUT]


def test_the_text_has_the_shares_of_a_drawn_picture() -> None:
    ok, passes = (round(100 * share) for share in preflight.DRAWN_SHARE)
    assert states(TEXT, f"{ok} %", f"{passes} %")


def test_every_format_is_in_the_table() -> None:
    named = {name.strip("`") for row in ROWS for name in re.findall(r"`[a-z-]+`", row)}
    assert set(PRINT_MIMES) <= named
    assert f"quality {PrintSpec(1, 1).quality}" in ROWS["`jpg` (default)"][1]


def test_the_sizes_are_the_demos() -> None:
    for size in POSTER_SIZES:
        assert f"{size.width_px} × {size.height_px}" in TEXT


def test_the_example_of_bleed_is_right() -> None:
    spec = Size("", "", "A4", 2480, 3508, None, bleed_mm=3).print_spec
    assert states(TEXT, "3 mm", "300 dpi", f"{spec.bleed} pixels", f"{spec.full_size[0]} × {spec.full_size[1]}")


def test_the_text_says_from_which_factor_on_the_network_enlarges() -> None:
    assert states(TEXT, f"{print_plan._MIN_NETWORK_FACTOR} times")


def test_the_text_says_when_the_network_is_replaced() -> None:
    least, most = -span_faults.LEAST, round(span_faults.MOST - 1, 6)
    tile, window = upscaler_span._TILE, span_faults.WINDOW
    assert states(TEXT, "tiles", f"{tile} × {tile} pixels")
    assert least == most
    assert states(TEXT, "0 to 1", f"{most}")
    assert states(TEXT, f"{window} × {window} pixels", f"{span_faults.MOST_APART} levels")


def test_the_page_states_the_limits_of_a_zip() -> None:
    assert f"at most {print_archives.MOST_FILES} files and {MOST_STREAMED // 10**9} GB" in WORDS
    assert f"({R2Files.most_streamed // 10**6} MB on Cloudflare Workers)" in WORDS
    assert (print_archives.FREE_SHARE, print_archives.ARCHIVE_LIFE.days) == (2, 1)
