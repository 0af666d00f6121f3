"""The merchant's pages use Shopify's web components as Shopify describes them."""

from __future__ import annotations

import re

import pytest

from handlers.http.pages import TEMPLATES
from handlers.http.static_files import STATIC
from handlers.http.status_badges import STATUS_BADGES
from tests import polaris

PAGES = {str(path.relative_to(TEMPLATES)): path.read_text("utf-8") for path in sorted(TEMPLATES.rglob("*.html"))}


@pytest.mark.parametrize("page", PAGES)
def test_every_element_attribute_value_and_slot_of_a_page_exists(page: str) -> None:
    assert [fault for use in polaris.uses(PAGES[page]) for fault in polaris.faults(use)] == []


def test_pages_use_the_components() -> None:
    assert {use.name for text in PAGES.values() for use in polaris.uses(text)} >= {"s-page", "s-section", "s-button"}


def test_the_script_names_only_elements_that_exist() -> None:
    named = set(re.findall(r"\bs-[a-z]+(?:-[a-z]+)*", (STATIC / "app.js").read_text("utf-8")))
    assert named
    assert named <= set(polaris.elements())


def test_the_tones_of_statuses_are_those_of_the_badge() -> None:
    tones = {badge.tone for badges in STATUS_BADGES.values() for badge in badges.values()}
    assert tones <= (polaris.elements()["s-badge"].attributes["tone"] or set())


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ("<s-tabs></s-tabs>", "there is no <s-tabs>"),
        ("<s-button colour='red'></s-button>", "<s-button> has no attribute colour"),
        ("<s-button variant='plain'></s-button>", "<s-button variant> cannot be 'plain'"),
        ("<s-icon type='unicorn'></s-icon>", "<s-icon type> cannot be 'unicorn'"),
        ("<s-page><s-button slot='footer'></s-button></s-page>", "<s-page> has no slot 'footer'"),
    ],
)
def test_what_does_not_exist_is_found(markup: str, fault: str) -> None:
    assert [found for use in polaris.uses(markup) for found in polaris.faults(use)] == [fault]
