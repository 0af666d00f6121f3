"""Damaged files, by the hundred: an adapter refuses them or develops them, and does nothing else."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

import pytest

from app.core.errors import AppError
from tests import pictures
from tests.contract.imagings import IMAGINGS

KINDS = (
    "jpeg",
    "progressive",
    "png",
    "palette",
    "16-bit",
    "webp",
    "animated",
    "avif",
    "heic",
    "cmyk-profile",
    "metadata",
)
FILES = 25


def damaged(kind: str) -> Iterator[bytes]:
    """Some bytes changed, mostly near the start where the headers are; every fifth file is cut off as well."""
    whole, chance = pictures.good(kind).data, random.Random(kind)
    for number in range(FILES):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 3, 20])):
            data[chance.randrange(min(len(data), chance.choice([200, 2_000, len(data)])))] = chance.randrange(256)
        yield bytes(data[: chance.randrange(len(data))] if number % 5 == 0 else data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("adapter", IMAGINGS)
def test_a_damaged_file_is_refused_or_developed_and_nothing_else(adapter: str, kind: str) -> None:
    imaging, outcomes = IMAGINGS[adapter](), set()
    for data in damaged(kind):
        try:
            outcomes.add(asyncio.run(imaging.develop(data, crop=None, width=320, height=240)).mime)
        except AppError as refusal:
            outcomes.add(refusal.code)
    assert outcomes <= {"image/png", "damaged", "unsupported_format", "too_small", "too_many_pixels"}
