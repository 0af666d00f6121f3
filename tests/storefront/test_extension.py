"""What can be told of the theme app extension without a browser."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.storefront.rendering import BLOCK, EMBED, EXTENSION, render_block, render_embed, schema, texts

ASSETS = EXTENSION / "assets"
LIQUID = BLOCK.read_text() + EMBED.read_text()
TARGETS = {"section", "head", "body", "compliance_head"}  # what Shopify takes


@pytest.mark.parametrize("block", [BLOCK, EMBED])
def test_the_schema_has_a_valid_target_and_a_default_for_every_setting(block: Path) -> None:
    declared = schema(block)
    assert declared["target"] in TARGETS
    assert all("default" in entry for entry in declared["settings"])


def test_the_proxys_address_is_a_setting_and_in_no_script() -> None:
    for block in (BLOCK, EMBED):
        defaults = {entry["id"]: entry["default"] for entry in schema(block)["settings"]}
        assert defaults["proxy_prefix"] == "/apps/artify"
    assert not [script.name for script in ASSETS.glob("*.js") if "/apps/" in script.read_text()]


def test_every_text_of_the_schema_exists() -> None:
    asked = set(re.findall(r'"t:([\w.]+)"', LIQUID))
    assert asked == set(texts("en.default.schema.json"))


def test_every_text_of_the_block_exists_and_is_used() -> None:
    asked = set(re.findall(r"'(artify\.\w+)' \| t\b", LIQUID))
    assert asked == set(texts())


def test_every_text_that_the_scripts_ask_for_is_passed_to_them() -> None:
    scripts = "".join(script.read_text() for script in ASSETS.glob("*.js"))
    asked = set(re.findall(r"\btexts\.(\w+)", scripts))
    stages = set(re.findall(r'name: "(upload|start|make)"', scripts))
    passed = set(config()["texts"])
    assert asked | stages == passed


def test_the_loader_stays_under_shopifys_ten_kilobytes() -> None:
    assert (ASSETS / "artify.js").stat().st_size < 10_000


def test_every_file_that_a_script_imports_is_an_asset() -> None:
    imported = {name for script in ASSETS.glob("*.js") for name in re.findall(r'from "\./(.+?)"', script.read_text())}
    assert imported
    assert imported <= {script.name for script in ASSETS.iterdir()}


def test_no_script_writes_markup() -> None:
    writers = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write")
    assert not [script.name for script in ASSETS.glob("*.js") if writers.search(script.read_text())]


def test_the_block_renders_with_its_product_and_settings() -> None:
    rendered = config(require_design=False, root="/fr/")
    assert rendered["product"] == "7700000000001"
    assert rendered["variants"] == ["7800000000011", "7800000000012", "7800000000013"]
    assert rendered["required"] is False
    assert rendered["root"] == "/fr/"


def test_a_heading_with_markup_is_shown_as_text() -> None:
    assert "&lt;b&gt;Hello" in render_block(heading="<b>Hello")


def test_the_cart_embed_asks_for_no_file_before_there_is_a_design() -> None:
    assert not re.search(r"<script[^>]+src=|<link|stylesheet", render_embed())


def test_the_extension_is_a_theme_extension() -> None:
    [extension] = tomllib.loads((EXTENSION / "shopify.extension.toml").read_text())["extensions"]
    assert extension["type"] == "theme"


def config(**settings: Any) -> dict[str, Any]:
    """What the block tells its scripts."""
    found = re.search(r'data-artify="config">(.*?)</script>', render_block(**settings), re.DOTALL)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told
