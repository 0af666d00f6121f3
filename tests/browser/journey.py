"""The way of a photo in a real browser: a design, a paid order, and its print file."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image, ImageCms, ImageOps
from playwright.sync_api import Page, expect
from skimage import data

from tests.browser.demo import Demo

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
SCREENSHOTS = Path("var/screenshots")
SLOW_MS = 120_000
"""How long a preview or a print may take on a busy machine."""


def phone_photo() -> bytes:
    """A phone's photo: turned by EXIF."""
    picture = Image.fromarray(data.astronaut()).resize((1600, 1600))
    exif = Image.Exif()
    exif[0x0112] = 6
    target = io.BytesIO()
    picture.rotate(90).save(target, "JPEG", quality=92, exif=exif)
    return target.getvalue()


def design(page: Page, demo: Demo, photo: bytes) -> Image.Image:
    """Choose a photo, crop, a style; wait for the preview and look at it."""
    page.goto(f"{demo.store}/products/photo-poster?variant=7800000000012")
    expect(page.locator("[data-artify=choose]")).to_be_visible()
    keep(page, "3-product-page")
    page.locator("[data-artify=file]").set_input_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo})
    expect(page.locator("[data-artify=crop]")).to_be_visible()
    page.locator("[data-artify=style]").filter(has_text="Watercolour").click()
    keep(page, "4-crop-and-style")
    page.locator("[data-artify=create]").click()
    expect(page.locator("[data-artify=progress]")).to_be_visible()
    keep(page, "5-progress")
    shown = page.locator("[data-artify=preview]")
    expect(shown).to_be_visible(timeout=SLOW_MS)
    expect(shown).to_have_js_property("complete", True)
    keep(page, "6-preview")
    page.get_by_role("radio", name="On the product").check()
    expect(page.locator("[data-artify=mockup]")).to_be_visible()
    keep(page, "6-preview-on-the-product")
    page.get_by_role("radio", name="Design").check()
    return fetched(page, str(shown.get_attribute("src")))


def buy(page: Page, *, has_embed: bool = True) -> None:
    """`has_embed` says whether the theme has the app embed, which shows the design in the cart."""
    page.locator("[data-artify=add]").click()
    page.wait_for_url("**/cart")
    expect(page.get_by_text("Photo Poster").first).to_be_visible()
    expect(page.get_by_text("_artify_preview")).to_have_count(0)
    if has_embed:
        expect(page.get_by_alt_text("Photo Poster with your design")).to_have_attribute("src", re.compile("/mockup_"))
    keep(page, "7-cart")
    page.get_by_role("link", name="Check out").click()
    keep(page, "8-checkout")
    page.get_by_label("Email").fill("guest@example.com")
    page.get_by_label("Name").fill("Grace Guest")
    page.get_by_role("button", name="Pay now").click()
    expect(page.get_by_text("Thank you")).to_be_visible()
    keep(page, "9-thanks")


def download(page: Page, demo: Demo) -> bytes:
    """From home to orders by the app's own navigation; the page follows the print until it is ready."""
    frame = page.frame_locator("iframe")
    page.get_by_role("link", name="Orders").last.click()
    expect(frame.get_by_text("Ordered designs")).to_be_visible()
    button = frame.get_by_text("Download print file")
    expect(button).to_be_visible(timeout=SLOW_MS)
    expect(frame.get_by_alt_text("Design on the product")).to_be_visible()
    keep(page, "10-admin-orders")
    with page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == "1001-Photo-Poster-A3-Watercolour.jpg"
    return Path(download.value.path()).read_bytes()


def check_print(file: bytes, preview: Image.Image) -> None:
    """Exact pixels, 300 dpi, sRGB, and the picture that was approved."""
    with Image.open(io.BytesIO(file)) as printed:
        assert printed.format == "JPEG"
        assert printed.size == (3508, 4961)
        assert [round(dpi) for dpi in printed.info["dpi"]] == [300, 300]
        profile = ImageCms.ImageCmsProfile(io.BytesIO(printed.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        small = ImageOps.fit(printed.convert("RGB"), (64, 90))
    assert difference(small, ImageOps.fit(preview, (64, 90))) < 12  # the watermark is the difference


def fetched(page: Page, url: str) -> Image.Image:
    answer = page.request.get(url)
    assert answer.ok
    assert answer.headers["content-type"] == "image/webp"
    picture = Image.open(io.BytesIO(answer.body())).convert("RGB")
    assert max(picture.size) <= 1024
    return picture


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of 255."""
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / len(one.tobytes())


def keep(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
