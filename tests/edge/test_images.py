"""Pictures on Cloudflare: by a whole Images service, and by the one of `wrangler dev` that ignores cuts and marks."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from PIL import Image

from app.adapters.compute import ThreadCompute
from app.adapters.imaging.vips import Vips
from app.core.errors import AppError
from app.core.pictures import Mark, PrintSpec
from app.core.ports.imaging import Imaging
from app.core.signed_links import MediaLink
from tests import pictures
from tests.edge.binding_images import BindingImages
from tests.edge.conftest import Edge, deployed, offers
from tests.integration.merchant import Merchant
from tests.integration.servers import SHOP
from tests.integration.storefront import Storefront

pytestmark = pytest.mark.anyio
MARK = Mark(None, "ARTIFY", 0.5, "center", 30)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    folder = tmp_path_factory.mktemp("plain")
    with deployed(folder, asyncio.run(offers(folder)), images=False) as edge:
        yield edge


async def test_a_preview_fails_with_a_sentence_and_is_not_counted(plain: Edge) -> None:
    async with httpx.AsyncClient(base_url=plain.url, timeout=60, trust_env=False) as http:
        assert (await Merchant(http, SHOP).document()).status_code == 200
        storefront = Storefront(http)
        preview = await storefront.asked()
        await plain.settled("SELECT id FROM generations WHERE id = ? AND status = 'failed'", preview["id"])
        assert (await storefront.look(preview))["error"]["code"] == "no_imaging"
    assert plain.rows("SELECT current_generations, running FROM quotas WHERE shop_id = ?", SHOP) == [
        {"current_generations": 0, "running": 0}
    ]


async def test_a_preview_is_made_and_marked(edge: Edge, http: httpx.AsyncClient) -> None:
    """In the shipped worker: from a phone's turned photo, by the whole way through queue, Gemini and the binding."""
    assert (await Merchant(http, SHOP).document()).status_code == 200
    storefront = Storefront(http)
    preview = await storefront.asked(upload_id=await storefront.upload(pictures.phone_jpeg()))
    await edge.settled("SELECT id FROM generations WHERE id = ? AND status = 'completed'", preview["id"])
    [master_file] = edge.rows(
        "SELECT key FROM assets WHERE id = (SELECT master_asset_id FROM generations WHERE id = ?)", preview["id"]
    )
    done = await storefront.look(preview)
    assert (done["preflight"]["verdict"], done["preflight"]["checks"][0]["value"]) == ("ok", 366)
    shown = Image.open(io.BytesIO((await http.get(done["preview_url"])).content))
    master = Image.open(io.BytesIO((await http.get(edge.signed(_reading(master_file["key"])))).content))
    plain = master.convert("RGB").resize(shown.size, Image.Resampling.LANCZOS)
    changed = np.abs(np.asarray(shown.convert("RGB"), np.int32) - np.asarray(plain, np.int32)).max(axis=2) > 20
    assert shown.format == "WEBP"
    for rows in np.array_split(changed, 3):
        assert all(0.005 < part.mean() < 0.5 for part in np.array_split(rows, 2, axis=1))


def _reading(key: str) -> MediaLink:
    return MediaLink("GET", key, datetime.now(UTC) + timedelta(minutes=5))


async def test_a_service_that_draws_no_marks_is_never_used() -> None:
    imaging, photo = BindingImages(service=False), pictures.good("png").data
    for work in (
        imaging.preview(photo, max_side=400, mark=MARK),
        imaging.preview(photo, max_side=400, mark=None),
        imaging.develop(photo, crop=None, width=300, height=300),
    ):
        with pytest.raises(AppError) as refusal:
            await work
        assert (refusal.value.code, refusal.value.status, refusal.value.retryable) == ("no_imaging", 501, False)


async def test_what_that_service_can_do_comes_out_as_from_libvips() -> None:
    """A phone's photo, turned and made small: by sharp behind the binding's own code, not by the tests' service."""
    photo = pictures.phone_jpeg().data
    ours: list[Imaging] = [BindingImages(service=False, trusting=True), Vips(ThreadCompute())]
    first, second = [
        np.asarray(
            Image.open(io.BytesIO((await each.develop(photo, crop=None, width=768, height=1024)).data)), np.int32
        )
        for each in ours
    ]
    assert first.shape == second.shape == (1024, 768, 3)
    assert np.abs(first - second).mean() <= 1.5


async def test_a_print_by_that_service_has_its_pixels_dpi_and_profile() -> None:
    imaging = BindingImages(service=False, trusting=True)
    file = await imaging.print_file(pictures.good("png").data, PrintSpec(1600, 1200, dpi=240), None)  # type: ignore[arg-type]
    with Image.open(io.BytesIO(file.picture.data)) as image:
        assert (image.size, image.info["dpi"]) == ((1600, 1200), (240, 240))
        assert image.info["icc_profile"]
