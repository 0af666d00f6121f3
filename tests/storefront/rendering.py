"""The block as Shopify would render it, inside a product form like a theme's."""

import json
import re
from pathlib import Path
from typing import Any

from liquid import Environment, StrictUndefined

EXTENSION = Path(__file__).parents[2] / "extensions/artify"
BLOCK = EXTENSION / "blocks/personalizer.liquid"
EMBED = EXTENSION / "blocks/cart.liquid"
SCHEMA = re.compile(r"\{%-?\s*schema\s*-?%\}(.*?)\{%-?\s*endschema\s*-?%\}", re.DOTALL)
PRODUCT = 7700000000001
A4, A3, SQUARE = 7800000000011, 7800000000012, 7800000000013

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Photo Poster</title>
<style>
  body {{ margin: 0 auto; max-width: 480px; padding: 16px; font: 16px/1.5 Georgia, serif; color: #2b2118; }}
  form button {{ width: 100%; min-height: 52px; font: inherit; }}
</style>
<h2>Photo Poster</h2>
<form action="{root}cart/add" method="post">
  <input type="hidden" name="id" value="{variant}">
  <input type="hidden" name="properties[Gift note]" value="For Ada">
  <input name="quantity" value="2" aria-label="Quantity">
  {block}
  <button name="add">Theme add to cart</button>
</form>
</html>"""


CART = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Cart</title>
<aside id="cart-drawer">{lines}</aside>
<form action="{root}cart" method="post">{lines}</form>
<section class="recommended"><a href="{root}products/poster?variant={variant}"><img src="{root}plain.png"></a></section>
{embed}</html>"""
LINE = """<li><a href="{root}products/poster?variant={variant}"><img src="{root}plain.png" alt="Poster"
  srcset="{root}plain.png 2x"></a><div><a href="{root}products/poster?variant={variant}">Poster</a></div></li>"""


def schema(block: Path = BLOCK) -> dict[str, Any]:
    """The block's settings as its schema tag declares them."""
    found = SCHEMA.search(block.read_text())
    assert found, "the block has no schema"
    declared: dict[str, Any] = json.loads(found[1])
    return declared


def texts(name: str = "en.default.json") -> dict[str, str]:
    """A locale's texts by their dotted keys."""
    groups = json.loads((EXTENSION / "locales" / name).read_text())
    return {f"{group}.{key}": text for group, entries in groups.items() for key, text in entries.items()}


def render_block(*, root: str = "/", **settings: Any) -> str:
    """The block's markup for the demo poster, with the schema's defaults but for `settings`."""
    defaults = {entry["id"]: entry["default"] for entry in schema()["settings"]}
    variants = [{"id": A4}, {"id": A3}, {"id": SQUARE}]
    return (
        _environment()
        .from_string(SCHEMA.sub("", BLOCK.read_text()))
        .render(
            product={"id": PRODUCT, "variants": variants, "selected_or_first_available_variant": variants[0]},
            shop={"permanent_domain": "artify-demo.myshopify.com"},
            routes={"root_url": root},
            request={"design_mode": False},
            block={"settings": defaults | settings, "shopify_attributes": 'data-block-id="1"'},
        )
    )


def render_page(root: str, **settings: Any) -> str:
    """A product page: a theme's own form, and the block."""
    return PAGE.format(root=root, variant=A4, block=render_block(root=root, **settings))


def render_cart(root: str, variants: list[int]) -> str:
    """A cart page with a drawer, as a theme draws them: a line's link and picture, and none of its properties."""
    lines = "".join(LINE.format(root=root, variant=variant) for variant in variants)
    return CART.format(root=root, variant=A4, lines=f"<ul>{lines}</ul>", embed=render_embed(root))


def render_embed(root: str = "/") -> str:
    defaults = {entry["id"]: entry["default"] for entry in schema(EMBED)["settings"]}
    return (
        _environment()
        .from_string(SCHEMA.sub("", EMBED.read_text()))
        .render(
            shop={"permanent_domain": "artify-demo.myshopify.com"},
            routes={"root_url": root},
            block={"settings": defaults},
        )
    )


def _environment() -> Environment:
    environment = Environment(undefined=StrictUndefined)
    known = texts()
    environment.filters |= {
        "t": lambda key: known[key],
        "asset_url": lambda name: f"/assets/{name}",
        "stylesheet_tag": lambda url: f'<link rel="stylesheet" href="{url}">',
        "json": lambda value: json.dumps(value).replace("<", "\\u003c"),
    }
    return environment
