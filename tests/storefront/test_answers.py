"""The block in a real browser, when the shop refuses, is slow, or its answers are lost."""

import re

from playwright.sync_api import Page, Route, expect

from tests.storefront.fake import DONE, MAKING, Shop, error
from tests.storefront.steps import PHOTO, Visit, frame_photo, hook, make_preview


def test_a_refused_photo_shows_the_servers_sentence(visit: Visit, shop: Shop) -> None:
    shop.refusals["uploads"] = error(415, "This file is not a photo.")
    page = visit()
    hook(page, "file").set_input_files(PHOTO)
    expect(hook(page, "error")).to_have_text("This file is not a photo.")
    expect(hook(page, "again")).to_have_count(0)


def test_a_file_of_another_kind_is_refused_before_it_is_sent(visit: Visit, shop: Shop) -> None:
    page = visit()
    hook(page, "file").set_input_files({"name": "a.gif", "mimeType": "image/gif", "buffer": b"GIF89a"})
    expect(hook(page, "hint")).to_contain_text("file type is not supported")
    assert shop.tickets == []


def test_a_file_over_the_limit_is_refused_with_the_limit_that_the_server_has(visit: Visit, shop: Shop) -> None:
    page = visit()
    hook(page, "file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": bytes(5 * 2**20 + 1)})
    expect(hook(page, "hint")).to_contain_text("up to 5 MB")
    assert shop.tickets == []


def test_a_failed_preview_can_be_tried_again_with_the_same_photo_and_crop(visit: Visit, shop: Shop) -> None:
    shop.looks = [
        {"status": "failed", "progress": 0, "error": {"code": "ai", "message": "The painter slipped."}},
        DONE,
    ]
    page = visit()
    frame_photo(page)
    hook(page, "create").click()
    expect(hook(page, "error")).to_contain_text("The painter slipped.")
    hook(page, "again").click()
    expect(hook(page, "result")).to_be_visible()
    first, second = shop.wishes
    assert first["crop"] == second["crop"]
    assert first["idempotency_key"] != second["idempotency_key"]
    assert len(shop.uploads) == 1


def test_a_lost_answer_is_asked_for_again_under_the_same_key(visit: Visit, shop: Shop) -> None:
    page = visit()
    frame_photo(page)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("internetdisconnected")

    page.route("**/previews", lose, times=1)
    hook(page, "create").click()
    expect(hook(page, "error")).to_contain_text("The connection was lost. Your photo is still here.")
    hook(page, "again").click()
    expect(hook(page, "result")).to_be_visible()
    first, second = shop.wishes
    assert first["idempotency_key"] == second["idempotency_key"]
    assert first["guest_token"] == second["guest_token"]
    assert len(shop.uploads) == 1


def test_an_upload_cut_off_is_sent_again(visit: Visit, shop: Shop) -> None:
    page = visit()
    page.route("**/photo", lambda route: route.abort("internetdisconnected"), times=1)
    frame_photo(page)
    expect(hook(page, "error")).to_contain_text("The connection was lost")
    hook(page, "create").click()
    expect(hook(page, "result")).to_be_visible()
    assert shop.uploads == [PHOTO["buffer"]]


def test_who_asks_too_often_can_try_again_after_the_servers_wait(visit: Visit, shop: Shop, page: Page) -> None:
    shop.refusals["previews"] = error(429, "Many shoppers are here. Wait a moment.")
    page.clock.install()
    visit()
    frame_photo(page)
    hook(page, "create").click()
    expect(hook(page, "error")).to_contain_text("Wait a moment.")
    expect(hook(page, "again")).to_be_disabled()
    page.clock.run_for(2000)
    hook(page, "again").click()
    expect(hook(page, "result")).to_be_visible()


def test_who_has_had_a_days_previews_is_told_the_time_of_day_and_nothing_counts_down(
    visit: Visit, shop: Shop, page: Page
) -> None:
    sentence = "You have reached today's limit for previews. Try again tomorrow."
    shop.refusals["previews"], shop.wait = error(429, sentence, "too_many_today"), 5 * 3600
    page.clock.install(time="2026-11-29T10:00:30")
    visit()
    frame_photo(page)
    hook(page, "create").click()
    expect(hook(page, "error")).to_have_text(re.compile(rf"{re.escape(sentence)} You can try again after 0?3:01\sPM\."))
    expect(hook(page, "again")).to_have_count(0)
    hook(page, "create").click()  # when the day is over
    expect(hook(page, "result")).to_be_visible()


def test_who_holds_too_many_unused_photos_is_told_what_to_do(visit: Visit, shop: Shop, page: Page) -> None:
    sentence = "You have uploaded several photos without creating a preview. Create a preview, or wait a few minutes."
    shop.refusals["uploads"], shop.wait = error(429, sentence, "too_many"), 600
    page.clock.install(time="2026-11-29T10:00:00")
    visit()
    frame_photo(page)
    expect(hook(page, "error")).to_contain_text(f"{sentence} You can try again after ")
    hook(page, "create").click()
    expect(hook(page, "result")).to_be_visible()


def test_nothing_is_asked_while_nobody_looks_at_the_page(visit: Visit, shop: Shop, page: Page) -> None:
    shop.looks = [MAKING]
    page.clock.install()
    visit()
    frame_photo(page)
    hook(page, "create").click()
    expect(hook(page, "progress")).to_contain_text("40 %")
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => !window.back })")
    page.clock.run_for(2000)  # the look that was under way
    looks: list[str] = []
    page.on("request", lambda request: looks.append(request.url))
    page.clock.run_for(60_000)
    assert looks == []
    shop.looks = [DONE]
    page.evaluate("window.back = true; document.dispatchEvent(new Event('visibilitychange'))")
    expect(hook(page, "result")).to_be_visible()


def test_cancel_tells_the_server_and_keeps_the_photo(visit: Visit, shop: Shop) -> None:
    shop.looks = [MAKING]
    page = visit()
    frame_photo(page)
    hook(page, "create").click()
    expect(hook(page, "progress")).to_contain_text("40 %")
    with page.expect_response("**/cancel"):
        hook(page, "cancel").click()
    expect(hook(page, "crop")).to_be_visible()
    expect(hook(page, "note")).to_contain_text("Nothing was charged")
    assert shop.cancelled == ["p1"]


def test_the_guests_token_is_kept_and_sent_in_the_body(visit: Visit, shop: Shop) -> None:
    page = visit()
    make_preview(page)
    own = shop.wishes[0]["guest_token"]
    assert re.fullmatch(r"own-[0-9a-f]{64}", own)
    page.reload()
    make_preview(page)
    assert {asked["guest_token"] for asked in shop.tickets + shop.wishes} == {own}


def test_another_token_that_the_server_gives_is_kept_in_place_of_its_own(visit: Visit, shop: Shop) -> None:
    shop.guest_token = "g1"
    page = visit()
    make_preview(page)
    page.reload()
    make_preview(page)
    assert shop.tickets[1]["guest_token"] == shop.wishes[1]["guest_token"] == "g1"


def test_a_shop_whose_month_is_used_up_says_so_and_offers_no_second_try(visit: Visit, shop: Shop) -> None:
    sentence = "This shop has used all its previews for this month. Come back next month."
    shop.refusals["previews"] = error(402, sentence, "quota_exhausted")
    page = visit()
    frame_photo(page)
    hook(page, "create").click()
    expect(hook(page, "error")).to_have_text(sentence)
    expect(hook(page, "again")).to_have_count(0)
