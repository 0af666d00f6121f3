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
    for package, places in list(_facades.items()):
        for module in places:
            _offer(package, module)


def facade(package: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__` (PEP 562): a name is imported from its module when it is first used.

    `places` lists the names of each module, separated by spaces. What was found is kept in the package, so that the
    next use costs nothing.
    """
    _facades[package] = places
    modules = {name: module for module, names in places.items() for name in names.split()}

    def __getattr__(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        _offer(package, modules[name])
        return vars(sys.modules[package])[name]

    return __getattr__


def _offer(package: str, module: str) -> None:
    """Put all that a module offers into the package.

    All at once, because an import puts the module itself there too, where a function of the same name may belong.
    """
    found = import_module(module)
    for name in _facades[package][module].split():
        setattr(sys.modules[package], name, getattr(found, name))
