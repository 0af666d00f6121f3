"""The SQL that finds a customer's shopper."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, select

from app.privacy.model import Customer
from app.shops.tables import shoppers


def shopper_of(customer: Customer) -> ScalarSelect[str]:
    """Return the id of a customer's shopper as a subquery."""
    return (
        select(shoppers.c.id)
        .where(shoppers.c.shop_id == customer.shop_id, shoppers.c.shopify_customer_id == customer.id)
        .scalar_subquery()
    )
