"""Every kind of photo, through the whole way: ticket, upload, preview."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator

import pytest

from tests.corpus.planted import traces, written
from tests.corpus.talkative import talkative
from tests.integration.storefront import MUG_VARIANT
from tests.integration.world import World
from tests.pictures import BAD_KINDS, GOOD_KINDS, SIZE, Sample, bad, good

pytestmark = pytest.mark.anyio

MUG_ASPECT = 2475 / 1155
WHOLE_WAY = {
    # what a browser announces honestly, and where it ends: status and code
    "text": (415, "unsupported_format"),
    "bomb": (422, "too_many_pixels"),
    "eps": (415, "unsupported_format"),
    "svg": (415, "unsupported_format"),
    "gif": (415, "unsupported_format"),
    "tiff": (415, "unsupported_format"),
    "pdf": (415, "unsupported_format"),
    "truncated": ("failed", "damaged"),
    "1x1": (422, "too_small"),
    "20000x3": (422, "too_many_pixels"),
    "empty": (422, "empty_file"),
    "60-mb": (413, "too_large"),
}


@pytest.mark.parametrize("kind", GOOD_KINDS)
async def test_a_good_photo_becomes_a_preview(world: World, kind: str) -> None:
    storefront = world.storefront()
    design = await world.design(storefront, upload_id=await storefront.upload(good(kind)))
    picture = await world.picture(design["preview_url"])
    assert picture.format == "WEBP"
    assert picture.size == (SIZE[0], round(SIZE[0] / MUG_ASPECT))


@pytest.mark.parametrize("kind", BAD_KINDS)
async def test_a_bad_photo_is_refused_with_a_plain_sentence(world: World, kind: str) -> None:
    status, error = await whole_way(world, bad(kind))
    assert (status, error["code"]) == WHOLE_WAY[kind]
    assert error["message"].endswith(".")
    assert error["message"][0].isupper()
    assert world.quota()["current_generations"] == 0
    assert world.rows("SELECT id FROM assets WHERE purpose <> 'upload'") == []
    if status != "failed":  # then nobody decoded anything
        assert world.rows("SELECT id FROM generations") == []


async def test_where_every_decoder_dies_the_shopper_reads_a_sentence_and_the_app_lives(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.app.imaging.close()  # type: ignore[attr-defined]  # those that wait would live
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    status, error = await whole_way(world, good("png"))
    assert (status, error["code"]) == ("failed", "too_demanding")
    assert error["message"] == "This photo is too complex to open. Try another photo."
    monkeypatch.undo()
    await world.design(world.storefront())


@pytest.mark.parametrize("kind", [kind for kind in BAD_KINDS if WHOLE_WAY[kind][0] == 415])
async def test_a_file_under_a_photos_type_is_seen_through(world: World, kind: str) -> None:
    disguised = Sample(bad(kind).data, "photo.png", "image/png")
    assert (await whole_way(world, disguised))[0] == 415


async def test_a_photo_under_another_photos_name_is_taken(world: World) -> None:
    storefront = world.storefront()
    disguised = Sample(good("jpeg").data, "photo.png", "image/png")
    await world.design(storefront, upload_id=await storefront.upload(disguised))


@pytest.mark.parametrize(
    ("kind", "filename", "said"),
    [
        ("heic", "IMG_0413.heic", "application/octet-stream"),
        ("heic", "IMG_0413.HEIC", ""),
        ("avif", "photo.avif", "application/octet-stream"),
        ("webp", "photo", ""),
        ("jpeg", "photo.png", "image/x-png"),
    ],
)
async def test_a_photo_whose_type_the_browser_does_not_know_becomes_a_preview_and_is_kept_under_its_own(
    world: World, kind: str, filename: str, said: str
) -> None:
    storefront, photo = world.storefront(), good(kind)
    upload = await storefront.upload(Sample(photo.data, filename, said))
    await world.design(storefront, upload_id=upload)
    assert world.rows("SELECT mime FROM assets WHERE purpose = 'upload'") == [{"mime": photo.mime}]


async def test_a_file_bigger_than_announced_is_cut_off(world: World) -> None:
    storefront, photo = world.storefront(), bad("60-mb")
    ticket = (await storefront.ticket(photo, bytes=1000)).json()

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(photo.data), 1 << 20):
            yield photo.data[at : at + (1 << 20)]

    answer = await world.http.put(ticket["url"], headers=ticket["headers"], content=chunks())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert [path for path in world.files.rglob("*") if path.is_file()] == []


async def test_a_photo_that_never_arrived_is_asked_for_again(world: World) -> None:
    storefront = world.storefront()
    upload = (await storefront.ticket(good("jpeg"))).json()["upload_id"]
    answer = await storefront.ask(upload_id=upload)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "upload_missing")


async def test_an_upload_expires_after_a_day(world: World) -> None:
    storefront = world.storefront()
    upload = await storefront.upload()
    world.clock.move(hours=24)
    answer = await storefront.ask(upload_id=upload)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "upload_expired")


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif", "heic"])
async def test_what_a_photo_says_of_its_owner_is_in_no_picture_of_ours(world: World, fmt: str) -> None:
    """By a photo with every kind of metadata that its format can carry, on its way to the print."""
    storefront, photo = world.storefront(), talkative(f"{fmt} everything")
    assert written(photo.data)
    design = await world.design(storefront, upload_id=await storefront.upload(photo))
    line = {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": design["id"]}}
    world.shopify.order(line)
    await world.run_jobs()
    made = world.rows("SELECT key, purpose FROM assets WHERE purpose <> 'upload'")
    assert {asset["purpose"] for asset in made} == {"master", "preview", "print"}
    stored = {asset["purpose"]: await world.app.files.get(asset["key"]) for asset in made}
    stored["shown"] = (await world.http.get(design["preview_url"])).content
    stored["asked of the model"] = world.painter.asked[0].pictures[0].data
    assert {place: found for place, picture in stored.items() if (found := traces(picture))} == {}


@pytest.mark.parametrize(
    "crop",
    [
        {"x": -0.1, "y": 0, "width": 0.5, "height": 0.5},
        {"x": 0.6, "y": 0, "width": 0.5, "height": 0.5},
        {"x": 0, "y": 0.6, "width": 0.5, "height": 0.5},
        {"x": 0, "y": 0, "width": 0.01, "height": 0.5},
        {"x": 0, "y": 0, "width": 0, "height": 0},
        {"x": 0, "y": 0, "width": 1e300, "height": 1},
    ],
)
async def test_a_crop_outside_the_photo_is_refused(world: World, crop: dict[str, float]) -> None:
    answer = await world.storefront().ask(crop=crop)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_crop")


async def test_a_crop_too_small_to_print_is_refused(world: World) -> None:
    answer = await world.storefront().ask(crop={"x": 0, "y": 0, "width": 0.3, "height": 0.3})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "too_small")


async def whole_way(world: World, photo: Sample) -> tuple[int | str, dict[str, str]]:
    """Where a photo is refused, and what is said: an HTTP status with its error, or `failed` with the preview's."""
    storefront = world.storefront()
    ticket = await storefront.ticket(photo)
    if not ticket.is_success:
        return ticket.status_code, ticket.json()["error"]
    assert (await storefront.send(ticket.json(), photo.data)).status_code == 200
    answer = await storefront.ask(upload_id=ticket.json()["upload_id"])
    if not answer.is_success:
        return answer.status_code, answer.json()["error"]
    await world.run_all_jobs()
    state = await storefront.look(answer.json())
    return state["status"], state.get("error", {"code": "", "message": ""})
