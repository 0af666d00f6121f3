"""The project's own theme block, rendered as Shopify would render it in a product page."""

import json
import re
from pathlib import Path

from liquid import Environment, StrictUndefined
from liquid.extra import stylesheet_tag
from markupsafe import Markup

from devstore.state import Record

SCHEMA = re.compile(r"\{%-?\s*schema\s*-?%\}(.*?)\{%-?\s*endschema\s*-?%\}", re.DOTALL)


def render_blocks(extension: Path, shop: str, product: Record, variant: Record) -> Markup:
    """All blocks of a theme extension, one after the other. What a block asks for and is not here is an error."""
    environment = _environment(extension, shop)
    shared = {
        "product": product | {"selected_or_first_available_variant": variant},
        "shop": {"permanent_domain": shop},
        "routes": {"root_url": f"/{shop}/"},
        "request": {"design_mode": False},
    }
    blocks = sorted((extension / "blocks").glob("*.liquid"))
    return Markup("").join(_block(environment, path, shared) for path in blocks)


def _block(environment: Environment, path: Path, shared: Record) -> Markup:
    """One block, under the defaults of its schema's settings."""
    source, id = path.read_text(), f"artify_{path.stem}"
    found = SCHEMA.search(source)
    settings = json.loads(found[1])["settings"] if found else []
    block = {
        "settings": {entry["id"]: entry["default"] for entry in settings if "id" in entry},
        "shopify_attributes": f'data-block-id="{id}"',
    }
    html = environment.render(SCHEMA.sub("", source), **shared, block=block)
    return Markup(f'<div id="shopify-block-{id}" class="shopify-app-block">{html}</div>')  # noqa: S704


def _environment(extension: Path, shop: str) -> Environment:
    """Liquid with the filters of Shopify that the block uses."""
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
