"""Bleed: what lies around a print, so that a cut that misses shows more of the picture and never the paper."""

from __future__ import annotations

import asyncio
import io

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from app.adapters.imaging.print_plan import PrintPlan, margin
from app.adapters.imaging.upscaler_resample import Resample
from app.core.errors import Unprocessable
from app.core.pictures import PrintFormat, PrintSpec, Raster
from app.core.ports.imaging import Upscaler
from tests import pictures
from tests.contract.imagings import IMAGINGS, IN_THIS_PROCESS, UPSCALERS

SIZES = [(800, 600, 35), (333, 250, 7), (1601, 1201, 59), (640, 480, 12), (200, 150, 71)]


def printed(adapter: str, master: bytes, spec: PrintSpec, upscaler: Upscaler | None = None) -> NDArray[np.int32]:
    file = asyncio.run(IMAGINGS[adapter]().print_file(master, spec, upscaler or Resample()))
    with Image.open(io.BytesIO(file.picture.data)) as image:
        assert image.size == spec.full_size == (file.picture.width, file.picture.height)
        return np.asarray(image.convert("RGB"), np.int32)


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize(("width", "height", "bleed"), SIZES)
def test_the_picture_is_the_same_with_bleed_around_it(adapter: str, width: int, height: int, bleed: int) -> None:
    master = pictures.good("png").data
    plain = printed(adapter, master, PrintSpec(width, height, format="png"))
    around = printed(adapter, master, PrintSpec(width, height, format="png", bleed=bleed))
    inner = around[bleed:-bleed, bleed:-bleed]
    here = np.abs(inner - plain)
    moved = min(np.abs(np.roll(inner, step, axis) - plain).mean() for step in (1, -1) for axis in (0, 1))
    assert here.mean() <= 3
    assert here.mean() < moved  # nowhere nearer than where it is: it lies within half a pixel


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize(("width", "height", "bleed"), SIZES)
def test_the_bleed_mirrors_the_edges(adapter: str, width: int, height: int, bleed: int) -> None:
    seen = printed(adapter, pictures.good("png").data, PrintSpec(width, height, format="png", bleed=bleed))
    for axis in (0, 1):
        along = np.swapaxes(seen, 0, axis)
        assert np.abs(along[:bleed] - along[bleed : 2 * bleed][::-1]).mean() <= 4
        assert np.abs(along[-bleed:] - along[-2 * bleed : -bleed][::-1]).mean() <= 4


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize("fmt", ["png", "jpg", "tiff"])
def test_no_size_leaves_a_line_at_an_edge(adapter: str, fmt: PrintFormat) -> None:
    colour = (180, 40, 90)
    master = pictures.encoded(Image.new("RGB", (211, 307), colour), "PNG")
    for (width, height), bleed in (((401, 583), 0), ((401, 583), 11), ((97, 141), 3), ((1013, 1474), 35)):
        seen = printed(adapter, master, PrintSpec(width, height, format=fmt, bleed=bleed))
        assert np.abs(seen - colour).max() <= 2, (width, height, bleed)


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
def test_a_network_enlarges_the_bleed_with_the_picture(adapter: str) -> None:
    upscaler = UPSCALERS["span"]()
    master = pictures.encoded(pictures.scene().resize((160, 120)), "PNG")
    seen = printed(adapter, master, PrintSpec(800, 600, format="png", bleed=30), upscaler)
    steps = np.abs(np.diff(seen, axis=1)).mean(axis=(0, 2))
    assert np.abs(seen[:, :30] - seen[:, 30:60][:, ::-1]).mean() <= 6
    assert steps[29] <= steps[20:40].max()  # the mirror's edge is no edge


def test_where_bleed_cannot_be_made_a_sentence_says_so() -> None:
    with pytest.raises(Unprocessable, match="render worker") as refusal:
        printed("cloudflare", pictures.good("png").data, PrintSpec(800, 600, bleed=35))
    assert refusal.value.code == "no_bleed"


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
def test_a_bleed_wider_than_the_picture_is_refused(adapter: str) -> None:
    with pytest.raises(Unprocessable, match="wider than the picture"):
        printed(adapter, pictures.good("png").data, PrintSpec(80, 60, bleed=61))


sides = st.integers(1, 3000)


@given(sides, sides, st.integers(1, 12000), st.integers(0, 300))
def test_the_file_lies_within_what_was_mirrored(width: int, height: int, wide: int, bleed: int) -> None:
    """For pictures of the print's aspect, as they are cut before."""
    spec = PrintSpec(wide, max(1, round(wide * height / width)), bleed=bleed)
    assume(bleed <= min(spec.width, spec.height))
    assume(abs(spec.width / width / (spec.height / height) - 1) < 0.05)
    around = margin((width, height), spec)
    plan = PrintPlan(spec, Raster(b"", width + 2 * around, height + 2 * around), Resample(), around)
    left, top, right, bottom = plan.area
    assert plan.own_size == (width, height)
    assert 0 <= left < right <= width + 2 * around
    assert 0 <= top < bottom <= height + 2 * around
    across, down = (right - left) / spec.full_size[0], (bottom - top) / spec.full_size[1]
    assert left + bleed * across == pytest.approx(around, abs=0.5 * max(across, 1))
    assert top + bleed * down == pytest.approx(around, abs=0.5 * max(down, 1))
