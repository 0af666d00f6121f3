"""Damaged files by the hundred, seeded: a decoder makes a picture or refuses, soon, and does not grow much.

FUZZ_SECONDS=600 goes on for so long with each engine, with other damage each time; FUZZ_SEED=N begins with that file.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.adapters.allowance import Allowance, allowance
from app.adapters.compute_inline import InlineCompute
from app.adapters.imaging_apart import Answer, Apart, _Process
from app.core.errors import BadPicture, UnsupportedMedia
from app.core.sniff import HEAD_BYTES, sniff
from tests.contract.imagings import IMAGINGS
from tests.corpus.colours import coloured
from tests.corpus.mutations import mutated
from tests.corpus.talkative import talkative
from tests.pictures import good

STATUS, STAT = "/proc/{}/status", "/proc/{}/stat"
TICKS = os.sysconf("SC_CLK_TCK")
FILES, SECONDS, FIRST = 400, float(os.environ.get("FUZZ_SECONDS", "0")), int(os.environ.get("FUZZ_SEED", "0"))
MOST_SECONDS, MOST_MB = 5, 250  # of processor time, and grown
PHONE_PIXELS, WARM_MB = 12_200_000, 50
CODES = {"damaged", "unsupported_format", "too_small", "too_many_pixels", "too_demanding"}
pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="decoders are measured in /proc, which is not here")


class Lasting(Apart):
    """Keeps a decoder that met a bad file, since its start takes longer than a hundred files."""

    deaths = 0

    def _ask(self, wish: dict[str, Any], photo: bytes, may_take: Allowance) -> Answer | None:
        process = self._idle.pop() if self._idle else _Process(self._engine)
        answer = process.ask(wish, photo, may_take)
        if answer is None:
            self.deaths += 1
            process.end()
        else:
            self._idle.append(process)
        return answer

    def warm(self) -> None:
        """A decoder that has worked, and has not grown much by it."""
        if self._idle and peak_mb(self.pid) > 2 * WARM_MB:
            asyncio.run(self.close())
        if not self._idle:
            outcome(self, good("jpeg").data)

    @property
    def pid(self) -> int:
        return self._idle[0]._process.pid

    def lives(self, pid: int) -> bool:
        return bool(self._idle) and self.pid == pid


def seeds() -> list[bytes]:
    """Small good files that have in them all that decoders know."""
    talk = [talkative(f"{fmt} everything").data for fmt in ("jpeg", "png", "webp", "avif", "heic")]
    colours = [coloured(name).data for name in COLOURED]
    return [*talk, *colours, *(good(kind).data for kind in ("progressive", "cmyk-profile", "animated"))]


COLOURED = (
    "png 16-bit",
    "png interlaced alpha",
    "png palette clear",
    "png interlaced 1-bit",
    "png moving",
    "jpeg 4:1:1",
    "jpeg ycck",
    "jpeg gain map",
    "webp lossless alpha",
    "avif 10-bit",
    "avif moving",
    "avif alpha",
    "heic tiled",
    "heic turned twice",
    "avif tiled",
)


def damaged() -> Iterator[tuple[int, bytes]]:
    """Each with the number that it is made again by."""
    whole, until, number = seeds(), time.monotonic() + SECONDS, FIRST
    while number < FIRST + FILES or time.monotonic() < until:
        chance = Random(number)
        yield number, mutated(chance.choice(whole), chance.choice(whole), chance)
        number += 1


@pytest.mark.parametrize("engine", ["pillow", "vips"])
def test_a_decoder_makes_a_picture_of_a_damaged_file_or_refuses_it_soon_and_in_little_memory(engine: str) -> None:
    IMAGINGS[engine]()  # skips where it is not installed
    imaging, outcomes, took, grown = Lasting(engine, InlineCompute()), Counter[str](), [0.0], [0.0]
    for number, photo in damaged():
        imaging.warm()
        pid, seconds, megabytes = imaging.pid, processor_seconds(imaging.pid), peak_mb(imaging.pid)
        outcomes[outcome(imaging, photo)] += 1
        if imaging.lives(pid):
            took.append(processor_seconds(pid) - seconds)
            grown.append(peak_mb(pid) - megabytes)
            assert took[-1] <= MOST_SECONDS, number
            assert grown[-1] <= most_mb(photo), number
    print(f"{engine}: {outcomes}, {imaging.deaths} deaths, {max(took):.2f} s, {max(grown):.0f} MB")
    assert set(outcomes) <= CODES | {"image/png"}
    assert min(outcomes["image/png"], outcomes["damaged"]) > FILES / 50
    asyncio.run(imaging.close())


def most_mb(photo: bytes) -> float:
    """Such a file may say that it is a big photo, and some really are: then what those need, as the app allows it."""
    try:
        width, height = sniff(photo[:HEAD_BYTES]).size or (1, 1)
    except (BadPicture, UnsupportedMedia):
        return MOST_MB
    return MOST_MB if width * height <= PHONE_PIXELS else allowance(len(photo), (width, height)).megabytes


def outcome(imaging: Apart, photo: bytes) -> str:
    try:
        return asyncio.run(imaging.develop(photo, crop=None, width=320, height=240)).mime
    except (BadPicture, UnsupportedMedia) as refusal:
        return refusal.code


def processor_seconds(pid: int) -> float:
    fields = Path(STAT.format(pid)).read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mb(pid: int) -> float:
    lines = Path(STATUS.format(pid)).read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
