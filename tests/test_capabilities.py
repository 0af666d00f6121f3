"""What registers in app/capabilities.py is all that there is, and says what the rest of the app needs to know of it."""

from __future__ import annotations

import ast
import tomllib
from typing import Any

import pytest
from sqlalchemy import Table
from starlette.routing import Route

import app.schema  # noqa: F401  # fills the metadata
from app.capabilities import CAPABILITIES
from app.core.lazy import load
from app.core.tables import ShopRedact, metadata, shop_redact_of
from app.shops.model import NEEDED_SCOPES
from handlers.http.pages import NAV
from handlers.jobs import KINDS, SWEEPS
from handlers.routes import ROUTES
from handlers.webhooks import TOPICS
from tests.sources import ROOT, sources

REGISTERED = {each.name for each in CAPABILITIES}
NOT_REGISTERED = {"core", "adapters"}
"""Folders of the app that add nothing to it by themselves."""
CONTRACTS = {
    each["id"]: each
    for each in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
}
ABOVE_PRIVACY = {each.name for each in CAPABILITIES if each.personal_data}
OTHER_MEANINGS = {"orders"}
"""Names of tables that mean something else where privacy has them: the orders of Shopify's compliance webhooks."""
OF_A_PERSON = {"shopper_id", "guest_session_id", "customer_id", "shopify_customer_id", "token_hash"}
TABLES = list(metadata.tables.values())


def test_every_package_of_the_app_is_registered() -> None:
    there = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")}
    assert there - NOT_REGISTERED == REGISTERED


def test_what_is_registered_is_what_runs() -> None:
    kinds = [kind for each in CAPABILITIES if each.job_kinds for kind in load(each.job_kinds)]
    assert len(kinds) == len({kind.name for kind in kinds})
    assert list(KINDS.values()) == kinds
    assert len(SWEEPS) == sum(len(each.sweeps) for each in CAPABILITIES) >= 5
    assert {name.partition(".")[0] for name in KINDS} <= REGISTERED


def test_the_manifest_subscribes_to_the_topics_and_asks_for_the_scopes_that_are_registered() -> None:
    manifest = tomllib.loads((ROOT / "shopify.app.toml").read_text("utf-8"))
    subscriptions = manifest["webhooks"]["subscriptions"]
    subscribed = {topic for each in subscriptions for topic in each.get("topics", each.get("compliance_topics"))}
    assert subscribed == set(TOPICS)
    scopes = {scope for each in CAPABILITIES for scope in each.scopes}
    assert scopes == set(NEEDED_SCOPES) == set(manifest["access_scopes"]["scopes"].split(","))


def test_every_link_of_the_navigation_is_a_page() -> None:
    pages = {route.path for route in ROUTES if isinstance(route, Route)}
    paths = ["/", "/products", "/blanks", "/styles", "/watermark", "/orders", "/usage", "/privacy", "/settings"]
    assert [link.path for link in NAV] == paths
    assert {link.path for link in NAV} <= pages


def test_adapters_import_no_package_that_is_registered() -> None:
    assert set(CONTRACTS["adapters"]["forbidden_modules"]) == {
        "app.capabilities",
        *(f"app.{name}" for name in REGISTERED),
    }


def test_privacy_imports_no_capability_that_supplies_personal_data() -> None:
    assert len(ABOVE_PRIVACY) >= 1
    assert set(CONTRACTS["privacy"]["forbidden_modules"]) == {
        "app.capabilities",
        *(f"app.{name}" for name in ABOVE_PRIVACY),
    }


def test_privacy_names_no_table_and_no_module_of_a_capability() -> None:
    """Neither as a name in its code nor as a text: a table could be found in the metadata."""
    tables = {
        name
        for each in CAPABILITIES
        if each.name in ABOVE_PRIVACY and each.tables
        for name, value in vars(load(each.tables)).items()
        if isinstance(value, Table)
    }
    assert {"generations", "order_items"} <= tables
    forbidden = (tables - OTHER_MEANINGS) | ABOVE_PRIVACY
    found = {
        f"{source.name}: {word}"
        for source in sources("app/privacy")
        for node in ast.walk(source.tree)
        for word in words_of(node)
        if word in forbidden or word.startswith(tuple(f"{name}." for name in ABOVE_PRIVACY))
    }
    assert found == set()


def words_of(node: Any) -> list[str]:
    """The names and texts of a node."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return [str(getattr(node, name)) for name in ("id", "attr", "arg") if getattr(node, name, None)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_says_what_the_redaction_of_a_shop_does_to_it(table: Table) -> None:
    fate = shop_redact_of(table)
    if fate is ShopRedact.KEPT:
        assert OF_A_PERSON & set(table.columns.keys()) == set()
        assert not table.foreign_keys
    if fate is ShopRedact.DELETED:
        assert "shop_id" in table.columns


def test_a_table_that_says_nothing_is_an_error() -> None:
    with pytest.raises(KeyError):
        shop_redact_of(Table("mute", type(metadata)()))
