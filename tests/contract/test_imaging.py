"""What every Imaging adapter does, told by pixels."""

from __future__ import annotations

import asyncio
import io
import random
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.adapters.imaging import watermark_layout
from app.adapters.imaging.upscaler_resample import Resample
from app.core.errors import AppError, BadPicture, UnsupportedMedia
from app.core.pictures import Crop, Mark, MarkPosition, PrintSpec
from app.core.ports.imaging import Imaging
from tests import pictures
from tests.contract.imagings import IMAGINGS
from tests.corpus.mutations import mutated
from tests.corpus.planted import traces, written
from tests.corpus.talkative import talkative
from tests.pairwise import pairwise

WIDTH, HEIGHT = pictures.SIZE
PLAIN, MARK_WIDTH, MARGIN = (600, 400), 150, 12  # pixels
LOGO = pictures.encoded(Image.effect_mandelbrot((120, 60), (-2, -1.5, 1, 1.5), 60).convert("RGB"), "PNG")
TEXT = (617, 143)  # how "ARTIFY" is shaped
ALIKE = {"picture": 0.9, "text": 0.7}  # correlation; letters of another size have other edges
POSITIONS: dict[MarkPosition, tuple[int, int]] = {  # where the mark is, in thirds of the picture
    "top-left": (0, 0),
    "top-right": (2, 0),
    "bottom-left": (0, 2),
    "bottom-right": (2, 2),
    "center": (1, 1),
}
# How far a kind may be from the scene, in mean difference of 255: lossy formats, fewer colours, other inks.
MARK = Mark(None, "ARTIFY", 0.5, "tiled", 30)
OTHER_MIMES: tuple[str, ...] = ("image/png", "image/webp")
PRINT, PRINTS = (240, 180), ("jpg", "png")
FAR = {"palette": 20, "cmyk": 25, "cmyk-profile": 25, "avif": 3, "webp": 3, "animated": 3}


@pytest.fixture(params=IMAGINGS)
def imaging(request: pytest.FixtureRequest) -> Imaging:
    return IMAGINGS[request.param]()


def with_imaging(names: str, *factors: Sequence[Any]) -> pytest.MarkDecorator:
    """Each adapter and each two values of the factors together, not each with every combination."""
    return pytest.mark.parametrize(f"imaging, {names}", pairwise(list(IMAGINGS), *factors), indirect=["imaging"])


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def pixels(encoded: bytes) -> NDArray[np.int32]:
    with Image.open(io.BytesIO(encoded)) as image:
        return np.asarray(image.convert("RGB"), np.int32)


