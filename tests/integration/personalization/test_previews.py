"""A photo becomes a watermarked preview: who may ask, see and cancel."""

from __future__ import annotations

import asyncio
import re

import numpy as np
import pytest
from PIL import Image

from tests.integration.servers import SHOP
from tests.integration.storefront import A4_VARIANT, MUG_VARIANT, POSTER
from tests.integration.world import World, until
from tests.pictures import Sample, phone_jpeg

pytestmark = pytest.mark.anyio


async def test_a_ticket_takes_exactly_the_file_that_was_announced(world: World) -> None:
    storefront, photo = world.storefront(), Sample(b"x" * 1000, "a.jpg", "image/jpeg")
    answer = await storefront.ticket(photo)
    ticket = answer.json()
    assert answer.status_code == 201
    assert set(ticket) == {"upload_id", "method", "url", "headers", "max_bytes", "expires_at"}
    assert (ticket["method"], ticket["headers"]) == ("PUT", {"Content-Type": "image/jpeg"})
    assert (await storefront.send(ticket, b"x" * 999)).status_code == 400
    assert (await storefront.send(ticket, b"x" * 1001)).status_code == 400
    wrong = ticket | {"headers": {"Content-Type": "text/html"}}
    assert (await storefront.send(wrong, photo.data)).status_code == 415
    assert (await storefront.send(ticket, photo.data)).status_code == 200


async def test_a_ticket_is_good_for_a_quarter_of_an_hour(world: World) -> None:
    storefront, photo = world.storefront(), Sample(b"x" * 1000, "a.jpg", "image/jpeg")
    ticket = (await storefront.ticket(photo)).json()
    world.clock.move(minutes=15)
    assert (await storefront.send(ticket, photo.data)).status_code == 403


async def test_an_upload_is_never_served_back(world: World) -> None:
    storefront, photo = world.storefront(), phone_jpeg()
    ticket = (await storefront.ticket(photo)).json()
    await storefront.send(ticket, photo.data)
    assert (await world.http.get(ticket["url"])).status_code == 403


async def test_a_photo_becomes_a_small_watermarked_webp(world: World) -> None:
    storefront = world.storefront()
    upload = await storefront.upload(phone_jpeg())
    design = await world.design(storefront, upload_id=upload, product_id=POSTER, variant_id=A4_VARIANT)
    preview = await world.picture(design["preview_url"])
    assert preview.format == "WEBP"
    assert max(preview.size) == 1024
    assert not preview.getexif()
    master = await world.stored("master")
    assert master.size == (1024, 1448)
    assert 0.02 < _marked(master, preview) < 0.9, _marked(master, preview)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM watermarks",
        "UPDATE watermarks SET text = NULL",  # a picture that was deleted leaves such a row
        "UPDATE watermarks SET text = '  '",
        "UPDATE shops SET shop_name = NULL",
    ],
)
async def test_a_preview_is_marked_unless_the_merchant_has_switched_that_off(world: World, change: str) -> None:
    world.change(change)
    design = await world.design()
    assert 0.02 < _marked(await world.stored("master"), await world.picture(design["preview_url"])) < 0.9


async def test_with_the_watermark_switched_off_a_preview_is_the_master_made_smaller(world: World) -> None:
    world.change("UPDATE watermarks SET is_active = 0")
    design = await world.design()
    assert _marked(await world.stored("master"), await world.picture(design["preview_url"])) < 0.01


