"""What is printed on a blank, by a print worker: with its bleed, in its profile, as the file that its maker wants."""

from __future__ import annotations

import zlib

import pytest

from app import personalization
from app.core.ids import new_id
from app.core.pictures import PrintFormat
from app.personalization import BaseVariant, Mapping, ProductBase
from tests import icc
from tests.integration.print_worker import connected, picture, ran, sent, taken
from tests.integration.servers import SHOP
from tests.integration.storefront import MUG_VARIANT
from tests.integration.test_print_workers import paid, prints, refused, url
from tests.integration.world import World

pytestmark = pytest.mark.anyio


def state(world: World) -> str:
    [item] = world.rows("SELECT state FROM order_items")
    return str(item["state"])


async def blank(world: World, fmt: PrintFormat, profile: bytes) -> None:
    """From here on a mug is printed at 600 × 280 pixels and 200 dpi, with 2 mm of bleed, in this profile."""
    base = ProductBase(new_id(), "Mug", [], fmt)
    variant = BaseVariant(new_id(), base.id, "Small", [], 600, 280, bleed_mm=2, dpi=200)
    await personalization.save_base(world.app, SHOP, base, [variant], profile)
    [size] = world.rows("SELECT product_id FROM sizes WHERE shopify_variant_id = ?", MUG_VARIANT)
    mapping = Mapping(size["product_id"], MUG_VARIANT, variant.id)
    await personalization.map_base(world.app, SHOP, size["product_id"], base.id, [mapping])


@pytest.mark.parametrize(("fmt", "begins"), [("pdf", b"%PDF-"), ("tiff-deflate", b"II*\0")])
async def test_a_worker_prints_with_a_blanks_bleed_and_profile(
    delegating: World, fmt: PrintFormat, begins: bytes
) -> None:
    await blank(delegating, fmt, icc.ADOBE_RGB)
    await paid(delegating)
    status, out, err = await ran(url(delegating), delegating.folder)
    assert (status, err.count("Traceback")) == (0, 0), (out, err)
    [made] = prints(delegating)
    assert (state(delegating), made["width"], made["height"]) == ("ready", 632, 312)
    data = (delegating.files / made["key"]).read_bytes()
    assert data.startswith(begins)
    assert (icc.ADOBE_RGB if fmt != "pdf" else zlib.compress(icc.ADOBE_RGB, 9)) in data
    assert made["filename"].endswith(fmt.partition("-")[0])


async def test_a_worker_that_sends_no_pdf_where_one_was_ordered_is_not_believed(delegating: World) -> None:
    await blank(delegating, "pdf", icc.ADOBE_RGB)
    await paid(delegating)
    async with connected(url(delegating)) as desk:
        order = await taken(desk)
        delivery = await sent(desk, order, picture(632, 312), "application/pdf")
        assert await refused(desk.finish(order, delivery)) == (422, "wrong_print")
    assert prints(delegating) == []
