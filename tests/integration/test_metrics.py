"""/metrics: an operator's figures, for who has the token, and nobody's name in them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from app.core.errors import Unavailable
from handlers.routes import create
from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.world import World

pytestmark = pytest.mark.anyio
TOKEN = "a-token-of-an-operator"
LINE = re.compile(r'(# (HELP|TYPE) \w+ .+|\w+\{(\w+="[^"]*"(,\w+="[^"]*")*)?\} [0-9.e+-]+)')


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The app with a METRICS_TOKEN."""
    app = replace(world.app, settings=replace(world.app.settings, metrics_token=TOKEN))
    transport = httpx.ASGITransport(create(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as http:
        yield http


async def scraped(http: httpx.AsyncClient) -> dict[str, float]:
    """Each sample by its name and labels."""
    answer = await http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    lines = answer.text.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


@pytest.mark.parametrize("given", [None, "", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer \u00e9"])
async def test_without_the_token_there_are_no_figures(http: httpx.AsyncClient, given: str | None) -> None:
    headers = {} if given is None else {b"Authorization": given.encode()}
    answer = await http.get("/metrics", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


async def test_an_installation_without_a_token_has_no_such_page(world: World) -> None:
    answer = await world.http.get("/metrics", headers={"Authorization": "Bearer None"})
    assert answer.status_code == 404


async def test_jobs_previews_and_webhooks_are_counted_by_what_became_of_them(
    world: World, http: httpx.AsyncClient
) -> None:
    await world.design()
    world.painter.faults = [Unavailable()] * 9
    await world.storefront().asked()
    await world.run_all_jobs()
    world.clock.move(seconds=-7 * 3600)
    await world.storefront().asked()
    await webhooks.deliver(world.http, webhooks.order())
    await webhooks.deliver(world.http, {}, topic="products/create")
    world.clock.move(seconds=90)
    figures = await scraped(http)
    assert figures["artify_database_up{}"] == 1
    assert figures['artify_jobs{kind="personalization.preview",status="pending"}'] == 1
    assert figures['artify_jobs{kind="personalization.take_order",status="pending"}'] == 1
    assert figures['artify_jobs_failed{kind="personalization.preview",status="dead"}'] == 1
    assert figures['artify_webhooks{topic="orders/paid",outcome="received"}'] == 1
    assert figures['artify_webhooks{topic="other",outcome="ignored"}'] == 1
    assert figures['artify_previews{status="completed"}'] == 1
    assert figures['artify_previews{status="failed"}'] == 1
    assert figures["artify_oldest_due_job_seconds{}"] == pytest.approx(90, abs=1)
    assert figures["artify_storage_bytes{}"] == world.quota()["current_storage_bytes"] > 0


async def test_requests_are_counted_by_route_and_never_by_path(http: httpx.AsyncClient) -> None:
    for path in ("/proxy/products/1", "/proxy/products/2", "/media/shop/secret.jpg", "/nowhere/at/all", "/healthz"):
        await http.get(path)
    await http.request("BREW", "/healthz")
    figures = await scraped(http)
    requests = {name: value for name, value in figures.items() if name.startswith("artify_http_requests_total")}
    assert requests == {
        'artify_http_requests_total{route="/proxy/products/{product_id}",method="GET",status="401"}': 2,
        'artify_http_requests_total{route="/media/{key:path}",method="GET",status="403"}': 1,
        'artify_http_requests_total{route="other",method="GET",status="404"}': 1,
        'artify_http_requests_total{route="/healthz",method="GET",status="200"}': 1,
        'artify_http_requests_total{route="/healthz",method="other",status="405"}': 1,
    }
    series = 'artify_http_request_seconds_{}{{route="/proxy/products/{{product_id}}"{}}}'
    assert figures[series.format("bucket", ',le="+Inf"')] == figures[series.format("count", "")] == 2
    assert figures[series.format("bucket", ',le="0.01"')] <= figures[series.format("bucket", ',le="10.0"')] == 2


async def test_no_shop_stands_in_the_figures(world: World, http: httpx.AsyncClient) -> None:
    await world.design()
    answer = await http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert [name for name in (SHOP, OTHER_SHOP, "Artify Demo") if name in answer.text] == []


async def test_a_database_that_is_down_is_a_figure_and_requests_are_counted_all_the_same(world: World) -> None:
    settings = replace(world.app.settings, metrics_token=TOKEN)
    transport = httpx.ASGITransport(create(replace(world.app, settings=settings, db=Down())))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as http:
        await http.get("/healthz")
        figures = await scraped(http)
    assert figures["artify_database_up{}"] == 0
    assert figures['artify_http_requests_total{route="/healthz",method="GET",status="503"}'] == 1


class Down:
    async def one(self, statement: object) -> None:
        raise Unavailable
