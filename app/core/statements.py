"""Statements that are built once and executed with values: building one takes longer than SQLite takes to run it.

    @built_once
    def shop_row(shop_id: str) -> Any:
        return select(*SHOP).where(shops.c.id == shop_id)

    row = await db.one(shop_row("artify-demo.myshopify.com"))

The first call runs the function with a `bindparam` in the place of each value, and keeps what it returns; later calls
only pair the values with it. So the body of such a function must be a pure expression of its arguments: it makes no
ids, reads no clock, and does not look at a value in Python (no `if`, no f-string, no `timedelta(seconds=seconds)`).
What needs that belongs in its caller. `None`, truth values and members of an enum are the exception: each is built for
separately, so that a body may ask `if at is None`, and `column == None` is IS NULL.
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
    """A statement, or a condition within others, with a place for each value.

    `places` are the keys of its bind parameters, in the order of the values. `position` is its own among several that
    its function returns.
    """

    __slots__ = ("build", "expression", "places", "position")

    def __init__(self, build: Callable[..., Any], expression: Any, places: Sequence[str], position: int | None):
        self.build = build
        self.expression = expression
        self.places = places
        self.position = position


class BoundStatement:
    """A built statement and its values. Databases execute it; SQLAlchemy takes it wherever it takes an expression."""

    __slots__ = ("_call", "built", "values")

    def __init__(self, built: BuiltStatement, values: Sequence[Any], call: tuple[Sequence[Any], Mapping[str, Any]]):
        self.built = built
        self.values = values
        self._call = call

    def afresh(self) -> Any:
        """The same built again, around its values: for a statement that is itself built for each call."""
        result = _call(self.built.build, *self._call)
        result = result if self.built.position is None else result[self.built.position]
        return result.statement if isinstance(result, Expect) else result

    @property
    def is_select(self) -> bool:
        """Whether it only reads."""
        return bool(getattr(self.built.expression, "is_select", False))

    def __clause_element__(self) -> Any:
        return self.afresh()


def built_once(build: Callable[P, R]) -> Callable[P, R]:
    """Build the statement of a function once for each shape of its arguments: their types, and which are None.

    Values are texts, numbers, times, collections (as one value: JSON, or `among`) and dataclasses of these. An argument
    may also be the result of another such function: a condition, or a subquery. The function returns a statement, an
    expression, an `Expect`, or a list of these. Called with anything else, it builds as if it were not decorated.
    """
    known: dict[tuple[Any, ...], Any] = {}

    @wraps(build)
    def bind(*args: P.args, **kwargs: P.kwargs) -> R:
        if _is_building.get():  # another statement, of which this is to become a part
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
        return _bound(found, values, (args, kwargs))  # type: ignore[no-any-return]

    return bind


def _add(arg: Any, shape: list[Any], values: list[Any]) -> bool:
    """Add an argument to the shape and to the values; False for one that cannot be a value."""
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
    """What the function makes of these values themselves."""
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
    """What the function returns for stand-ins of its arguments, ready for `_bound`."""
    places: list[str] = []
    plain = [_stand_in(arg, places) for arg in args]
    named = {name: _stand_in(arg, places) for name, arg in kwargs.items()}
    with _building():
        result = build(*plain, **named)
    if len(set(places)) < len(places):
        raise TypeError(f"{build.__name__}: the same condition twice, with two values for each place")
    if isinstance(result, list):
        return [_ready(build, each, places, position) for position, each in enumerate(result)]
    return _ready(build, result, places, None)


def _ready(build: Callable[..., Any], result: Any, places: Sequence[str], position: int | None) -> Any:
    if isinstance(result, Expect):
        return Expect(BuiltStatement(build, result.statement, places, position), result.code, result.rows)
    return BuiltStatement(build, result, places, position)


def _bound(found: Any, values: Sequence[Any], call: tuple[Sequence[Any], Mapping[str, Any]]) -> Any:
    if type(found) is BuiltStatement:
        return BoundStatement(found, values, call)
    if type(found) is Expect:
        return Expect(BoundStatement(found.statement, values, call), found.code, found.rows)
    return [_bound(each, values, call) for each in found]


def _stand_in(arg: Any, places: list[str]) -> Any:
    """What the function sees in the place of an argument: bind parameters for its values, in the order of `_add`."""
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
    """A bind parameter that raises where a function looks at its value: it is none yet, and another at each call."""

    inherit_cache = True

    def operate(self, op: Any, *other: Any, **options: Any) -> Any:
        if any(each is None or isinstance(each, (_Value, timedelta, *_TYPES)) for each in other):
            raise TypeError("a statement that is built once cannot reckon with its values in Python")
        return super().operate(op, *other, **options)

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a statement that is built once cannot put a value into a text")

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("a statement that is built once cannot look into a collection")


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
"""How a value is bound. A collection has the type that its column or `among` gives it."""
_COLLECTIONS = (Mapping, Sequence, Set)
