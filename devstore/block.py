"""The project's own theme block, rendered as Shopify would render it in a product page."""

import json
import re
from pathlib import Path
from typing import Any

from liquid import DictLoader, Environment
from liquid.extra import script_tag, stylesheet_tag
from markupsafe import Markup

from devstore.catalog import SEED, money
from devstore.state import Record

SCHEMA = re.compile(r"\{%-?\s*schema\s*-?%\}(.*?)\{%-?\s*endschema\s*-?%\}", re.DOTALL)


def render_blocks(extension: Path, shop: str, product: Record, variant: Record, customer: Any) -> Markup:
    """All blocks of a theme extension, one after the other; nothing when there are none."""
    environment = _environment(extension, shop)
    shared = {
        "product": _product(product, variant, shop),
        "shop": {**SEED["shop"], "permanent_domain": shop, "domain": shop},
        "routes": {"root_url": f"/{shop}/"},
        "request": {"locale": {"iso_code": "en"}, "design_mode": False},
        "customer": customer,
    }
    blocks = sorted((extension / "blocks").glob("*.liquid"))
    return Markup("").join(_block(environment, path, shared) for path in blocks)


def _product(product: Record, selected: Record, shop: str) -> Record:
    """Liquid's `product`; prices are in cents."""
    more = {"available": True, "featured_image": f"/cdn/{product['handle']}.svg"}
    variants = [{**variant, **more, "option1": variant["title"]} for variant in product["variants"]]
    current = next(variant for variant in variants if variant["id"] == selected["id"])
    url = f"/{shop}/products/{product['handle']}"
    chosen = dict.fromkeys(("selected_variant", "selected_or_first_available_variant"), current)
    return product | more | chosen | {"variants": variants, "url": url, "price": selected["price"]}


def _block(environment: Environment, path: Path, shared: Record) -> Markup:
    source = path.read_text()
    found = SCHEMA.search(source)
    schema = json.loads(found[1]) if found else {}
    settings = {
        entry["id"]: shared["product"] if entry["type"] == "product" else entry.get("default")
        for entry in schema.get("settings", ())
        if "id" in entry
    }
    id = f"artify_{path.stem}"
    block = {"id": id, "settings": settings, "shopify_attributes": f'data-block-id="{id}"'}
    head = "".join(
        environment.render("{{ name | asset_url | " + tag + " }}", name=schema[kind])
        for kind, tag in (("stylesheet", "stylesheet_tag"), ("javascript", "script_tag"))
        if kind in schema
    )
    html = environment.render(SCHEMA.sub("", source), **shared, block=block)
    return Markup(f'{head}<div id="shopify-block-{id}" class="shopify-app-block">{html}</div>')  # noqa: S704


def _environment(extension: Path, shop: str) -> Environment:
    """Liquid with the extension's snippets, and the filters of Shopify that a block may use."""
    snippets = {path.stem: path.read_text() for path in (extension / "snippets").glob("*.liquid")}
    environment, texts = Environment(loader=DictLoader(snippets)), _texts(extension)
    environment.filters |= {
        "t": lambda key, **values: _fill(texts.get(key, f"Translation missing: en.{key}"), values),
        "asset_url": lambda name: f"/{shop}/ext/artify/assets/{name}",
        **dict.fromkeys(("image_url", "img_url"), lambda image, *_, **__: image),
        "json": lambda value: json.dumps(value).replace("<", "\\u003c"),
        "money": money,
        "stylesheet_tag": stylesheet_tag,
        "script_tag": script_tag,
    }
    return environment


def _texts(extension: Path) -> dict[str, str]:
    """The locale's texts by their dotted keys."""

    def flat(value: Any, key: str) -> dict[str, str]:
        if not isinstance(value, dict):
            return {key[1:]: value}
        return {name: text for part in value for name, text in flat(value[part], f"{key}.{part}").items()}

    path = extension / "locales/en.default.json"
    return flat(json.loads(path.read_text()), "") if path.exists() else {}


def _fill(text: str, values: dict[str, Any]) -> str:
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: str(values.get(match[1], "")), text)
