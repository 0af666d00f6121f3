"""Imports that wait until something is used: a cold start loads the code of one request alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

_facades: dict[str, Mapping[str, str]] = {}


def load(name: str) -> Any:
    """Import what `package.module:attribute` names, or the module where no attribute is named."""
    module, _, attribute = name.partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def load_facades() -> None:
    """Import whatever the facades that were imported offer, for a process that stays: no visitor waits for it."""
    for places in list(_facades.values()):
        for module in places:
            import_module(module)


def facade(package: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__` (PEP 562): a name is imported from its module when it is first used.

    `places` lists the names of each module, separated by spaces. A name that was found is kept in the package, so that
    the next use costs nothing.
    """
    _facades[package] = places
    modules = {name: module for module, names in places.items() for name in names.split()}

    def __getattr__(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(modules[name]), name)
        setattr(sys.modules[package], name, found)
        return found

    return __getattr__
