"""All SQL on generations, in any capability's table, and on the log of calls to models."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, delete, func, or_, select, update

from app.core.ids import first_id, new_id
from app.core.ports.database import Database, Expect
from app.core.statements import built_once
from app.core.tables import among, moment, upsert
from app.generation.model import NO_ANSWER, CallResult, DailySums, G, Kind, ModelCall, ModelSums, Status, StoredOutput
from app.generation.tables import api_usage, api_usage_daily
from app.shops import Owner

OPEN = (Status.PENDING.value, Status.PROCESSING.value)
SUMS = ("calls", "failures", "images", "input_tokens", "output_tokens", "cost_micros")


async def find(db: Database, shop_id: str, kind: Kind[G], generation_id: str) -> G | None:
    """Return a generation of this kind, or None."""
    row = await db.one(_find_statement(kind)(shop_id, generation_id))
    return kind.shape(**row) if row else None


@cache
def _find_statement(kind: Kind[Any]) -> Callable[[str, str], Any]:
    table = kind.table

    @built_once
    def find_statement(shop_id: str, generation_id: str) -> Any:
        return _select(kind).where(table.c.shop_id == shop_id, table.c.id == generation_id, *_fixed(kind))

    return find_statement


async def by_key(db: Database, shop_id: str, kind: Kind[G], key: str | None, owner: Owner) -> G | None:
    """Return the generation that its owner (see `GenerationRow.owner`) requested with this idempotency key."""
    if not key:
        return None
    row = await db.one(_by_key_statement(kind)(shop_id, key, *owner))
    return kind.shape(**row) if row else None


@cache
def _by_key_statement(kind: Kind[Any]) -> Callable[..., Any]:
    table = kind.table

    @built_once
    def by_key_statement(shop_id: str, key: str, shopper_id: str | None, guest_session_id: str | None) -> Any:
        own = {"shopper_id": shopper_id, "guest_session_id": guest_session_id}
        owner = [table.c[name] == value for name, value in own.items() if value is not None]
        return _select(kind).where(table.c.shop_id == shop_id, *owner, table.c.idempotency_key == key, *_fixed(kind))

    return by_key_statement


async def newest(
    db: Database, shop_id: str, kind: Kind[G], owners: Collection[Owner], before: str | None, limit: int
) -> list[G]:
    """Return a page of the generations of these owners, the newest first.

    `before` is the id of the last generation of the page before, or None for the first page.
    """
    shoppers, guests = ([owner[place] for owner in owners if owner[place]] for place in (0, 1))
    rows = await db.all(_newest_statement(kind)(shop_id, shoppers, guests, before, limit))
    return [kind.shape(**row) for row in rows]


@cache
def _newest_statement(kind: Kind[Any]) -> Callable[..., Any]:
    table = kind.table
    belongs_to_shop = "shopper_id" not in table.c

    @built_once
    def newest_statement(
        shop_id: str, shoppers: Collection[str], guests: Collection[str], before: str | None, limit: int
    ) -> Any:
        where = [table.c.shop_id == shop_id, *_fixed(kind)]
        if not belongs_to_shop:
            where.append(or_(among(table.c.shopper_id, shoppers), among(table.c.guest_session_id, guests)))
        if before is not None:
            where.append(table.c.id < before)
        return _select(kind).where(*where).order_by(table.c.id.desc()).limit(limit)

    return newest_statement


def insert(shop_id: str, kind: Kind[G], row: G) -> Any:
    """Insert a generation. The statement raises ConstraintError if the idempotency key is in use."""
    return _insert_statement(kind)(shop_id, row)


@cache
def _insert_statement(kind: Kind[Any]) -> Callable[[str, Any], Any]:
    @built_once
    def insert_statement(shop_id: str, row: Any) -> Any:
        values = {name: getattr(row, name) for name in _fields(kind)}
        return upsert(kind.table).values(**values | {"shop_id": shop_id}, **kind.fixed, updated_at=row.created_at)

    return insert_statement


def proceed(shop_id: str, kind: Kind[G], generation_id: str, progress: int, at: datetime) -> Expect:
    """Set the progress, in percent; refused with `not_open` if the generation has ended."""
    return _update_statement(kind)(shop_id, generation_id, Status.PROCESSING, at, progress=progress)


def complete(shop_id: str, kind: Kind[G], generation_id: str, values: Mapping[str, Any], at: datetime) -> Expect:
    """Complete a generation and set these columns; refused with `not_open`."""
    ended = {**values, "progress": 100, "completed_at": at}
    return _update_statement(kind)(shop_id, generation_id, Status.COMPLETED, at, **ended)


def fail(shop_id: str, kind: Kind[G], generation_id: str, code: str, message: str, at: datetime) -> Expect:
    """Mark a generation as failed; refused with `not_open`."""
    return _update_statement(kind)(shop_id, generation_id, Status.FAILED, at, error_code=code, error_message=message)


def cancel(shop_id: str, kind: Kind[G], generation_id: str, at: datetime) -> Expect:
    """Cancel a generation; refused with `not_open`."""
    return _update_statement(kind)(shop_id, generation_id, Status.CANCELLED, at)


def insert_outputs(shop_id: str, kind: Kind[G], row: G, assets: Mapping[str, str], at: datetime) -> list[Any]:
    """Insert a row for each of the outputs whose files these are, by purpose (see `Output.several`)."""
    if kind.outputs is None:
        return []
    columns: dict[int, dict[str, Any]] = {}
    for purpose, asset_id in assets.items():
        name, _, number = purpose.rpartition("_")
        if name and number.isdecimal():
            column = "asset_id" if name == "output" else f"{name}_asset_id"
            columns.setdefault(int(number), {})[column] = asset_id
    return [
        _insert_output_statement(kind)(shop_id, row.id, new_id(), position, at, **files)
        for position, files in sorted(columns.items())
    ]


@cache
def _insert_output_statement(kind: Kind[Any]) -> Callable[..., Any]:
    parent = kind.outputs.info["parent"]

    @built_once
    def insert_output_statement(
        shop_id: str, generation_id: str, output_id: str, position: int, at: datetime, /, **files: str
    ) -> Any:
        values = {"id": output_id, "shop_id": shop_id, parent: generation_id, "position": position, **files}
        return upsert(kind.outputs).values(**values, created_at=at, updated_at=at)

    return insert_output_statement


async def outputs(db: Database, shop_id: str, kind: Kind[G], generation_id: str) -> list[StoredOutput]:
    """Return the outputs of a generation in the order in which they were made; none if its kind has no such table."""
    if kind.outputs is None:
        return []
    return [StoredOutput(**row) for row in await db.all(_outputs_statement(kind)(shop_id, generation_id))]


@cache
def _outputs_statement(kind: Kind[Any]) -> Callable[[str, str], Any]:
    table = kind.outputs

    @built_once
    def outputs_statement(shop_id: str, generation_id: str) -> Any:
        mine = [table.c.shop_id == shop_id, table.c[table.info["parent"]] == generation_id]
        columns = [table.c[name] for name in StoredOutput.__dataclass_fields__]
        return select(*columns).where(*mine).order_by(table.c.position)

    return outputs_statement


@cache
def _update_statement(kind: Kind[Any]) -> Callable[..., Expect]:
    """Return the function that builds an update of a generation that has not ended: its status, and columns by name."""
    table, status_column = kind.table, kind.table.c[kind.status]

    @built_once
    def update_statement(shop_id: str, generation_id: str, status: Status, at: datetime, /, **values: Any) -> Expect:
        open_one = and_(table.c.shop_id == shop_id, table.c.id == generation_id, status_column.in_(OPEN))
        changes = {**values, kind.status: status.value, "updated_at": at}
        if status is Status.PROCESSING:
            changes["started_at"] = func.coalesce(table.c.started_at, moment(at))
        if status in (Status.COMPLETED, Status.FAILED):
            changes["cost_micros"] = _cost(shop_id, generation_id)
        return Expect(update(table).where(open_one).values(changes), "not_open")

    return update_statement


def begin_call(call: ModelCall) -> list[Any]:
    """Log a call before it is made, as a failure without an answer, and add it to the day's sums."""
    return _begin_call(call, _day(call))


