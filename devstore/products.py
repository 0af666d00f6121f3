"""Products as Shopify shows them to apps: as nodes of the Admin API, and as what the resource picker returns."""

from devstore.catalog import PRODUCTS, SEED, decimal
from devstore.state import Record

CREATED_AT = "2026-11-01T09:00:00Z"


def gid(kind: str, id: str | int) -> str:
    """A global id, such as gid://shopify/Product/1."""
    return f"gid://shopify/{kind}/{id}"


def node(product: Record) -> Record:
    """A product with its variants, by the names of the Admin API's fields."""
    variants = [_variant_node(product, variant) for variant in product["variants"]]
    return {
        "__typename": "Product",
        "id": gid("Product", product["id"]),
        "title": product["title"],
        "handle": product["handle"],
        "status": product.get("status", "ACTIVE"),
        "updatedAt": CREATED_AT,
        "variantsCount": {"count": len(variants)},
        "variants": {"nodes": variants},
    }


def product_by_id(id: str) -> Record | None:
    """The product with this global id; None if it does not exist."""
    return next((node(product) for product in PRODUCTS if gid("Product", product["id"]) == id), None)


def picked(origin: str) -> list[Record]:
    """All products as the resource picker returns them, in the shape that App Bridge documents."""
    return [_resource(product, origin) for product in PRODUCTS]


def _resource(product: Record, origin: str) -> Record:
    image = {
        "id": gid("ProductImage", product["id"]),
        "altText": product["title"],
        "originalSrc": _picture(product, origin),
    }
    variants = [
        {
            "id": gid("ProductVariant", variant["id"]),
            "title": variant["title"],
            "displayName": f"{product['title']} - {variant['title']}",
            "position": place,
            "price": decimal(variant["price"]),
            "sku": "",
            "selectedOptions": [{"value": value} for value in variant["title"].split(" / ")],
            "availableForSale": True,
            "product": {"id": gid("Product", product["id"])},
            "createdAt": CREATED_AT,
            "updatedAt": CREATED_AT,
        }
        for place, variant in enumerate(product["variants"], 1)
    ]
    return {
        "id": gid("Product", product["id"]),
        "title": product["title"],
        "handle": product["handle"],
        "status": product.get("status", "ACTIVE"),
        "vendor": SEED["shop"]["name"],
        "productType": "",
        "tags": [],
        "descriptionHtml": product["description"],
        "images": [image],
        "options": [option | {"id": gid("ProductOption", option["position"])} for option in _options(product)],
        "hasOnlyDefaultVariant": False,
        "totalVariants": len(variants),
        "totalInventory": 0,
        "tracksInventory": False,
        "variants": variants,
        "createdAt": CREATED_AT,
        "updatedAt": CREATED_AT,
    }


def _variant_node(product: Record, variant: Record) -> Record:
    names = [option["name"] for option in _options(product)]
    chosen = zip(names, variant["title"].split(" / "), strict=True)
    return {
        "id": gid("ProductVariant", variant["id"]),
        "selectedOptions": [{"name": name, "value": value} for name, value in chosen],
    }


def _options(product: Record) -> list[Record]:
    """The product's options with their values, which a variant's title has in the same order, divided by " / "."""
    chosen = [variant["title"].split(" / ") for variant in product["variants"]]
    return [
        {"name": name, "position": place + 1, "values": list(dict.fromkeys(values[place] for values in chosen))}
        for place, name in enumerate(product["options"])
    ]


def _picture(product: Record, origin: str) -> str:
    return f"{origin}/cdn/{product['handle']}.svg"
