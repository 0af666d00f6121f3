"""Dots per inch and a profile in files that had neither."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageCms

from app.adapters.imaging import print_tags
from tests import icc, pictures


@pytest.mark.parametrize("fmt", ["JPEG", "PNG"])
def test_a_file_without_them_gets_both_and_keeps_its_pixels(fmt: str) -> None:
    plain = pictures.encoded(pictures.scene(), fmt)
    write = print_tags.tag_jpeg if fmt == "JPEG" else print_tags.tag_png
    with Image.open(io.BytesIO(write(plain, 240))) as image, Image.open(io.BytesIO(plain)) as before:
        assert image.info["dpi"] == pytest.approx((240, 240), abs=0.1)
        assert image.info["icc_profile"] == print_tags.srgb_profile()
        assert image.tobytes() == before.tobytes()


@pytest.mark.parametrize("fmt", ["JPEG", "PNG"])
def test_a_file_with_a_profile_keeps_its_own(fmt: str) -> None:
    mine = pictures.encoded(pictures.scene(), fmt, icc_profile=icc.DISPLAY_P3, dpi=(72, 72))
    write = print_tags.tag_jpeg if fmt == "JPEG" else print_tags.tag_png
    with Image.open(io.BytesIO(write(mine, 300))) as image:
        assert image.info["icc_profile"] == icc.DISPLAY_P3
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_the_profile_is_little_cms_own_without_its_date() -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert print_tags.srgb_profile() == own[:24] + bytes(12) + own[36:]
