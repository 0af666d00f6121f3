"""The project's theme app extension: its blocks and their settings, rendered as Shopify renders them in a shop."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from liquid import Environment, StrictUndefined
from liquid.extra import stylesheet_tag
from markupsafe import Markup, escape

from devstore.state import Record

SCHEMA = re.compile(r"\{%-?\s*schema\s*-?%\}(.*?)\{%-?\s*endschema\s*-?%\}", re.DOTALL)


@dataclass(frozen=True)
class BlockType:
    """A block that an extension offers. `handle` is its file's name; `target` is "section", or "body" for embeds."""

    handle: str
    name: str
    target: str
    settings: list[Record]
    """As in the block's schema, with texts in place of their keys."""
    source: str
    """Liquid, without the schema."""

    def placed(self) -> Record:
        """The block as a theme records it when it is added, before its settings are changed."""
        return {"id": f"artify_{self.handle}", "type": self.handle, "settings": {}}

    def values(self, placed: Record) -> Record:
        """All settings of a placed block. Those that the merchant did not change have their defaults."""
        fields = [setting for setting in self.settings if "id" in setting]
        return {field["id"]: placed["settings"].get(field["id"], field.get("default")) for field in fields}


def block_types(extension: Path) -> list[BlockType]:
    """The blocks of a theme app extension, by their handles."""
    return [
        _block_type(path, _texts(extension, "en.default.schema.json"))
        for path in sorted((extension / "blocks").glob("*.liquid"))
    ]


def render_blocks(
    extension: Path,
    shop: str,
    placed: Sequence[Record],
    product: Record | None = None,
    variant: Record | None = None,
    *,
    design_mode: bool = False,
) -> Markup:
    """Render the placed blocks of a product page or, without a product, the placed app embeds.

    `design_mode` renders them as the theme editor does. Raises liquid.exceptions.UndefinedError if a block reads an
    object or property that is not simulated.
    """
    environment, target = _environment(extension, shop), "section" if product else "body"
    page = {
        "shop": {"permanent_domain": shop},
        "routes": {"root_url": f"/{shop}/"},
        "request": {"design_mode": design_mode},
    }
    if product:
        page["product"] = product | {"selected_or_first_available_variant": variant}
    types = {each.handle: each for each in block_types(extension)}
    shown = [(types[each["type"]], each) for each in placed if each["type"] in types]
    blocks = [_render(environment, type_, each, page, design_mode) for type_, each in shown if type_.target == target]
    return Markup("").join(blocks)


def _render(environment: Environment, type_: BlockType, placed: Record, page: Record, design_mode: bool) -> Markup:
    edited = json.dumps({"id": placed["id"], "type": f"shopify://apps/artify/blocks/{type_.handle}"})
    attributes = Markup(f'data-shopify-editor-block="{escape(edited)}"') if design_mode else ""  # noqa: S704
    block = {"settings": type_.values(placed), "shopify_attributes": attributes}
    html = environment.from_string(type_.source).render(**page, block=block)
    return Markup(  # noqa: S704
        f'<div id="shopify-block-{escape(placed["id"])}" class="shopify-block shopify-app-block"'
        f' data-block-handle="{type_.handle}">{html}</div>'
    )


def _block_type(path: Path, texts: dict[str, str]) -> BlockType:
    source = path.read_text()
    found = SCHEMA.search(source)
    schema: Record = json.loads(found[1]) if found else {"target": "section", "settings": []}

    def translated(value: object) -> object:
        return texts.get(value[2:], value) if isinstance(value, str) and value.startswith("t:") else value

    settings = [{name: translated(value) for name, value in setting.items()} for setting in schema["settings"]]
    return BlockType(
        path.stem, str(translated(schema.get("name", path.stem))), schema["target"], settings, SCHEMA.sub("", source)
    )


def _environment(extension: Path, shop: str) -> Environment:
    """A Liquid environment with those of Shopify's filters that the blocks use."""
    texts = _texts(extension, "en.default.json")
    environment = Environment(undefined=StrictUndefined)
    environment.filters |= {
        "t": lambda key: texts.get(key, f"Translation missing: en.{key}"),
        "asset_url": lambda name: f"/{shop}/ext/artify/assets/{name}",
        "json": lambda value: json.dumps(value).replace("<", "\\u003c"),
        "stylesheet_tag": stylesheet_tag,
    }
    return environment


def _texts(extension: Path, locale: str) -> dict[str, str]:
    """A locale file's texts by their dotted keys. An extension without the file has none."""
    path = extension / "locales" / locale
    groups = json.loads(path.read_text()) if path.exists() else {}
    return {f"{group}.{key}": text for group, entries in groups.items() for key, text in entries.items()}
