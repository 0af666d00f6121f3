"""Prints in a printer's own colours, by its ICC profile."""

from __future__ import annotations

import asyncio
import functools
import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.adapters.imaging.upscaler_resample import Resample
from app.core.errors import Unprocessable
from app.core.pictures import Intent, PrintFormat, PrintSpec
from tests import icc, pictures
from tests.contract.imagings import IMAGINGS, IN_THIS_PROCESS

SIZE = (640, 480)
FORMATS: list[PrintFormat] = ["jpg", "tiff", "tiff-deflate"]


@functools.cache
def press() -> bytes:
    """A CMYK profile that turns pictures into ink: libvips' own."""
    pyvips = pytest.importorskip("pyvips", reason="pyvips (extra print), whose CMYK profile is used, is not installed")
    return bytes(pyvips.Image.profile_load("cmyk"))


def printed(adapter: str, profile: bytes | None, fmt: PrintFormat = "tiff", intent: Intent = "relative") -> Image.Image:
    spec = PrintSpec(*SIZE, dpi=240, format=fmt, intent=intent)
    master = pictures.encoded(pictures.photograph("astronaut").resize(SIZE), "PNG")
    file = asyncio.run(IMAGINGS[adapter]().print_file(master, spec, Resample(), profile=profile))
    image = Image.open(io.BytesIO(file.picture.data))
    image.load()
    return image


def on_screen(image: Image.Image) -> np.ndarray:
    """Its colours in sRGB, by the profile that the file itself carries."""
    own = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    shown = ImageCms.profileToProfile(
        image,
        own,
        ImageCms.createProfile("sRGB"),
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        "RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return np.asarray(shown, np.int32)


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize("fmt", FORMATS)
def test_a_press_gets_its_inks_and_its_profile(adapter: str, fmt: PrintFormat) -> None:
    image = printed(adapter, press(), fmt)
    assert (image.mode, image.size) == ("CMYK", SIZE)
    assert image.info["icc_profile"] == press()
    assert image.info["dpi"] == pytest.approx((240, 240), abs=0.1)


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize("profile", [press, lambda: icc.ADOBE_RGB, lambda: icc.DISPLAY_P3], ids=["cmyk", "adobe", "p3"])
def test_the_print_looks_like_the_design(adapter: str, profile: object) -> None:
    wanted = np.asarray(printed(adapter, None), np.int32)
    plain = profile()  # type: ignore[operator]
    image = printed(adapter, plain)
    off = np.abs(on_screen(image) - wanted)
    numbers = np.asarray(image.convert("RGB"), np.int32)
    assert off.mean() <= (5 if image.mode == "CMYK" else 1)  # ink holds fewer colours
    assert np.abs(numbers - wanted).mean() >= 2  # the numbers are others: they were converted, not only labelled


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
def test_the_intents_differ(adapter: str) -> None:
    relative, perceptual = (np.asarray(printed(adapter, press(), intent=each), np.int32) for each in INTENTS)
    assert np.abs(relative - perceptual).mean() >= 0.5


INTENTS: tuple[Intent, Intent] = ("relative", "perceptual")


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("fmt", FORMATS)
def test_engines_agree_on_ink(fmt: PrintFormat, intent: Intent) -> None:
    first, second = (np.asarray(printed(name, press(), fmt, intent), np.int32) for name in IN_THIS_PROCESS)
    off = np.abs(first - second)
    assert off.mean() <= 1
    assert np.percentile(off, 99) <= 6


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
def test_a_png_cannot_hold_ink(adapter: str) -> None:
    with pytest.raises(Unprocessable, match="TIFF, PDF or JPEG") as refusal:
        printed(adapter, press(), "png")
    assert refusal.value.code == "no_cmyk_png"


def sized(profile: bytes) -> bytes:
    return struct.pack(">I", len(profile)) + profile[4:]


BROKEN = {
    "empty": lambda: b"",
    "no profile": lambda: bytes(5000),
    "cut off": lambda: press()[:5000],
    "cut off, and its length set right": lambda: sized(press()[:5000]),
    "for scanners alone": lambda: press()[:12] + b"scnr" + press()[16:],
    "grey": lambda: press()[:16] + b"GRAY" + press()[20:],
    "without a way to ink": icc.ink_profile,
}


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize("kind", BROKEN)
def test_a_profile_that_cannot_be_used_is_refused(adapter: str, kind: str) -> None:
    with pytest.raises(Unprocessable) as refusal:
        printed(adapter, BROKEN[kind]())
    assert refusal.value.code == "bad_profile"
