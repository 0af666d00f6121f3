"""What shoppers do: see an offer, send a photo, ask for a preview, wait for it, and give it up."""

from __future__ import annotations

import secrets
from typing import Any

from bench.scale.site import Site, expect, wish_of
from bench.scale.use_cases.model import Part, UseCase
from tests.apps import PHOTO
from tests.integration.storefront import Storefront

Asked = tuple[Storefront, dict[str, Any]]
"""A shopper with the answer to their preview request."""


async def ask(site: Site) -> Asked:
    """Ask for a preview as a new customer."""
    storefront, wish = await shopper_with_photo(site)
    return storefront, expect(await storefront.post("previews", wish), 202).json()


async def shopper_with_photo(site: Site) -> Asked:
    storefront = site.customer()
    return storefront, await wish_of(storefront, site)


async def _guest_with_photo(site: Site) -> Asked:
    storefront = Storefront(site.http, site.shop)
    storefront.guest_token = f"own-{secrets.token_hex(32)}"
    return storefront, await wish_of(storefront, site)


async def _product(site: Site) -> str:
    found = await site.one(
        "SELECT shopify_product_id AS id FROM products WHERE shop_id = ? AND is_enabled = 1", site.shop
    )
    return str(found["id"])


async def _offer(site: Site, product: str) -> None:
    expect(await site.customer().get(f"products/{product}"), 200)


async def _ticket(site: Site, _: None) -> None:
    wish = {"filename": "photo.png", "content_type": "image/png", "bytes": len(PHOTO)}
    expect(await site.customer().post("uploads", wish), 201)


async def _request(site: Site, asked: Asked) -> None:
    storefront, wish = asked
    expect(await storefront.post("previews", wish), 202)


async def _completed(site: Site) -> Asked:
    """A shopper's design from among the generated ones, with a view token."""
    storefront, waiting = await ask(site)
    await site.rows("UPDATE generations SET status = 'completed' WHERE id = ?", waiting["id"])
    return storefront, waiting


async def _look(site: Site, asked: Asked) -> None:
    storefront, preview = asked
    expect(await storefront.get(f"previews/{preview['id']}", view_token=preview["view_token"]), 200)


async def _cancel(site: Site, asked: Asked) -> None:
    storefront, preview = asked
    expect(await storefront.post(f"previews/{preview['id']}/cancel", {}), 200)


USE_CASES = (
    UseCase("offer", Part.REQUEST, _offer, _product),
    UseCase("upload ticket", Part.REQUEST, _ticket),
    UseCase("preview request, customer", Part.REQUEST, _request, shopper_with_photo),
    UseCase("preview request, new guest", Part.REQUEST, _request, _guest_with_photo),
    UseCase("preview state, in line", Part.REQUEST, _look, ask),
    UseCase("preview state, completed", Part.REQUEST, _look, _completed),
    UseCase("cancel preview", Part.REQUEST, _cancel, ask),
)
