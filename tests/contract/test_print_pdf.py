"""PDFs as a print shop opens them: read and drawn by PDFium, which is no part of Artify."""

from __future__ import annotations

import asyncio
import io
import re

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from app.adapters.imaging.upscaler_resample import Resample
from app.core.pictures import PrintSpec
from tests import icc, pictures
from tests.contract.imagings import IMAGINGS, IN_THIS_PROCESS
from tests.contract.test_print_colour import press

SPEC = PrintSpec(800, 600, 200, "pdf", bleed=40)
POINTS = 72 / 200  # of a pixel


def printed(adapter: str, profile: bytes | None = None, *, by_ai: bool = False, spec: PrintSpec = SPEC) -> bytes:
    if by_ai:
        spec = PrintSpec(800, 600, 200, "pdf", bleed=40, by_ai=True)
    work = IMAGINGS[adapter]().print_file(pictures.good("png").data, spec, Resample(), profile=profile)
    file = asyncio.run(work).picture
    assert (file.mime, file.width, file.height) == ("application/pdf", *spec.full_size)
    return file.data


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
def test_its_boxes_say_where_the_paper_is_cut(adapter: str) -> None:
    document = pypdfium2.PdfDocument(printed(adapter))
    assert len(document) == 1
    page = document[0]
    whole = (0, 0, 880 * POINTS, 680 * POINTS)
    trim = (40 * POINTS, 40 * POINTS, 840 * POINTS, 640 * POINTS)
    assert page.get_mediabox() == pytest.approx(whole, abs=0.001)
    assert page.get_bleedbox() == pytest.approx(whole, abs=0.001)
    assert page.get_trimbox() == pytest.approx(trim, abs=0.001)


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
def test_a_page_without_bleed_is_cut_at_its_edges(adapter: str) -> None:
    page = pypdfium2.PdfDocument(printed(adapter, spec=PrintSpec(800, 600, 300, "pdf")))[0]
    assert page.get_trimbox() == page.get_bleedbox() == page.get_mediabox() == (0, 0, 192, 144)


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize("profile", [lambda: None, press, lambda: icc.ADOBE_RGB], ids=["srgb", "cmyk", "adobe"])
def test_its_page_is_the_picture(adapter: str, profile: object) -> None:
    page = pypdfium2.PdfDocument(printed(adapter, profile()))[0]  # type: ignore[operator]
    seen = np.asarray(page.render(scale=200 / 72).to_pil().convert("RGB"), np.int32)[40:640, 40:840]
    scene = np.asarray(pictures.scene().resize((800, 600), Image.Resampling.BICUBIC), np.int32)
    assert np.abs(seen - scene).mean() <= 30  # PDFium minds no profiles: what is turned round would be off by 100


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
def test_its_picture_is_the_jpeg_as_it_is(adapter: str) -> None:
    data = printed(adapter, press())
    length = int(re.search(rb"/DCTDecode /Length (\d+)", data)[1])  # type: ignore[index]
    start = data.index(b"stream\n", data.index(b"/DCTDecode")) + len(b"stream\n")
    jpeg = Image.open(io.BytesIO(data[start : start + length]))
    assert (jpeg.mode, jpeg.size, jpeg.format) == ("CMYK", (880, 680), "JPEG")
    assert jpeg.info["icc_profile"] == press()


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
def test_it_says_that_ai_made_it_and_only_then(adapter: str) -> None:
    said, unsaid = printed(adapter, by_ai=True), printed(adapter)
    assert said.count(b"trainedAlgorithmicMedia") >= 1
    assert b"/Type /Metadata /Subtype /XML" in said
    assert b"trainedAlgorithmicMedia" not in unsaid
    assert len(pypdfium2.PdfDocument(said)) == 1


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
def test_the_same_design_is_the_same_pdf(adapter: str) -> None:
    assert printed(adapter) == printed(adapter)
