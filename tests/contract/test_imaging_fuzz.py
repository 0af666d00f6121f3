"""Damaged files by the hundred, seeded: a decoder makes a picture or refuses, soon, and does not grow much.

FUZZ_SECONDS=600 goes on for so long with each engine, with other damage each time; FUZZ_SEED=N begins with that file.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from app.adapters.compute_inline import InlineCompute
from app.adapters.imaging.decode_limits import Allowance, allowance
from app.adapters.imaging.imaging_subprocess import ImagingSubprocess
from app.core.errors import BadPicture, UnsupportedMedia
from app.core.sniff import HEAD_BYTES, sniff
from tests.contract.imagings import IMAGINGS
from tests.corpus.colours import coloured
from tests.corpus.mutations import mutated
from tests.corpus.talkative import talkative
from tests.pictures import good

STAT = "/proc/{}/stat"
TICKS = os.sysconf("SC_CLK_TCK")
FILES, SECONDS, FIRST = 400, float(os.environ.get("FUZZ_SECONDS", "0")), int(os.environ.get("FUZZ_SEED", "0"))
MOST_SECONDS, MOST_MB = 5, 250  # of processor time; of memory besides what the libraries take
PHONE_PIXELS = 12_200_000
CODES = {"damaged", "unsupported_format", "too_small", "too_many_pixels"}
pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="decoders are measured in /proc, which is not here")


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
    """The system holds it to the memory: a file that took more would be too demanding."""
    IMAGINGS[engine]()  # skips where it is not installed
    bounds = Allowance(MOST_SECONDS, 4 * MOST_SECONDS, MOST_MB)
    imaging, outcomes, took = ImagingSubprocess(engine, InlineCompute(), lambda *_: bounds), Counter[str](), [0.0]
    outcome(imaging, good("jpeg").data)
    [server] = imaging._idle
    for number, photo in damaged():
        bounds, seconds = replace(bounds, megabytes=most_mb(photo)), processor_seconds(server._process.pid)
        outcomes[outcome(imaging, photo)] += 1
        assert imaging._idle == [server], number
        took.append(processor_seconds(server._process.pid) - seconds)
        assert took[-1] <= MOST_SECONDS, number
    print(f"{engine}: {outcomes}, {max(took):.2f} s")
    assert set(outcomes) <= CODES | {"image/png"}
    assert min(outcomes["image/png"], outcomes["damaged"]) > FILES / 50
    asyncio.run(imaging.close())


def most_mb(photo: bytes) -> int:
    """Such a file may say that it is a big photo, and some really are: then what those need, as the app allows it."""
    try:
        width, height = sniff(photo[:HEAD_BYTES]).size or (1, 1)
    except (BadPicture, UnsupportedMedia):
        return MOST_MB
    return MOST_MB if width * height <= PHONE_PIXELS else allowance(len(photo), (width, height)).megabytes


def outcome(imaging: ImagingSubprocess, photo: bytes) -> str:
    try:
        return asyncio.run(imaging.develop(photo, crop=None, width=320, height=240)).mime
    except (BadPicture, UnsupportedMedia) as refusal:
        return refusal.code


def processor_seconds(pid: int) -> float:
    """Of all the decoders of a server that have ended."""
    fields = Path(STAT.format(pid)).read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / TICKS
