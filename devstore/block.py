"""The project's own theme block, rendered as Shopify would render it in a product page."""

import json
import re
from pathlib import Path
from typing import Any

from liquid import DictLoader, Environment
from liquid.extra import script_tag, stylesheet_tag
from markupsafe import Markup

from devstore.catalog import Product, Variant, money
from devstore.state import Record

SCHEMA = re.compile(r"\{%-?\s*schema\s*-?%\}(.*?)\{%-?\s*endschema\s*-?%\}", re.DOTALL)


def render_blocks(project: Path, shop: str, product: Product, variant: Variant, customer: Record | None) -> Markup:
    """All blocks of the app's theme extension, one after the other; nothing when there are none."""
    extension, drop = project / "extensions/artify", product_drop(product, variant, shop)
    environment = _environment(extension, shop)
    shared = {
        "product": drop,
        "shop": {"name": "Artify Demo", "permanent_domain": shop, "domain": shop, "currency": "USD"},
        "routes": {"root_url": f"/{shop}/", "cart_url": f"/{shop}/cart", "cart_add_url": f"/{shop}/cart/add"},
        "request": {"locale": {"iso_code": "en"}, "design_mode": False},
        "customer": customer,
        "localization": {"language": {"iso_code": "en"}},
    }
    blocks = sorted((extension / "blocks").glob("*.liquid"))
    return Markup("").join(_block(environment, path, shared) for path in blocks)


def product_drop(product: Product, selected: Variant, shop: str) -> Record:
    """Liquid's `product`; prices are in cents."""
    variants = [
        {
            "id": variant.id,
            "title": variant.title,
            "option1": variant.title,
            "options": [variant.title],
            "price": variant.price,
            "sku": variant.sku,
            "available": True,
        }
        for variant in product.variants
    ]
    current = next(variant for variant in variants if variant["id"] == selected.id)
    return {
        "id": product.id,
        "title": product.title,
        "handle": product.handle,
        "type": product.type,
        "description": product.description,
        "url": f"/{shop}/products/{product.handle}",
        "price": selected.price,
        "available": True,
        "featured_image": f"/cdn/{product.handle}.svg",
        "options": [product.option],
        "variants": variants,
        "selected_variant": current,
        "selected_or_first_available_variant": current,
    }


def _block(environment: Environment, path: Path, shared: Record) -> Markup:
    source = path.read_text()
    found = SCHEMA.search(source)
    schema = json.loads(found[1]) if found else {}
    settings = {
        entry["id"]: shared["product"] if entry["type"] == "product" else entry.get("default")
        for entry in schema.get("settings", ())
        if "id" in entry
    }
    block = {"id": f"artify_{path.stem}", "type": path.stem, "settings": settings}
    block["shopify_attributes"] = f'data-block-id="{block["id"]}"'
    # Jinja gets it as it is: Liquid in a theme does not escape either.
    html = environment.from_string(SCHEMA.sub("", source)).render(**shared, block=block)
    head = environment.from_string(
        "{% if css %}{{ css | asset_url | stylesheet_tag }}{% endif %}"
        "{% if js %}<script src='{{ js | asset_url }}' defer></script>{% endif %}"
    ).render(css=schema.get("stylesheet"), js=schema.get("javascript"))
    return Markup(f'{head}<div id="shopify-block-{block["id"]}" class="shopify-app-block">{html}</div>')  # noqa: S704


def _environment(extension: Path, shop: str) -> Environment:
    """Liquid with the snippets, and the filters of Shopify that a block may use."""
    snippets = {path.stem: path.read_text() for path in (extension / "snippets").glob("*.liquid")}
    environment = Environment(loader=DictLoader(snippets))
    texts = _texts(extension / "locales/en.default.json")
    environment.filters |= {
        "t": lambda key, **values: _fill(texts.get(str(key), f"Translation missing: en.{key}"), values),
        "asset_url": lambda name: f"/{shop}/ext/artify/assets/{name}",
        "image_url": lambda image, **_: image,
        "img_url": lambda image, *_, **__: image,
        "json": lambda value: json.dumps(value).replace("<", "\\u003c"),
        "money": money,
        "stylesheet_tag": stylesheet_tag,
        "script_tag": script_tag,
    }
    return environment


def _texts(path: Path) -> dict[str, str]:
    """The locale's texts by their dotted keys."""
    flat: dict[str, str] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else key, inner)
        else:
            flat[prefix] = str(value)

    walk("", json.loads(path.read_text()) if path.exists() else {})
    return flat


def _fill(text: str, values: dict[str, Any]) -> str:
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: str(values.get(match[1], "")), text)
