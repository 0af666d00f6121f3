"""Calls go to shops, or to the place that stands in for them, and nowhere else."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app.adapters.shopify.transport import ShopTransport
from app.core.errors import BadRequest


def reached(url: str, base_url: str | None = None) -> str:
    inner = httpx.MockTransport(lambda request: httpx.Response(200, text=str(request.url)))

    async def get() -> str:
        async with httpx.AsyncClient(transport=ShopTransport(base_url, inner)) as client:
            return (await client.get(url)).text

    return asyncio.run(get())


def test_a_call_goes_to_the_shop() -> None:
    assert reached("https://acme.myshopify.com/admin/x?y=1") == "https://acme.myshopify.com/admin/x?y=1"


def test_a_call_goes_to_the_stand_in_with_the_shop_in_its_path() -> None:
    url = reached("https://acme.myshopify.com/admin/x?y=%2F", "http://127.0.0.1:8001/shopify/")
    assert url == "http://127.0.0.1:8001/shopify/acme.myshopify.com/admin/x?y=%2F"


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.myshopify.com/admin/x",
        "https://acme.myshopify.com:444/admin/x",
        "https://acme.myshopify.com/cart",
        "https://evil.test/admin/x",
        "https://acme.myshopify.com@evil.test/admin/x",
        "https://169.254.169.254/admin/x",
    ],
)
def test_no_other_address_is_called(url: str) -> None:
    with pytest.raises(BadRequest):
        reached(url)
