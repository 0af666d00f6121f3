"""What requests and jobs ask of the database is built once: the second time, only values are new."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import httpx
import pytest
from sqlalchemy import BindParameter, Dialect, Select, select
from starlette.routing import Route

from app.adapters.database import sql
from app.adapters.database.sql import Sql
from app.core.ports.database import Expect
from app.core.statements import BoundStatement
from app.jobs.tables import jobs
from tests.apps import ON_POSTGRES
from tests.integration import webhooks
from tests.integration.storefront import MUG
from tests.integration.world import World

pytestmark = pytest.mark.anyio
CUSTOMER = "9001"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that reach the database without having been built once, and how many values were put into
    expressions or selects begun on the way."""
    found: list[str] = []
    monkeypatch.setattr(sql, "_compile_new", noting(found, sql._compile_new, lambda core, *_: str(core)))
    for part in (BindParameter, Select):
        monkeypatch.setattr(part, "__init__", noting(found, part.__init__, lambda made, *_: type(made).__name__))
    return found


def noting(found: list[str], work: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
    def noted(*args: Any, **options: Any) -> Any:
        found.append(name(*args))
        return work(*args, **options)

    return noted


async def test_the_second_time_no_statement_is_built(world: World, built: list[str]) -> None:
    """Of the storefront, of webhooks, of the merchant's pages, and of the jobs that follow; not of a deletion, nor of
    the page that lists them, which are rare."""
    for _ in range(2):
        await a_day(world)
        await pages(world, but=["/privacy"])
    built.clear()
    await a_day(world)
    await pages(world, but=["/privacy"])
    assert not built, "\n".join(sorted(set(built)))


async def test_one_that_is_built_for_its_call_is_noticed(world: World, built: list[str]) -> None:
    await world.app.db.one(select(jobs.c.id).where(jobs.c.id == "a"))
    assert {"BindParameter", "Select"} < set(built)
    assert len(built) == 3


async def test_a_statement_that_was_built_once_is_the_one_that_its_values_ask_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function may not look at a value, make an id or read a clock: what it built at first is used for ever."""
    compared, filled = [], sql._compile_built

    def comparing(bound: BoundStatement, dialect: Dialect, expect: Expect | None) -> Sql:
        made, afresh = filled(bound, dialect, expect), sql._compile_new(bound.afresh(), dialect, expect)
        compared.append(made.text)
        if not ON_POSTGRES:  # which numbers places, and so names a value once that occurs twice
            assert (made.text, list(made.values)) == (afresh.text, list(afresh.values))
        assert [name for name, _ in made.columns] == [name for name, _ in afresh.columns]
        return made

    monkeypatch.setattr(sql, "_compile_built", comparing)
    for _ in range(2):
        for unwanted in await a_day(world):
            assert (await unwanted()).status_code == 200
        await pages(world)
    assert len(set(compared)) >= 60


async def a_day(world: World) -> list[Callable[[], Awaitable[httpx.Response]]]:
    """A guest and a customer make designs, give one up and order another, which is printed. Gives what deletes the
    photos of a third."""
    deletions: list[Callable[[], Awaitable[httpx.Response]]] = []
    world.clock.move(minutes=2)
    for storefront in (world.storefront(), world.storefront(customer=CUSTOMER)):
        await storefront.offer()
        given_up = await storefront.asked()
        await storefront.look(given_up)
        assert (await storefront.cancel(given_up)).status_code == 200
        design = await world.design(storefront)
        await storefront.look(design)
        ordered = webhooks.order(webhooks.line(design["id"]), customer={"id": int(CUSTOMER)})
        for topic in ("orders/create", "orders/paid", "orders/paid"):
            assert (await webhooks.deliver(world.http, ordered, topic=topic)).status_code == 200
        await world.run_jobs()
        unwanted = await world.design(storefront)
        deletions.append(functools.partial(storefront.post, f"previews/{unwanted['id']}/delete", {}))
        cancelled = ordered | {"cancelled_at": "2026-11-30T00:00:00Z"}
        await webhooks.deliver(world.http, cancelled, topic="orders/cancelled")
        await webhooks.deliver(world.http, webhooks.order(webhooks.line("unknown")))
        listed = {"id": int(MUG), "title": "Photo Mug", "handle": "mug", "status": "active"}
        await webhooks.deliver(world.http, listed, topic="products/update")
        await webhooks.deliver(world.http, {"malformed": True}, topic="products/update")
        await webhooks.deliver(world.http, {}, topic="themes/publish")
        await world.run_jobs()
    [item] = world.rows("SELECT id FROM order_items WHERE state = 'needs_review' ORDER BY id DESC LIMIT 1")
    assert (await world.merchant().retry(item["id"])).status_code == 200
    return deletions


async def pages(world: World, but: Collection[str] = ()) -> None:
    """The merchant's pages, and every other that needs no more than a look."""
    paths = [
        route.path
        for route in world.routes.routes
        if isinstance(route, Route)
        and "GET" in (route.methods or ())
        and "{" not in route.path
        and route.path not in but
    ]
    for path in paths:
        await world.merchant().document(path)
