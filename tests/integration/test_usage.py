"""The usage page: every number equals the rows that the test made."""

from __future__ import annotations

import csv
import io
import re

import pytest

from app.core.errors import Unprocessable
from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP
from tests.integration.world import World

pytestmark = pytest.mark.anyio

NO_CALLS = "No AI model was used in the last 30 days."


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of each row of the section with this heading."""
    [section] = re.findall(rf'<s-section heading="{heading}">(.*?)</s-section>', page, re.DOTALL)
    found = re.findall(r"<s-table-row>(.*?)</s-table-row>", section, re.DOTALL)
    return [re.findall(r"<s-table-cell>(.*?)</s-table-cell>", row) for row in found]


async def test_a_shop_without_previews_is_told_what_will_be_here(world: World) -> None:
    page = (await world.merchant().document("/usage")).text
    assert NO_CALLS in page
    assert page.count("No previews were requested in the last 30 days.") == 2
    assert "Download CSV" not in page


async def test_figures_are_those_of_the_period(world: World) -> None:
    design = await world.design()
    world.clock.move(days=10)
    world.painter.faults = [Unprocessable("This photo cannot be used.", code="ai_refused")]
    await world.storefront().asked()
    await world.run_jobs()
    await webhooks.deliver(world.http, webhooks.order(webhooks.line(design["id"])))
    await world.run_jobs()
    page = (await world.merchant().document("/usage")).text
    assert rows(page, "AI models") == [["Personalization: preview", "painter", "2", "1", "1", "$0.04"]]
    assert rows(page, "Previews by style") == [["Oil painting", "2", "1", "1", "$0.04"]]
    assert rows(page, "Previews by product") == [["Photo Mug", "2", "1", "1", "$0.04"]]
    week = (await world.merchant().document("/usage", days="7")).text
    assert rows(week, "AI models") == [["Personalization: preview", "painter", "1", "1", "0", "$0.00"]]
    assert rows(week, "Previews by style") == [["Oil painting", "1", "0", "0", "$0.00"]]
    other = (await world.merchant(OTHER_SHOP).document("/usage")).text
    assert NO_CALLS in other


async def test_charts_show_each_day_with_its_sum(world: World) -> None:
    await world.design()
    world.clock.move(days=2)
    await world.design()
    await world.design()
    page = (await world.merchant().document("/usage", days="7")).text
    pictures, cost = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    today = world.clock.now()
    assert pictures == f"Pictures made: 3 in all, at most 2 ({today.day} {today:%b})"
    assert cost == f"Estimated cost: $0.12 in all, at most $0.08 ({today.day} {today:%b})"
    titles = re.findall(r"<title>(\d+ \w+: \d+)</title>", page)
    assert [int(title.partition(": ")[2]) for title in titles] == [0, 0, 0, 0, 1, 0, 2]


async def test_the_csv_adds_up_to_the_page(world: World) -> None:
    await world.design()
    await world.design()
    answer = await world.merchant().fetch("/usage.csv?days=30")
    assert re.fullmatch(
        r'attachment; filename="artify-usage-\d{4}-\d\d-\d\d-30-days\.csv"', answer.headers["Content-Disposition"]
    )
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (row["operation"], row["model"], row["calls"], row["cost_usd"]) == (
        "personalization.preview",
        "painter",
        "2",
        "0.078000",
    )


@pytest.mark.parametrize("days", ["", "31", "-7", "30; DROP TABLE", "\u0663\u0660"])
async def test_an_unknown_period_shows_thirty_days_and_makes_no_file(world: World, days: str) -> None:
    merchant = world.merchant()
    assert 'href="/usage?days=30" aria-current="page"' in (await merchant.document("/usage", days=days)).text
    answer = await merchant.fetch(f"/usage.csv?days={days}")
    assert answer.status_code == 422
    assert "Choose one of the periods on the page Usage." in answer.text
