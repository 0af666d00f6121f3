"""Pictures by the Images service of `wrangler dev`, which ignores crops and marks."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from app.adapters.compute import ThreadCompute
from app.adapters.imaging.vips import Vips
from app.core.errors import AppError
from app.core.pictures import Mark, PrintSpec
from app.core.ports.imaging import Imaging
from tests import pictures
from tests.edge.binding_images import BindingImages

pytestmark = pytest.mark.anyio
MARK = Mark(None, "ARTIFY", 0.5, "center", 30)


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
