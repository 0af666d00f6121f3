"""What operators and load balancers ask. Both answers are cached in the process, so the caches are emptied before."""

from __future__ import annotations

from contextlib import suppress

from bench.scale.settings import METRICS_TOKEN
from bench.scale.site import Site, expect
from bench.scale.use_cases.model import Part, UseCase


async def _forget_answers(site: Site) -> None:
    for name in ("figures", "health"):
        with suppress(KeyError):  # raised by Starlette's state for an unknown name
            delattr(site.routes.state, name)


async def _metrics(site: Site, _: None) -> None:
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    expect(await site.http.get("/metrics", headers=headers), 200)


async def _health(site: Site, _: None) -> None:
    expect(await site.http.get("/healthz"), 200)


USE_CASES = (
    UseCase("/metrics", Part.REQUEST, _metrics, _forget_answers, of_all_shops=True),
    UseCase("/healthz", Part.REQUEST, _health, _forget_answers, of_all_shops=True),
)