async def test_progress_is_told_until_the_picture_is_there(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    assert preview["status"] == "pending"
    assert await storefront.look(preview) == {
        "id": preview["id"],
        "status": "pending",
        "progress": 0,
        "queue_position": 0,
    }
    world.painter.gate.clear()
    running = asyncio.create_task(world.run_jobs())
    await until(lambda: bool(world.painter.asked))
    state = await storefront.look(preview)
    assert (state["status"], 0 < state["progress"] < 100, "preview_url" in state) == ("processing", True, False)
    world.painter.gate.set()
    await running
    done = await storefront.look(preview)
    assert (done["status"], done["progress"], set(done)) == (
        "completed",
        100,
        {"id", "status", "progress", "preview_url", "preflight"},
    )


async def test_a_shopper_is_told_whether_the_photo_is_good_enough_for_the_size(world: World) -> None:
    small, large = world.storefront(), world.storefront()
    design = await world.design(small)
    checks = {check["name"]: check for check in design["preflight"]["checks"]}
    assert (design["preflight"]["verdict"], set(checks)) == ("warn", {"dpi", "sharpness", "noise", "clipping", "cast"})
    assert checks["dpi"] == {
        "name": "dpi",
        "verdict": "warn",
        "value": 78,
        "message": "The photo is a little small for this size: fine details may look soft.",
    }
    assert {check["message"] for check in checks.values() if check["verdict"] == "ok"} == {None}
    design = await world.design(large, upload_id=await large.upload(phone_jpeg()))
    assert design["preflight"]["verdict"] == "ok"


async def test_a_design_is_judged_anew_for_another_size_of_its_shape(world: World) -> None:
    storefront = world.storefront()
    [a4, *others] = (await storefront.offer(POSTER))["sizes"]
    design = await world.design(storefront, product_id=POSTER, variant_id=a4["variant_id"])
    verdicts = []
    for size in (a4, *others):
        look = await storefront.get(f"previews/{design['id']}", view_token=design["view_token"], size_id=size["id"])
        [dpi, *_] = look.json()["preflight"]["checks"]
        verdicts.append(dpi["value"])
    assert verdicts[0] == design["preflight"]["checks"][0]["value"]
    assert verdicts == sorted(verdicts, reverse=True)
    assert verdicts[-1] < verdicts[0]


async def test_a_crop_is_what_the_model_sees(world: World) -> None:
    storefront = world.storefront()
    corner = {"x": 0, "y": 0, "width": 0.6, "height": 0.6}
    await world.design(storefront, crop=corner, product_id="7700000000003", variant_id="7800000000031")
    photo = world.painter.asked[0].pictures[0]
    assert photo.width / photo.height == pytest.approx(3000 / 3600, abs=0.01)
    assert photo.width <= 640 * 0.6


async def test_a_pending_preview_is_cancelled_and_not_counted(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    assert world.quota()["current_generations"] == 1
    answer = await storefront.cancel(preview)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert world.quota()["current_generations"] == 0
    assert await world.run_jobs() == 0
    assert world.painter.asked == []


async def test_a_running_preview_is_cancelled_and_frees_its_slot(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    world.painter.gate.clear()
    running = asyncio.create_task(world.run_jobs())
    await until(lambda: bool(world.painter.asked))
    assert (await storefront.cancel(preview)).json()["status"] == "cancelled"
    world.painter.gate.set()
    await running
    assert (await storefront.look(preview))["status"] == "cancelled"
    quota = world.quota()
    assert (quota["current_generations"], quota["running"]) == (0, 0)
    assert world.rows("SELECT id FROM assets WHERE purpose IN ('master', 'preview')") == []


async def test_cancelling_twice_gives_back_once(world: World) -> None:
    storefront = world.storefront()
    await storefront.asked()
    second = await storefront.asked()
    answers = await asyncio.gather(*[storefront.cancel(second) for _ in range(4)])
    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(200, "cancelled")}
    assert world.quota()["current_generations"] == 1


async def test_a_finished_preview_stays_when_it_is_cancelled_too_late(world: World) -> None:
    storefront = world.storefront()
    design = await world.design(storefront)
    answer = await storefront.cancel(design)
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert world.quota()["current_generations"] == 1


async def test_another_guest_cannot_cancel(world: World) -> None:
    mine, other = world.storefront(), world.storefront()
    preview = await mine.asked()
    await other.asked()
    assert (await other.cancel(preview)).status_code == 404
    assert (await world.storefront().cancel(preview)).status_code == 404
    assert (await mine.look(preview))["status"] == "pending"


async def test_a_guest_keeps_one_token_for_all_previews(world: World) -> None:
    storefront = world.storefront()
    first, second = await storefront.asked(), await storefront.asked()
    assert first["guest_token"]
    assert first["guest_token"] == second["guest_token"]
    assert len(world.rows("SELECT id FROM guest_sessions")) == 1
    assert first["guest_token"] not in str(world.rows("SELECT * FROM guest_sessions"))


async def test_a_files_key_has_ids_and_no_token(world: World) -> None:
    storefront = world.storefront()
    design = await world.design(storefront)
    keys = [row["key"] for row in world.rows("SELECT key FROM assets WHERE purpose <> 'template'")]
    assert len(keys) >= 3
    shape = rf"{re.escape(SHOP)}/[a-z]+/[0-9a-f-]{{36}}/[a-z]+_[\w-]+\.[a-z]+"
    assert [key for key in keys if not re.fullmatch(shape, key)] == []
    assert [key for key in keys if design["guest_token"] in key] == []


async def test_a_token_that_nobody_gave_makes_a_new_guest(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked(guest_token="nobody's")
    assert preview["guest_token"] != "nobody's"


async def test_a_guest_token_ends_after_thirty_days(world: World) -> None:
    storefront = world.storefront()
    first = await storefront.asked()
    world.clock.move(days=30)
    assert (await storefront.cancel(first)).status_code == 404
    assert (await storefront.asked())["guest_token"] != first["guest_token"]


async def test_a_customer_needs_no_token_and_is_known_again(world: World) -> None:
    ada, visitor = world.storefront(customer="9001"), world.storefront(customer="9002")
    preview = await ada.asked()
    assert preview["guest_token"] is None
    await ada.asked()
    assert len(world.rows("SELECT id FROM shoppers")) == 1
    assert (await visitor.cancel(preview)).status_code == 404
    assert (await world.storefront(customer="9001").cancel(preview)).json()["status"] == "cancelled"


async def test_a_guest_who_signs_in_can_still_cancel_and_delete_by_the_token(world: World) -> None:
    guest, stranger, customer = world.storefront(), world.storefront(), world.storefront(customer="9001")
    preview, other = await guest.asked(), await stranger.asked()
    design = await world.design(guest)
    preview = await guest.asked()
    assert (await customer.cancel(preview)).status_code == 404
    customer.guest_token = guest.guest_token
    assert (await customer.cancel(preview)).json()["status"] == "cancelled"
    assert (await customer.cancel(other)).status_code == 404
    assert (await customer.post(f"previews/{design['id']}/delete", {})).json() == {"deleted": [design["id"]]}


async def test_a_variant_without_a_print_size_is_refused(world: World) -> None:
    answer = await world.storefront().ask(product_id=POSTER, variant_id=MUG_VARIANT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unknown_variant")


def _marked(master: Image.Image, preview: Image.Image) -> float:
    """The share of pixels that the watermark changed."""
    plain = np.asarray(master.convert("RGB").resize(preview.size, Image.Resampling.LANCZOS), np.int16)
    shown = np.asarray(preview.convert("RGB"), np.int16)
    return float((np.abs(plain - shown).max(axis=2) > 24).mean())
