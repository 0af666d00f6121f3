"""Accessibility checks by axe-core, which tests/node pins."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page

SCRIPT = Path(__file__).parents[1] / "node/node_modules/axe-core/axe.min.js"


def violations(page: Page | Frame) -> list[str]:
    """The rules that the page breaks, each with the first element that breaks it. Skips where axe is not installed."""
    if not SCRIPT.exists():
        pytest.skip("axe-core is not installed: run npm ci in tests/node")
    page.evaluate(SCRIPT.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    return [f"{each['id']}: {each['nodes'][0]['html']} {each['nodes'][0]['failureSummary']}" for each in found]
