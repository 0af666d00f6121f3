"""What a route takes, by the names that its own code has for it: path, query and body."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from starlette.routing import Route

from handlers import routes
from handlers.http import generations


@dataclass(frozen=True)
class Inputs:
    path: list[str]
    query: list[str]
    body: list[str]

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys([*self.path, *self.query, *self.body]))


def inputs_of(route: Route) -> Inputs:
    """The body is the dataclass that the handler hands on to be parsed; a handler without one reads no JSON."""
    handler = routes.load(str(route.name))
    read = [_read_by(each) for each in (handler, *_shared(handler))]
    query = [name for names, _ in read for name in names]
    return Inputs(list(route.param_convertors), query, [name for _, names in read for name in names])


def _read_by(handler: Any) -> tuple[list[str], list[str]]:
    """What one function takes of the query and of the body."""
    calls = list(_calls(handler))
    query = [call.args[0].value for call in calls if _reads_query(call) and isinstance(call.args[0], ast.Constant)]
    module = vars(sys.modules[handler.__module__])
    shapes = [module[arg.id] for call in calls for arg in call.args if isinstance(arg, ast.Name) and arg.id in module]
    bodies = [shape for shape in shapes if isinstance(shape, type) and is_dataclass(shape)]
    return [str(name) for name in query], [field.name for shape in bodies for field in fields(shape)]


def _shared(handler: Any) -> list[Any]:
    """The functions that a handler calls of the handlers that kinds of generations share."""
    names = [ast.unparse(call.func).removeprefix("generations.") for call in _calls(handler)]
    return [vars(generations)[name] for name in names if inspect.iscoroutinefunction(vars(generations).get(name))]


def names_something(name: str) -> bool:
    """Whether an input names something of one shop, or lets its holder in: it is an id, a token or a key."""
    return name in ("key", "token") or name.endswith(("_id", "_key", "_token"))


def _calls(handler: Any) -> Iterator[ast.Call]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(handler)))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _reads_query(call: ast.Call) -> bool:
    """Whether it is `request.query_params.get(…)`."""
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Attribute)
        and function.value.attr == "query_params"
    )
