"""Theme blocks are rendered with Shopify's objects and filters, as far as the project's own block uses them."""

from pathlib import Path

import pytest
from liquid.exceptions import UndefinedError

from devstore.block import render_blocks
from devstore.catalog import BY_HANDLE
from tests.devstore.conftest import SHOP, Shopify

BLOCK = """
{{ product.id }}|{{ product.selected_or_first_available_variant.title }}|{{ product.variants | map: 'id' | json }}
{{ block.settings.heading | escape }}|{{ block.settings.prefix | json }}|{{ routes.root_url }}
{{ 'artify.hello' | t }}|{{ 'artify.none' | t }}|{{ 'look.css' | asset_url | stylesheet_tag }}
{% schema %}
{"name": "Test", "target": "section",
 "settings": [{"type": "text", "id": "heading", "default": "<Hi>"}, {"type": "header", "content": "x"},
              {"type": "text", "id": "prefix", "default": "/apps/artify"}]}
{% endschema %}
"""
PLACED = [{"id": "one", "type": "test", "settings": {}}]


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    for name, text in {
        "blocks/test.liquid": BLOCK,
        "locales/en.default.json": '{"artify": {"hello": "Hello"}}',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_block_sees_shopifys_objects(extension: Path) -> None:
    poster = BY_HANDLE["photo-poster"]
    shown = render_blocks(extension, SHOP, PLACED, poster, poster["variants"][1])
    assert "7700000000001|A3|[7800000000011, 7800000000012, 7800000000013]" in shown
    assert f'&lt;Hi&gt;|"/apps/artify"|/{SHOP}/' in shown
    assert f'Hello|Translation missing: en.artify.none|<link href="/{SHOP}/ext/artify/assets/look.css"' in shown


def test_a_block_that_asks_for_what_is_not_here_fails(extension: Path) -> None:
    (extension / "blocks/test.liquid").write_text("{{ product.unheard_of }}")
    mug = BY_HANDLE["photo-mug"]
    with pytest.raises(UndefinedError):
        render_blocks(extension, SHOP, PLACED, mug, mug["variants"][0])


def test_the_projects_own_block_is_on_the_product_page(shopify: Shopify) -> None:
    shown = shopify.http.get(shopify.path("products/photo-mug")).text
    assert "shopify-app-block" in shown
    assert "Translation missing" not in shown
    assert shopify.http.get(shopify.path("ext/artify/assets/artify.js")).status_code == 200
    assert shopify.http.get(shopify.path("ext/artify/assets/nothing.js")).status_code == 404


def test_a_shop_without_the_app_shows_no_block(shopify: Shopify) -> None:
    shopify.http.post(shopify.path("admin/uninstall"))
    assert "shopify-app-block" not in shopify.http.get(shopify.path("products/photo-mug")).text
