"""The shopper's address: the last one that Shopify's proxy has added, whatever was sent before it."""

from __future__ import annotations

import pytest

from handlers.addresses import shopper_address

SHOPPER, SHOPIFY = "203.0.113.7", "198.51.100.1"


@pytest.mark.parametrize(
    ("forwarded", "peer"),
    [
        pytest.param(SHOPPER, SHOPIFY, id="straight from Shopify"),
        pytest.param(f"10.0.0.1, {SHOPPER}", SHOPIFY, id="the shopper made one up"),
        pytest.param(f"{SHOPPER},{SHOPIFY}", SHOPIFY, id="our proxy added Shopify's"),
        pytest.param(f"10.0.0.1, {SHOPIFY}, {SHOPPER}, {SHOPIFY}", SHOPIFY, id="both"),
        pytest.param(SHOPPER, SHOPPER, id="the server has looked at it already"),
        pytest.param("", SHOPPER, id="no proxy at all"),
        pytest.param(" , ", SHOPPER, id="nothing in it"),
    ],
)
def test_the_shoppers_address_is_found(forwarded: str, peer: str) -> None:
    assert shopper_address(forwarded, peer) == SHOPPER
