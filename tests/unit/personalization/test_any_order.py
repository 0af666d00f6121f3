"""A valid order, parts of which are replaced by odd values: whatever comes, and however often, ends in one state."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app import jobs
from app.personalization import order_fields
from app.personalization.payloads import facts_of
from app.personalization.tables import order_items
from tests import soak
from tests.fakes.ports import START
from tests.unit.personalization.payloads import line, order
from tests.unit.personalization.studio import KINDS, Studio

pytestmark = pytest.mark.anyio
Path = tuple[str | int, ...]

odd_texts = st.text(st.characters(categories=None, exclude_categories=[]), max_size=20).filter(
    lambda text: "_artify" not in text
)
odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | odd_texts
    | st.sampled_from(["9" * 30, "\0", "\ud800", 2**53 + 1, -1, 1e308, "", [], {}, "null", "501", 501, 502]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_texts, inner, max_size=3),
    max_leaves=5,
)


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The places of a JSON value."""
    if path:
        yield path
    steps: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in steps:
        yield from paths(each, (*path, step))


def replaced(value: Any, path: Path, odd: Any) -> Any:
    changed = copy.deepcopy(value)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = odd
    return changed


def whole() -> dict[str, Any]:
    lines = [line(501, "first"), line(502, "second", current_quantity=1), line(503, None, product_id=1002)]
    return order(*lines, updated_at="2026-11-21T12:00:00Z", financial_status="paid")


PLACES = [path for path in paths(whole()) if path[0] not in ("id", "line_items")]
IN_LINES = [path for path in paths(whole()) if path[0] == "line_items" and len(path) > 2]
FOREIGN = [path for path in paths(whole()) if path[:2] == ("line_items", 2)]
OUR_PROPERTY = [("line_items", number, "properties") for number in (0, 1)]


def keeps_ours(path: Path) -> bool:
    """Whether a line of ours can still be told by its property when this place is odd."""
    at_property = any(path[: len(ours)] == ours and path[3:4] != (0,) for ours in OUR_PROPERTY)
    return not at_property


orders_of_odd_parts = st.lists(
    st.tuples(st.sampled_from([path for path in [*PLACES, *IN_LINES] if keeps_ours(path)]), odd_values),
    min_size=1,
    max_size=4,
)


def with_odd_parts(parts: list[tuple[Path, Any]]) -> dict[str, Any]:
    """The order with the longest paths replaced first, so that every path still leads somewhere."""
    payload = whole()
    for path, odd in sorted(parts, key=lambda part: -len(part[0])):
        payload = replaced(payload, path, odd)
    return payload


@settings(max_examples=soak.size(400, 120), deadline=None)
@given(parts=orders_of_odd_parts)
def test_no_odd_part_loses_a_line_of_ours_or_brings_another(parts: list[tuple[Path, Any]]) -> None:
    fields = json.loads(json.dumps(order_fields(with_odd_parts(parts))))
    facts = facts_of(fields, as_of=START)
    assert sorted(each.preview_ref for each in facts.lines) == ["first", "second"]
    assert len({each.line_item_id for each in facts.lines}) == 2
    for each in facts.lines:
        assert 0 <= each.quantity < 2**31
    assert facts.total_price is None or abs(facts.total_price) <= 2**53


@settings(max_examples=soak.size(200, 75), deadline=None)
@given(path=st.sampled_from(FOREIGN), odd=odd_values)
def test_an_odd_line_of_others_changes_nothing_of_ours(path: Path, odd: Any) -> None:
    assert order_fields(replaced(whole(), path, odd))["lines"] == order_fields(whole())["lines"]


@settings(max_examples=soak.size(300, 100), deadline=None)
@given(
    path=st.sampled_from([path for path in IN_LINES if path[1] == 0]) | st.just(("line_items", 0)),
    odd=odd_values,
)
def test_the_lines_beside_an_odd_one_are_exactly_as_without_it(path: Path, odd: Any) -> None:
    before, after = order_fields(whole())["lines"], order_fields(replaced(whole(), path, odd))["lines"]
    assert before[1] in after


def mixed(again: list[int]) -> st.SearchStrategy[list[int]]:
    """Three messages, and some of them again, in any order."""
    return st.permutations([0, 1, 2, *again])


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
@given(parts=orders_of_odd_parts, often=st.lists(st.integers(0, 2), max_size=3).flatmap(mixed))
async def test_repeated_and_reordered_deliveries_of_odd_orders_end_the_same(
    studio: Studio, parts: list[tuple[Path, Any]], often: list[int]
) -> None:
    """An order that is made, paid, and changed at last: each message with odd parts, and one without."""
    preview = await studio.made()
    odd = json.loads(json.dumps(with_odd_parts(parts)).replace('"first"', f'"{preview.id}"'))
    fine = json.loads(json.dumps(whole()).replace('"first"', f'"{preview.id}"'))
    told = [odd | {"financial_status": "pending"}, odd, fine]
    for minute, payload in enumerate(told):
        payload["updated_at"] = f"2026-11-21T12:{minute:02}:00Z"
    ends = []
    for numbers in (range(3), often):
        await studio.forget_orders()
        for delivery, number in enumerate(numbers):
            await studio.hear(f"e{number}-{delivery}", told[number])
            await jobs.run_due(studio.app, {name: kind for name, kind in KINDS.items() if name.endswith("_order")})
        await studio.run()
        ends.append(await stored(studio))
    assert ends[0] == ends[1]
    assert {item["preview_ref"] for item in ends[0]} == {preview.id, "second"}
    assert len(ends[0]) == 2


async def stored(studio: Studio) -> list[dict[str, Any]]:
    ours = {"id", "order_id", "created_at", "updated_at", "print_asset_id", "final_generation_id"}
    rows = await studio.app.db.all(select(order_items).order_by(order_items.c.preview_ref))
    return [{name: value for name, value in row.items() if name not in ours} for row in rows]
