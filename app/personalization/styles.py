"""Styles: the looks that a shop offers, taken from the starter set, switched on and off, ordered and archived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import media
from app.core.app import App
from app.core.errors import ConstraintError, NotFound, Refused
from app.core.ids import new_id
from app.core.pictures import Picture
from app.core.sniff import sniff
from app.personalization.model import StyleCard
from app.personalization.queries import styles
from app.personalization.starter_set import PICTURES, STARTER_STYLES, StarterStyle, starter_style


@dataclass(frozen=True)
class StyleList:
    """The styles of a shop in their order, and those of the starter set that it has not taken."""

    cards: list[StyleCard]
    untaken: list[StarterStyle]


async def style_list(app: App, shop_id: str) -> StyleList:
    cards = await styles.style_cards(app.db, shop_id)
    taken = {card.starter for card in cards}
    return StyleList(cards, [style for style in STARTER_STYLES if style.key not in taken])


async def take_style(app: App, shop_id: str, key: str, *, with_example: bool = True) -> None:
    """Take a style of the starter set, and offer it on all products that are enabled.

    A style that was archived comes back. Taking one twice, also at the same time, adds it once. Raises NotFound for a
    key that is not in the starter set.
    """
    starter, now = starter_style(key), app.clock.now()
    if known := await styles.starter_style(app.db, shop_id, key):
        await app.db.batch(styles.restore_style(shop_id, known, now), styles.offer_on_products(shop_id, known, now))
        return
    style_id = new_id()
    owner = ("ai_style", style_id)
    stored = await store_picture(app, shop_id, starter.picture, "example", owner) if with_example else None
    example_id = stored.ids["example"] if stored else None
    try:
        await app.db.batch(
            *(stored.rows(now) if stored else []),
            styles.insert_starter(shop_id, style_id, key, starter.name, starter.prompt, example_id, now),
            styles.offer_on_products(shop_id, style_id, now),
        )
    except ConstraintError as fault:
        if stored:
            await stored.discard()
        if fault.name != "uq_ai_styles_starter":
            raise


async def activate_style(app: App, shop_id: str, style_id: str, *, is_active: bool) -> None:
    """Let shoppers choose a style, or no longer. Raises NotFound."""
    await _change(app, styles.activate_style(shop_id, style_id, is_active, app.clock.now()))


async def archive_style(app: App, shop_id: str, style_id: str) -> None:
    """Take a style off every page. Designs that were made in it can still be ordered and printed. Raises NotFound."""
    await _change(app, styles.archive_style(shop_id, style_id, app.clock.now()))


async def move_style(app: App, shop_id: str, style_id: str, *, up: bool) -> None:
    """Move a style one place up or down. The first and the last one stay where they are. Raises NotFound."""
    ids, now = [card.id for card in await styles.style_cards(app.db, shop_id)], app.clock.now()
    placed = moved(ids, style_id, up=up)
    await app.db.batch(*[styles.place_style(shop_id, each, place, now) for place, each in enumerate(placed)])


def moved(ids: Sequence[str], id: str, *, up: bool) -> list[str]:
    """Return ids with one of them moved by one place. Raises NotFound if it is not among them."""
    if id not in ids:
        raise NotFound()
    place, rest = ids.index(id), [each for each in ids if each != id]
    place = max(0, place - 1) if up else place + 1
    return [*rest[:place], id, *rest[place:]]


def starter_example(filename: str) -> bytes:
    """Return the example picture of a style in the starter set. Raises NotFound for any other name."""
    if filename not in {style.picture for style in STARTER_STYLES}:
        raise NotFound()
    return (PICTURES / filename).read_bytes()


async def store_picture(app: App, shop_id: str, filename: str, purpose: str, owner: tuple[str, str]) -> media.Stored:
    """Store a picture of the starter set for the shop, so that the shop keeps it whatever happens to the set."""
    data = (PICTURES / filename).read_bytes()
    header = sniff(data)
    return await media.store(
        app,
        shop_id,
        {purpose: Picture(data, header.mime, *(header.size or (0, 0)))},
        folder="personalization",
        subject=owner[1],
        attempt=new_id(),
        owner=owner,
        person=None,
        filename=filename,
    )


async def _change(app: App, statement: Any) -> None:
    try:
        await app.db.batch(statement)
    except Refused as refused:
        raise NotFound() from refused