@built_once
def _begin_call(call: ModelCall, day: str) -> list[Any]:
    logged = {name: getattr(call, name) for name in ModelCall.__dataclass_fields__}
    stamps, day_of = {"created_at": call.created_at, "updated_at": call.created_at}, _day_of(call, day)
    return [
        upsert(api_usage).values(**logged | stamps, error_code=NO_ANSWER),
        upsert(api_usage_daily)
        .values(shop_id=call.shop_id, **day_of, calls=1, failures=1, **stamps)
        .on_conflict_do_update(
            index_elements=["shop_id", *day_of],
            set_={
                "calls": api_usage_daily.c.calls + 1,
                "failures": api_usage_daily.c.failures + 1,
                "updated_at": moment(call.created_at),
            },
        ),
    ]


def end_call(call: ModelCall, result: CallResult, at: datetime) -> list[Any]:
    """Log the result of a call and update the day's sums, which counted the call as a failure when it began."""
    return _end_call(call, _day(call), result, result.error_code is None, at)


@built_once
def _end_call(call: ModelCall, day: str, result: CallResult, succeeded: bool, at: datetime) -> list[Any]:
    used, sums = result.usage, api_usage_daily
    tokens = {"input_tokens": used.input_tokens, "output_tokens": used.output_tokens, "cost_micros": used.cost_micros}
    added = tokens | {"images": result.images_returned} | ({"failures": -1} if succeeded else {})
    same_day = [sums.c[name] == value for name, value in _day_of(call, day).items()]
    return [
        update(api_usage)
        .where(api_usage.c.shop_id == call.shop_id, api_usage.c.id == call.id)
        .values(
            **tokens,
            images_returned=result.images_returned,
            success=succeeded,
            error_code=result.error_code,
            error_message=result.error_message,
            duration_ms=result.duration_ms,
            updated_at=at,
        ),
        update(sums)
        .where(sums.c.shop_id == call.shop_id, *same_day)
        .values({name: sums.c[name] + count for name, count in added.items()} | {"updated_at": at}),
    ]


