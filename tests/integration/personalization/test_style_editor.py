"""The editor of styles: what a merchant saves is what shoppers get, and a bad field is named."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from app import media
from app.personalization import style_editing
from tests.integration.merchant import Merchant
from tests.integration.servers import OTHER_SHOP
from tests.integration.storefront import MUG
from tests.integration.world import World
from tests.pictures import Sample, bad, good

pytestmark = pytest.mark.anyio

NEW = {"name": "Gold leaf", "prompt": "A gold leaf picture for a {product}, {size}."}


def style_id(page: str) -> str:
    """The id of the style whose form this is."""
    [found] = re.findall(r'action="/styles/([0-9a-f-]{36})/edit"', page)
    return str(found)


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


async def added(merchant: Merchant, **changes: Any) -> str:
    answer = await merchant.post("/styles/new", NEW | changes)
    assert answer.status_code == 200, answer.text
    return answer.text


async def upload(world: World, merchant: Merchant, style: str, photo: Sample) -> str:
    announced = {"filename": photo.filename, "content_type": photo.mime, "bytes": len(photo.data)}
    ticket = (await merchant.post(f"/styles/{style}/upload", announced)).json()
    await world.storefront().send(ticket, photo.data)
    return str(ticket["upload_id"])


async def test_a_style_of_the_merchants_own_is_offered_and_its_prompt_filled_in(world: World) -> None:
    page = await added(world.merchant())
    offered = [style for style in (await world.storefront().offer(MUG))["styles"] if style["name"] == NEW["name"]]
    assert [style["id"] for style in offered] == [style_id(page)]
    await world.design(style_id=style_id(page))
    [row] = world.rows("SELECT ai_prompt_used FROM generations")
    assert row["ai_prompt_used"] == "A gold leaf picture for a Photo Mug, 11 oz."


async def test_an_edit_shows_on_every_page_and_keeps_earlier_prompts(world: World) -> None:
    merchant = world.merchant()
    page = await added(merchant)
    await world.design(style_id=style_id(page))
    changed = {"name": "Gilded", "prompt": "Gilded, {style}.", "seen": field(page, "seen")}
    world.clock.move(seconds=1)
    saved = (await merchant.post(f"/styles/{style_id(page)}/edit", changed)).text
    assert (field(saved, "name"), field(saved, "prompt")) == ("Gilded", "Gilded, {style}.")
    assert "Used once." in saved
    assert "Gilded" in (await merchant.document("/styles")).text
    await world.design(style_id=style_id(page))
    prompts = [row["ai_prompt_used"] for row in world.rows("SELECT ai_prompt_used FROM generations ORDER BY id")]
    assert prompts == ["A gold leaf picture for a Photo Mug, 11 oz.", "Gilded, Gilded."]


@pytest.mark.parametrize(
    ("bad_field", "value", "says"),
    [
        ("name", " \t ", "Enter a name."),
        ("name", "x" * 10_000, "up to 60 characters"),
        ("prompt", "", "Describe the look"),
        ("prompt", "x" * 10_000, "up to 2000 characters"),
        ("prompt", "For a {wedding}", "{wedding} is not a placeholder. Use {product}, {size}, {style}"),
        ("prompt", "half {", "{ is not a placeholder."),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_saved(world: World, bad_field: str, value: str, says: str) -> None:
    merchant = world.merchant()
    page = await added(merchant)
    for path in ("/styles/new", f"/styles/{style_id(page)}/edit"):
        answer = await merchant.post(path, NEW | {"seen": field(page, "seen"), bad_field: value})
        error = answer.json()["error"] if answer.headers["Content-Type"] == "application/json" else {}
        assert answer.status_code == 422
        assert says in (error.get("message") or html.unescape(answer.text))
        assert error.get("field", bad_field) == bad_field
    assert [row["name"] for row in world.rows("SELECT name FROM ai_styles WHERE name LIKE 'Gold%'")] == ["Gold leaf"]


async def test_html_in_a_name_is_text(world: World) -> None:
    merchant = world.merchant()
    page = await added(merchant, name="<script>x</script>", prompt="</textarea><b>")
    assert field(page, "name") == "<script>x</script>"
    for text in (page, (await merchant.document("/styles")).text):
        assert "<script>x" not in text
        assert "</textarea><b>" not in text


async def test_the_second_of_two_tabs_is_told(world: World) -> None:
    merchant = world.merchant()
    page = await added(merchant)
    world.clock.move(seconds=1)
    edit, seen = f"/styles/{style_id(page)}/edit", field(page, "seen")
    assert (await merchant.post(edit, NEW | {"name": "First", "seen": seen})).status_code == 200
    refused = await merchant.post(edit, NEW | {"name": "Second", "seen": seen})
    assert refused.status_code == 409
    assert "changed in another tab" in refused.text
    assert (await merchant.post(edit, NEW | {"name": "First", "seen": "rubbish"})).status_code == 200  # no change
    assert field((await merchant.document(f"/styles/{style_id(page)}")).text, "name") == "First"


async def test_a_copy_is_not_offered_until_it_is_enabled(world: World) -> None:
    merchant = world.merchant()
    page = await added(merchant, name="N" * 60)
    copy = (await merchant.post(f"/styles/{style_id(page)}/copy", {})).text
    assert style_id(copy) != style_id(page)
    assert field(copy, "name") == "N" * 53 + " (copy)"
    assert field(copy, "prompt") == NEW["prompt"]
    assert style_id(copy) not in {style["id"] for style in (await world.storefront().offer(MUG))["styles"]}


async def test_an_example_picture_is_cropped_shown_and_replaced(world: World) -> None:
    merchant = world.merchant()
    style = style_id(await added(merchant))
    for _ in range(2):
        upload_id = await upload(world, merchant, style, good("jpeg"))
        answer = await merchant.post(f"/styles/{style}/example", {"upload_id": upload_id})
        assert answer.status_code == 200, answer.text
    [url] = re.findall(r'<img class="example" src="([^"]+)"', answer.text)
    picture = await world.picture(html.unescape(url))
    assert picture.width == picture.height <= 512
    offered = {each["id"]: each["example_url"] for each in (await world.storefront().offer(MUG))["styles"]}
    assert (await world.picture(offered[style])).size == picture.size
    world.clock.move(minutes=2)
    await media.sweep_uploads(world.app)
    kept = world.rows("SELECT purpose FROM assets WHERE owner_id = ? AND deleted_at IS NULL", style)
    assert [row["purpose"] for row in kept] == ["example"]


async def test_an_example_that_is_no_picture_is_refused(world: World) -> None:
    merchant = world.merchant()
    style = style_id(await added(merchant))
    upload_id = await upload(world, merchant, style, bad("truncated"))
    assert (await merchant.post(f"/styles/{style}/example", {"upload_id": upload_id})).status_code == 422
    assert (await merchant.post(f"/styles/{style}/example", {"upload_id": "nothing"})).status_code == 404
    assert "<img" not in (await merchant.document(f"/styles/{style}")).text


async def test_another_shop_and_an_archived_style_are_not_found(world: World) -> None:
    merchant, stranger = world.merchant(), world.merchant(OTHER_SHOP)
    style = style_id(await added(merchant))
    assert (await stranger.document(f"/styles/{style}")).status_code == 404
    for path, body in (("edit", NEW), ("copy", {}), ("example", {"upload_id": "x"})):
        assert (await stranger.post(f"/styles/{style}/{path}", body)).status_code == 404
    await merchant.post(f"/styles/{style}/archive", {})
    assert (await merchant.document(f"/styles/{style}")).status_code == 404
    assert (await merchant.post(f"/styles/{style}/edit", NEW)).status_code == 404


async def test_a_shop_has_a_limited_number_of_styles(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_editing, "MOST_STYLES", 7)
    merchant = world.merchant()
    page = await added(merchant)
    assert (await merchant.post("/styles/new", NEW)).status_code == 422
    assert (await merchant.post(f"/styles/{style_id(page)}/copy", {})).status_code == 422
