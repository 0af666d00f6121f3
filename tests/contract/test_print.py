"""What every Imaging adapter gives to a print shop."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFilter

from app.adapters.compute import ThreadCompute
from app.adapters.imaging import upscaler_span
from app.adapters.imaging.pillow import Pillow
from app.adapters.imaging.upscaler_resample import Resample
from app.adapters.imaging.vips import Vips
from app.core.crop_geometry import cut
from app.core.errors import BadPicture, Unavailable, Unprocessable
from app.core.pictures import PrintFile, PrintFormat, PrintSpec, Raster
from app.core.ports.imaging import Imaging, Upscaler
from tests import pictures
from tests.contract.imagings import ASK_AN_UPSCALER, IMAGINGS, IN_THIS_PROCESS, KEEP_EVERY_COLOUR, UPSCALERS, WRITE_TIFF

FORMATS = {
    "jpg": ("image/jpeg", "JPEG"),
    "png": ("image/png", "PNG"),
    "tiff": ("image/tiff", "TIFF"),
    "tiff-deflate": ("image/tiff", "TIFF"),
}
PACKED = {"tiff": "tiff_lzw", "tiff-deflate": "tiff_adobe_deflate"}


WRITTEN = [(adapter, fmt) for adapter in IMAGINGS for fmt in FORMATS if "tiff" not in fmt or adapter in WRITE_TIFF]


@pytest.fixture(params=IMAGINGS)
def imaging(request: pytest.FixtureRequest) -> Imaging:
    return IMAGINGS[request.param]()


@pytest.fixture(params=UPSCALERS)
def upscaler(request: pytest.FixtureRequest) -> Upscaler:
    return UPSCALERS[request.param]()


def printed(imaging: Imaging, spec: PrintSpec, upscaler: Upscaler, kind: str = "png") -> PrintFile:
    return asyncio.run(imaging.print_file(pictures.good(kind).data, spec, upscaler))


def opened(file: PrintFile) -> Image.Image:
    image = Image.open(io.BytesIO(file.picture.data))
    image.load()
    return image


@pytest.mark.parametrize(("adapter", "fmt"), WRITTEN)
@pytest.mark.parametrize("size", [(1201, 899), (333, 251), (640, 480)])
def test_a_print_has_exactly_the_pixels_dpi_and_profile(adapter: str, fmt: PrintFormat, size: tuple[int, int]) -> None:
    imaging = IMAGINGS[adapter]()
    file = printed(imaging, PrintSpec(*size, dpi=240, format=fmt), Resample())
    image = opened(file)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert image.size == size == (file.picture.width, file.picture.height)
    assert (file.picture.mime, image.format) == FORMATS[fmt]
    assert image.info["dpi"] == pytest.approx((240, 240), abs=0.1)
    assert image.info.get("compression") == PACKED.get(fmt)
    assert image.mode == "RGB"
    assert "srgb" in ImageCms.getProfileDescription(profile).lower()


@pytest.mark.parametrize("adapter", [name for name in IMAGINGS if name not in WRITE_TIFF])
def test_where_no_tiff_is_written_a_sentence_says_so(adapter: str) -> None:
    with pytest.raises(Unprocessable, match="JPEG or PNG") as refusal:
        printed(IMAGINGS[adapter](), PrintSpec(800, 600, format="tiff"), Resample())
    assert refusal.value.code == "no_tiff"


@pytest.mark.parametrize("adapter", KEEP_EVERY_COLOUR)
def test_a_jpeg_print_keeps_every_colour_sample(adapter: str) -> None:
    image = opened(printed(IMAGINGS[adapter](), PrintSpec(800, 600), Resample()))
    assert {layer[1:3] for layer in image.layer} == {(1, 1)}  # type: ignore[attr-defined]


@pytest.mark.parametrize("adapter", IMAGINGS)
def test_a_print_shows_the_whole_master_when_the_aspect_is_the_same(adapter: str, upscaler: Upscaler) -> None:
    shown = pictures.scene().resize((320, 240), Image.Resampling.LANCZOS)  # a network takes seconds for more
    master = pictures.encoded(shown, "PNG")
    file = asyncio.run(IMAGINGS[adapter]().print_file(master, PrintSpec(800, 600, format="png"), upscaler))
    seen = np.asarray(opened(file).resize(shown.size, Image.Resampling.BOX), np.int32)
    assert np.abs(seen - np.asarray(shown, np.int32)).mean() <= 4
    assert (file.source_width, file.source_height) == shown.size
    assert file.factor == 2.5
    assert file.engine == (upscaler.name if adapter in ASK_AN_UPSCALER else "resample")


@pytest.mark.parametrize("adapter", IN_THIS_PROCESS)
@pytest.mark.parametrize("size", [(1201, 899), (640, 480), (333, 251)])
def test_a_print_made_in_strips_is_the_print_made_whole(adapter: str, size: tuple[int, int]) -> None:
    sharpen = ImageFilter.Kernel((3, 3), [-1, -1, -1, -1, 24, -1, -1, -1, -1])
    whole = pictures.scene().crop(cut((640, 480), None, size).edges)
    if size[0] >= 640:
        whole = whole.filter(sharpen).resize(size, Image.Resampling.BICUBIC)
    else:
        whole = whole.resize(size, Image.Resampling.LANCZOS).filter(sharpen)
    for fmt, allowed in (("png", 2), ("tiff", 2), ("jpg", 6)):
        made = opened(printed(IMAGINGS[adapter](), PrintSpec(*size, format=fmt, quality=100), Resample()))
        assert np.abs(np.asarray(made, np.int32) - np.asarray(whole, np.int32)).max() <= allowed


def test_a_print_of_another_aspect_is_cut_centrally(imaging: Imaging) -> None:
    file = printed(imaging, PrintSpec(480, 480, format="png"), Resample())
    seen = np.asarray(opened(file), np.int32)
    wanted = np.asarray(pictures.scene().crop((80, 0, 560, 480)), np.int32)
    assert np.abs(seen - wanted).mean() <= 3  # the light sharpening
    assert (file.source_width, file.source_height) == (480, 480)


def test_no_network_where_it_would_not_show(imaging: Imaging) -> None:
    class Network(Resample):
        name, factor = "network", 4

    file = printed(imaging, PrintSpec(704, 528), Network())
    assert (file.engine, file.factor) == ("resample", 1.1)


@pytest.mark.parametrize("adapter", ASK_AN_UPSCALER)
def test_a_fault_of_the_upscaler_is_told_as_it_is(adapter: str) -> None:
    class Broken(Resample):
        name, factor = "broken", 4

        def strips(self, raster: Raster):  # type: ignore[no-untyped-def]
            yield bytes(raster.width * 4 * 3 * 16)
            raise Unavailable("The network went away.")

    with pytest.raises(Unavailable, match="went away"):
        printed(IMAGINGS[adapter](), PrintSpec(2560, 1920), Broken())


def test_a_damaged_master_is_refused(imaging: Imaging) -> None:
    with pytest.raises(BadPicture):
        asyncio.run(imaging.print_file(pictures.bad("truncated").data, PrintSpec(800, 600), Resample()))


def test_prints_of_the_same_master_are_the_same_file(imaging: Imaging) -> None:
    first, second = (printed(imaging, PrintSpec(800, 600), Resample()).picture.data for _ in range(2))
    assert first == second


def test_an_upscaler_gives_whole_rows_of_its_factor(upscaler: Upscaler) -> None:
    scene = pictures.scene().resize((160, 131))
    row = 160 * upscaler.factor * 3
    strips = list(upscaler.strips(Raster(scene.tobytes(), 160, 131)))
    assert all(len(strip) % row == 0 for strip in strips)
    assert sum(map(len, strips)) == row * 131 * upscaler.factor


@pytest.mark.parametrize("photo", ["astronaut", "chelsea", "coffee"])
def test_an_upscaler_stays_true_and_leaves_no_seams(
    upscaler: Upscaler, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the same photo in one tile: no row or column of a border differs more than a printer could show."""
    picture = pictures.photograph(photo).crop((100, 0, 260, 160))
    tiled = enlarged(upscaler, picture)
    back = np.asarray(Image.fromarray(tiled).resize(picture.size, Image.Resampling.BOX), np.int32)
    assert np.abs(back - np.asarray(picture, np.int32)).mean() <= 3
    monkeypatch.setattr(upscaler_span, "_TILE", 1024)
    monkeypatch.setattr(upscaler_span, "_WINDOW", 1024)
    whole = enlarged(upscaler, picture)
    assert np.abs(tiled.astype(np.int32) - whole).mean() <= 0.5
    for axis in (0, 1):
        for border in range(64 * upscaler.factor, len(whole), 64 * upscaler.factor):
            assert step(tiled, border, axis) <= step(whole, border, axis) * 1.1


