"""Logs say what happened and to which ids, and hold nobody's secrets."""

from __future__ import annotations

import json

import pytest

from app import shops
from app.core.errors import Unavailable
from tests.integration import webhooks
from tests.integration.servers import SHOP
from tests.integration.storefront import MUG_VARIANT, SECRET, signed
from tests.integration.world import World
from tests.pictures import PLANTED, talkative

pytestmark = pytest.mark.anyio

PROMPT = "Paint-like-planted-prompt"
EMAIL = "ada.planted@shopper.example"


class PlantedError(RuntimeError):
    """A fault whose message holds what nobody may read."""


async def test_a_whole_story_leaves_no_secret_in_the_log(world: World) -> None:
    world.change("UPDATE ai_styles SET prompt_template = ?", PROMPT)
    merchant, storefront = world.merchant(), world.storefront()
    id_token, query = merchant.token, signed({})
    await world.http.get("/", params={"embedded": "1", "shop": SHOP, "host": "YWRtaW4", "id_token": id_token})
    await merchant.fetch("/orders", id_token)
    await world.http.get("/proxy/products/1", params=query)
    await storefront.post("uploads", {"filename": EMAIL, "content_type": "image/gif", "bytes": 1})
    design = await world.design(storefront, upload_id=await storefront.upload(talkative()))
    await storefront.cancel(design)
    await world.http.get(design["preview_url"])
    line = {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": design["id"]}}
    world.shopify.order(line)
    await webhooks.deliver(world.http, webhooks.order(email=EMAIL, note=EMAIL))
    await webhooks.deliver(world.http, f"{{{EMAIL}".encode())
    world.clock.move(minutes=56)
    await world.run_jobs()
    token = await shops.access_token(world.app, SHOP)
    assert token.refresh
    planted = {
        "prompt": PROMPT,
        "e-mail": EMAIL,
        "place": PLANTED,
        "app's secret": SECRET,
        "access token": token.access,
        "refresh token": token.refresh,
        "any access token": "shpat_",
        "id token": id_token,
        "guest token": design["guest_token"],
        "view token": design["view_token"],
        "proxy signature": query["signature"],
        "link signature": design["preview_url"].partition("s=")[2][:64],
    }
    assert all(planted.values())
    log = world.log.getvalue()
    assert len(log.splitlines()) > 15
    assert [name for name, text in planted.items() if text in log] == []


async def test_a_fault_that_nobody_expected_is_logged_without_its_message(world: World) -> None:
    world.may_crash = True
    storefront = world.storefront()
    preview = await storefront.asked()
    world.painter.faults = [PlantedError(f"{EMAIL} {PROMPT}")] * 9  # type: ignore[list-item]
    await world.run_all_jobs()
    [first, *_] = world.logged("job_crashed")
    assert (first["fault"], first["kind"], first["shop"]) == ("PlantedError", "personalization.preview", SHOP)
    assert "painter.py" in str(first["where"])
    assert EMAIL not in world.log.getvalue()
    state = await storefront.look(preview)
    assert (state["status"], EMAIL in str(state)) == ("failed", False)
    assert world.quota()["current_generations"] == 0


async def test_a_crash_of_a_request_is_a_500_with_the_number_to_ask_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise PlantedError(EMAIL)

    world.may_crash = True
    monkeypatch.setattr("app.personalization.offer", crash)
    answer = await world.storefront().get("products/1")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (500, "internal")
    assert EMAIL not in answer.text + world.log.getvalue()
    [line] = world.logged("request_crashed")
    assert line["request_id"] == error["request_id"] == answer.headers["x-request-id"]


async def test_every_request_is_one_line_with_its_id_and_without_its_query(world: World) -> None:
    answer = await world.storefront().get("products/1")
    [line] = world.logged("request")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/proxy/products/1", 404)
    assert "signature" not in json.dumps(line)


async def test_a_job_is_logged_with_its_shop_and_kind(world: World) -> None:
    await world.storefront().asked()
    world.painter.faults = [Unavailable()]
    await world.run_jobs()
    [line] = world.logged("job_failed")
    assert (line["shop"], line["kind"], line["code"]) == (SHOP, "personalization.preview", "unavailable")
    assert line["job_id"]
