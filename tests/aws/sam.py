"""template.yaml as a test reads it: the short forms of CloudFormation's functions become plain values."""

from __future__ import annotations

from typing import Any

import yaml

from tests.sources import ROOT

TEMPLATE = ROOT / "template.yaml"


def load() -> dict[str, Any]:
    """The whole template."""
    return dict(yaml.load(TEMPLATE.read_text("utf-8"), _Loader))


def resource(name: str) -> dict[str, Any]:
    """The properties of a resource."""
    return dict(load()["Resources"][name]["Properties"])


class _Loader(yaml.SafeLoader):
    """`!Ref Files` becomes "Files", `!GetAtt Jobs.Arn` "Jobs.Arn"."""


_Loader.add_multi_constructor("!", lambda loader, tag, node: node.value)
