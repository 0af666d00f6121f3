"""The setup guide: how far a shop is from its first preview and its first order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.app import App
from app.personalization.model import SetupFacts
from app.personalization.queries import products
from app.shops import Shop


class Step(StrEnum):
    """The steps of the guide, in the order in which a merchant takes them."""

    PRODUCTS = "products"
    BLANKS = "blanks"
    SIZES = "sizes"
    STYLES = "styles"
    WATERMARK = "watermark"
    BLOCK = "block"
    PREVIEW = "preview"
    ORDER = "order"


OUTSIDE = (Step.BLOCK, Step.PREVIEW, Step.ORDER)
"""Steps that happen in Shopify or in the online store, so that the page must look for them."""


@dataclass(frozen=True)
class SetupGuide:
    """`done` are the steps that are done, as the database shows. `block_seen_at` is when the online store first asked
    for a product's styles."""

    facts: SetupFacts
    block_seen_at: datetime | None
    done: frozenset[Step]

    @property
    def is_complete(self) -> bool:
        return len(self.done) == len(Step)

    @property
    def next(self) -> Step | None:
        return next((step for step in Step if step not in self.done), None)

    @property
    def is_waiting(self) -> bool:
        """Whether the next step happens outside the app."""
        return self.next in OUTSIDE


async def setup_guide(app: App, shop: Shop) -> SetupGuide:
    facts = await products.setup_facts(app.db, shop.id)
    reached = {
        Step.PRODUCTS: facts.products,
        Step.BLANKS: facts.blanks,
        Step.SIZES: facts.sized,
        Step.STYLES: facts.styled,
        Step.WATERMARK: facts.watermarks,
        Step.BLOCK: shop.block_seen_at,
        Step.PREVIEW: facts.previews,
        Step.ORDER: facts.orders,
    }
    return SetupGuide(facts, shop.block_seen_at, frozenset(step for step, value in reached.items() if value))
