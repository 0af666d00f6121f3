"""Metrics for Prometheus: figures from the database, cached for some seconds, and the requests of this process."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from app import __version__, jobs, quotas, shops
from app.capabilities import CAPABILITIES
from app.core.app import App
from app.core.capability import Count
from app.core.errors import NotFound, Unauthorized, Unavailable
from app.core.lazy import load
from handlers.http.ttl_cache import TtlCache
from handlers.prometheus import CONTENT_TYPE, Measure, Sample, as_text
from handlers.webhooks import TOPICS

CACHE_S = 10.0
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def metrics(request: Request) -> Response:
    """GET /metrics. Raises NotFound if METRICS_TOKEN is not set, and Unauthorized if the token is wrong."""
    state = request.app.state
    _authenticate(request, state.app.settings.metrics_token)
    if not hasattr(state, "figures"):
        state.figures = TtlCache(CACHE_S, lambda: _figures(state.app))
    text = as_text([*await state.figures.get(), *state.requests.measures()])
    return Response(text, headers={"Content-Type": CONTENT_TYPE})


def _authenticate(request: Request, token: str | None) -> None:
    if token is None:
        raise NotFound
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise Unauthorized("The bearer token is missing or does not match METRICS_TOKEN.")


async def _figures(app: App) -> Sequence[Measure]:
    info = _gauge("artify_info", "The running version.", [Sample(1, {"version": __version__})])
    try:
        figures = await _database_figures(app, app.clock.now())
    except Unavailable:
        figures = []
    return [
        info,
        _gauge("artify_database_up", "1 if the database answers, else 0.", [Sample(1 if figures else 0)]),
        *figures,
    ]


async def _database_figures(app: App, now: datetime) -> Sequence[Measure]:
    oldest = await jobs.oldest_due(app.db, now)
    waited = (now - oldest).total_seconds() if oldest else 0.0
    failed = await jobs.failed_by_kind(app.db, now - DAY)
    webhooks = await shops.deliveries_by_topic(app.db, tuple(TOPICS), now - HOUR)
    return [
        _count_gauge("artify_jobs", "Open jobs.", ("kind", "status"), await jobs.open_by_kind(app.db)),
        _count_gauge("artify_jobs_failed", "Jobs of the last day that failed for good.", ("kind", "status"), failed),
        _gauge("artify_oldest_due_job_seconds", "Seconds that the oldest due job has been waiting.", [Sample(waited)]),
        *[await _count(app, count, now) for each in CAPABILITIES for count in each.counts],
        _count_gauge("artify_webhooks", "Webhooks received in the last hour.", ("topic", "outcome"), webhooks),
        _gauge("artify_storage_bytes", "Bytes stored for all shops.", [Sample(await quotas.stored_bytes(app.db))]),
    ]


async def _count(app: App, count: Count, now: datetime) -> Measure:
    return _count_gauge(count.metric, count.about, count.labels, await load(count.query)(app.db, now - HOUR))


def _count_gauge(name: str, about: str, labels: Sequence[str], counts: dict[tuple[str, ...], int]) -> Measure:
    samples = [Sample(count, dict(zip(labels, key, strict=True))) for key, count in sorted(counts.items())]
    return _gauge(name, about, samples)


def _gauge(name: str, about: str, samples: Sequence[Sample]) -> Measure:
    return Measure(name, "gauge", about, samples)
