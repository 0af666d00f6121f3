"""The project's theme app extension, rendered as Shopify renders it in the pages of a shop."""

import json
import re
from pathlib import Path

from liquid import Environment, StrictUndefined
from liquid.extra import stylesheet_tag
from markupsafe import Markup

from devstore.state import Record

SCHEMA = re.compile(r"\{%-?\s*schema\s*-?%\}(.*?)\{%-?\s*endschema\s*-?%\}", re.DOTALL)


def render_blocks(extension: Path, shop: str, product: Record | None = None, variant: Record | None = None) -> Markup:
    """Render a theme extension's blocks for a product page or, without a product, its app embeds.

    Raises liquid.exceptions.UndefinedError if a block reads an object or property that is not simulated.
    """
    environment, target = _environment(extension, shop), "section" if product else "body"
    page = {"shop": {"permanent_domain": shop}, "routes": {"root_url": f"/{shop}/"}, "request": {"design_mode": False}}
    if product:
        page["product"] = product | {"selected_or_first_available_variant": variant}
    blocks = sorted((extension / "blocks").glob("*.liquid"))
    return Markup("").join(_block(environment, path, page, target) for path in blocks)


def _block(environment: Environment, path: Path, page: Record, target: str) -> Markup:
    """Render one block with the default settings of its schema, or nothing if its target differs."""
    source, id = path.read_text(), f"artify_{path.stem}"
    found = SCHEMA.search(source)
    schema: Record = json.loads(found[1]) if found else {"target": target, "settings": []}
    if schema["target"] != target:
        return Markup("")
    settings = {entry["id"]: entry["default"] for entry in schema["settings"] if "id" in entry}
    block = {"settings": settings, "shopify_attributes": f'data-block-id="{id}"'}
    html = environment.render(SCHEMA.sub("", source), **page, block=block)
    return Markup(f'<div id="shopify-block-{id}" class="shopify-app-block">{html}</div>')  # noqa: S704


def _environment(extension: Path, shop: str) -> Environment:
    """A Liquid environment with those of Shopify's filters that the blocks use."""
    groups = json.loads((extension / "locales/en.default.json").read_text())
    texts = {f"{group}.{key}": text for group, entries in groups.items() for key, text in entries.items()}
    environment = Environment(undefined=StrictUndefined)
    environment.filters |= {
        "t": lambda key: texts.get(key, f"Translation missing: en.{key}"),
        "asset_url": lambda name: f"/{shop}/ext/artify/assets/{name}",
        "json": lambda value: json.dumps(value).replace("<", "\\u003c"),
        "stylesheet_tag": stylesheet_tag,
    }
    return environment
