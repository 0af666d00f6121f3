"""A list of one's own generations, page by page."""

from __future__ import annotations

import pytest

from tests.apps import OTHER_SHOP
from tests.lifecycle.studio import Studio, only

pytestmark = pytest.mark.anyio
of_kinds_with_lists = only(lambda asking: asking.lists)


@of_kinds_with_lists
async def test_one_sees_ones_own_the_newest_first_and_page_by_page(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.generation.requests.MOST_LISTED", 2)
    browser = studio.requester()
    asked = [(await studio.ask(browser))["id"] for _ in range(5)]
    pages: list[list[str]] = [await studio.newest(browser)]
    while pages[-1]:
        pages.append(await studio.newest(browser, before=pages[-1][-1]))
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [each for page in pages for each in page] == asked[::-1]


@of_kinds_with_lists
async def test_another_shop_lists_nothing_of_it(studio: Studio) -> None:
    await studio.ask(studio.requester())
    other = studio.requester(OTHER_SHOP)
    theirs = await studio.ask(other, upload_id=None)
    assert await studio.newest(other) == [theirs["id"]]


@only(lambda asking: asking.lists and not asking.by_merchants)
async def test_another_visitor_lists_nothing_of_it(studio: Studio) -> None:
    await studio.ask(studio.guest())
    guest, customer = studio.guest(), studio.customer("9001")
    mine = await studio.ask(guest, upload_id=await studio.photo())
    assert await studio.newest(guest) == [mine["id"]]
    assert await studio.newest(customer) == []
    customer.guest_token = guest.guest_token
    assert await studio.newest(customer) == [mine["id"]], "what they made before they signed in"
