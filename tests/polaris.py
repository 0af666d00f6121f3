"""Shopify's own description of its web components, and the components that our templates use.

The npm package @shopify/polaris-types, which tests/node pins, lists elements, attributes, the values of attributes, and
slots. App Bridge's elements are not in it; those that we use are listed here.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

TYPES = Path(__file__).parent / "node/node_modules/@shopify/polaris-types/dist/custom-elements.json"
GLOBAL = re.compile(r"(id|class|slot|style|title|hidden|lang|dir|tabindex|role|data-.+|aria-.+)$")
JINJA = re.compile(r"{#.*?#}|{%.*?%}", re.DOTALL)
EXPRESSION = re.compile(r"{{.*?}}", re.DOTALL)
UNKNOWN = "jinja"
"""Stands for what a template computes."""


@dataclass(frozen=True)
class Element:
    """An element's attributes with their allowed values (None: any), and its slots; "" is the slot without a name."""

    attributes: dict[str, frozenset[str] | None]
    slots: frozenset[str] = frozenset({""})


@dataclass(frozen=True)
class Use:
    """An element in a template, with the element directly around it."""

    name: str
    attributes: dict[str, str]
    parent: str | None


@functools.cache
def elements() -> dict[str, Element]:
    """All elements by name. Skips where the package is not installed."""
    if not TYPES.exists():
        pytest.skip("@shopify/polaris-types is not installed: run npm ci in tests/node")
    modules = json.loads(TYPES.read_text("utf-8"))["modules"]
    known = [found for module in modules for found in module["declarations"]]
    described = {
        found["tagName"]: Element(
            {each["name"]: _values(each.get("type", {}).get("text", "")) for each in found.get("attributes", ())},
            frozenset(slot["name"] for slot in found.get("slots", ())),
        )
        for found in known
    }
    # The links of App Bridge's navigation may have a `rel`: https://shopify.dev/docs/api/app-home
    described["s-app-nav"] = Element({})
    link = described["s-link"]
    described["s-link"] = Element(link.attributes | {"rel": frozenset({"home"})}, link.slots)
    # The title bar of the admin takes a page's accessory: SPageChildren of @shopify/app-bridge-types.
    page = described["s-page"]
    described["s-page"] = Element(page.attributes, page.slots | {"accessory"})
    return described


def uses(template: str) -> list[Use]:
    """The web components in a template, whose expressions count as unknown values."""
    reader = _Reader()
    reader.feed(EXPRESSION.sub(UNKNOWN, JINJA.sub("", template)))
    return reader.found


def faults(use: Use) -> list[str]:
    """What Shopify's description does not allow of an element in a template."""
    element = elements().get(use.name)
    if element is None:
        return [f"there is no <{use.name}>"]
    found = []
    for name, value in use.attributes.items():
        if GLOBAL.match(name) or name == UNKNOWN:
            continue
        if name not in element.attributes:
            found.append(f"<{use.name}> has no attribute {name}")
        elif UNKNOWN not in value and value not in (element.attributes[name] or {value}):
            found.append(f"<{use.name} {name}> cannot be {value!r}")
    around, slot = elements().get(use.parent or ""), use.attributes.get("slot", "")
    if around and slot not in around.slots:
        found.append(f"<{use.parent}> has no slot {slot!r}")
    return found


def _values(type_: str) -> frozenset[str] | None:
    """The strings of a union of literals. None for another type, or for a union that the package abridges."""
    return frozenset(re.findall(r'"([^"]*)"', type_)) if re.fullmatch(r'"[^"]*"( \| "[^"]*")*', type_) else None


@dataclass
class _Reader(HTMLParser):
    found: list[Use] = field(default_factory=list)
    around: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag.startswith("s-"):
            self.found.append(Use(tag, {name: value or "" for name, value in attrs}, (self.around or [None])[-1]))
        if tag not in ("input", "img", "br", "meta", "link", "hr"):
            self.around.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.around:  # branches of a template may open an element twice
            del self.around[len(self.around) - 1 - self.around[::-1].index(tag) :]
