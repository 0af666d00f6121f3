"""Strangers' files do not fill the memory. Measured in a child process, whose peak is its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests import pictures
from tests.contract.imagings import IMAGINGS

LIMIT = 250  # megabytes


@pytest.mark.parametrize("adapter", IMAGINGS)
def test_no_file_grows_the_process_by_more_than_250_mb(adapter: str) -> None:
    IMAGINGS[adapter]()  # skips where it is not installed
    child = subprocess.run(
        [sys.executable, "-m", "tests.contract.growth", adapter],
        input=pictures.big_jpeg().data,
        capture_output=True,
        check=True,
    )
    grown = json.loads(child.stdout)
    outcomes = {kind: outcome for kind, (outcome, _) in grown.items()}
    assert outcomes.pop("50-megapixels") == "developed"
    assert set(outcomes.values()) == {"unsupported_format", "damaged", "too_small", "too_many_pixels"}
    assert all(megabytes <= LIMIT for _, megabytes in grown.values()), grown
