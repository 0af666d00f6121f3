"""The shape of the project: layers, facades, folders, sizes, and shops kept apart.

The layers themselves are contracts in pyproject.toml.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from importlinter import cli
from starlette.routing import Route

from app.capabilities import CAPABILITIES
from app.core.capability import Capability
from handlers import routes
from tests.sources import PRODUCT, ROOT, Function, Source, sources


def _fields(node: ast.ClassDef) -> Iterator[Any]:
    return (each for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name))


PRODUCT_SOURCES = sources(*PRODUCT)
APP_PACKAGES = [each.name for each in CAPABILITIES]
QUERIES = [source for source in PRODUCT_SOURCES if source.is_queries]

ASSEMBLERS = {"app.wiring", "app.schema"}
"""They put the parts together, so they see inside them."""

SQL_WRITERS = {"app.schema", "app.core.rows", "app.core.statements", "app.core.tables"}
"""Besides adapters, queries and tables."""

ACROSS_SHOPS: dict[str, str] = {
    "app.jobs.queries.rows.job": "a hint brings a job's id alone",
    "app.jobs.queries.scheduling.due": "the runner serves every shop",
    "app.jobs.queries.rows.jobs_by_status": "the operator's list",
    "app.jobs.queries.rows.mark_woken": "the sweep serves every shop",
    "app.quotas.queries.stored_bytes": "the operator's figures",
    "app.generation.queries.delete_old_calls": "the sweep serves every shop",
    "app.generation.queries.has_old_calls": "the sweep serves every shop",
    "app.jobs.queries.rows.failed_by_kind": "the operator's figures",
    "app.jobs.queries.rows.waiting_by_kind": "the operator's doctor",
    "app.jobs.queries.rows.oldest_due": "the operator's figures",
    "app.jobs.queries.rows.open_by_kind": "the operator's figures",
    "app.personalization.queries.previews.previews_by_status": "the operator's figures",
    "app.shops.queries.deliveries.deliveries_by_topic": "the operator's figures",
    "app.jobs.queries.rows.extend": "the lease's token names the job's holder",
    "app.jobs.queries.rows.postpone": "the lease's token names the job's holder",
    "app.jobs.queries.rows.release": "the lease's token names the job's holder",
    "app.media.queries.due_files": "the sweep serves every shop",
    "app.media.queries.expected_objects": "after a restore the operator looks for every shop's",
    "app.shops.queries.visitors.count_hit": "the key of a limit names its shop, if it has one",
    "app.shops.queries.visitors.release_hit": "the key of a limit names its shop, if it has one",
    "app.shops.queries.visitors.window_end": "the key of a limit names its shop, if it has one",
    **{
        f"app.privacy.queries.retention.{name}": "the sweep serves every shop"
        for name in (
            "advance",
            "any_aged",
            "assets_after",
            "delete_aged",
            "delete_file_rows",
            "delete_sessions",
            "deleted_files",
            "drift",
            "known_keys",
            "old_sessions",
            "progress",
            "shops_after",
        )
    },
    "app.shops.queries.oauth_grants.drop_old_states": "what is too old goes, whoever began it",
    "app.shops.queries.tokens.fading_tokens": "the sweep serves every shop",
    "app.shops.queries.tokens.tokens_of_another_key": "the sweep serves every shop",
}

WORDS = {"handlers.health.verdict": "`ok`, or the code of whatever fault there was"}
"""They return texts, and two or more of these are words in the code."""

TABLELESS = {"render_workers"}
"""Its jobs are rows of `app.jobs`, its files rows of `app.media`."""


def test_there_is_a_product_to_look_at() -> None:
    seen = {folder: sum(source.name.split(".")[0] == folder for source in PRODUCT_SOURCES) for folder in PRODUCT}
    assert seen["app"] >= 60
    assert seen["handlers"] >= 8
    assert seen["devstore"] >= 10
    assert len(QUERIES) >= 6


def test_imports_keep_the_contracts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.lint_imports(no_cache=True, no_logo=True) == cli.EXIT_STATUS_SUCCESS


def test_other_packages_are_used_through_their_facade() -> None:
    outside = [source for source in PRODUCT_SOURCES if source.name not in ASSEMBLERS]
    assert [f"{source.name}: {name}" for source in outside for name in _inner_imports(source)] == []


@pytest.mark.parametrize("package", CAPABILITIES, ids=APP_PACKAGES)
def test_a_package_of_the_app_has_the_files_of_what_it_registers(package: Capability) -> None:
    usual = {"__init__.py"}
    usual |= {"model.py", "queries.py", "tables.py"} if package.tables else set()
    usual |= {"jobs.py"} if package.job_kinds else set()
    usual |= {"privacy.py"} if package.personal_data else set()
    there = {f"{path.stem}.py" for path in (ROOT / "app" / package.name).iterdir()}
    assert usual - there == set()


@pytest.mark.parametrize("package", APP_PACKAGES)
def test_a_facade_says_what_the_package_does_and_what_it_offers(package: str) -> None:
    (facade,) = (source for source in PRODUCT_SOURCES if source.name == f"app.{package}")
    assert ast.get_docstring(facade.tree)
    assert "__all__" in facade.text


@pytest.mark.parametrize("package", APP_PACKAGES)
def test_a_facade_offers_nothing_that_has_the_name_of_a_module(package: str) -> None:
    """Whoever imports the module first puts it where the function of that name is expected."""
    modules = {path.stem for path in (ROOT / "app" / package).iterdir()}
    assert modules & set(import_module(f"app.{package}").__all__) == set()


def test_sql_is_written_in_queries_alone() -> None:
    writers = [
        source.name
        for source in PRODUCT_SOURCES
        if any(name.split(".")[0] == "sqlalchemy" for name in source.imports)
        and source.package != "app.adapters"
        and not source.is_queries
        and source.path.name != "tables.py"
    ]
    assert set(writers) <= SQL_WRITERS


def test_every_query_takes_the_shop_first() -> None:
    public = [
        (f"{source.name}.{function.name}", function)
        for source in QUERIES
        for function in source.tree.body
        if isinstance(function, Function) and not function.name.startswith("_")
    ]
    assert len(public) >= 40
    assert {name for name, function in public if not _takes_shop_first(function)} == set(ACROSS_SHOPS)


def test_what_is_one_of_several_words_is_an_enum() -> None:
    functions = [
        (f"{source.name}.{node.name}", node)
        for source in PRODUCT_SOURCES
        if source.name.split(".")[0] in ("app", "handlers")
        for node in ast.walk(source.tree)
        if isinstance(node, Function) and node.returns is not None and "str" in ast.unparse(node.returns)
    ]
    assert len(functions) >= 100
    assert {name for name, function in functions if len(set(_returned_words(function))) > 1} == set(WORDS)


def _returned_words(function: Function) -> Iterator[str]:
    """Texts of letters and underscores that a function returns as they are, or by a condition."""
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    while returned:
        value = returned.pop()
        if isinstance(value, ast.IfExp):
            returned += [value.body, value.orelse]
        elif isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.isidentifier():
            yield value.value


def _inner_imports(source: Source) -> Iterator[str]:
    """Imports that reach past the facade of another package of the app."""
    for name in source.imports:
        parts = name.split(".")
        foreign = (
            parts[0] == "app" and len(parts) > 2 and parts[1] in APP_PACKAGES and source.package != f"app.{parts[1]}"
        )
        # A query joins the tables of the packages below its own.
        joins = source.is_queries and parts[2:3] == ["tables"]
        if foreign and not joins and _is_module(parts[:3]):
            yield name


def _is_module(parts: list[str]) -> bool:
    path = ROOT.joinpath(*parts)
    return path.is_dir() or path.with_suffix(".py").is_file()


@cache
def _carriers() -> set[str]:
    """The classes of values that hold their shop's id, and those that extend them."""
    classes = [node for source in PRODUCT_SOURCES for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)]
    own = {"shop_id", "shop"}
    found = {node.name for node in classes if node.name == "Shop" or own & {each.target.id for each in _fields(node)}}
    while heirs := {node.name for node in classes if found & {ast.unparse(base) for base in node.bases}} - found:
        found |= heirs
    return found


def _takes_shop_first(function: Function) -> bool:
    arguments = [argument for argument in function.args.args if argument.arg != "db"]
    if not arguments:
        return False
    annotation = arguments[0].annotation
    return arguments[0].arg == "shop_id" or (isinstance(annotation, ast.Name) and annotation.id in _carriers())


def test_every_route_names_a_handler_that_exists() -> None:
    routes.load_all()
    named = [route for route in routes.ROUTES if isinstance(route, Route)]
    assert len(named) >= 12
    assert all(inspect.iscoroutinefunction(routes.load(route.name)) for route in named)
