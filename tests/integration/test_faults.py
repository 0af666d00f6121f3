"""What happens when a part is down: a plain 503 or a job that is tried again, and nothing lost or charged."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.errors import AppError, Unavailable, Unprocessable
from tests import processes
from tests.integration import webhooks
from tests.integration.servers import SHOP
from tests.integration.storefront import MUG_VARIANT, Storefront
from tests.integration.world import World, until, without_storage
from tests.pictures import good
from tests.unit.jobs.kinds import Killed

pytestmark = pytest.mark.anyio

HOLD = """
import sqlite3, sys
handle = sqlite3.connect(sys.argv[1], isolation_level=None)
handle.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process holds the database's only write lock."""
    command = [sys.executable, "-c", HOLD, str(database)]
    with processes.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdin
        assert holder.stdout.readline() == b"locked\n"
        yield
        holder.stdin.close()


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite waits for a lock for this many seconds, as connections open."""
    monkeypatch.setattr("app.adapters.database.sqlite.BUSY_S", 0.05)


async def test_a_locked_database_is_a_503_and_the_same_request_works_later(world: World) -> None:
    storefront = world.storefront(customer="9001")
    wish = await storefront.wish(idempotency_key="once")
    with locked(world.database):
        answer = await storefront.post("previews", wish)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")
        assert answer.json()["error"]["message"] == "The database is busy. Try again."
        assert (await storefront.get("products/7700000000002")).status_code == 200
    assert (await storefront.post("previews", wish)).status_code == 202
    assert world.quota()["current_generations"] == 1


async def test_a_webhook_that_meets_a_locked_database_is_sent_again_and_not_lost(world: World) -> None:
    design = await world.design()
    order = webhooks.order(webhooks.line(design["id"]))
    with locked(world.database):
        assert (await webhooks.deliver(world.http, order, event_id="e-1")).status_code == 503
    assert (await webhooks.deliver(world.http, order, event_id="e-1")).status_code == 200
    await world.run_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready"]


async def test_a_database_locked_in_the_middle_of_a_job_loses_nothing(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    world.painter.gate.clear()
    running = asyncio.create_task(world.run_jobs())
    await until(lambda: bool(world.painter.asked))
    with locked(world.database):
        world.painter.gate.set()
        with pytest.raises(Unavailable):
            await running
    world.clock.move(minutes=2)
    await world.run_jobs()
    assert (await storefront.look(preview))["status"] == "completed"
    quota = world.quota()
    assert (quota["current_generations"], quota["running"]) == (1, 0)


async def test_pages_say_that_the_database_is_busy(empty_world: World) -> None:
    with locked(empty_world.database):
        page = await empty_world.merchant().document()
    assert page.status_code == 503
    assert "The database is busy. Try again." in page.text
    assert "Try again</s-button>" in page.text


async def test_without_storage_an_upload_is_a_503_and_works_later(world: World) -> None:
    storefront, photo = world.storefront(), good("jpeg")
    ticket = (await storefront.ticket(photo)).json()
    with without_storage(world):
        answer = await storefront.send(ticket, photo.data)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "files_unavailable")
        asked = await storefront.ask(upload_id=ticket["upload_id"])
        assert asked.status_code == 503
    assert (await storefront.send(ticket, photo.data)).status_code == 200
    await world.design(storefront, upload_id=ticket["upload_id"])
    assert world.quota()["current_generations"] == 1


async def test_a_folder_that_takes_no_files_is_a_503(world: World) -> None:
    storefront, photo = world.storefront(), good("jpeg")
    ticket = (await storefront.ticket(photo)).json()
    world.files.write_text("not a folder")
    answer = await storefront.send(ticket, photo.data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "files_unavailable")


async def test_without_storage_a_preview_is_tried_again(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    with without_storage(world):
        await world.run_jobs()
    assert (await storefront.look(preview))["status"] in ("pending", "processing")
    world.clock.move(minutes=1)
    await world.run_jobs()
    assert (await storefront.look(preview))["status"] == "completed"


async def test_without_storage_a_print_is_tried_again(world: World) -> None:
    design = await world.design()
    await webhooks.deliver(world.http, webhooks.order(webhooks.line(design["id"])))
    with without_storage(world):
        await world.run_jobs()
    assert world.rows("SELECT id FROM assets WHERE purpose = 'print'") == []
    world.clock.move(minutes=1)
    await world.run_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready"]


async def test_without_storage_a_picture_is_a_503(world: World) -> None:
    design = await world.design()
    with without_storage(world):
        assert (await world.http.get(design["preview_url"])).status_code == 503
    assert (await world.http.get(design["preview_url"])).status_code == 200


async def test_an_image_model_that_is_down_for_a_moment_costs_only_time(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    world.painter.faults = [Unavailable(), Unavailable()]
    await world.run_all_jobs()
    assert (await storefront.look(preview))["status"] == "completed"
    assert (len(world.painter.asked), world.quota()["current_generations"]) == (3, 1)


async def test_an_image_model_that_stays_down_fails_the_preview_and_charges_nothing(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    world.painter.faults = [Unavailable()] * 9
    await world.run_all_jobs()
    state = await storefront.look(preview)
    assert (state["status"], len(world.painter.asked)) == ("failed", 3)
    assert state["error"] == {
        "code": "unavailable",
        "message": "A service that Artify needs is unavailable. Try again in a few minutes.",
    }
    quota = world.quota()
    assert (quota["current_generations"], quota["running"]) == (0, 0)


async def test_a_photo_that_the_model_refuses_is_not_tried_again(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    world.painter.faults = [Unprocessable("This photo cannot be used. Please try another one.", code="ai_refused")]
    await world.run_all_jobs()
    state = await storefront.look(preview)
    assert (state["status"], state["error"]["code"]) == ("failed", "ai_refused")
    assert (len(world.painter.asked), world.quota()["current_generations"]) == (1, 0)


async def test_a_model_that_never_answers_is_left_when_its_preview_is_cancelled(impatient: World) -> None:
    storefront = impatient.storefront()
    preview = await storefront.asked()
    impatient.painter.gate.clear()
    running = asyncio.create_task(impatient.run_jobs())
    await until(lambda: bool(impatient.painter.asked))
    assert (await storefront.cancel(preview)).json()["status"] == "cancelled"
    await asyncio.wait_for(running, 20)
    assert impatient.logged("job_lost")
    quota = impatient.quota()
    assert (quota["current_generations"], quota["running"]) == (0, 0)


async def test_a_worker_that_dies_leaves_its_preview_to_the_next(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    world.painter.faults = [Killed()]  # type: ignore[list-item]
    with pytest.raises(Killed):
        await world.run_jobs()
    assert await world.run_jobs() == 0
    world.clock.move(minutes=2)
    await world.run_jobs()
    assert (await storefront.look(preview))["status"] == "completed"
    assert world.quota()["running"] == 0


async def test_a_slow_worker_that_lost_its_preview_changes_nothing(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    world.painter.gate.clear()
    slow = asyncio.create_task(world.run_jobs())
    await until(lambda: bool(world.painter.asked))
    world.clock.move(minutes=2)
    fast = asyncio.create_task(world.run_jobs())
    await until(lambda: len(world.painter.asked) == 2)
    world.painter.gate.set()
    await asyncio.gather(slow, fast)
    assert (await storefront.look(preview))["status"] == "completed"
    assert len(world.rows("SELECT id FROM assets WHERE purpose IN ('master', 'preview')")) == 2
    assert len([path for path in world.files.rglob("master_*") if path.suffix == ".png"]) == 1
    assert world.quota()["running"] == 0


@pytest.mark.parametrize("fault", ["error_500", "throttle_200", "throttle_429", "lost_answer"])
async def test_while_shopify_is_down_the_print_is_kept_and_told_later(world: World, fault: str) -> None:
    design = await world.design()
    order = world.shopify.order(_bought(design["id"]))
    world.shopify.fail(fault, 3)
    await world.run_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready"]
    assert world.shopify.marks(order)["tags"] == []
    world.clock.move(minutes=1)
    await world.run_jobs()
    marks = world.shopify.marks(order)
    assert (len(marks["metafields"]), marks["tags"]) == (1, ["artify-print-ready"])
    assert len(world.rows("SELECT id FROM assets WHERE purpose = 'print'")) == 1


async def test_a_moments_trouble_at_shopify_is_not_even_a_retry(world: World) -> None:
    design = await world.design()
    order = world.shopify.order(_bought(design["id"]))
    world.shopify.fail("throttle_200", 2)
    await world.run_jobs()
    assert world.shopify.marks(order)["tags"] == ["artify-print-ready"]


async def test_an_access_token_that_ended_is_renewed_for_the_note(world: World) -> None:
    design = await world.design()
    order = world.shopify.order(_bought(design["id"]))
    world.clock.move(minutes=56)
    await world.run_jobs()
    assert world.shopify.marks(order)["tags"] == ["artify-print-ready"]
    [token] = world.rows("SELECT version FROM access_tokens WHERE shop_id = ?", SHOP)
    assert token["version"] > 1


@pytest.mark.parametrize("fault", [Unavailable(), Unprocessable(), AppError()])
async def test_every_failure_is_told_in_a_plain_sentence(world: World, fault: AppError) -> None:
    storefront: Storefront = world.storefront()
    preview = await storefront.asked()
    world.painter.faults = [fault] * 3
    await world.run_all_jobs()
    message = (await storefront.look(preview))["error"]["message"]
    assert message.endswith(".")
    assert not {"Traceback", "Error", "Exception", "None", "{"} & set(message.split())


def _bought(preview_id: str) -> dict[str, object]:
    return {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": preview_id}}
