"""template.yaml as a test reads it: the short forms of CloudFormation's functions become plain values."""

from __future__ import annotations

from typing import Any

import yaml

from tests.sources import ROOT

TEMPLATE = ROOT / "template.yaml"


def load() -> dict[str, Any]:
    """The whole template."""
    return dict(yaml.load(TEMPLATE.read_text("utf-8"), _Loader))


def environment() -> dict[str, str]:
    """What every function has in its environment; of a value that depends on a condition, the one with it."""
    return {name: value[1] if isinstance(value, list) else value for name, value in _variables().items()}


def optional() -> set[str]:
    """What a function has in its environment only when a parameter says so."""
    return {name for name, value in _variables().items() if isinstance(value, list)}


def resource(name: str) -> dict[str, Any]:
    """The properties of a resource."""
    return dict(load()["Resources"][name]["Properties"])


def _variables() -> dict[str, Any]:
    return dict(load()["Globals"]["Function"]["Environment"]["Variables"])


class _Loader(yaml.SafeLoader):
    """`!Ref Files` becomes "Files", `!GetAtt Jobs.Arn` "Jobs.Arn", and `!If` the list of its three parts."""


def _plain(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else node.value


_Loader.add_multi_constructor("!", _plain)
