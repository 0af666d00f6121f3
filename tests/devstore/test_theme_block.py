"""Theme blocks are rendered with Shopify's objects and filters."""

from pathlib import Path

import pytest

from devstore.block import render_blocks
from devstore.catalog import BY_HANDLE
from tests.devstore.conftest import SHOP, Shopify

BLOCK = """
{{ product.id }}|{{ product.selected_or_first_available_variant.title }}|{{ product.variants | map: 'id' | json }}
{{ block.settings.heading | escape }}|{{ block.settings.prefix | json }}|{{ routes.root_url }}
{{ 'artify.hello' | t: name: 'Ada' }}|{{ 'artify.none' | t }}|{{ 'artify.js' | asset_url }}
{% if customer %}customer {{ customer.id }}{% else %}guest{% endif %}{% render 'note', text: 'snippet' %}
{% schema %}
{"name": "Test", "target": "section", "stylesheet": "look.css",
 "settings": [{"type": "text", "id": "heading", "default": "<Hi>"}, {"type": "header", "content": "x"},
              {"type": "text", "id": "prefix", "default": "/apps/artify"}]}
{% endschema %}
"""


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    for name, text in {
        "blocks/test.liquid": BLOCK,
        "snippets/note.liquid": "[{{ text }}]",
        "locales/en.default.json": '{"artify": {"hello": "Hello {{ name }}"}}',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_block_sees_shopifys_objects(extension: Path) -> None:
    poster = BY_HANDLE["photo-poster"]
    shown = render_blocks(extension, SHOP, poster, poster["variants"][1], None)
    assert "7700000000001|A3|[7800000000011, 7800000000012, 7800000000013]" in shown
    assert f'&lt;Hi&gt;|"/apps/artify"|/{SHOP}/' in shown
    assert f"Hello Ada|Translation missing: en.artify.none|/{SHOP}/ext/artify/assets/artify.js" in shown
    assert "guest[snippet]" in shown
    assert f'<link href="/{SHOP}/ext/artify/assets/look.css"' in shown


def test_a_block_sees_the_customer(extension: Path) -> None:
    mug = BY_HANDLE["photo-mug"]
    assert "customer 5" in render_blocks(extension, SHOP, mug, mug["variants"][0], {"id": 5})


def test_no_blocks_render_nothing(tmp_path: Path) -> None:
    mug = BY_HANDLE["photo-mug"]
    assert render_blocks(tmp_path, SHOP, mug, mug["variants"][0], None) == ""


def test_the_projects_own_block_is_on_the_product_page(shopify: Shopify) -> None:
    shown = shopify.http.get(shopify.path("products/photo-mug")).text
    assert "shopify-app-block" in shown
    assert "Translation missing" not in shown
    assert shopify.http.get(shopify.path("ext/artify/assets/artify.js")).status_code == 200
    assert shopify.http.get(shopify.path("ext/artify/assets/nothing.js")).status_code == 404


def test_a_shop_without_the_app_shows_no_block(shopify: Shopify) -> None:
    shopify.http.post(shopify.path("admin/uninstall"))
    assert "shopify-app-block" not in shopify.http.get(shopify.path("products/photo-mug")).text
