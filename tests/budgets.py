"""How many processor seconds the tests of each folder may take.

Together they fit `make test` into twelve minutes on two cores. A capability that is added gets 240 seconds more, in
folders of its own such as tests/unit/<capability> and tests/integration/<capability>.
"""

from __future__ import annotations

MAKE_TEST_S = 12 * 60
CORES = 2

BUDGETS = {
    "tests": 100,
    "tests/aws": 100,
    "tests/browser": 100,
    "tests/contract": 300,
    "tests/devstore": 30,
    "tests/edge": 100,
    "tests/integration": 100,
    "tests/integration/personalization": 100,
    "tests/integration/processes": 100,
    "tests/integration/shops": 100,
    "tests/integration/tenancy": 100,
    "tests/server": 100,
    "tests/setups": 100,
    "tests/storefront": 100,
    "tests/story": 100,
    "tests/unit": 200,
}
"""Tests count for the longest name here that their path begins with."""


def folder_of(nodeid: str) -> str:
    """The folder whose budget a test belongs to."""
    return max((name for name in BUDGETS if nodeid.startswith(f"{name}/")), key=len, default="tests")
