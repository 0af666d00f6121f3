"""Print sizes by the names of options: which print area a Shopify variant called "A3", "12x16" or "11oz" is meant for.

Pure rules. They suggest a mapping, which the merchant confirms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.personalization.print_sizes import MM_PER_INCH

TOLERANCE_MM = 2.0
"""How much a named size and a print area may differ per side: makers round millimetres and inches differently."""
PAPER_MM = {
    "a0": (841, 1189),
    "a1": (594, 841),
    "a2": (420, 594),
    "a3": (297, 420),
    "a4": (210, 297),
    "a5": (148, 210),
    "a6": (105, 148),
}
"""ISO 216, in millimetres."""
UNITS_MM = {"mm": 1.0, "cm": 10.0, "in": MM_PER_INCH}
_MEASURE = re.compile(r"(\d+(?:\.\d+)?)(mm|cm|in)?x(\d+(?:\.\d+)?)(mm|cm|in)?")
_PAPER = re.compile(r"(?<![a-z0-9])a[0-6](?![a-z0-9])")
_AMOUNT = re.compile(r"(\d+)(oz|ml|pieces?|pcs?)(?![a-z])")
_CLOTHES = {
    "extrasmall": "xs",
    "small": "s",
    "medium": "m",
    "large": "l",
    "extralarge": "xl",
    "xlarge": "xl",
    "xxl": "2xl",
    "xxlarge": "2xl",
    "xxxl": "3xl",
}
_PIECES = {"piece": "pieces", "pc": "pieces", "pcs": "pieces"}


@dataclass(frozen=True)
class PrintArea:
    """A variant of a blank, as a merchant chooses it: its print area in pixels at `dpi`."""

    id: str
    product_base_id: str
    base_name: str
    name: str
    width_px: int
    height_px: int
    dpi: int
    is_linked: bool = False

    @property
    def mm(self) -> tuple[float, float]:
        """The width and height in millimetres."""
        return self.width_px / self.dpi * MM_PER_INCH, self.height_px / self.dpi * MM_PER_INCH


def suggested(options: Iterable[str], areas: Sequence[PrintArea]) -> PrintArea | None:
    """Return the print area that one of a variant's option values names, or None.

    An equal name counts first, then equal measures, then an equal amount ("11 oz") or size of clothes ("Large").
    """
    values = [value for value in options if value.strip()]
    rules = (_same_name, _same_measures, _same_amount)
    found = (area for rule in rules for value in values for area in areas if rule(value, area))
    return next(found, None)


def _same_name(value: str, area: PrintArea) -> bool:
    plain = _plain(value)
    return plain == _plain(area.name) or _clothes(plain) == _clothes(_plain(area.name))


def _same_measures(value: str, area: PrintArea) -> bool:
    width, height = area.mm
    return any(
        abs(named_width - width) <= TOLERANCE_MM and abs(named_height - height) <= TOLERANCE_MM
        for named_width, named_height in _measures(value)
    )


def _same_amount(value: str, area: PrintArea) -> bool:
    amount = _amount(value)
    return amount is not None and amount == _amount(area.name)


def _measures(value: str) -> Iterator[tuple[float, float]]:
    """Widths and heights in millimetres that a text may mean. Without a unit it means inches or centimetres."""
    if paper := _PAPER.search(value.casefold()):
        yield PAPER_MM[paper[0]]
    if found := _MEASURE.search(_plain(value)):
        unit = found[4] or found[2]
        for name in [unit] if unit else ["in", "cm"]:
            yield float(found[1]) * UNITS_MM[name], float(found[3]) * UNITS_MM[name]


def _amount(value: str) -> tuple[int, str] | None:
    found = _AMOUNT.search(_plain(value))
    return (int(found[1]), _PIECES.get(found[2], found[2])) if found else None


def _clothes(plain: str) -> str:
    return _CLOTHES.get(plain, plain)


def _plain(value: str) -> str:
    """The text without spaces, hyphens, case and thousands separators, with one sign for each unit."""
    text = value.casefold().replace("×", "x").replace("inches", "in").replace("inch", "in")
    text = re.sub("[\"″”]|''", "in", text)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text).replace(",", ".")
    return re.sub(r"[\s_-]+", "", text)
