"""SQL statements that are built once and executed with values, because building one takes longer than SQLite runs it.

    @built_once
    def shop_row(shop_id: str) -> Any:
        return select(*SHOP).where(shops.c.id == shop_id)

    row = await db.one(shop_row("artify-demo.myshopify.com"))

The first call runs the function with a `bindparam` in place of each value, and caches the result; later calls only pair
it with their values. The body of such a function must therefore be a pure expression of its arguments: it must not
create ids, read the clock, or inspect a value in Python (no `if`, no f-string, no `timedelta(seconds=seconds)`). Such
code belongs in the caller. `None`, booleans and enum members are exceptions: a separate statement is built for each of
them, so the body may test `if at is None`, and `column == None` compiles to IS NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import wraps
from itertools import count
from typing import Any, NoReturn, ParamSpec, TypeVar

from sqlalchemy import BigInteger, BindParameter, Double, LargeBinary, Text
from sqlalchemy.types import NULLTYPE, TypeEngine

from app.core.ports.database import Expect
from app.core.tables import Time

P = ParamSpec("P")
R = TypeVar("R")


class BuiltStatement:
    """A statement, or a condition for use in statements, with a bind parameter for each value.

    `places` are the keys of the bind parameters, in the order of the values. `position` is the statement's index if its
    function returns a list.
    """

    __slots__ = ("build", "expression", "places", "position")

    def __init__(self, build: Callable[..., Any], expression: Any, places: Sequence[str], position: int | None):
        self.build = build
        self.expression = expression
        self.places = places
        self.position = position


class BoundStatement:
    """A built statement with its values. Databases execute it, and SQLAlchemy accepts it in place of an expression."""

    __slots__ = ("_call", "built", "values")

    def __init__(self, built: BuiltStatement, values: Sequence[Any], call: tuple[Sequence[Any], Mapping[str, Any]]):
        self.built = built
        self.values = values
        self._call = call

    def afresh(self) -> Any:
        """Build the statement again with its values, for use in a statement that is itself built for each call."""
        result = _call(self.built.build, *self._call)
        result = result if self.built.position is None else result[self.built.position]
        return result.statement if isinstance(result, Expect) else result

    @property
    def is_select(self) -> bool:
        """Whether the statement only reads."""
        return bool(getattr(self.built.expression, "is_select", False))

    def __clause_element__(self) -> Any:
        return self.afresh()


def built_once(build: Callable[P, R]) -> Callable[P, R]:
    """Build a function's statement once for each shape of its arguments: their types, and which of them are None.

    Values are strings, numbers, times, collections (as one value: JSON, or `among`) and dataclasses of these. An
    argument may also be the result of another such function: a condition or a subquery. The function must return a
    statement, an expression, an `Expect`, or a list of these. If it is called with any other type of argument, the
    statement is built for that call, as without the decorator.
    """
    known: dict[tuple[Any, ...], Any] = {}

    @wraps(build)
    def bind(*args: P.args, **kwargs: P.kwargs) -> R:
        if _is_building.get():  # the result becomes a part of another statement that is being built
            return build(*args, **kwargs)
        shape: list[Any] = []
        values: list[Any] = []
        for arg in args:
            if not _add(arg, shape, values):
                return _call(build, args, kwargs)  # type: ignore[no-any-return]
        for name, arg in kwargs.items():
            shape.append(name)
            if not _add(arg, shape, values):
                return _call(build, args, kwargs)  # type: ignore[no-any-return]
        found = known.get(key := tuple(shape))
        if found is None:
            found = known[key] = _build(build, args, kwargs)
        return _bind(found, values, (args, kwargs))  # type: ignore[no-any-return]

    return bind


def _add(arg: Any, shape: list[Any], values: list[Any]) -> bool:
    """Add an argument to the shape and the values. Return False for an argument of a type that cannot be bound."""
    kind = type(arg)
    if arg is None or kind is bool or isinstance(arg, Enum):
        shape.append(arg)
    elif kind in _TYPES or isinstance(arg, _COLLECTIONS):
        shape.append(kind)
        values.append(arg)
    elif kind is BoundStatement:
        shape.append(arg.built)
        values.extend(arg.values)
    elif is_dataclass(kind):
        shape.append(kind)
        return all(_add(getattr(arg, name), shape, values) for name in _names(kind))
    else:
        return False
    return True


def _call(build: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call the function with the values themselves instead of bind parameters."""
    plain = [arg.afresh() if type(arg) is BoundStatement else arg for arg in args]
    named = {name: arg.afresh() if type(arg) is BoundStatement else arg for name, arg in kwargs.items()}
    with _building():
        return build(*plain, **named)


