"""A capability is its folders and a few lines elsewhere, and docs/adding-a-capability.md shows a whole one."""

from __future__ import annotations

import ast
import re

import pytest

from app.capabilities import CAPABILITIES
from tests.sources import ROOT, sources

PAGE = (ROOT / "docs/adding-a-capability.md").read_text("utf-8")
EXAMPLE = (ROOT / "tests/sketches/capability.py").read_text("utf-8")
OF_MERCHANTS = (ROOT / "tests/sketches/banners.py").read_text("utf-8")
MOST_LINES = 60
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.S)
ABOVE_PRIVACY = [each.name for each in CAPABILITIES if each.personal_data]
NAMED_BY = {
    "app.capabilities": "registers it",
    "handlers.routes": "has its routes",
    "handlers.home": "shows how far a shop is set up, and this month's previews",
    "handlers.usage": "shows what became of a shop's previews",
    "handlers.demo.shop": "fills a shop to look at",
    "handlers.cli.print_image": "a command that makes a print",
    "handlers.cli.try_photo": "a command that makes a print of an order",
}
"""Modules of the product that name a capability from outside its folders, with the reasons."""


@pytest.mark.parametrize("capability", ABOVE_PRIVACY)
def test_a_capability_is_named_in_its_own_folders_and_a_few_modules_besides(capability: str) -> None:
    own = (f"app.{capability}", f"handlers.{capability}")
    named = {
        source.name
        for source in sources("app", "handlers")
        if not f"{source.name}.".startswith(tuple(f"{name}." for name in own))
        if any(re.search(rf"\b{capability}\b", word) for node in ast.walk(source.tree) for word in words_of(node))
    }
    assert named - set(NAMED_BY) == set()
    assert capability != "personalization" or named == set(NAMED_BY)


def words_of(node: ast.AST) -> list[str]:
    """The texts and names of a node, those that it imports among them, but no docstring's prose."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if " " not in node.value else []
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [str(getattr(node, name)) for name in ("id", "attr") if getattr(node, name, None)]


def test_no_template_of_another_folder_names_a_capability() -> None:
    folder = ROOT / "handlers/templates"
    others = [path for path in folder.rglob("*.html") if path.parent.name not in ABOVE_PRIVACY]
    assert [path.name for path in others if any(name in path.read_text("utf-8") for name in ABOVE_PRIVACY)] == []


def test_the_page_shows_the_example_as_it_runs() -> None:
    assert [block for block in BLOCKS if block.strip() not in EXAMPLE + OF_MERCHANTS] == []


@pytest.mark.parametrize("example", [EXAMPLE, OF_MERCHANTS], ids=["shoppers", "merchants"])
def test_a_capability_that_differs_in_nothing_is_short(example: str) -> None:
    assert len(example.splitlines()) <= MOST_LINES


def test_the_page_shows_all_of_the_example() -> None:
    rest = EXAMPLE
    for block in BLOCKS:
        rest = rest.replace(block.strip(), "")
    left = [node for node in ast.parse(rest).body[1:] if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in left] == []


def test_each_step_that_the_page_names_outside_the_folders_is_a_file() -> None:
    steps = re.findall(r"^\| (`.*?) \|", PAGE, re.M)
    named = [name for step in steps for name in re.findall(r"`([\w./-]+)`", step)]
    assert "app/capabilities.py" in named
    assert [name for name in named if not (ROOT / name).exists()] == []
