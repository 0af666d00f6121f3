"""The theme editor adds the app's blocks to a shop's theme, shows them as they are edited, and saves them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe
from tests.devstore.conftest import SHOP, OpenDevstore, Shopify

DEEP_LINK = "admin/themes/current/editor?template=product&addAppBlockId=artify-demo-key/personalizer&target=mainSection"
PRODUCT = "products/photo-mug"


@pytest.fixture
def bare(open_devstore: OpenDevstore) -> Iterator[Shopify]:
    """A shop in which the app is installed, and whose theme has none of its blocks."""
    with open_devstore(without_block=[SHOP]) as shopify:
        shopify.install()
        yield shopify


def has_block(shopify: Shopify) -> bool:
    return "artify-personalizer" in shopify.http.get(shopify.path(PRODUCT)).text


def extension(shopify: Shopify) -> dict[str, str]:
    """The status of each block, as App Bridge tells the app."""
    [found] = shopify.http.get(shopify.path("admin/extensions.json")).json()
    return {each["handle"]: each["status"] for each in found["activations"]}


def test_a_new_shop_has_the_block_only_once_a_theme_with_it_is_saved(bare: Shopify) -> None:
    assert not has_block(bare)
    assert extension(bare) == {"cart": "available", "personalizer": "available"}
    block = {"id": "one", "type": "personalizer", "settings": {"heading": "Draw <it>"}}
    bare.http.post(bare.path("admin/themes/current/draft"), json={"blocks": [block]})
    assert not has_block(bare)
    assert "Draw &lt;it&gt;" in bare.http.get(bare.path(f"{PRODUCT}?design_mode")).text
    bare.http.post(bare.path("admin/themes/current/saved"), json={"blocks": [block]})
    assert has_block(bare)
    assert extension(bare) == {"cart": "available", "personalizer": "active"}


def test_only_the_editor_shows_design_mode(bare: Shopify) -> None:
    assert bare.http.get(bare.path(DEEP_LINK)).status_code == 200
    edited = bare.http.get(bare.path(f"{PRODUCT}?design_mode")).text
    assert "designMode: true" in edited
    assert '"design_mode": true' in edited
    assert "data-shopify-editor-block" in edited
    bare.http.post(
        bare.path("admin/themes/current/saved"), json={"blocks": [{"id": "a", "type": "personalizer", "settings": {}}]}
    )
    shown = bare.http.get(bare.path(PRODUCT)).text
    assert '"design_mode": false' in shown
    assert "data-shopify-editor-block" not in shown


def test_a_theme_takes_no_unknown_block_or_version(bare: Shopify) -> None:
    unknown = {"blocks": [{"id": "a", "type": "unknown", "settings": {}}]}
    assert bare.http.post(bare.path("admin/themes/current/saved"), json=unknown).status_code == 422
    assert bare.http.post(bare.path("admin/themes/current/other"), json={"blocks": []}).status_code == 404
    bare.http.post(bare.path("admin/uninstall"))
    assert bare.http.get(bare.path(DEEP_LINK)).status_code == 403


@pytest.fixture
def editor(browser: Browser, bare: Shopify) -> Iterator[Page]:
    """The editor as the app's deep link opens it."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(10_000)
    page.add_init_script("""addEventListener("DOMContentLoaded", () => {
        window.seen = [];
        const see = ({ type, detail }) => seen.push(`${type} ${detail.blockId ?? detail.sectionId}`);
        for (const type of ["section:load", "section:unload", "block:select", "block:deselect"])
            document.addEventListener(`shopify:${type}`, see);
    })""")
    page.goto(bare.url + bare.path(DEEP_LINK))
    yield page
    page.close()


def test_the_deep_link_adds_the_block_and_saving_brings_it_to_the_shop(editor: Page, bare: Shopify) -> None:
    preview = editor.frame_locator("#preview")
    expect(preview.locator("artify-personalizer")).to_be_visible()
    expect(editor.get_by_role("button", name="Add block")).to_be_disabled()
    assert axe.violations(editor) == []
    editor.get_by_label("Heading").fill("Paint it")
    expect(preview.get_by_role("heading", name="Paint it")).to_be_visible()
    seen = preview.locator("body").evaluate("() => seen")
    assert seen == [
        "shopify:block:select artify_personalizer",
        *[
            "shopify:section:unload product",
            "shopify:section:load product",
            "shopify:block:select artify_personalizer",
        ]
        * (len(seen) // 3),
    ]
    assert not has_block(bare)
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_role("status")).to_have_text("Saved")
    assert "Paint it" in bare.http.get(bare.path(PRODUCT)).text


def test_blocks_are_removed_and_added_again_and_embeds_enabled(editor: Page, bare: Shopify) -> None:
    preview = editor.frame_locator("#preview")
    editor.get_by_role("button", name="Remove block").click()
    expect(preview.locator("artify-personalizer")).to_have_count(0)
    editor.get_by_role("button", name="Add block").click()
    editor.get_by_role("dialog").get_by_role("button", name="Photo studio").click()
    expect(preview.locator("artify-personalizer")).to_be_visible()
    editor.get_by_label("Require a design").uncheck()
    editor.get_by_label("Enable Designs in the cart").check()
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_role("status")).to_have_text("Saved")
    assert extension(bare) == {"cart": "active", "personalizer": "active"}
    assert '"required": false' in bare.http.get(bare.path(PRODUCT)).text
    assert "artify-lines.js" in bare.http.get(bare.path("cart")).text
