"""What the pages on which a shop is set up show, read from their HTML."""

from __future__ import annotations

import re


def seen_on(page: str) -> str:
    """What a product's form for print sizes says that it was shown with."""
    [seen] = re.findall(r'name="seen" value="(\w+)"', page)
    return str(seen)


def chosen_on(page: str) -> dict[str, str]:
    """The print size that is chosen for each variant, by Shopify's id: its name, or "" for none."""
    rows = re.findall(r'name="variants\[\]" value="(\d+)">.*?value="(\w[\w-]*|)">(.*?)</s-select>', page, re.S)
    return {
        variant: "".join(re.findall(rf'value="{chosen}">([^,<]+),', options)) if chosen else ""
        for variant, chosen, options in rows
    }


def done_on(page: str) -> list[str]:
    """The titles of the setup guide's steps that are done."""
    return re.findall(r'<li class="done">\s*<div class="step">\s*<strong>(.*?)</strong>', page)