def enlarged(upscaler: Upscaler, picture: Image.Image) -> NDArray[np.uint8]:
    strips = b"".join(upscaler.strips(Raster(picture.tobytes(), *picture.size)))
    width, height = picture.size
    return np.frombuffer(strips, np.uint8).reshape(height * upscaler.factor, width * upscaler.factor, 3)


def step(picture: NDArray[np.uint8], border: int, axis: int) -> float:
    """How far the row or column before a border is from the one behind it, on average."""
    before, behind = (picture.take(at, axis).astype(np.int32) for at in (border - 1, border))
    return float(np.abs(before - behind).mean())


class Unhurried:
    """Enlarges four times, four rows a strip; before its third strip it waits until it may go on."""

    name, factor = "unhurried", 4

    def __init__(self) -> None:
        self.made = 0
        self.waits, self.go_on = threading.Event(), threading.Event()

    def strips(self, raster: Raster) -> Iterator[bytes]:
        for self.made in range(raster.height):
            if self.made == 2:
                self.waits.set()
                self.go_on.wait(10)
            yield bytes(4 * 4 * raster.width * 3)


class JoinedCompute(ThreadCompute):
    def join(self) -> None:
        """Wait for the work that still runs."""
        self._pool.shutdown()


@pytest.mark.parametrize("adapter", [Pillow, Vips])
def test_a_print_that_nobody_waits_for_any_more_stops_at_its_next_strip(adapter: type[Pillow | Vips]) -> None:
    if adapter is Vips and not Vips.available():
        pytest.skip("pyvips (extra print) is not installed")
    upscaler, compute = Unhurried(), JoinedCompute()
    work = adapter(compute).print_file(pictures.good("png").data, PrintSpec(2560, 1920), upscaler)

    async def leave() -> None:
        task = asyncio.ensure_future(work)
        assert await asyncio.to_thread(upscaler.waits.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        upscaler.go_on.set()

    asyncio.run(leave())
    compute.join()
    assert upscaler.made <= 3
