"""Facades and names given as text load their modules with the first use."""

from __future__ import annotations

import ast
import functools
import json
import sys
from collections.abc import Iterator

import pytest

from app import catalog
from app.capabilities import CAPABILITIES
from app.core.capability import Capability
from app.core.lazy import load
from tests import processes
from tests.sources import ROOT, Source, sources

MOST_MODULES = 40
"""Of ours, that a webhook's handler may import: a cold worker has a second to start."""
FACADES = [source for source in sources("app") if "facade(" in source.text and source.path.name == "__init__.py"]
NAMED = [source.name for source in FACADES]


def test_a_name_is_imported_when_it_is_first_used_and_kept() -> None:
    loaded = run("import sys, app.catalog; print('app.catalog.model' in sys.modules)")
    assert loaded == "False"
    assert run("import app.catalog; app.catalog.Product; print('Product' in vars(app.catalog))") == "True"


@pytest.mark.parametrize(
    "before", ["personalization.Summary", "lazy.load_facades()", "personalization.summary; lazy.load_facades()"]
)
def test_a_function_is_offered_under_the_name_of_its_module(before: str) -> None:
    """An import puts the module there too."""
    code = "from app import personalization; from app.core import lazy; {}; print(callable(personalization.summary))"
    assert run(code.format(before)) == "True"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = catalog.nothing


def test_a_module_is_loaded_by_its_name_alone() -> None:
    assert load("app.core.lazy") is sys.modules["app.core.lazy"]
    assert load("app.core.lazy:load") is load


@pytest.mark.parametrize("source", FACADES, ids=NAMED)
def test_a_facade_names_each_thing_three_times_alike(source: Source) -> None:
    """For type checkers, for the import, and as what the package offers."""
    places = next(places_of(source))
    typed = {
        alias.name: node.module
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module != "app.core.lazy" and node.module != "typing"
        for alias in node.names
    }
    offered = {each.value for each in ast.walk(offers(source)) if isinstance(each, ast.Constant)}
    assert {name: module for module, names in places.items() for name in names.split()} == typed
    assert offered == set(typed)


@pytest.mark.parametrize("source", FACADES, ids=NAMED)
def test_a_facade_offers_what_is_there(source: Source) -> None:
    package = load(source.name)
    assert [name for name in package.__all__ if getattr(package, name, None) is None] == []


@pytest.mark.parametrize("source", FACADES, ids=NAMED)
def test_only_the_facade_imports_a_module_that_shares_a_name_with_what_it_offers(source: Source) -> None:
    """Such an import would put the module in the name's place."""
    shared = {
        f"{source.name}.{name}" for places in places_of(source) for names in places.values() for name in names.split()
    }
    imported = imported_modules()
    modules = imported.keys() & shared
    found = {name for name, imports in imported.items() if name != source.name and imports & modules}
    assert found == set()


@functools.cache
def imported_modules() -> dict[str, set[str]]:
    """The modules that each of ours imports from, as `from a.b import c` names `a.b`."""
    return {
        source.name: {str(node.module) for node in ast.walk(source.tree) if isinstance(node, ast.ImportFrom)}
        for source in sources("app", "handlers")
    }


def test_a_webhooks_handler_imports_few_modules() -> None:
    ours = json.loads(run(f"import sys, json, handlers.webhooks; print(json.dumps({OURS}))"))
    assert "app.shops" in ours
    assert len(ours) <= MOST_MODULES, sorted(ours)


@pytest.mark.parametrize("each", CAPABILITIES, ids=[each.name for each in CAPABILITIES])
def test_what_a_capability_names_is_there(each: Capability) -> None:
    named = [each.tables, each.job_kinds, each.personal_data, *each.sweeps]
    named += [subscriber.fields for subscriber in each.topics.values()] + [count.query for count in each.counts]
    assert [name for name in named if name and load(name) is None] == []
    kinds = {kind.name for other in CAPABILITIES if other.job_kinds for kind in load(other.job_kinds)}
    assert {subscriber.job for subscriber in each.topics.values()} <= kinds


OURS = "[name for name in sys.modules if name.partition('.')[0] in ('app', 'handlers')]"


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = processes.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def places_of(source: Source) -> Iterator[dict[str, str]]:
    """The modules of a facade, with the names of each."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "facade":
            yield ast.literal_eval(node.args[1])


def offers(source: Source) -> ast.expr:
    [found] = [
        node for node in source.tree.body if isinstance(node, ast.Assign) and "__all__" in ast.unparse(node.targets[0])
    ]
    return found.value
