"""What a ZIP of print files contains, and that no spreadsheet runs anything in its packing list."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.personalization.packing_list import (
    COLUMNS,
    MISSING,
    PACKING_LIST,
    PackedLine,
    ReadyLine,
    file_names,
    packing_list,
    plain_cell,
    select_lines,
)
from app.personalization.print_sizes import Size

A4 = Size("s", "p", "A4", 2480, 3508, None, bleed_mm=3, dpi=300, base_name="Poster", option_values=["matt"])
LINE = ReadyLine("i", "77", "#1001", "Poster", 2, "a", "key", "1001-Poster-A4.jpg", 100, 2550, 3578, A4)
SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
NASTY = st.text(st.sampled_from("=+-@\uff1d\uff20;,\"'| \t\r\n\0a1\xa0\u2028"), max_size=12) | st.text(max_size=12)


def rows(lines: list[PackedLine]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(packing_list(lines).decode("utf-8-sig"), newline="")))


def test_the_list_says_what_is_to_be_printed_from_which_file() -> None:
    [row] = rows([PackedLine(LINE, "1001-Poster-A4.jpg", "ab" * 32)])
    assert list(row) == list(COLUMNS)
    assert row == {
        **{"order": "#1001", "line_item_id": "77", "title": "Poster", "quantity": "2"},
        **{"blank": "Poster, ", "size": "A4", "width_mm": "210.0", "height_mm": "297.0", "bleed_mm": "3"},
        **{"width_px": "2550", "height_px": "3578", "dpi": "300", "file": "1001-Poster-A4.jpg"},
        **{"sha256": "ab" * 32, "problem": ""},
    }


def test_a_missing_file_and_an_unknown_size_leave_cells_empty() -> None:
    [row] = rows([PackedLine(replace(LINE, size=None, title=None), None, None)])
    assert (row["file"], row["sha256"], row["problem"]) == ("", "", MISSING)
    assert (row["title"], row["blank"], row["width_mm"], row["dpi"]) == ("", "", "", "")


@given(texts=st.lists(NASTY, min_size=3, max_size=3))
def test_no_spreadsheet_finds_a_formula_however_it_splits_cells(texts: list[str]) -> None:
    number, title, name = texts
    line = replace(LINE, order_number=number, title=title, size=replace(A4, name=name))
    text = packing_list([PackedLine(line, "f.jpg", "0")]).decode("utf-8-sig")
    for delimiter in ",;\t|":
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        assert len(read) == 2, "a text has broken the line"
        cells = [cell for row in read for cell in row]
        assert [cell for cell in cells if cell.lstrip().lstrip('"').lstrip().startswith(SIGNS)] == []


@pytest.mark.parametrize("text", ["Poster, A4 (210 × 297 mm)", "Ärmel-Shirt", "a@b.example", "#1001", "1+1=2", "日本"])
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    assert plain_cell(text) == text


@given(
    st.lists(st.none() | NASTY | st.sampled_from(["a.jpg", "A.JPG", "a-2.jpg", PACKING_LIST, "../x", ""]), max_size=9)
)
def test_names_in_a_zip_differ_and_lead_nowhere(given_names: list[str | None]) -> None:
    names = file_names([replace(LINE, filename=name) for name in given_names])
    assert len({name.lower() for name in [*names, PACKING_LIST]}) == len(given_names) + 1
    assert [name for name in names if not name.isascii() or set(name) & set('/\\:"<>|?* ') or name[0] == "."] == []


@pytest.mark.parametrize(
    ("most_files", "most_bytes", "expected"),
    [(9, 900, (3, False)), (2, 900, (2, True)), (9, 250, (2, True)), (9, 99, (0, True)), (9, 300, (3, False))],
)
def test_a_zip_takes_the_first_lines_within_both_limits(most_files: int, most_bytes: int, expected: Any) -> None:
    chosen = select_lines([LINE] * 3, most_files, most_bytes)
    assert (len(chosen.lines), chosen.has_more) == expected
    assert chosen.bytes == 100 * len(chosen.lines)
