"""The block in a real browser, against a scripted shop."""

import pytest
from playwright.sync_api import Page, expect

from tests.storefront.fake import DONE, MAKING, Shop, error
from tests.storefront.rendering import A3, A4, SQUARE
from tests.storefront.steps import PHOTO, Visit, frame_photo, hook, make_preview


def test_a_photo_becomes_a_cart_line_with_its_preview(visit: Visit, shop: Shop) -> None:
    shop.looks = [{"status": "pending", "progress": 0, "queue_position": 2}, MAKING, DONE]
    page = visit()
    frame_photo(page)
    hook(page, "create").click()
    expect(hook(page, "progress")).to_contain_text("2 ahead of you")
    hook(page, "add").click()
    page.wait_for_url("**/cart")
    properties = {"Gift note": "For Ada", "_artify_preview": "p1", "Style": "Watercolour"}
    assert shop.lines == [{"id": A4, "quantity": 2, "properties": properties}]
    assert shop.uploads == [PHOTO["buffer"]]
    sent = {"filename": "cat.png", "content_type": "image/png", "bytes": len(shop.uploads[0])}
    assert shop.tickets == [sent | {"guest_token": shop.guest_token}]


def test_the_wish_names_the_upload_and_a_crop_of_the_variants_shape(visit: Visit, shop: Shop) -> None:
    make_preview(visit())
    [wish] = shop.wishes
    crop = wish["crop"]
    assert (wish["upload_id"], wish["product_id"], wish["variant_id"]) == ("u1", "7700000000001", str(A4))
    assert wish["style_id"] == "watercolour"
    assert crop["width"] * 1200 / (crop["height"] * 900) == pytest.approx(2480 / 3508, rel=1e-3)
    assert crop["height"] == pytest.approx(1)


def test_the_arrow_keys_move_the_crop(visit: Visit, shop: Shop) -> None:
    page = visit()
    frame_photo(page)
    hook(page, "crop").get_by_role("application").press("ArrowLeft")
    hook(page, "create").click()
    expect(hook(page, "result")).to_be_visible()
    assert shop.wishes[0]["crop"]["x"] > (1 - shop.wishes[0]["crop"]["width"]) / 2


def test_a_line_shows_what_is_safe_from_the_knife(visit: Visit, shop: Shop) -> None:
    shop.safe = {"x": 0.1, "y": 0.05}
    page = visit()
    frame_photo(page)
    frame, line = hook(page, "crop").get_by_role("application"), page.locator(".artify-safe")
    whole, safe = frame.bounding_box(), line.bounding_box()
    assert whole
    assert safe
    assert safe["x"] - whole["x"] == pytest.approx(0.1 * whole["width"], abs=1.5)
    assert safe["height"] == pytest.approx(0.9 * whole["height"], abs=2)
    expect(hook(page, "crop")).to_contain_text("inside the dashed line")


def test_without_a_safe_distance_there_is_no_line(visit: Visit) -> None:
    page = visit()
    frame_photo(page)
    expect(hook(page, "crop").get_by_role("application")).to_be_visible()
    expect(page.locator(".artify-safe")).to_be_hidden()
    expect(hook(page, "crop")).not_to_contain_text("dashed")


def test_dragging_the_photo_moves_the_crop(visit: Visit, shop: Shop) -> None:
    page = visit()
    frame_photo(page)
    hook(page, "crop").get_by_role("application").drag_to(
        page.locator("body"),
        source_position={"x": 100, "y": 100},
        target_position={"x": 10, "y": 100},
        force=True,
    )
    hook(page, "create").click()
    expect(hook(page, "result")).to_be_visible()
    assert shop.wishes[0]["crop"]["x"] > (1 - shop.wishes[0]["crop"]["width"]) / 2


def test_the_slider_zooms_the_crop_and_keeps_its_shape(visit: Visit, shop: Shop) -> None:
    page = visit()
    frame_photo(page)
    page.get_by_label("Zoom", exact=True).fill("2")
    hook(page, "create").click()
    expect(hook(page, "result")).to_be_visible()
    crop = shop.wishes[0]["crop"]
    assert crop["height"] == pytest.approx(0.5)
    assert crop["width"] * 1200 / (crop["height"] * 900) == pytest.approx(2480 / 3508, rel=1e-3)


