"""Shopify's own linter for theme app extensions."""

import json
import shutil
from pathlib import Path

import pytest

from tests import processes
from tests.storefront.rendering import EXTENSION

NODE = Path(__file__).parents[1] / "node"
LINT = """
import { check } from "@shopify/theme-check-node";
const offenses = await check(process.argv[1], "theme-check:theme-app-extension");
console.log(JSON.stringify(offenses.map(({ check, message, uri, start }) => [check, message, uri, start])));
"""


def test_shopifys_linter_finds_nothing() -> None:
    node = shutil.which("node")
    if not node:
        pytest.skip("no Node here: theme-check runs on it")
    if not (NODE / "node_modules/@shopify/theme-check-node").is_dir():
        pytest.skip("theme-check is not installed: run npm ci in tests/node")
    lint = processes.run(
        [node, "--input-type=module", "--eval", LINT, str(EXTENSION)],
        cwd=NODE,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(lint.stdout) == []
