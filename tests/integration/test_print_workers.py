"""Print workers beside a deployment: paid lines are printed elsewhere, exactly once, and a worker is not believed."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import jobs
from app.core.errors import AppError, BadPicture, Unavailable
from app.wiring import print_engine
from handlers.cli.render_client import HEAVY_KINDS, RenderClient, Work
from handlers.jobs import KINDS
from tests.fakes.ports import SetClock
from tests.integration import webhooks
from tests.integration.print_worker import connected, flat, ordered, picture, ran, says, sent, started, taken
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.storefront import MUG_VARIANT
from tests.integration.test_tenancy import asked_there
from tests.integration.world import World
from tests.sizes import resized

pytestmark = pytest.mark.anyio
MUG_PIXELS = (2475, 1155)


async def paid(world: World) -> None:
    """A mug is ordered and paid; everything that the deployment does itself is done."""
    design = await world.design()
    await webhooks.deliver(world.http, webhooks.order(webhooks.line(design["id"])))
    await world.run_jobs()


def shrink(world: World) -> None:
    """From here on a mug is so small that nothing is enlarged for it: one print that takes long is enough."""
    for statement in resized(600, 280):
        world.change(statement)


def url(world: World) -> str:
    return str(world.http.base_url)


def line(world: World) -> dict[str, Any]:
    [item] = world.rows("SELECT state, reason, print_asset_id FROM order_items")
    return item


def job(world: World) -> dict[str, Any]:
    [row] = world.rows("SELECT * FROM jobs WHERE kind = 'personalization.finalize'")
    return row


def prints(world: World) -> list[dict[str, Any]]:
    return world.rows("SELECT * FROM assets WHERE purpose = 'print'")


def stored_prints(world: World) -> int:
    """How many print files lie in storage, recorded or not."""
    return len(list(world.files.rglob("print_*.jpg")))


async def refused(work: Any) -> tuple[int, str]:
    with pytest.raises(AppError) as fault:
        await work
    return fault.value.status, fault.value.code


async def test_a_print_worker_prints_what_was_paid(delegating: World) -> None:
    await paid(delegating)
    assert (line(delegating)["state"], stored_prints(delegating)) == ("queued", 0)
    status, out, err = await ran(url(delegating), delegating.folder)
    assert (status, err.count("Traceback")) == (0, 0), err
    assert "done in" in out
    assert line(delegating)["state"] == "ready"
    assert (await delegating.stored("print")).size == MUG_PIXELS
    [final] = delegating.rows("SELECT * FROM generations WHERE generation_type = 'final'")
    assert json.loads(final["generation_params"])["engine"] == print_engine()[1].name
    assert (final["final_width"], final["final_height"]) == MUG_PIXELS
    assert final["upscale_factor"] == pytest.approx(2475 / final["original_width"], rel=0.01)
    assert final["tiles"] > 0 if print_engine()[1].factor > 1 else final["tiles"] == 0
    assert final["tiles_fell_back"] == 0


async def test_the_order_in_shopify_is_told_of_a_print_that_a_worker_made(delegating: World) -> None:
    shrink(delegating)
    design = await delegating.design()
    order = delegating.shopify.order(
        {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": design["id"]}}
    )
    await delegating.run_jobs()
    assert delegating.shopify.marks(order)["tags"] == []
    await ran(url(delegating), delegating.folder)
    await delegating.run_jobs()
    assert delegating.shopify.marks(order)["tags"] == ["artify-print-ready"]


async def test_a_worker_that_finds_nothing_says_so(delegating: World) -> None:
    status, out, _ = await ran(url(delegating), delegating.folder)
    assert (status, out.splitlines()[-1]) == (0, "nothing to do")


async def test_a_deployment_with_print_workers_hints_at_no_prints(delegating: World) -> None:
    await paid(delegating)
    delegating.clock.move(minutes=2)
    assert await jobs.run_one(delegating.app, KINDS, job(delegating)["id"]) is False
    assert delegating.logged("job_kind_unknown") == []
    await delegating.run_jobs()
    assert await jobs.resend_wake_ups(delegating.app, KINDS) == 0
    assert job(delegating)["status"] == "pending"


async def test_a_killed_workers_print_is_finished_by_another(delegating: World) -> None:
    await paid(delegating)
    async with started(url(delegating), delegating.folder) as worker:
        await says(worker, "printing 2475 × 1155 pixels")
        worker.kill()
        await worker.wait()
    assert (line(delegating)["state"], job(delegating)["status"]) == ("printing", "running")
    assert (await ran(url(delegating), delegating.folder))[1].endswith("nothing to do\n")
    delegating.clock.move(seconds=61)
    shrink(delegating)
    assert (await ran(url(delegating), delegating.folder))[0] == 0
    assert (line(delegating)["state"], job(delegating)["attempts"]) == ("ready", 2)
    assert (len(prints(delegating)), stored_prints(delegating)) == (1, 1)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_a_stopped_worker_gives_its_print_back_at_once(delegating: World, stop: signal.Signals) -> None:
    await paid(delegating)
    async with started(url(delegating), delegating.folder) as worker:
        await says(worker, "printing")
        worker.send_signal(stop)
        assert await worker.wait() == 0
    left = job(delegating)
    assert (left["status"], left["attempts"], left["lease_token"]) == ("pending", 0, None)
    shrink(delegating)
    assert (await ran(url(delegating), delegating.folder))[0] == 0
    assert (line(delegating)["state"], stored_prints(delegating)) == ("ready", 1)


async def test_a_worker_with_another_key_is_refused_with_a_sentence(delegating: World) -> None:
    await paid(delegating)
    status, _, err = await ran(url(delegating), delegating.folder, key="A" * 43 + "=")
    assert (status, err) == (2, "The app refused this render worker. Set JOBS_KEY to the same value as on the app.\n")
    assert job(delegating)["status"] == "pending"


async def test_an_app_without_the_key_has_no_such_address(world: World) -> None:
    status, _, err = await ran(url(world), world.folder)
    assert (status, err.startswith("This address does not accept render workers")) == (2, True)


async def test_a_worker_whose_clock_is_wrong_is_told_so(delegating: World) -> None:
    wrong = SetClock(delegating.clock.now() + timedelta(minutes=6))
    async with connected(url(delegating), clock=wrong) as there:
        assert await refused(there.lease()) == (401, "clock_skew")


@pytest.mark.parametrize("header", ["", "1.n.s", "é", "..", "1" * 5000, "99999999999999999999.n.s"])
async def test_a_made_up_signature_is_refused(delegating: World, header: str) -> None:
    headers = {"Artify-Signature": header.encode()}
    answer = await delegating.http.post("/internal/jobs", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


async def test_a_body_that_is_too_big_is_refused_before_it_is_looked_at(delegating: World) -> None:
    answer = await delegating.http.post("/internal/jobs", content=b" " * 100_000)
    assert answer.status_code == 413


async def test_a_second_worker_gets_no_job_that_the_first_has(delegating: World) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        assert await there.lease()
        assert await there.lease() is None


async def test_a_file_of_other_pixels_is_refused_and_removed(delegating: World) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = await taken(there)
        delivery = await sent(there, order, picture(2475, 1154))
        assert await refused(there.finish(order, delivery)) == (422, "wrong_print")
    assert (line(delegating)["print_asset_id"], prints(delegating), stored_prints(delegating)) == (None, [], 0)


@pytest.mark.parametrize("lie", [b"not a picture at all", picture(*MUG_PIXELS, "PNG"), b"\xff\xd8\xff"])
async def test_a_file_that_is_not_what_it_is_called_is_refused(delegating: World, lie: bytes) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = await taken(there)
        delivery = await sent(there, order, lie)
        assert await refused(there.finish(order, delivery)) == (422, "wrong_print")
    assert (prints(delegating), stored_prints(delegating)) == ([], 0)


async def test_a_report_without_a_file_is_refused(delegating: World) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = await taken(there)
        delivery = await sent(there, order, ordered(order))
        await there.release(order)
        again = await taken(there)
        assert await refused(there.finish(again, delivery)) == (422, "print_missing")


@pytest.mark.parametrize(
    "change",
    [
        {"bytes": 7},
        {"sha256": "x"},
        {"engine": "<b>\n"},
        {"took_ms": -1},
        {"tiles": -1},
        {"tiles": 3, "tiles_fell_back": 4},
        {"tiles_fell_back": 1},
        {"tiles": 10**9},
    ],
)
async def test_a_report_that_is_not_true_or_makes_no_sense_records_nothing(
    delegating: World, change: dict[str, Any]
) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = await taken(there)
        delivery = await sent(there, order, ordered(order))
        status, _ = await refused(there._ask(order, "finish", **flat(delivery) | change))
    assert (status, prints(delegating)) == (422, [])


@pytest.mark.parametrize(("mime", "size"), [("image/png", 10), ("image/jpeg", 0), ("image/jpeg", 10**9)])
async def test_a_ticket_is_for_a_file_as_it_was_ordered(delegating: World, mime: str, size: int) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = await taken(there)
        assert await refused(there._ask(order, "ticket", mime=mime, bytes=size)) == (422, "wrong_print")


@pytest.mark.parametrize(
    ("fell_back", "shown"), [(3, "AI upscaling failed for 3 of 1,204 tiles"), (0, None), (None, None)]
)
async def test_the_merchant_sees_in_how_many_tiles_the_network_failed(
    delegating: World, fell_back: int | None, shown: str | None
) -> None:
    """None: of a print worker that is too old to count."""
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = await taken(there)
        report = await sent(there, order, ordered(order))
        counted = {} if fell_back is None else {"tiles": 1204, "tiles_fell_back": fell_back}
        await there._ask(order, "finish", **flat(report) | counted)
    [final] = delegating.rows("SELECT tiles, tiles_fell_back FROM generations WHERE generation_type = 'final'")
    assert final == {"tiles": None if fell_back is None else 1204, "tiles_fell_back": fell_back}
    page = (await delegating.merchant().document("/orders")).text
    assert shown in page if shown else "AI upscaling failed" not in page


async def test_a_report_that_is_repeated_is_answered_as_at_first(delegating: World) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = await taken(there)
        delivery = await sent(there, order, ordered(order))
        await there.finish(order, delivery)
        await there.finish(order, delivery)
        assert await refused(there.fail(order, Unavailable())) == (409, "lease_lost")
        assert await refused(there.release(order)) == (409, "lease_lost")
    assert (line(delegating)["state"], len(prints(delegating)), stored_prints(delegating)) == ("ready", 1, 1)
    assert prints(delegating)[0]["sha256"] == delivery.files["print"].sha256


async def test_a_worker_that_lost_its_lease_leaves_nothing(delegating: World) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        late = await taken(there)
        report = await sent(there, late, ordered(late))
        delegating.clock.move(seconds=61)
        order = await taken(there)
        assert await refused(there.extend(late)) == (409, "lease_lost")
        assert await refused(there.finish(late, report)) == (409, "lease_lost")
        assert stored_prints(delegating) == 0
        await there.finish(order, await sent(there, order, ordered(order)))
        assert await refused(there.finish(late, report)) == (409, "lease_lost")
    assert (len(prints(delegating)), stored_prints(delegating)) == (1, 1)


async def test_a_lease_that_is_extended_goes_to_nobody_else(delegating: World) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = await taken(there)
        for _ in range(3):
            delegating.clock.move(seconds=50)
            await there.extend(order)
        assert await there.lease() is None


async def test_a_token_is_for_one_job_whichever_shop_it_belongs_to(delegating: World) -> None:
    await paid(delegating)
    await paid_elsewhere(delegating)
    async with connected(url(delegating)) as there:
        orders = {shop_of(delegating, order): order for order in (await taken(there), await taken(there))}
        mine, theirs = orders[SHOP], orders[OTHER_SHOP]
        assert SHOP in mine.addresses["picture"]
        assert OTHER_SHOP in theirs.addresses["picture"]
        crossed = replace(mine, job_id=theirs.job_id)
        report = await sent(there, mine, ordered(mine))
        for work in (there.extend(crossed), there.finish(crossed, report), there.release(crossed)):
            assert await refused(work) == (409, "lease_lost")
        await there.finish(mine, report)
    assert [row["shop_id"] for row in prints(delegating)] == [SHOP]


@pytest.mark.parametrize("token", ["", "x", "../../../../secret", "é" * 43, "x" * 43])
async def test_a_made_up_token_does_nothing(delegating: World, token: str) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = replace(await taken(there), token=token)
        delivery = await sent_by_nobody(there, order)
        assert delivery == (409, "lease_lost")
        assert await refused(there.release(order)) == (409, "lease_lost")
    assert job(delegating)["status"] == "running"


async def test_a_job_of_another_kind_is_not_there(delegating: World) -> None:
    await delegating.design()
    [row] = delegating.rows("SELECT id FROM jobs WHERE kind = 'personalization.preview'")
    async with connected(url(delegating)) as there:
        for job_id in (row["id"], "nothing"):
            order = Work(job_id, "x" * 43, 60, HEAVY_KINDS["personalization.finalize"], None, {})
            assert await refused(there.extend(order)) == (404, "not_found")


async def test_a_fault_that_may_pass_is_tried_again_later(delegating: World) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = await taken(there)
        await sent(there, order, ordered(order))
        await there.fail(order, Unavailable("The storage is away.", code="files_unavailable"))
        assert await there.lease() is None
        left = job(delegating)
        assert (left["status"], left["attempts"], left["last_error"]) == ("pending", 1, "files_unavailable")
        assert stored_prints(delegating) == 0
        delegating.clock.move(minutes=1)
        assert await there.lease()


async def test_a_fault_that_stays_is_told_to_the_merchant(delegating: World) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        await there.fail(await taken(there), BadPicture("The picture <i>cannot</i> be read."))
    assert (line(delegating)["state"], line(delegating)["reason"]) == ("failed", "The picture <i>cannot</i> be read.")
    assert "<i>cannot" not in (await delegating.merchant().document("/orders")).text


async def test_a_print_that_is_there_already_ends_the_job_without_work(delegating: World) -> None:
    await paid(delegating)
    async with connected(url(delegating)) as there:
        order = await taken(there)
        await there.finish(order, await sent(there, order, ordered(order)))
        delegating.change("UPDATE jobs SET status = 'pending' WHERE kind = 'personalization.finalize'")
        assert await there.lease() is None
    assert (job(delegating)["status"], len(prints(delegating))) == ("done", 1)


async def test_a_master_that_is_gone_fails_the_line_and_no_worker_is_asked(delegating: World) -> None:
    await paid(delegating)
    delegating.change("UPDATE assets SET deleted_at = created_at WHERE purpose = 'master'")
    async with connected(url(delegating)) as there:
        assert await there.lease() is None
    assert (line(delegating)["state"], job(delegating)["status"]) == ("failed", "failed")


async def paid_elsewhere(world: World) -> None:
    """The same in the other shop, for its poster."""
    preview = await asked_there(world.storefront(OTHER_SHOP))
    await world.run_jobs()
    line = webhooks.line(preview["id"], product_id=1001, variant_id=2001)
    await webhooks.deliver(world.http, webhooks.order(line), shop_domain=OTHER_SHOP)
    await world.run_jobs()


def shop_of(world: World, order: Work) -> str:
    [row] = world.rows("SELECT shop_id FROM jobs WHERE id = ?", order.job_id)
    return str(row["shop_id"])


async def sent_by_nobody(there: RenderClient, order: Work) -> tuple[int, str]:
    about = {"bytes": 10, "sha256": "0" * 64, "engine": "none", "took_ms": 0}
    return await refused(there._ask(order, "finish", **about))
