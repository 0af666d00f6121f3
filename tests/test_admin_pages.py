"""The merchant's pages share their markup and their statuses, and docs/admin-pages.md describes both as they are."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import CheckConstraint

import app.schema  # noqa: F401  # every table is in the metadata once this is imported
from app.core.tables import metadata
from app.personalization.model import Readiness
from app.personalization.preflight import Verdict
from handlers.http.pages import TEMPLATES, template_environment
from handlers.http.static_files import STATIC
from handlers.http.status_badges import STATUS_BADGES
from tests.sources import ROOT, sources

DOCUMENT = (ROOT / "docs" / "admin-pages.md").read_text("utf-8")
SCRIPT = (STATIC / "app.js").read_text("utf-8")
MACROS = (TEMPLATES / "macros.html").read_text("utf-8")
PAGES = {str(path.relative_to(TEMPLATES)): path.read_text("utf-8") for path in TEMPLATES.rglob("*.html")}
EXAMPLES = re.findall(r"```jinja\n(.*?)```\n\n```html\n(.*?)```", DOCUMENT, re.DOTALL)


def status_columns() -> dict[str, set[str]]:
    """The columns of the schema that hold a status, and the values that each may have."""
    found = {}
    for table in metadata.sorted_tables:
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint):
                column, _, listed = str(constraint.sqltext).partition(" IN ")
                if listed and column.endswith(("status", "state")):
                    found[f"{table.name}.{column}"] = set(re.findall(r"'(\w+)'", listed))
    return found


def test_every_status_has_a_label_and_a_tone() -> None:
    columns = status_columns()
    assert len(columns) >= 7
    shown = {column: set(badges) for column, badges in STATUS_BADGES.items()}
    assert shown == columns | {"preflight.verdict": set(Verdict), "product.readiness": set(Readiness)}


def test_pages_show_only_statuses_of_the_table() -> None:
    named = [
        found for text in PAGES.values() for found in re.findall(r"(?:badge_of|status_badge)\(['\"](.+?)['\"]", text)
    ]
    assert len(named) >= 4
    assert set(named) <= set(STATUS_BADGES)


@pytest.mark.parametrize("page", sorted(set(PAGES) - {"macros.html"}))
def test_a_page_uses_the_macros_instead_of_markup_of_its_own(page: str) -> None:
    assert re.findall(r"<s-badge tone|<s-table>|<s-table-header|<form|type=\"file\"", PAGES[page]) == []


def test_the_document_names_the_attributes_that_the_script_reads() -> None:
    read = {*re.findall(r"dataset\.(\w+)", SCRIPT), *re.findall(r"\[data-(\w+)\]", SCRIPT)}
    assert len(read) >= 5
    assert set(re.findall(r"^### `data-(\w+)`", DOCUMENT, re.M)) == read


def test_the_document_names_the_attributes_that_pages_have() -> None:
    used = {name for text in PAGES.values() for name in re.findall(r"\bdata-(\w+)", text)}
    named = re.findall(r"^(?:### |\| )`data-(\w+)`", DOCUMENT, re.M)
    assert set(named) == used


def test_the_document_shows_every_macro_in_use() -> None:
    macros = set(re.findall(r"{% macro (\w+)\(", MACROS))
    assert set(re.findall(r"^### `([a-z_]+)`", DOCUMENT, re.M)) == macros
    assert {name for example, _ in EXAMPLES for name in re.findall(r"ui\.(\w+)\(", example)} == macros


@pytest.mark.parametrize(("example", "html"), EXAMPLES, ids=[re.findall(r"ui\.(\w+)", each)[0] for each, _ in EXAMPLES])
def test_a_macro_renders_what_the_document_shows(example: str, html: str) -> None:
    rendered = template_environment().from_string('{% import "macros.html" as ui %}\n' + example).render()
    assert _lines(rendered) == _lines(html)


def test_a_form_answers_with_a_fragment_that_says_what_changed() -> None:
    handlers = "".join(source.text for source in sources("handlers"))
    fragments = set(re.findall(r'page\(\s*request, "((?:\w+/)?_\w+\.html)"', handlers))
    assert len(fragments) >= 4
    assert {name for name in fragments if " data-toast=" not in PAGES[name]} == set()


def _lines(html: str) -> list[str]:
    """Indentation and empty lines are the same to a browser."""
    return [line.strip() for line in html.splitlines() if line.strip()]