@contextmanager
def _building() -> Iterator[None]:
    token = _is_building.set(True)
    try:
        yield
    finally:
        _is_building.reset(token)


def _build(build: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call the function with stand-ins for its arguments and return its result, ready for `_bind`."""
    places: list[str] = []
    plain = [_stand_in(arg, places) for arg in args]
    named = {name: _stand_in(arg, places) for name, arg in kwargs.items()}
    with _building():
        result = build(*plain, **named)
    if len(set(places)) < len(places):
        raise TypeError(f"{build.__name__}: the same condition is used twice, with two values for each parameter")
    if isinstance(result, list):
        return [_wrap(build, each, places, position) for position, each in enumerate(result)]
    return _wrap(build, result, places, None)


def _wrap(build: Callable[..., Any], result: Any, places: Sequence[str], position: int | None) -> Any:
    if isinstance(result, Expect):
        return Expect(BuiltStatement(build, result.statement, places, position), result.code, result.rows)
    return BuiltStatement(build, result, places, position)


def _bind(found: Any, values: Sequence[Any], call: tuple[Sequence[Any], Mapping[str, Any]]) -> Any:
    if type(found) is BuiltStatement:
        return BoundStatement(found, values, call)
    if type(found) is Expect:
        return Expect(BoundStatement(found.statement, values, call), found.code, found.rows)
    return [_bind(each, values, call) for each in found]


def _stand_in(arg: Any, places: list[str]) -> Any:
    """Return the stand-in for an argument, which has bind parameters for its values, in the order of `_add`."""
    kind = type(arg)
    if arg is None or kind is bool or isinstance(arg, Enum):
        return arg
    if kind is BoundStatement:
        places.extend(arg.built.places)
        return arg.built.expression
    if kind in _TYPES or isinstance(arg, _COLLECTIONS):
        otherwise = _TYPES[str] if isinstance(arg, str) else NULLTYPE
        value = _Value(f"value_{next(_numbers)}", type_=_TYPES.get(kind, otherwise), required=False)
        places.append(value.key)
        return value
    stand_in = object.__new__(kind)
    for name in _names(kind):
        object.__setattr__(stand_in, name, _stand_in(getattr(arg, name), places))
    return stand_in


class _Value(BindParameter[Any]):
    """A bind parameter that raises TypeError if a function inspects its value, which differs from call to call."""

    inherit_cache = True

    def operate(self, op: Any, *other: Any, **options: Any) -> Any:
        if any(each is None or isinstance(each, (_Value, timedelta, *_TYPES)) for each in other):
            raise TypeError("a statement that is built once cannot compute with its values in Python")
        return super().operate(op, *other, **options)

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a statement that is built once cannot format a value into a string")

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("a statement that is built once cannot iterate over a collection")


def _names(kind: type) -> tuple[str, ...]:
    names = _fields.get(kind)
    if names is None:
        names = _fields[kind] = tuple(each.name for each in fields(kind))
    return names


_numbers = count()
_fields: dict[type, tuple[str, ...]] = {}
_is_building = ContextVar("is_building", default=False)
_TYPES: Mapping[type, TypeEngine[Any]] = {
    str: Text(),
    int: BigInteger(),
    float: Double(),
    bytes: LargeBinary(),
    datetime: Time(),
    **dict.fromkeys((dict, list, tuple), NULLTYPE),
}
"""The SQL types with which values are bound. A collection gets its type from its column or from `among`."""
_COLLECTIONS = (Mapping, Sequence, Set)