def expected(kind: str) -> NDArray[np.int32]:
    scene = pictures.scene()
    if kind.startswith("grey"):
        scene = scene.convert("L").convert("RGB")
    if kind == "transparent":
        scene = scene.copy()
        scene.paste("white", (WIDTH // 2, 0, WIDTH, HEIGHT))
    return np.asarray(scene, np.int32)


def corner_colours(seen: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    return [seen[y, x] for y in (20, -20) for x in (20, -20)]


@pytest.mark.parametrize("kind", pictures.GOOD_KINDS)
def test_every_good_photo_comes_out_upright_in_its_colours(imaging: Imaging, kind: str) -> None:
    photo = pictures.good(kind).data
    picture = run(imaging.develop(photo, crop=None, width=WIDTH, height=HEIGHT))
    seen = pixels(picture.data)
    assert (picture.width, picture.height, picture.mime) == (WIDTH, HEIGHT, "image/png")
    assert seen.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(seen - expected(kind)).mean() <= FAR.get(kind, 2.5)


def test_a_photo_of_noise_is_developed_as_a_jpeg(imaging: Imaging) -> None:
    """No JPEG needs more bytes for each pixel."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (320, 320, 3), np.uint8))
    photo = pictures.encoded(noise, "PNG")
    picture = run(imaging.develop(photo, crop=None, width=320, height=320, mime="image/jpeg"))
    assert (picture.mime, pixels(picture.data).shape) == ("image/jpeg", (320, 320, 3))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_turn_comes_out_upright_and_whole(imaging: Imaging, orientation: int) -> None:
    photo = pictures.turned(orientation).data
    picture = run(imaging.develop(photo, crop=None, width=WIDTH, height=HEIGHT))
    for seen, wanted in zip(corner_colours(pixels(picture.data)), pictures.CORNERS, strict=True):
        assert np.abs(seen - wanted).max() <= 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_is_cut_from_the_upright_photo(imaging: Imaging, orientation: int) -> None:
    photo = pictures.turned(orientation).data
    crop = Crop(0.25, 0.5, 0.5, 0.25)
    picture = run(imaging.develop(photo, crop=crop, width=320, height=120))
    wanted = np.asarray(pictures.scene().crop((160, 240, 480, 360)), np.int32)
    assert np.abs(pixels(picture.data) - wanted).mean() <= 4


def test_a_crop_is_exact_to_the_pixel(imaging: Imaging) -> None:
    photo = pictures.good("png").data
    picture = run(imaging.develop(photo, crop=Crop(101 / WIDTH, 57 / HEIGHT, 0.5, 0.5), width=320, height=240))
    wanted = np.asarray(pictures.scene().crop((101, 57, 421, 297)), np.int32)
    assert np.array_equal(pixels(picture.data), wanted)


def test_what_the_aspect_does_not_need_is_cut_centrally(imaging: Imaging) -> None:
    picture = run(imaging.develop(pictures.good("png").data, crop=None, width=300, height=300))
    wanted = pictures.scene().crop((80, 0, 560, 480)).resize((300, 300), Image.Resampling.LANCZOS)
    assert (picture.width, picture.height) == (300, 300)
    assert np.abs(pixels(picture.data) - np.asarray(wanted, np.int32)).mean() <= 1.5


def test_a_small_photo_keeps_its_own_pixels(imaging: Imaging) -> None:
    picture = run(imaging.develop(pictures.good("png").data, crop=None, width=1600, height=1600))
    wanted = np.asarray(pictures.scene().crop((80, 0, 560, 480)), np.int32)
    assert np.array_equal(pixels(picture.data), wanted)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "heic"])
def test_nothing_that_was_said_beside_the_pixels_is_kept(imaging: Imaging, kind: str) -> None:
    """By a photo with every kind of metadata; tests.contract.test_imaging_corpus has each kind by itself."""
    photo = talkative(f"{kind} everything").data
    assert written(photo)
    made = [run(imaging.develop(photo, crop=None, width=320, height=240, mime="image/jpeg"))]
    if kind == "jpeg":
        made += [run(imaging.develop(photo, crop=None, width=320, height=240, mime=mime)) for mime in OTHER_MIMES]
        made += [run(imaging.preview(photo, max_side=160, mark=mark)) for mark in (None, MARK)]
        made += [run(imaging.print_file(photo, PrintSpec(*PRINT, format=fmt), Resample())).picture for fmt in PRINTS]
    for picture in made:
        assert traces(picture.data) == [], picture.mime


@pytest.mark.parametrize("mime", ["image/jpeg", "image/webp"])
def test_a_developed_photo_comes_in_the_format_asked_for(imaging: Imaging, mime: str) -> None:
    picture = run(imaging.develop(pictures.good("png").data, crop=None, width=WIDTH, height=HEIGHT, mime=mime))
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.get_format_mimetype() == picture.mime == mime
    assert np.abs(pixels(picture.data) - expected("png")).mean() <= 3


@pytest.mark.parametrize("kind", [kind for kind in pictures.BAD_KINDS if kind != "60-mb"])
def test_every_bad_file_is_refused_with_a_sentence(imaging: Imaging, kind: str) -> None:
    with pytest.raises((UnsupportedMedia, BadPicture)) as refusal:
        run(imaging.develop(pictures.bad(kind).data, crop=None, width=WIDTH, height=HEIGHT))
    assert refusal.value.message.endswith(".")
    assert refusal.value.code in {"unsupported_format", "damaged", "too_small", "too_many_pixels"}


@with_imaging(
    "kind, share", ["jpeg", "progressive", "png", "webp", "avif", "heic", "display-p3"], [0.02, 0.3, 0.6, 0.9]
)
def test_a_cut_off_photo_is_refused_or_whole_never_a_crash(imaging: Imaging, kind: str, share: float) -> None:
    photo = pictures.good(kind).data
    picture, refusal = None, None
    try:
        picture = run(imaging.develop(photo[: int(len(photo) * share)], crop=None, width=WIDTH, height=HEIGHT))
    except AppError as error:
        refusal = error
    if refusal:
        assert refusal.code in {"unsupported_format", "damaged"}
    else:
        assert np.abs(pixels(picture.data) - expected(kind)).mean() <= 5


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "heic"])
def test_a_damaged_file_is_refused_or_developed_and_nothing_else(imaging: Imaging, kind: str) -> None:
    """A few; tests.contract.test_imaging_fuzz has more."""
    whole, other, outcomes = talkative(f"{kind} everything").data, pictures.good("progressive").data, set()
    for seed in range(10):
        damaged = mutated(whole, other, random.Random(seed))
        try:
            outcomes.add(run(imaging.develop(damaged, crop=None, width=320, height=240)).mime)
        except AppError as refusal:
            outcomes.add(refusal.code)
    assert outcomes <= {"image/png", "damaged", "unsupported_format", "too_small", "too_many_pixels"}


def test_a_preview_fits_and_keeps_the_aspect(imaging: Imaging) -> None:
    picture = run(imaging.preview(pictures.good("exif-turned").data, max_side=400, mark=None))
    assert (picture.width, picture.height, picture.mime) == (400, 300, "image/webp")
    wanted = np.asarray(pictures.scene().resize((400, 300), Image.Resampling.LANCZOS), np.int32)
    assert np.abs(pixels(picture.data) - wanted).mean() <= 5


def test_a_small_master_gives_a_preview_of_its_own_size(imaging: Imaging) -> None:
    picture = run(imaging.preview(pictures.good("png").data, max_side=2000, mark=None))
    assert (picture.width, picture.height) == (WIDTH, HEIGHT)


@with_imaging("by, position", ["text", "picture"], list(POSITIONS))
def test_a_mark_is_where_it_should_be_and_nowhere_else(imaging: Imaging, position: MarkPosition, by: str) -> None:
    """At a distance of 3 % of the shorter side from its edges, and as wide as was asked."""
    changed = marked(imaging, position, by)
    across, down = POSITIONS[position]
    height = MARK_WIDTH // 2 if by == "picture" else rows_of(changed)
    left = (MARGIN, (PLAIN[0] - MARK_WIDTH) // 2, PLAIN[0] - MARK_WIDTH - MARGIN)[across]
    top = (MARGIN, (PLAIN[1] - height) // 2, PLAIN[1] - height - MARGIN)[down]
    inside = np.zeros(changed.shape, bool)
    inside[max(0, top - 3) : top + height + 3, max(0, left - 3) : left + MARK_WIDTH + 3] = True
    assert (changed[inside] > 25).mean() > (0.8 if by == "picture" else 0.15)
    assert changed[~inside].max() <= 8  # the codec's error


def rows_of(changed: NDArray[np.int32]) -> int:
    """A text is as high as its letters are: as many rows as changed."""
    rows = np.flatnonzero((changed > 12).any(axis=1))
    return int(rows[-1] - rows[0] + 1)


@with_imaging("kind, size", [("picture", 1), ("picture", 100), ("text", 26)], [(640, 452), (452, 640), (560, 560)])
def test_a_tiled_mark_survives_a_cut_to_a_quarter(
    imaging: Imaging, kind: tuple[str, int], size: tuple[int, int]
) -> None:
    """Wherever the quarter is, a whole stamp is found in it: by its likeness to one that lies alone."""
    from skimage.feature import match_template  # it loads half of scipy, in each process that collects the tests

    by, percent = kind
    mark = Mark(LOGO if by == "picture" else None, "ARTIFY" if by == "text" else None, 0.6, "tiled", percent)
    grey, stamp = change(imaging, size, mark), tilted_stamp(imaging, size, mark)
    chance, (width, height) = random.Random(percent), (size[0] // 2, size[1] // 2)
    for _ in range(4):
        left, top = chance.randrange(size[0] - width), chance.randrange(size[1] - height)
        assert match_template(grey[top : top + height, left : left + width], stamp).max() >= ALIKE[by]


def change(imaging: Imaging, size: tuple[int, int], mark: Mark) -> NDArray[np.float64]:
    """What the mark makes of a plain grey picture, as a difference in brightness."""
    plain = pictures.encoded(Image.new("RGB", size, (90, 90, 90)), "PNG")
    return pixels(run(imaging.preview(plain, max_side=max(size), mark=mark)).data).mean(axis=2) - 90


def tilted_stamp(imaging: Imaging, size: tuple[int, int], mark: Mark) -> NDArray[np.float64]:
    """A stamp as large as the tiles of a picture of `size`, from a larger one in its middle, turned."""
    width, height = watermark_layout.stamp_size(size, (120, 60) if mark.picture else TEXT, mark)
    alone = change(imaging, (800, 600), replace(mark, position="center", size=75))
    rows, columns = (np.flatnonzero((np.abs(alone) > 12).any(axis=axis)) for axis in (1, 0))
    cut = Image.fromarray(alone[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32))
    small = cut.resize((width, height), Image.Resampling.BOX)
    return np.asarray(small.rotate(watermark_layout.TILT, Image.Resampling.BICUBIC, expand=True), np.float64)


def test_opacity_says_how_strong_a_mark_is(imaging: Imaging) -> None:
    strong, weak = (marked(imaging, "center", "picture", opacity).max() for opacity in (0.8, 0.2))
    assert 3 <= strong / weak <= 5


def marked(imaging: Imaging, position: MarkPosition, by: str, opacity: float = 0.6) -> NDArray[np.int32]:
    """How much each pixel of a plain grey picture changed."""
    logo = pictures.encoded(Image.new("RGBA", (200, 100), (255, 255, 255, 255)), "PNG") if by == "picture" else None
    mark = Mark(logo, None if logo else "ARTIFY", opacity, position, 100 * MARK_WIDTH / PLAIN[0])
    plain = pictures.encoded(Image.new("RGB", PLAIN, (90, 90, 90)), "PNG")
    return np.abs(pixels(run(imaging.preview(plain, max_side=PLAIN[0], mark=mark)).data) - 90).max(axis=2)


def test_a_damaged_mark_is_refused(imaging: Imaging) -> None:
    mark = Mark(b"no picture", None, 0.5, "center", 25)
    with pytest.raises(BadPicture):
        run(imaging.preview(pictures.good("png").data, max_side=400, mark=mark))


@pytest.mark.parametrize("kind", ["transparent", "grey-transparent"])
def test_a_clear_photo_lies_on_the_background(imaging: Imaging, kind: str) -> None:
    photo = Image.open(io.BytesIO(pictures.good("transparent").data))
    if kind == "grey-transparent":
        photo = photo.convert("LA")
    data = pictures.encoded(photo, "PNG")
    made = asyncio.run(imaging.develop(data, crop=None, width=WIDTH, height=HEIGHT, background="#304050"))
    with Image.open(io.BytesIO(made.data)) as image:
        seen = image.convert("RGB").getpixel((WIDTH - 20, 20))
    assert seen == pytest.approx((0x30, 0x40, 0x50), abs=1)
