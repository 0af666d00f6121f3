"""What goes into a Database comes out again as it was; what D1 would refuse is refused by all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, insert, literal, select

from app.core.ports.database import Database
from app.core.tables import among, moment
from app.personalization.tables import watermarks
from app.quotas.tables import quotas
from app.shops.tables import rate_limits, shops
from tests.contract.adapters import DATABASES
from tests.fakes.ports import START

pytestmark = pytest.mark.anyio
STAMPS = {"created_at": START, "updated_at": START}


@pytest.fixture(params=DATABASES)
async def db(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Database]:
    async with DATABASES[request.param](tmp_path) as another:
        yield another()


async def stored(db: Database, **values: Any) -> Any:
    """A shop's column after it was written and read again."""
    await db.batch(insert(shops).values(id="a", **STAMPS | values))
    (name,) = values
    row = await db.one(select(shops.c[name]))
    assert row is not None
    return row[name]


@pytest.mark.parametrize(
    "moment",
    [
        START,
        datetime(2026, 2, 28, 23, 59, 59, 999_000, UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 5, 30, 0, 1000, timezone(timedelta(hours=5, minutes=30))),
    ],
)
async def test_a_time_is_kept_to_the_millisecond_in_utc(db: Database, moment: datetime) -> None:
    found = await stored(db, installed_at=moment)
    assert found == moment
    assert found.tzinfo is UTC


async def test_what_is_below_a_millisecond_is_cut_off(db: Database) -> None:
    assert await stored(db, installed_at=START.replace(microsecond=1999)) == START.replace(microsecond=1000)


async def test_a_time_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(ValueError, match="naive"):
        await stored(db, installed_at=datetime(2026, 1, 1))  # noqa: DTZ001  # what is refused


async def test_times_sort_and_compare_as_moments(db: Database) -> None:
    times = [START + timedelta(milliseconds=at) for at in (5, -1, 1000, 0)]
    keys = [
        insert(rate_limits).values(key=str(at), window_start=time, expires_at=time) for at, time in enumerate(times)
    ]
    await db.batch(*keys)
    late = select(rate_limits.c.expires_at).where(rate_limits.c.expires_at > START).order_by(rate_limits.c.expires_at)
    assert [row["expires_at"] for row in await db.all(late)] == [times[0], times[2]]


async def test_a_time_in_an_expression_comes_back_as_a_time(db: Database) -> None:
    assert await db.one(select(moment(START).label("at"), moment(None).label("never"))) == {"at": START, "never": None}


async def test_a_time_without_its_type_is_refused(db: Database) -> None:
    with pytest.raises((TypeError, ValueError)):
        await db.one(select(literal(START, Text).label("at")))


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, None, True, "ü\u2028😀"], "b": {"c": {}}},
        [],
        "just text",
        0,
        False,
        {"": "'; DROP TABLE shops; --"},
    ],
)
async def test_json_comes_back_as_it_was(db: Database, value: Any) -> None:
    found = await stored(db, settings=value)
    assert (found, type(found)) == (value, type(value))


async def test_no_json_is_none(db: Database) -> None:
    assert await stored(db, settings=None) is None


@pytest.mark.parametrize("value", [True, False])
async def test_a_flag_is_a_truth_value(db: Database, value: bool) -> None:
    assert await stored(db, is_active=value) is value


@pytest.mark.parametrize(
    "text",
    ["", "naïve 😀 \u2028 \x01", "a'b\"c;--", "?", ":name %s %(x)s", "x" * 100_000],
    ids=["empty", "unicode", "quotes", "mark", "names", "long"],
)
async def test_text_comes_back_as_it_was(db: Database, text: str) -> None:
    assert await stored(db, shop_name=text) == text


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**53, -(2**53)])
async def test_whole_numbers_are_exact_to_two_to_the_53(db: Database, number: int) -> None:
    quota = insert(quotas).values(shop_id="a", period="p", last_reset_at=START, current_storage_bytes=number, **STAMPS)
    await db.batch(insert(shops).values(id="a", **STAMPS), quota)
    row = await db.one(select(quotas.c.current_storage_bytes))
    assert row == {"current_storage_bytes": number}
    assert isinstance(row["current_storage_bytes"], int)


@pytest.mark.parametrize("number", [0.1, 1 / 3, 1e-9, 12345678.9])
async def test_real_numbers_keep_all_their_digits(db: Database, number: float) -> None:
    mark = insert(watermarks).values(id="w", shop_id="a", opacity=number, size_percentage=number, **STAMPS)
    await db.batch(insert(shops).values(id="a", **STAMPS), mark)
    assert await db.one(select(watermarks.c.opacity)) == {"opacity": number}


async def test_defaults_of_the_schema_are_filled_in(db: Database) -> None:
    await db.batch(insert(shops).values(id="a", **STAMPS))
    row = await db.one(select(shops.c.currency, shops.c.is_active, shops.c.installed_at, shops.c.settings))
    assert row == {"currency": "USD", "is_active": True, "installed_at": None, "settings": None}


async def test_a_hundred_values_are_taken_and_one_more_is_refused(db: Database) -> None:
    def among(count: int) -> Any:
        return select(shops.c.id).where(shops.c.id.in_([str(at) for at in range(count)]))

    assert await db.all(among(100)) == []
    with pytest.raises(ValueError, match="too big for D1"):
        await db.all(among(101))


async def test_a_long_statement_is_refused(db: Database) -> None:
    many = select(*[shops.c.id.label(f"column_{at:06}_{'x' * 1_500}") for at in range(80)])
    with pytest.raises(ValueError, match="too big for D1"):
        await db.all(many)


@pytest.mark.parametrize("text", ["x" * 1_000_001, "ü" * 500_001], ids=["ascii", "two-byte"])
async def test_a_row_over_a_megabyte_is_refused_with_its_batch(db: Database, text: str) -> None:
    small = insert(shops).values(id="b", **STAMPS)
    with pytest.raises(ValueError, match="too big for D1"):
        await db.batch(small, insert(shops).values(id="a", shop_name=text, **STAMPS))
    assert await db.all(select(shops.c.id)) == []


async def test_any_number_of_texts_can_be_asked_for_in_one_statement(db: Database) -> None:
    names = [f"shop-{at}" for at in range(300)] + ['é"\\', "a.b\n\t/", "", "[0]", "💥"]
    await db.batch(*[insert(shops).values(id=str(at), shop_name=name, **STAMPS) for at, name in enumerate(names)])
    found = await db.all(select(shops.c.shop_name).where(among(shops.c.shop_name, names[1:])))
    assert {row["shop_name"] for row in found} == set(names[1:])
    assert await db.all(select(shops.c.id).where(among(shops.c.shop_name, ["unknown", "\0"]))) == []
    assert await db.all(select(shops.c.id).where(among(shops.c.shop_name, []))) == []
