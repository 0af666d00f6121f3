"""The merchant's usage page: calls to models by day, previews by style and product, and both as CSV."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from app import generation, personalization, quotas
from app.core.app import App
from app.core.errors import Unprocessable
from app.generation import DailySums
from handlers.http import auth
from handlers.http.charts import BarChart, bar_chart
from handlers.http.pages import page

PERIODS = (7, 30, 90)
"""Days that the merchant can choose; the second is shown first."""
MICROS = 1_000_000
FIGURES = [field.name for field in fields(DailySums)[4:]]


async def usage(request: Request) -> Response:
    """GET /usage?days=, one of PERIODS. Any other value shows 30 days."""
    merchant = await auth.merchant(request)
    app: App = request.app.state.app
    asked = request.query_params.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else PERIODS[1]
    since = _since(app.clock.now(), days)
    shop = merchant.shop
    sums, styles, products, quota = await asyncio.gather(
        generation.usage_by_day(app.db, shop.id, f"{since:%Y-%m-%d}"),
        personalization.usage_by_style(app.db, shop.id, since),
        personalization.usage_by_product(app.db, shop.id, since),
        quotas.quota(app.db, shop.id),
    )
    return page(
        request,
        "usage.html",
        days=days,
        periods=PERIODS,
        charts=_charts(sums, since, days),
        models=_by_model(sums),
        styles=styles,
        products=products,
        quota=quota,
        used=quota.used_in(quotas.period_of(app.clock.now(), shop.timezone)) if quota else 0,
        renews_on=quotas.next_period_begins(app.clock.now(), shop.timezone),
    )


async def usage_csv(request: Request) -> Response:
    """GET /usage.csv?days=: a row for each day, operation and model. Raises Unprocessable for an unknown period."""
    merchant = await auth.merchant(request)
    app: App = request.app.state.app
    days = request.query_params.get("days", "")
    if days not in map(str, PERIODS):
        raise Unprocessable("Choose one of the periods on the page Usage.", code="unknown_period")
    since = _since(app.clock.now(), int(days))
    sums = await generation.usage_by_day(app.db, merchant.shop.id, f"{since:%Y-%m-%d}")
    name = f"artify-usage-{since:%Y-%m-%d}-{days}-days.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(_csv(sums), media_type="text/csv", headers=headers)


def _since(now: datetime, days: int) -> datetime:
    """The first moment of the period, which includes today. Days begin at midnight UTC, as in the daily sums."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)


def _charts(sums: Sequence[DailySums], since: datetime, days: int) -> list[BarChart]:
    """Pictures and cost by day, with a place for each day that has none."""
    each_day = [since + timedelta(days=past) for past in range(days)]
    pictures = {f"{day:%Y-%m-%d}": 0 for day in each_day}
    micros = dict(pictures)
    for each in sums:
        if each.day in pictures:  # a day that began after `since` was chosen is left to the next visit
            pictures[each.day] += each.images
            micros[each.day] += each.cost_micros
    labels = [f"{day.day} {day:%b}" for day in each_day]
    return [
        bar_chart("Pictures made", list(zip(labels, pictures.values(), strict=True)), "{:g}".format),
        bar_chart(
            "Estimated cost",
            [(label, cost / MICROS) for label, cost in zip(labels, micros.values(), strict=True)],
            _dollars,
        ),
    ]


def _by_model(sums: Sequence[DailySums]) -> list[generation.ModelSums]:
    """The days' sums added up by operation and model, most expensive first."""
    added: dict[tuple[str, str, str], generation.ModelSums] = {}
    for each in sums:
        key = each.operation, each.service, each.model
        figures = [getattr(each, name) for name in FIGURES]
        before = added.get(key)
        if before:
            figures = [figure + getattr(before, name) for name, figure in zip(FIGURES, figures, strict=True)]
        added[key] = generation.ModelSums(*key, *figures)
    return sorted(added.values(), key=lambda each: (-each.cost_micros, -each.calls, each.operation, each.model))


def _csv(sums: Sequence[DailySums]) -> str:
    """Costs are in US dollars with all six digits, so that their sum is exact."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([field.name for field in fields(DailySums)[:-1]] + ["cost_usd"])
    for each in sums:
        *known, cost = astuple(each)
        writer.writerow([*known, f"{cost / MICROS:.6f}"])
    return text.getvalue()


def _dollars(value: float) -> str:
    return f"${value:,.2f}"
