"""Blanks: the unprinted products of a shop, and the Shopify variants that are printed on them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from app import media
from app.core.app import App
from app.core.errors import ConstraintError, NotFound, Refused
from app.core.ids import new_id
from app.core.read_batch import ReadBatch
from app.personalization.model import BlankCard
from app.personalization.print_sizes import BaseVariant, Mapping, ProductBase
from app.personalization.queries import blanks
from app.personalization.starter_set import STARTER_BLANKS, StarterBlank, StarterSize, starter_blank
from app.personalization.styles import store_picture

PROFILE_MIME = "application/vnd.iccprofile"


async def save_base(
    app: App, shop_id: str, base: ProductBase, variants: list[BaseVariant], profile: bytes | None = None
) -> None:
    """Add a blank with its variants, and store its printer's ICC profile unchanged."""
    now, rows = app.clock.now(), list[Any]()
    if profile is not None:
        stored = await _store(app, shop_id, base, profile)
        base, rows = replace(base, profile_asset_id=stored.ids["profile"]), stored.rows(now)
    await app.db.batch(
        *rows,
        blanks.insert_base(shop_id, base, 0, now),
        *[blanks.insert_base_variant(shop_id, variant, place, now) for place, variant in enumerate(variants)],
    )


async def map_base(app: App, shop_id: str, product_id: str, base_id: str, mappings: list[Mapping]) -> None:
    """Map Shopify variants of a product to variants of a blank, replacing the previous mapping of each of them."""
    now = app.clock.now()
    await app.db.batch(
        blanks.link_base(shop_id, product_id, base_id, 0, now),
        *[blanks.retire_mapping(shop_id, mapping, now) for mapping in mappings],
        *[blanks.insert_mapping(shop_id, mapping, now) for mapping in mappings],
    )


@dataclass(frozen=True)
class BlankList:
    """The blanks of a shop, their variants by the blank's id, and the starter blanks that it has not taken."""

    cards: list[BlankCard]
    variants: dict[str, list[BaseVariant]]
    untaken: list[StarterBlank]


async def blank_list(app: App, shop_id: str) -> BlankList:
    at_once = ReadBatch(app.db)
    cards, found = await asyncio.gather(blanks.blank_cards(at_once, shop_id), blanks.base_variants(at_once, shop_id))
    variants: dict[str, list[BaseVariant]] = {card.id: [] for card in cards}
    for variant in found:
        variants[variant.product_base_id].append(variant)
    taken = {card.starter for card in cards}
    return BlankList(cards, variants, [blank for blank in STARTER_BLANKS if blank.key not in taken])


async def take_blank(app: App, shop_id: str, key: str, *, with_mockup: bool = True) -> None:
    """Take a blank of the starter set with all its sizes, and store the pictures of its mockup.

    Taking one twice, also at the same time, adds it once. Raises NotFound for a key that is not in the starter set.
    """
    starter, now = starter_blank(key), app.clock.now()
    if key in {card.starter for card in await blanks.blank_cards(app.db, shop_id)}:
        return
    base_id = new_id()
    pictures = await _store_pictures(app, shop_id, base_id, starter) if with_mockup else {}
    mockup = _template(starter, {name: stored.ids["template"] for name, stored in pictures.items()})
    base = ProductBase(base_id, starter.name, [starter.option], mockup=mockup)
    try:
        await app.db.batch(
            *[row for stored in pictures.values() for row in stored.rows(now)],
            blanks.insert_starter(shop_id, base, key, starter.description, now),
            *[
                blanks.insert_base_variant(shop_id, _variant(base_id, starter, size), place, now)
                for place, size in enumerate(starter.sizes)
            ],
        )
    except ConstraintError as fault:
        for stored in pictures.values():
            await stored.discard()
        if fault.name != "uq_product_bases_starter":
            raise


async def activate_blank(app: App, shop_id: str, base_id: str, *, is_active: bool) -> None:
    """Offer a blank for further products, or no longer. Products that are printed on it stay so. Raises NotFound."""
    try:
        await app.db.batch(blanks.activate_base(shop_id, base_id, is_active, app.clock.now()))
    except Refused as refused:
        raise NotFound() from refused


async def _store_pictures(app: App, shop_id: str, base_id: str, starter: StarterBlank) -> dict[str, media.Stored]:
    """Store the pictures of a blank's mockup, by file name."""
    names = [starter.mockup["photo"], *[each["asset"] for each in starter.mockup["layers"]]] if starter.mockup else []
    return {name: await store_picture(app, shop_id, name, "template", ("product_base", base_id)) for name in names}


def _template(starter: StarterBlank, pictures: dict[str, str]) -> dict[str, Any] | None:
    """Return the blank's mockup template with asset ids in place of file names; None without pictures."""
    if starter.mockup is None or not pictures:
        return None
    layers = [layer | {"asset": pictures[layer["asset"]]} for layer in starter.mockup["layers"]]
    return starter.mockup | {"photo": pictures[starter.mockup["photo"]], "layers": layers}


def _variant(base_id: str, starter: StarterBlank, size: StarterSize) -> BaseVariant:
    return BaseVariant(
        new_id(),
        base_id,
        size.name,
        [size.name],
        size.width_px,
        size.height_px,
        starter.bleed_mm,
        starter.safe_mm,
        size.dpi,
    )


async def _store(app: App, shop_id: str, base: ProductBase, profile: bytes) -> media.Stored:
    return await media.store(
        app,
        shop_id,
        {"profile": media.File(profile, PROFILE_MIME)},
        folder="personalization",
        subject=base.id,
        attempt=new_id(),
        owner=("product_base", base.id),
        person=None,
    )
