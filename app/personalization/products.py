"""Products: which ones shoppers can personalize, on which blanks their variants are printed, and in which styles."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Mapping as Named
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app import catalog, jobs
from app.catalog import ChosenProduct
from app.core.app import App
from app.core.errors import Conflict, ConstraintError, NotFound, Unprocessable
from app.core.ids import new_id
from app.core.ports.shopify import ProductDetails, ProductVariant
from app.core.read_batch import ReadBatch
from app.personalization.model import ProductCard, ProductStyle
from app.personalization.order_actions import REMATCH
from app.personalization.print_sizes import Mapping, Size
from app.personalization.queries import blanks, offers, orders, products, styles
from app.personalization.size_names import PrintArea, suggested
from app.personalization.styles import moved

PAGE_SIZE = 50


@dataclass(frozen=True)
class ProductList:
    """A page of the products that the merchant has chosen, and the names of their blanks by the product's id.

    `after` is where the next page starts, None on the last one.
    """

    cards: list[ProductCard]
    blanks: dict[str, list[str]]
    after: str | None


@dataclass(frozen=True)
class BlankChoice:
    """A blank that a product can be printed on. `matches` is how many variants of the product its sizes fit by name."""

    id: str
    name: str
    is_linked: bool
    matches: int


@dataclass(frozen=True)
class VariantRow:
    """A variant of a product. `area_id` is the print area that it is mapped to, `suggested_id` the one that its name
    suggests while it is mapped to none."""

    variant: ProductVariant
    area_id: str | None
    suggested_id: str | None


@dataclass(frozen=True)
class ProductSetup:
    """All that the page of one product shows.

    `seen` identifies the mappings as they are: a form that was shown with others is refused, because it would undo
    what somebody else has saved.
    """

    product: ChosenProduct
    areas: list[PrintArea]
    mapped: dict[str, str]
    sizes: list[Size]
    styles: list[ProductStyle]

    @property
    def linked_areas(self) -> list[PrintArea]:
        return [area for area in self.areas if area.is_linked]

    @property
    def rows(self) -> list[VariantRow]:
        return [self._row(variant) for variant in self.product.variants]

    def _row(self, variant: ProductVariant) -> VariantRow:
        area_id = self.mapped.get(variant.shopify_variant_id)
        guess = None if area_id else suggested(variant.options.values(), self.linked_areas)
        return VariantRow(variant, area_id, guess.id if guess else None)

    @property
    def blanks(self) -> list[BlankChoice]:
        """The blanks that the product is printed on, then the others, those that fit most variants first."""
        of_base: dict[str, list[PrintArea]] = {}
        for area in self.areas:
            of_base.setdefault(area.product_base_id, []).append(area)
        choices = [
            BlankChoice(base_id, areas[0].base_name, areas[0].is_linked, self._matches(areas))
            for base_id, areas in of_base.items()
        ]
        return sorted(choices, key=lambda choice: (not choice.is_linked, -choice.matches))

    def _matches(self, areas: Sequence[PrintArea]) -> int:
        return sum(1 for each in self.product.variants if suggested(each.options.values(), areas))

    @property
    def offered(self) -> list[ProductStyle]:
        return [style for style in self.styles if style.is_offered]

    @property
    def seen(self) -> str:
        linked = sorted({area.product_base_id for area in self.linked_areas})
        state = json.dumps([sorted(self.mapped.items()), linked])
        return hashlib.sha256(state.encode()).hexdigest()[:32]


async def product_list(app: App, shop_id: str, after: str | None = None) -> ProductList:
    at_once = ReadBatch(app.db)
    found, names = await asyncio.gather(
        products.product_cards(at_once, shop_id, after, PAGE_SIZE + 1),
        products.blanks_on_page(at_once, shop_id, after, PAGE_SIZE),
    )
    cards = found[:PAGE_SIZE]
    return ProductList(cards, names, cards[-1].id if len(found) > PAGE_SIZE else None)


async def product_card(app: App, shop_id: str, product_id: str) -> tuple[ProductCard, list[str]]:
    """Return a product as the list shows it, and the names of its blanks. Raises NotFound."""
    at_once = ReadBatch(app.db)
    card, names = await asyncio.gather(
        products.product_card(at_once, shop_id, product_id), products.blanks_of(at_once, shop_id, product_id)
    )
    if card is None:
        raise NotFound()
    return card, names


async def choose_products(app: App, shop_id: str, chosen: Sequence[str], shown: Sequence[str]) -> None:
    """Take the merchant's choice in Shopify's picker: enable what was added, and disable what was taken out.

    Both are Shopify's ids or global ids; `shown` are those that were chosen when the picker opened. Products are read
    from Shopify, because the browser's word is not enough. Raises what `catalog.read_products` raises.
    """
    added = [each for each in chosen if each not in set(shown)]
    removed = [each.rpartition("/")[2] for each in shown if each not in set(chosen)]
    details = await catalog.read_products(app, shop_id, added) if added or not (chosen or shown) else []
    now = app.clock.now()
    dropped = [catalog.disable_products(shop_id, removed, now)] if removed else []
    await add_products(app, shop_id, details, *dropped)


async def add_products(app: App, shop_id: str, details: Sequence[ProductDetails], *also: Any) -> None:
    """Enable products as Shopify describes them, and offer all styles of the shop on those that are new."""
    now = app.clock.now()
    added = [
        statement
        for each in details
        for statement in (
            catalog.save_details(shop_id, each, now),
            styles.offer_styles_on(shop_id, catalog.id_of_product(shop_id, each.product.shopify_product_id), now),
        )
    ]
    await app.db.batch(*added, *also)


async def reread_product(app: App, shop_id: str, product_id: str) -> ProductSetup:
    """Read a product and its variants from Shopify again. Raises NotFound, and what `read_products` raises."""
    setup = await product_setup(app, shop_id, product_id)
    if setup.product.shopify_product_id is None:
        raise NotFound()
    [details] = await catalog.read_products(app, shop_id, [setup.product.shopify_product_id])
    is_enabled, now = setup.product.is_enabled, app.clock.now()
    await app.db.batch(catalog.save_details(shop_id, details, now, is_enabled=is_enabled))
    return replace(setup, product=setup.product.updated(details))


async def product_setup(app: App, shop_id: str, product_id: str) -> ProductSetup:
    """Raises NotFound, also for a product that was deleted in Shopify."""
    at_once = ReadBatch(app.db)
    product, areas, mapped, sizes, found = await asyncio.gather(
        catalog.chosen_product(at_once, shop_id, product_id),
        blanks.print_areas(at_once, shop_id, product_id),
        blanks.mapped_areas(at_once, shop_id, product_id),
        offers.sizes_of(at_once, shop_id, product_id),
        styles.styles_beside(at_once, shop_id, product_id),
    )
    if product is None or product.archived_at is not None:
        raise NotFound()
    return ProductSetup(product, areas, mapped, sizes, found)


async def use_blank(app: App, shop_id: str, product_id: str, base_id: str) -> ProductSetup:
    """Print a product on a blank. Its variants are mapped afterwards. Raises NotFound."""
    setup = await product_setup(app, shop_id, product_id)
    _check_blank(setup, base_id)
    linked = sum(choice.is_linked for choice in setup.blanks)
    await app.db.batch(blanks.link_base(shop_id, product_id, base_id, linked, app.clock.now()))
    return await product_setup(app, shop_id, product_id)


async def leave_blank(app: App, shop_id: str, product_id: str, base_id: str) -> ProductSetup:
    """Print a product on a blank no longer: variants that are mapped to it are not sold with a design any more.

    Raises NotFound.
    """
    setup, now = await product_setup(app, shop_id, product_id), app.clock.now()
    _check_blank(setup, base_id)
    of_blank = {area.id for area in setup.areas if area.product_base_id == base_id}
    variants = [variant for variant, area in setup.mapped.items() if area in of_blank]
    await app.db.batch(
        blanks.unlink_base(shop_id, product_id, base_id, now),
        blanks.retire_mappings(shop_id, product_id, variants, now),
        offers.retire_sizes(shop_id, product_id, variants, now),
    )
    return await product_setup(app, shop_id, product_id)


async def save_print_areas(
    app: App, shop_id: str, product_id: str, areas: Sequence[tuple[str, str]], seen: str
) -> ProductSetup:
    """Save on which print area each variant is printed: pairs of Shopify's variant id and the area's id, or "".

    A variant without an area is not sold with a design. Lines of earlier orders that had no print size are decided on
    again. Raises NotFound, Conflict if the mappings are not those that the merchant saw (`seen`), and Unprocessable.
    """
    setup = await product_setup(app, shop_id, product_id)
    _check_areas(setup, areas)
    changed = {variant: area for variant, area in areas if area != setup.mapped.get(variant, "")}
    if not changed:
        return setup
    if seen != setup.seen:
        raise _changed_elsewhere()
    stuck = await orders.variants_without_size(app.db, shop_id, list(changed))
    waiting = [variant for variant in stuck if changed.get(variant)]
    queued = [_rematch(app, shop_id, variant) for variant in waiting]
    now = app.clock.now()
    try:
        await app.db.batch(*_changes(app, setup, changed), *[jobs.insert(job, now) for job in queued])
    except ConstraintError as fault:  # two tabs at the same moment: the database allows one active mapping a variant
        raise _changed_elsewhere() from fault
    await app.queue.wake(*[job.id for job in queued])
    return await product_setup(app, shop_id, product_id)


async def offer_style(app: App, shop_id: str, product_id: str, style_id: str, *, is_offered: bool) -> ProductSetup:
    """Offer a style on a product as its last one, or no longer. Raises NotFound."""
    setup = await product_setup(app, shop_id, product_id)
    if style_id not in {style.id for style in setup.styles}:
        raise NotFound()
    places = [style.sort_order for style in setup.offered if style.sort_order is not None]
    place = max(places, default=-1) + 1
    await app.db.batch(styles.link_style(shop_id, product_id, style_id, place, is_offered, app.clock.now()))
    return await product_setup(app, shop_id, product_id)


async def move_offered_style(app: App, shop_id: str, product_id: str, style_id: str, *, up: bool) -> ProductSetup:
    """Move a style that a product offers one place up or down. Raises NotFound."""
    setup, now = await product_setup(app, shop_id, product_id), app.clock.now()
    placed = moved([style.id for style in setup.offered], style_id, up=up)
    await app.db.batch(
        *[styles.link_style(shop_id, product_id, each, place, True, now) for place, each in enumerate(placed)]
    )
    return await product_setup(app, shop_id, product_id)


def _check_blank(setup: ProductSetup, base_id: str) -> None:
    if base_id not in {area.product_base_id for area in setup.areas}:
        raise NotFound()


def _check_areas(setup: ProductSetup, areas: Sequence[tuple[str, str]]) -> None:
    """Raise Unprocessable if a variant is not one of the product, has two areas, or an area is of no blank of it."""
    known = {variant.shopify_variant_id for variant in setup.product.variants}
    linked = {area.id for area in setup.linked_areas}
    for variant, times in Counter(variant for variant, _ in areas).items():
        if variant not in known:
            raise Unprocessable(
                "A variant no longer exists. Update the product from Shopify, then choose again.",
                code="unknown_variant",
            )
        if times > 1:
            raise Unprocessable("Each variant can have one print size.", code="mapped_twice")
    if any(area and area not in linked for _, area in areas):
        raise Unprocessable(
            "A print size is not of a blank of this product. Reload the page and choose again.", code="unknown_area"
        )


def _changed_elsewhere() -> Conflict:
    return Conflict(
        "These print sizes were changed in another tab. Reload the page, then choose again.", code="changed_elsewhere"
    )


def _changes(app: App, setup: ProductSetup, changed: Named[str, str]) -> list[Any]:
    """Return statements that map the changed variants. A size that a variant has is changed, so that its id stays."""
    product, now = setup.product, app.clock.now()
    area_of = {area.id: area for area in setup.linked_areas}
    size_of = {size.shopify_variant_id: size for size in setup.sizes}
    places = {variant.shopify_variant_id: place for place, variant in enumerate(product.variants)}
    unmapped = [variant for variant, area in changed.items() if not area]
    statements = [blanks.retire_mappings(product.shop_id, product.id, list(changed), now)]
    if unmapped:
        statements.append(offers.retire_sizes(product.shop_id, product.id, unmapped, now))
    for variant, area_id in changed.items():
        if not area_id:
            continue
        area, before = area_of[area_id], size_of.get(variant)
        size = Size(before.id if before else new_id(), product.id, area.name, area.width_px, area.height_px, variant)
        statements += [
            blanks.insert_mapping(product.shop_id, Mapping(product.id, variant, area_id), now),
            offers.update_size(product.shop_id, size, now)
            if before
            else offers.insert_size(product.shop_id, size, places[variant], now),
        ]
    return statements


def _rematch(app: App, shop_id: str, variant_id: str) -> jobs.Job:
    key = f"{REMATCH}:{new_id()}"
    return jobs.new(REMATCH, shop_id, variant_id, at=app.clock.now(), dedupe_key=key)