def test_two_fingers_zoom_the_crop(visit: Visit) -> None:
    page = visit()
    frame_photo(page)
    frame = hook(page, "crop").get_by_role("application")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box
    middle, left = box["y"] + box["height"] / 2, box["x"]
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *across: float) -> None:
        points = [{"x": left + x, "y": middle, "id": number} for number, x in enumerate(across)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 100, 160)
    fingers("touchMove", 70, 190)
    fingers("touchEnd")
    expect(page.get_by_label("Zoom", exact=True)).to_have_value("2")


def test_a_small_photo_is_said_to_look_soft(visit: Visit) -> None:
    page = visit()
    frame_photo(page)
    expect(page.get_by_text("This may look soft")).to_be_visible()


def test_a_photo_that_the_browser_cannot_show_still_goes_on_without_a_crop(visit: Visit, shop: Shop) -> None:
    page = visit()
    hook(page, "file").set_input_files({"name": "IMG_1.HEIC", "mimeType": "", "buffer": b"heic"})
    expect(hook(page, "crop")).to_contain_text("IMG_1.HEIC")
    hook(page, "style").first.click()
    hook(page, "create").click()
    expect(hook(page, "result")).to_be_visible()
    assert shop.tickets[0]["content_type"] == "image/heic"
    assert "crop" not in shop.wishes[0]


