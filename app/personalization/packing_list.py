"""The contents of a ZIP of print files: which lines it takes, the names of its files, and its packing list. No I/O."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from app.personalization.print_sizes import MM_PER_INCH, Size

PACKING_LIST = "packing-list.csv"
COLUMNS = (
    *("order", "line_item_id", "title", "quantity", "blank", "size", "width_mm", "height_mm", "bleed_mm"),
    *("width_px", "height_px", "dpi", "file", "sha256", "problem"),
)
MISSING = "The print file is missing from storage."
_FORMULA = re.compile("(^|[\"';,|])(\\s*)([=+\\-@\uff1d\uff0b\uff0d\uff20])")
"""The first character of a formula at the beginning of a cell, or where a spreadsheet that splits cells elsewhere, such
as at semicolons, would begin one. Spreadsheets also accept the full-width forms."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class ReadyLine:
    """A line whose print file is ready. `width` and `height` are those of the file in pixels, with its bleed.

    `key` is None if the file is known to be deleted.
    """

    item_id: str
    shopify_line_item_id: str
    order_number: str | None
    title: str | None
    quantity: int
    asset_id: str
    key: str | None
    filename: str | None
    bytes: int
    width: int | None
    height: int | None
    size: Size | None


@dataclass(frozen=True)
class PackedLine:
    """A line with the name of its file in the ZIP and the SHA-256 of what was packed; None if the file is missing."""

    line: ReadyLine
    file: str | None
    sha256: str | None


@dataclass(frozen=True)
class Selection:
    """The lines that one ZIP takes. `has_more` means that not all lines fitted."""

    lines: Sequence[ReadyLine]
    has_more: bool

    @property
    def bytes(self) -> int:
        return sum(line.bytes for line in self.lines)


def select_lines(lines: Sequence[ReadyLine], most_files: int, most_bytes: int) -> Selection:
    """Return the first lines whose files together are within both limits."""
    taken, size = list[ReadyLine](), 0
    for line in lines[:most_files]:
        size += line.bytes
        if size > most_bytes:
            break
        taken.append(line)
    return Selection(taken, len(taken) < len(lines))


def file_names(lines: Iterable[ReadyLine]) -> list[str]:
    """Return a name in the ZIP for each line's file.

    The names differ even where case is ignored, and are plain ASCII without a path.
    """
    used, names = {PACKING_LIST}, list[str]()
    for line in lines:
        name = _NOT_IN_NAMES.sub("-", line.filename or "").lstrip(".-") or line.item_id
        stem, dot, extension = name.rpartition(".") if "." in name else (name, "", "")
        free = (name if n == 1 else f"{stem}-{n}{dot}{extension}" for n in count(1))
        name = next(each for each in free if each.lower() not in used)
        used.add(name.lower())
        names.append(name)
    return names


def packing_list(lines: Iterable[PackedLine]) -> bytes:
    """Return the packing list as CSV in UTF-8, with a byte order mark, without which Excel expects another encoding.

    Millimetres are those of the trimmed print. Every cell is quoted, and none is a formula to a spreadsheet.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for each in lines:
        writer.writerow([plain_cell(value) for value in _cells(each)])
    return text.getvalue().encode("utf-8-sig", "replace")


def plain_cell(value: object) -> str:
    """Return a value as the text of a cell. An apostrophe goes before whatever a spreadsheet may run as a formula."""
    text = "" if value is None else str(value)
    text = "".join(c if c.isprintable() else " " for c in text)
    return _FORMULA.sub(r"\1\2'\3", text)


def _cells(packed: PackedLine) -> list[object]:
    line, size = packed.line, packed.line.size
    millimetres = (
        [_mm(size.width_px, size.dpi), _mm(size.height_px, size.dpi), f"{size.bleed_mm:g}"] if size else [""] * 3
    )
    return [
        *(line.order_number, line.shopify_line_item_id, line.title, line.quantity),
        *((size.blank, size.name) if size else ("", "")),
        *millimetres,
        *(line.width, line.height, size.dpi if size else ""),
        *(packed.file, packed.sha256, None if packed.file else MISSING),
    ]


def _mm(pixels: int, dpi: int) -> str:
    return f"{pixels / dpi * MM_PER_INCH:.1f}"
