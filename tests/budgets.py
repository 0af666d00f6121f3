"""How many processor seconds the tests of each folder may take.

Together they fit `make test` into twelve minutes on two cores. A capability that is added gets 240 seconds more, in
folders of its own such as tests/unit/<capability> and tests/integration/<capability>.
"""

from __future__ import annotations

MAKE_TEST_S = 12 * 60
CORES = 2
FAILS_AT = 1.5
"""A folder that takes so many times its budget fails the run in CI: other machines are slower, or busy."""

BUDGETS = {
    "tests": 80,
    "tests/aws": 32,
    "tests/browser": 100,
    "tests/contract": 320,
    "tests/devstore": 18,
    "tests/edge": 75,
    "tests/integration": 140,
    "tests/integration/personalization": 65,
    "tests/integration/processes": 165,
    "tests/integration/shops": 20,
    "tests/integration/tenancy": 20,
    "tests/lifecycle": 15,
    "tests/scale": 20,
    "tests/server": 10,
    "tests/setups": 42,
    "tests/storefront": 60,
    "tests/story": 60,
    "tests/unit": 100,
}
"""Tests count for the longest name here that their path begins with."""


def folder_of(nodeid: str) -> str:
    """The folder whose budget a test belongs to."""
    return max((name for name in BUDGETS if nodeid.startswith(f"{name}/")), key=len, default="tests")
