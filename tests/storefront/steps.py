"""A shopper's steps on the product page."""

from collections.abc import Callable

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.storefront.fake import png

PHOTO: FilePayload = {"name": "cat.png", "mimeType": "image/png", "buffer": png(1200, 900)}
Visit = Callable[[], Page]


def hook(page: Page, name: str) -> Locator:
    return page.locator(f"[data-artify={name}]")


def frame_photo(page: Page) -> None:
    """Choose the photo and pick the first style."""
    hook(page, "file").set_input_files(PHOTO)
    hook(page, "style").first.click()


def make_preview(page: Page) -> None:
    frame_photo(page)
    hook(page, "create").click()
    expect(hook(page, "result")).to_be_visible()
