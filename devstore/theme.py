"""The shop's theme: which of the app's blocks are in it, with which settings, and the editor that changes them."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstore.block import BlockType, block_types
from devstore.catalog import PRODUCTS, is_active
from devstore.config import EXTENSION
from devstore.state import Record
from devstore.store import Store, fields, page, store_and_shop

THEME_ID = "gid://shopify/OnlineStoreTheme/1"
DRAFT = "draft"
SAVED = "saved"


def placed_blocks(store: Store, shop: str, *, draft: bool = False) -> list[Record]:
    """The app's blocks in the theme, or in the editor's draft of it. There are none if the app is not installed."""
    if not store.installed(shop):
        return []
    theme = (draft and store.state.get("theme", shop, DRAFT)) or store.state.get("theme", shop, SAVED)
    if theme is None:
        return [] if shop in store.without_block else [each.placed() for each in block_types(EXTENSION)]
    return list(theme["blocks"])


async def editor(request: Request) -> Response:
    """GET themes/current/editor: the theme editor on a product page.

    `addAppBlockId` is an API key, a slash, and a block's handle. The editor adds that block, which is in the shop once
    the merchant saves.
    """
    store, shop = store_and_shop(request)
    if not store.installed(shop):
        raise HTTPException(403, "The app is not installed.")
    placed, wanted = placed_blocks(store, shop), _wanted(store, request.query_params.get("addAppBlockId", ""))
    is_added = wanted is not None and wanted.handle not in {each["type"] for each in placed}
    if wanted and is_added:
        placed.append(wanted.placed())
    _put(store, shop, DRAFT, placed)
    types = [_described(each) for each in block_types(EXTENSION)]
    products = [product for product in PRODUCTS if is_active(product)]
    selected = f"artify_{wanted.handle}" if wanted else ""
    return page(
        request,
        "theme_editor.html",
        types=types,
        placed=placed,
        products=products,
        is_added=is_added,
        selected=selected,
    )


async def put_blocks(request: Request) -> Response:
    """POST themes/current/{draft or saved} {"blocks": [{id, type, settings}]}: change the draft, or save the theme."""
    store, shop = store_and_shop(request)
    known = {each.handle for each in block_types(EXTENSION)}
    version, blocks = request.path_params["version"], (await fields(request))["blocks"]
    if version not in (DRAFT, SAVED):
        raise HTTPException(404, "A theme is a draft, or saved.")
    if not store.installed(shop) or not {each["type"] for each in blocks} <= known:
        raise HTTPException(422, "The theme can only have blocks of apps that are installed.")
    _put(store, shop, version, blocks)
    return JSONResponse({"blocks": blocks})


async def extensions(request: Request) -> Response:
    """GET extensions.json: what App Bridge's `shopify.app.extensions()` resolves to."""
    store, shop = store_and_shop(request)
    placed = {each["type"]: each["id"] for each in placed_blocks(store, shop)}
    activations = [_activation(each, placed.get(each.handle)) for each in block_types(EXTENSION)]
    return JSONResponse([{"handle": "artify", "type": "theme_app_extension", "activations": activations}])


def _activation(type_: BlockType, id: str | None) -> Record:
    """A block and where it is active, in the shape that @shopify/app-bridge-types describes."""
    place = f"template--product/main/{id}" if type_.target == "section" else f"settings/{id}"
    return {
        "handle": type_.handle,
        "name": type_.name,
        "target": type_.target,
        "status": "active" if id else "available",
        "activations": [{"target": place, "themeId": THEME_ID}] if id else [],
    }


def _wanted(store: Store, block_id: str) -> BlockType | None:
    key, _, handle = block_id.partition("/")
    known = {each.handle: each for each in block_types(EXTENSION)}
    return known.get(handle) if key == store.config.api_key else None


def _described(type_: BlockType) -> Record:
    return {"handle": type_.handle, "name": type_.name, "target": type_.target, "settings": type_.settings}


def _put(store: Store, shop: str, version: str, blocks: list[Record]) -> None:
    store.state.put("theme", shop, version, {"blocks": blocks})
