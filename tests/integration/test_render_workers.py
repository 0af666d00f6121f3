"""Any heavy kind is done by render workers or by the deployment itself, with files of any number and type."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import httpx
import pytest

from app.core.errors import AppError
from app.core.times import SystemClock
from app.render_workers import CompletedRender, CompletedUpload, HeavyKind, UploadRequest
from app.wiring import print_engine
from handlers import jobs as runner
from handlers.cli.render_client import RenderClient, Work
from handlers.cli.render_worker import RenderWorker
from tests.fakes.figurines import FOLDER, KIND, Figurines, Report, ordered_figurine, photo_key
from tests.integration.print_worker import KEY, connected, taken
from tests.integration.servers import SHOP
from tests.integration.world import World

pytestmark = pytest.mark.anyio
FILES = {"model": (b"model", "model/stl"), "turntable": (b"turntable", "image/png")}


@pytest.fixture
def figurines(monkeypatch: pytest.MonkeyPatch) -> Figurines:
    figurines = Figurines()
    monkeypatch.setitem(runner.KINDS, KIND, figurines.kind)
    return figurines


def client(world: World, http: httpx.AsyncClient, figurines: Figurines) -> RenderClient:
    """A render worker that can make figurines and nothing else."""
    return RenderClient(str(world.http.base_url), KEY, http, SystemClock(), kinds={KIND: figurines.kind})


async def sent(client: RenderClient, work: Work, files: dict[str, tuple[bytes, str]], **report: Any) -> CompletedRender:
    uploads = {}
    for name, (data, mime) in files.items():
        await client.send(await client.ticket(work, UploadRequest(name, mime, len(data))), data)
        uploads[name] = CompletedUpload(len(data), hashlib.sha256(data).hexdigest())
    return CompletedRender(uploads, 1200, {"triangles": 7} | report)


def recorded(world: World) -> list[tuple[str, str, int]]:
    rows = world.rows("SELECT purpose, mime, bytes FROM assets WHERE owner_type = 'figurine' ORDER BY purpose")
    return [(row["purpose"], row["mime"], row["bytes"]) for row in rows]


async def objects(world: World) -> list[str]:
    """What lies in storage of figurines, recorded or not."""
    return [each.key for each in await world.app.files.list(f"{SHOP}/{FOLDER}/")]


def job(world: World) -> dict[str, Any]:
    [row] = world.rows("SELECT * FROM jobs WHERE kind = ?", KIND)
    return row


async def refused(work: Any) -> tuple[int, str]:
    with pytest.raises(AppError) as fault:
        await work
    return fault.value.status, fault.value.code


async def test_a_render_worker_sends_two_files_of_different_types(delegating: World, figurines: Figurines) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    before = delegating.quota()["current_storage_bytes"]
    async with httpx.AsyncClient(trust_env=False) as http:
        there = client(delegating, http, figurines)
        assert await RenderWorker(there, asyncio.Event(), print_engine()).run(once=True) == 0
    assert recorded(delegating) == [("model", "model/stl", 16), ("turntable", "image/png", 20)]
    assert delegating.quota()["current_storage_bytes"] == before + 36
    assert (job(delegating)["status"], figurines.begun) == ("done", ["cat"])
    assert figurines.reports == [Report(12, "hand")]


async def test_the_deployment_makes_the_same_files_where_no_worker_is_let_in(
    world: World, figurines: Figurines
) -> None:
    await ordered_figurine(world.app, SHOP, "cat")
    before = world.quota()["current_storage_bytes"]
    await world.run_jobs()
    assert recorded(world) == [("model", "model/stl", 16), ("turntable", "image/png", 20)]
    assert world.quota()["current_storage_bytes"] == before + 36
    assert figurines.reports == [Report(12, "hand")]


async def test_an_input_that_is_gone_ends_the_job_with_the_kinds_own_words(world: World, figurines: Figurines) -> None:
    await ordered_figurine(world.app, SHOP, "cat")
    await world.app.files.delete(photo_key(SHOP, "cat"))
    await world.run_jobs()
    assert (job(world)["status"], figurines.given_up) == ("failed", {"cat": "photo_missing"})


async def test_what_is_there_already_is_not_made_again(delegating: World, figurines: Figurines) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    figurines.finished.add("cat")
    async with httpx.AsyncClient(trust_env=False) as http:
        assert await client(delegating, http, figurines).lease() is None
    assert (job(delegating)["status"], figurines.begun) == ("done", [])


async def test_a_worker_leases_only_the_kinds_that_it_names(delegating: World, figurines: Figurines) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    async with connected(str(delegating.http.base_url)) as prints:
        assert await prints.lease() is None
        assert await prints._call("/internal/jobs", {}) == b""  # as a print worker asks that knows no kinds
    assert job(delegating)["status"] == "pending"


@pytest.mark.parametrize("missing", FILES)
async def test_every_output_must_arrive(delegating: World, figurines: Figurines, missing: str) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    async with httpx.AsyncClient(trust_env=False) as http:
        there = client(delegating, http, figurines)
        work = await taken(there)
        some = {name: file for name, file in FILES.items() if name != missing}
        assert await refused(there.finish(work, await sent(there, work, some))) == (422, f"{missing}_missing")
    assert (recorded(delegating), await objects(delegating), job(delegating)["status"]) == ([], [], "running")


@pytest.mark.parametrize("wrong", FILES)
async def test_every_output_is_looked_into(delegating: World, figurines: Figurines, wrong: str) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    async with httpx.AsyncClient(trust_env=False) as http:
        there = client(delegating, http, figurines)
        work = await taken(there)
        completed = await sent(there, work, FILES | {wrong: (b"something else", FILES[wrong][1])})
        assert await refused(there.finish(work, completed)) == (422, f"wrong_{wrong}")
    assert (recorded(delegating), await objects(delegating)) == ([], [])


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (UploadRequest("model", "image/png", 10), "wrong_model"),
        (UploadRequest("model", "model/stl", 1001), "wrong_model"),
        (UploadRequest("model", "model/stl", 0), "wrong_model"),
        (UploadRequest("print", "model/stl", 10), "wrong_name"),
        (UploadRequest("../../secret", "model/stl", 10), "wrong_name"),
    ],
)
async def test_a_ticket_is_for_an_output_as_it_was_ordered(
    delegating: World, figurines: Figurines, upload: UploadRequest, code: str
) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    async with httpx.AsyncClient(trust_env=False) as http:
        there = client(delegating, http, figurines)
        assert await refused(there.ticket(await taken(there), upload)) == (422, code)


@pytest.mark.parametrize("report", [{"triangles": "many"}, {"triangles": None}, {"by": 5}])
async def test_a_report_of_other_types_records_nothing(
    delegating: World, figurines: Figurines, report: dict[str, Any]
) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    async with httpx.AsyncClient(trust_env=False) as http:
        there = client(delegating, http, figurines)
        work = await taken(there)
        completed = await sent(there, work, FILES)
        bad = CompletedRender(completed.files, completed.took_ms, {"triangles": 7} | report)
        assert await refused(there.finish(work, bad)) == (422, "bad_report")
        assert recorded(delegating) == []
        await there.finish(work, completed)  # the files are still there
        await there.finish(work, completed)
    assert (len(recorded(delegating)), job(delegating)["status"]) == (2, "done")


async def test_a_report_that_comes_twice_at_once_is_recorded_once_and_answered_twice(
    delegating: World, figurines: Figurines
) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    figurines.before_recording = asyncio.Barrier(2).wait
    async with httpx.AsyncClient(trust_env=False) as http:
        there = client(delegating, http, figurines)
        work = await taken(there)
        completed = await sent(there, work, FILES)
        await asyncio.gather(there.finish(work, completed), there.finish(work, completed))
    assert (len(recorded(delegating)), len(await objects(delegating)), job(delegating)["status"]) == (2, 2, "done")


async def test_names_in_a_report_that_a_newer_worker_knows_are_ignored(delegating: World, figurines: Figurines) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    async with httpx.AsyncClient(trust_env=False) as http:
        there = client(delegating, http, figurines)
        work = await taken(there)
        await there.finish(work, await sent(there, work, FILES, colour="teal"))
    assert figurines.reports == [Report(7)]


async def test_a_file_that_nobody_ordered_is_no_part_of_a_report(delegating: World, figurines: Figurines) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    async with httpx.AsyncClient(trust_env=False) as http:
        there = client(delegating, http, figurines)
        work = await taken(there)
        completed = await sent(there, work, FILES)
        more = CompletedRender({**completed.files, "extra": completed.files["model"]}, 1, completed.report)
        assert await refused(there.finish(work, more)) == (422, "bad_report")
    assert recorded(delegating) == []


async def test_a_worker_that_loses_its_lease_leaves_none_of_its_files(delegating: World, figurines: Figurines) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    async with httpx.AsyncClient(trust_env=False) as http:
        there = client(delegating, http, figurines)
        late = await taken(there)
        report = await sent(there, late, FILES)
        delegating.clock.move(seconds=61)
        work = await taken(there)
        await there.finish(work, await sent(there, work, FILES))
        assert await refused(there.finish(late, report)) == (409, "lease_lost")
    assert (len(recorded(delegating)), len(await objects(delegating))) == (2, 2)


async def test_a_worker_that_stops_gives_its_job_back_and_its_files_are_removed(
    delegating: World, figurines: Figurines
) -> None:
    await ordered_figurine(delegating.app, SHOP, "cat")
    async with httpx.AsyncClient(trust_env=False) as http:
        there = client(delegating, http, figurines)
        work = await taken(there)
        await sent(there, work, FILES)
        await there.release(work)
    assert (await objects(delegating), job(delegating)["status"], job(delegating)["attempts"]) == ([], "pending", 0)


def test_every_heavy_kind_says_how_it_is_rendered() -> None:
    heavy = [kind for kind in runner.KINDS.values() if kind.heavy]
    assert heavy
    assert all(isinstance(kind, HeavyKind) for kind in heavy)
