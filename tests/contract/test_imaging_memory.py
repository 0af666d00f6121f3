"""Strangers' files do not fill the memory. Measured in a child process, whose peak is its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests import pictures, processes, soak
from tests.contract.growth import STATUS, WARM
from tests.contract.imagings import IMAGINGS, IN_THIS_PROCESS

LIMIT = 250  # megabytes
POSTER, POSTER_LIMIT = (7087, 10630) if soak.FULL else (5008, 7512), 100  # pixels, megabytes
HOSTILE = ("text", "bomb", "eps", "svg", "gif", "truncated", "1x1", "20000x3")
# The PNG is smaller: Pillow must hold all of it, at 4 bytes a pixel, and would reach 255 MB at 50 megapixels.
LARGE = ("50-megapixel-jpeg", "40-megapixel-png")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for kind in HOSTILE:
        (folder / kind).write_bytes(pictures.bad(kind).data)
    (folder / WARM).write_bytes(pictures.good("jpeg").data)
    (folder / LARGE[0]).write_bytes(pictures.big_jpeg().data)
    (folder / LARGE[1]).write_bytes(pictures.png_header(7_300, 5_480))
    return folder


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
def test_no_file_grows_the_process_by_more_than_250_mb(adapter: str, files: Path) -> None:
    if not STATUS.exists():
        pytest.skip("peak memory is read from /proc, which this system does not have")
    IMAGINGS[adapter]()  # skips where it is not installed
    grown: dict[str, tuple[str, float]] = {}
    for names in (HOSTILE, *[(name,) for name in LARGE]):  # what a large one leaves is not the next one's
        command = [sys.executable, "-m", "tests.contract.growth", adapter, str(files), *names]
        grown |= json.loads(processes.run(command, capture_output=True, check=True).stdout)
    outcomes = {name: outcome for name, (outcome, _) in grown.items()}
    assert {outcomes.pop(name) for name in LARGE} == {"developed"}
    assert len(outcomes) == len(HOSTILE)
    assert set(outcomes.values()) == {"unsupported_format", "damaged", "too_small", "too_many_pixels"}
    assert 1 < max(megabytes for _, megabytes in grown.values()) <= LIMIT, grown


@pytest.mark.parametrize("fmt", ["jpg", "png", "tiff"])
def test_a_poster_by_pillow_is_never_whole_in_memory(fmt: str, tmp_path: Path) -> None:
    """Its pixels would be 113 MB, or 150 in Pillow's own form, and twice that in a soak run, whose file is up to 38."""
    if not STATUS.exists():
        pytest.skip("peak memory is read from /proc, which this system does not have")
    master = tmp_path / "master.png"
    pictures.photograph("astronaut").crop((75, 0, 437, 512)).resize((1024, 1448)).save(master)
    command = [sys.executable, "-m", "tests.contract.print_growth", str(master), fmt, *map(str, POSTER)]
    grown = json.loads(processes.run(command, capture_output=True, check=True).stdout)
    assert 1 < grown <= POSTER_LIMIT
