"""The demo's print sizes in other pixels: a small print takes no time, however busy the machine is."""

from __future__ import annotations


def resized(width: int, height: int, name: str = "11 oz") -> list[str]:
    """Statements for a size of that name, and the blank that it is printed on."""
    tables = ("sizes", "product_base_variants")
    return [f"UPDATE {table} SET width_px = {width}, height_px = {height} WHERE name = '{name}'" for table in tables]
