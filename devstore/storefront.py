"""The shop as shoppers see it: the catalog and the product page."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from devstore import session
from devstore.block import render_blocks
from devstore.catalog import BY_HANDLE, BY_VARIANT, PRODUCTS, Product, Variant
from devstore.pages import page
from devstore.state import Record
from devstore.store import shop_of, store_of


async def catalog_page(request: Request) -> Response:
    return page(request, "catalog.html", products=PRODUCTS, **_header(request))


async def product_page(request: Request) -> Response:
    """GET products/{handle}?variant=: with the app's block, when the app is installed."""
    product = BY_HANDLE.get(request.path_params["handle"])
    if product is None:
        raise HTTPException(404, "There is no such product.")
    store, header, variant = store_of(request), _header(request), _selected(request, product)
    shop, blocks = header["shop"], ""
    if store.installation(shop):
        blocks = render_blocks(store.config.project, shop, product, variant, header["customer"])
    return page(request, "product.html", product=product, selected=variant, blocks=blocks, **header)


async def asset(request: Request) -> Response:
    """An asset of the theme extension, as Shopify's CDN serves it."""
    folder = store_of(request).config.project / "extensions/artify/assets"
    path = folder / Path(request.path_params["file"]).name
    if not path.is_file():
        raise HTTPException(404, "There is no such asset.")
    return FileResponse(path, headers={"Access-Control-Allow-Origin": "*"})


def _selected(request: Request, product: Product) -> Variant:
    wanted = request.query_params.get("variant", "")
    found = BY_VARIANT.get(int(wanted)) if wanted.isdecimal() else None
    return found[1] if found and found[0] is product else product.variants[0]


def _header(request: Request) -> Record:
    browser = session.load(request)
    count = sum(item["quantity"] for item in browser["items"])
    return {"shop": shop_of(request), "customer": browser["customer"], "cart": {"item_count": count}}