async def usage_since(db: Database, shop_id: str, day: str) -> list[ModelSums]:
    """Return sums of a shop's calls since a day (YYYY-MM-DD, UTC), by operation and model, most expensive first."""
    return [ModelSums(**row) for row in await db.all(_usage_since(shop_id, day))]


@built_once
def _usage_since(shop_id: str, day: str) -> Any:
    table, by = api_usage_daily, [api_usage_daily.c[name] for name in ("operation", "service", "model")]
    sums = [cast(func.sum(table.c[name]), BigInteger).label(name) for name in SUMS]
    return (
        select(*by, *sums)
        .where(table.c.shop_id == shop_id, table.c.day >= day)
        .group_by(*by)
        .order_by(func.sum(table.c.cost_micros).desc(), func.sum(table.c.calls).desc(), *by)
    )


async def usage_by_day(db: Database, shop_id: str, day: str) -> list[DailySums]:
    """Return the daily sums of a shop's calls since a day (YYYY-MM-DD, UTC), in the order of their days."""
    return [DailySums(**row) for row in await db.all(_usage_by_day(shop_id, day))]


@built_once
def _usage_by_day(shop_id: str, day: str) -> Any:
    table = api_usage_daily
    by = [table.c[name] for name in ("day", "operation", "service", "model")]
    return (
        select(*by, *[table.c[name] for name in SUMS])
        .where(table.c.shop_id == shop_id, table.c.day >= day)
        .order_by(*by)
    )


async def has_old_calls(db: Database, made_before: datetime) -> bool:
    """Return whether the log has a call, of any shop, that is older than `made_before`."""
    return await db.one(_old_calls(made_before).limit(1)) is not None


def delete_old_calls(made_before: datetime, limit: int) -> Any:
    """Delete up to `limit` calls from the log that are older than `made_before`, of all shops, oldest first."""
    return delete(api_usage).where(api_usage.c.id.in_(_old_calls(made_before).limit(limit)))


def _old_calls(made_before: datetime) -> Select[tuple[str]]:
    return select(api_usage.c.id).where(api_usage.c.id < first_id(made_before)).order_by(api_usage.c.id)


def _cost(shop_id: str, generation_id: str) -> ColumnElement[int]:
    """Return the cost of all calls for a generation, including earlier attempts, in micro-dollars."""
    mine = (api_usage.c.shop_id == shop_id, api_usage.c.subject_id == generation_id)
    return select(cast(func.coalesce(func.sum(api_usage.c.cost_micros), 0), BigInteger)).where(*mine).scalar_subquery()


def _day(call: ModelCall) -> str:
    """Return the day of a call (YYYY-MM-DD, UTC)."""
    return call.created_at.strftime("%Y-%m-%d")


def _day_of(call: ModelCall, day: str) -> dict[str, Any]:
    """Return the columns that, with the shop, identify the row of sums for a call."""
    return {"day": day, "operation": call.operation, "service": call.service, "model": call.model}


def _select(kind: Kind[G]) -> Any:
    return select(*[kind.table.c[name] for name in _fields(kind)])


def _fields(kind: Kind[G]) -> list[str]:
    return list(vars(kind.shape)["__dataclass_fields__"])


def _fixed(kind: Kind[G]) -> list[Any]:
    return [kind.table.c[name] == value for name, value in kind.fixed.items()]