@pytest.mark.parametrize(
    ("name", "said", "content", "kind"),
    [
        ("IMG_1.heic", "application/octet-stream", b"heic", "image/heic"),
        ("IMG_1", "application/octet-stream", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        ("photo.png", "image/png", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("photo.jfif", "", b"", "image/jpeg"),
        ("photo.heic", "text/plain", b"\x89PNG\r\n\x1a\n", "image/png"),
    ],
)
def test_a_photo_is_judged_by_its_content_and_name_and_not_by_the_browsers_word(
    visit: Visit, shop: Shop, name: str, said: str, content: bytes, kind: str
) -> None:
    page = visit()
    hook(page, "file").set_input_files({"name": name, "mimeType": said, "buffer": content})
    expect(hook(page, "crop")).to_contain_text(name)
    expect(hook(page, "crop")).to_contain_text("cannot show this photo")
    assert shop.tickets[0]["content_type"] == kind


def test_a_file_that_is_no_photo_is_refused_at_once(visit: Visit, shop: Shop) -> None:
    page = visit()
    hook(page, "file").set_input_files({"name": "notes", "mimeType": "", "buffer": b"milk, eggs"})
    expect(hook(page, "hint")).to_contain_text("file type is not supported")
    assert shop.tickets == []


def test_a_shopper_deletes_their_photo_and_may_begin_again(visit: Visit, shop: Shop) -> None:
    page = visit()
    make_preview(page)
    hook(page, "delete").click()
    expect(page.get_by_text("were deleted")).to_be_visible()
    expect(hook(page, "result")).to_have_count(0)
    assert shop.deleted == ["p1"]
    make_preview(page)
    assert [wish["upload_id"] for wish in shop.wishes] == ["u1", "u2"]
    expect(hook(page, "thumb")).to_have_count(0)


def test_a_photo_that_may_not_be_deleted_stays_with_the_reason(visit: Visit, shop: Shop) -> None:
    shop.refusals["delete"] = error(409, "A design made from this photo was ordered.", "ordered")
    page = visit()
    make_preview(page)
    hook(page, "delete").click()
    expect(page.get_by_text("was ordered")).to_be_visible()
    expect(hook(page, "result")).to_be_visible()
    assert shop.deleted == []


def test_another_style_keeps_the_earlier_preview_to_compare(visit: Visit, shop: Shop) -> None:
    page = visit()
    make_preview(page)
    hook(page, "restyle").click()
    page.get_by_role("radio", name="Pencil").check()
    hook(page, "create").click()
    expect(hook(page, "thumb")).to_have_count(2)
    page.get_by_role("button", name="Watercolour").click()
    hook(page, "add").click()
    page.wait_for_url("**/cart")
    assert shop.lines[0]["properties"]["_artify_preview"] == "p1"


def test_sliding_across_the_preview_shows_the_photo(visit: Visit) -> None:
    page = visit()
    make_preview(page)
    page.get_by_label("Compare with your photo").fill("60")
    assert hook(page, "compare").evaluate("node => node.style.getPropertyValue('--seen')") == "60%"


def test_a_picture_whose_link_has_expired_gets_a_fresh_one(visit: Visit, shop: Shop) -> None:
    shop.looks = [{**DONE, "preview_url": "/expired.png"}, DONE]
    page = visit()
    make_preview(page)
    expect(hook(page, "preview")).to_have_js_property("naturalWidth", 40)


def test_a_variant_of_another_shape_asks_for_the_crop_again(visit: Visit, shop: Shop) -> None:
    page = visit()
    make_preview(page)
    page.evaluate(f"document.querySelector('[name=id]').value = {A3}")
    expect(hook(page, "result")).to_be_visible()
    page.evaluate(f"document.querySelector('[name=id]').value = {SQUARE}")
    expect(hook(page, "note")).to_contain_text("different proportions")
    hook(page, "create").click()
    expect(hook(page, "result")).to_be_visible()
    crop = shop.wishes[-1]["crop"]
    assert crop["width"] * 1200 == pytest.approx(crop["height"] * 900)


def test_the_themes_button_does_not_sell_the_product_blank(visit: Visit, shop: Shop) -> None:
    page = visit()
    page.get_by_role("button", name="Theme add to cart").click()
    expect(hook(page, "hint")).to_contain_text("Choose a photo and create a preview first")
    assert shop.lines == []


def test_the_themes_button_sells_the_chosen_design(visit: Visit, shop: Shop) -> None:
    page = visit()
    make_preview(page)
    page.get_by_role("button", name="Theme add to cart").click()
    page.wait_for_url("**/cart")
    assert shop.lines[0]["properties"]["_artify_preview"] == "p1"


def test_a_shop_may_sell_the_product_without_a_design(visit: Visit, shop: Shop) -> None:
    shop.settings = {"require_design": False}
    page = visit()
    page.get_by_role("button", name="Theme add to cart").click()
    page.wait_for_url("**/cart/add")
    assert shop.lines == [{"id": A4, "properties": {}}]


def test_a_product_that_is_not_personalised_has_no_block_and_sells_as_ever(visit: Visit, shop: Shop) -> None:
    shop.enabled = False
    page = visit()
    expect(page.locator("artify-personalizer")).to_be_hidden()
    page.get_by_role("button", name="Theme add to cart").click()
    page.wait_for_url("**/cart/add")
    assert shop.lines == [{"id": A4, "properties": {}}]


def test_an_app_out_of_reach_holds_the_sale_once_and_says_so(visit: Visit, shop: Shop, page: Page) -> None:
    page.route("**/apps/artify/**", lambda route: route.abort())
    visit()
    page.get_by_role("button", name="Theme add to cart").click()
    expect(hook(page, "hint")).to_contain_text("unavailable right now")
    page.get_by_role("button", name="Theme add to cart").click()
    page.wait_for_url("**/cart/add")
    assert shop.lines == [{"id": A4, "properties": {}}]


def test_the_carts_refusal_is_shown_in_its_own_words(visit: Visit, shop: Shop) -> None:
    shop.refusals["add.js"] = (422, {"description": "All 3 posters are in your cart."})
    page = visit()
    make_preview(page)
    hook(page, "add").click()
    expect(hook(page, "error")).to_contain_text("All 3 posters are in your cart.")


def test_a_theme_with_a_cart_drawer_keeps_the_shopper_on_the_page(visit: Visit, shop: Shop) -> None:
    page = visit()
    make_preview(page)
    page.evaluate("document.addEventListener('artify:added', e => { e.preventDefault(); document.title = 'Added' })")
    hook(page, "add").click()
    page.wait_for_function("document.title === 'Added'")
    assert page.url.endswith("/products/poster")
    assert len(shop.lines) == 1


def test_a_shop_in_a_language_folder_is_asked_there(visit: Visit, shop: Shop) -> None:
    shop.root = "/fr/"
    page = visit()
    make_preview(page)
    hook(page, "add").click()
    page.wait_for_url("**/fr/cart")
    assert len(shop.lines) == 1


def test_the_studio_is_not_loaded_before_it_is_touched(visit: Visit) -> None:
    page = visit()
    expect(hook(page, "consent")).to_have_text("Your photo is used for this design only.")
    loaded = "performance.getEntriesByType('resource').map(entry => entry.name.split('/').pop())"
    assert "artify-studio.js" not in page.evaluate(loaded)


def test_a_name_with_markup_is_shown_as_text(visit: Visit, shop: Shop) -> None:
    page = visit()
    name = "<img src=x onerror=document.title=1>.heic"
    hook(page, "file").set_input_files({"name": name, "mimeType": "image/heic", "buffer": b"heic"})
    expect(hook(page, "crop")).to_contain_text(name)
    assert page.title() == "Photo Poster"
