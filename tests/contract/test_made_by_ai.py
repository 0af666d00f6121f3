"""Pictures that an image model made say so, in every format and by every adapter; others say nothing."""

from __future__ import annotations

import asyncio
import io
from xml.etree import ElementTree

import pytest
from PIL import Image

from app.adapters.imaging.upscaler_resample import Resample
from app.core.pictures import Picture, PrintFormat, PrintSpec
from tests import pictures
from tests.contract.imagings import IMAGINGS, WRITE_TIFF

SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
BY_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
PRINTS = [(name, fmt) for name in IMAGINGS for fmt in ("jpg", "png", "tiff") if fmt != "tiff" or name in WRITE_TIFF]


def source_types(picture: Picture) -> list[str]:
    """What the picture's XMP says of its source."""
    with Image.open(io.BytesIO(picture.data)) as image:
        image.load()
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if not xmp:
        return []
    words = xmp.encode() if isinstance(xmp, str) else xmp
    packet = words[words.find(b"<x:xmpmeta") : words.find(b"</x:xmpmeta>") + len(b"</x:xmpmeta>")]
    return [each.attrib[SOURCE_TYPE] for each in ElementTree.fromstring(packet).iter() if SOURCE_TYPE in each.attrib]


@pytest.mark.parametrize("adapter", IMAGINGS)
def test_a_preview_says_that_ai_made_it_and_only_then(adapter: str) -> None:
    said, unsaid = (
        asyncio.run(IMAGINGS[adapter]().preview(pictures.good("png").data, max_side=401, mark=None, by_ai=by_ai))
        for by_ai in (True, False)
    )
    assert source_types(said) == [BY_AI]
    assert source_types(unsaid) == []
    assert b"DigitalSourceType" not in unsaid.data
    assert pixels(said) == pixels(unsaid)


@pytest.mark.parametrize(("adapter", "fmt"), PRINTS)
def test_a_print_says_that_ai_made_it_and_only_then(adapter: str, fmt: PrintFormat) -> None:
    said, unsaid = (printed(adapter, fmt, by_ai=by_ai) for by_ai in (True, False))
    assert source_types(said) == [BY_AI]
    assert source_types(unsaid) == []
    assert b"DigitalSourceType" not in unsaid.data
    assert pixels(said) == pixels(unsaid)


def printed(adapter: str, fmt: PrintFormat, *, by_ai: bool) -> Picture:
    spec = PrintSpec(803, 601, 300, fmt, by_ai=by_ai)
    return asyncio.run(IMAGINGS[adapter]().print_file(pictures.good("png").data, spec, Resample())).picture


def pixels(picture: Picture) -> tuple[tuple[int, int], bytes, object]:
    """Size, pixels, and dots per inch, which the words must not push out."""
    with Image.open(io.BytesIO(picture.data)) as image:
        return image.size, image.convert("RGB").tobytes(), image.info.get("dpi")
