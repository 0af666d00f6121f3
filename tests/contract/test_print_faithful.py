"""A print made small again is the master that was approved: in every small window, not on average.

The suite prints the middle of each master; `make soak` prints whole ones.
"""

from __future__ import annotations

import asyncio
import functools
import io
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import uniform_filter

from app.adapters.imaging import span_faults, span_network
from app.adapters.imaging.upscaler_span import Span
from app.adapters.models import local_styles
from app.core.pictures import ImageRequest, Picture, PrintSpec, Raster, Tiles
from tests import pictures, soak
from tests.contract.imagings import ASK_AN_UPSCALER, IMAGINGS, LOCAL_MODELS, UPSCALERS

PART = 128  # pixels on a side of what is printed of each master
DRAWN = (1024, 1448) if soak.FULL else (448, 448)
WINDOW = 5
TOO_SMALL = ("no_time_for_that_tiny.gif", "multipage.tif", "multipage_rgb.tif")  # 10 to 20 pixels a side
MOST_APART = 30  # levels of 255: static gives 45 and more, bicubic alone up to 27
SUBJECTS = {"portrait": "astronaut.png", "pet": "chelsea.png", "landscape": "china.jpg", "text": "page.png"}

HARD = ("text", "halftone")
"""Of these the network has made static."""
EVERY = list(product(local_styles.LOOKS, [*SUBJECTS, "halftone"]))
SAMPLE = [
    *product(local_styles.LOOKS, HARD),
    *((look, [name for name in SUBJECTS if name not in HARD][at % 3]) for at, look in enumerate(local_styles.LOOKS)),
]
PHOTOGRAPHS = {
    path.name: path
    for folder in ("skimage/data", "sklearn/datasets/images")
    for path in (Path(skimage.__file__).parents[1] / folder).iterdir()
    if path.suffix in (".png", ".jpg", ".tif", ".gif") and path.name not in TOO_SMALL
}
NEWSPRINT = ((30, 30, 35), (240, 235, 225))
Rgb = NDArray[np.uint8]


@pytest.fixture(scope="module")
def span() -> Span:
    made = UPSCALERS["span"]()
    assert isinstance(made, Span)
    return made


def rgb(image: Image.Image) -> Rgb:
    return np.asarray(image.convert("RGB"))


def part(master: Image.Image) -> Image.Image:
    """The middle of it, or all of it in a soak run."""
    if soak.FULL:
        return master
    left, top = max(0, (master.width - PART) // 2), max(0, (master.height - PART) // 2)
    return master.crop((left, top, min(master.width, left + PART), min(master.height, top + PART)))


def apart(master: Rgb, large: Rgb) -> float:
    """The most that a window of the picture made small again differs from the master, in levels of one channel."""
    height, width, _ = master.shape
    small = large.reshape(height, 4, width, 4, 3).mean((1, 3))
    inside = WINDOW // 2
    means = np.abs(uniform_filter(small - master, (WINDOW, WINDOW, 0)))
    return float(means[inside:-inside, inside:-inside].max())


def enlarged(span: Span, master: Rgb) -> tuple[Rgb, Tiles]:
    height, width, _ = master.shape
    strips = span.strips(Raster(master.tobytes(), width, height))
    return np.frombuffer(b"".join(strips), np.uint8).reshape(height * 4, width * 4, 3), strips.tiles


def printed(span: Span, master: Image.Image, adapter: str = "pillow") -> Rgb:
    return printed_and_counted(span, master, adapter)[0]


def printed_and_counted(span: Span, master: Image.Image, adapter: str = "pillow") -> tuple[Rgb, Tiles]:
    """The print, and how many of its tiles the network made and failed in."""
    spec = PrintSpec(master.width * 4, master.height * 4, format="png")
    file = asyncio.run(IMAGINGS[adapter]().print_file(pictures.encoded(master, "PNG"), spec, span))
    with Image.open(io.BytesIO(file.picture.data)) as image:
        return rgb(image), file.tiles


@functools.cache
def photograph(name: str) -> Image.Image:
    with Image.open(PHOTOGRAPHS[name]) as image:
        return Image.fromarray(rgb(image))  # without its profile: the bare pixels are the master


@functools.cache
def drawn(look: str, subject: str) -> Image.Image:
    """A look of a photograph, or of a halftone, as of a photographed newspaper."""
    is_halftone = subject == "halftone"
    photo = Image.fromarray(screened(448, 0.26, 9, 30, NEWSPRINT)) if is_halftone else photograph(SUBJECTS[subject])
    request = ImageRequest(look, [Picture(pictures.encoded(photo, "PNG"), "image/png", *photo.size)], *DRAWN)
    rendered = asyncio.run(LOCAL_MODELS["local"]().render(request))
    with Image.open(io.BytesIO(rendered.picture)) as image:
        return image.convert("RGB")


@pytest.mark.parametrize(("look", "subject"), soak.choice(EVERY, SAMPLE))
def test_a_print_of_every_look_is_its_master(span: Span, look: str, subject: str) -> None:
    master = part(drawn(look, subject))
    assert apart(rgb(master), printed(span, master)) <= MOST_APART


@pytest.mark.parametrize("name", sorted(PHOTOGRAPHS))
def test_a_print_of_every_photograph_is_its_master(span: Span, name: str) -> None:
    master = part(photograph(name))
    made, tiles = printed_and_counted(span, master)
    assert apart(rgb(master), made) <= MOST_APART
    assert (tiles.total > 0, tiles.fell_back) == (True, 0)


@pytest.mark.parametrize("adapter", ASK_AN_UPSCALER)
def test_the_rim_of_the_cup_has_no_static(span: Span, adapter: str) -> None:
    master = pictures.photograph("coffee").crop((320, 192, 448, 320))
    assert apart(rgb(master), printed(span, master, adapter)) <= 20  # 27 with static


@pytest.mark.parametrize(
    "ink", [("black", "white"), ("white", "black"), ("#ff0000", "#0000ff"), ("#ffd010", "#101040")]
)
def test_a_print_of_letters_is_its_master(span: Span, ink: tuple[str, str]) -> None:
    master = lettered(*ink)
    assert apart(rgb(master), printed(span, master)) <= MOST_APART


def lettered(colour: str, ground: str) -> Image.Image:
    master = Image.new("RGB", (160, 160), ground)
    draw, top = ImageDraw.Draw(master), 2
    for size in (6, 8, 10, 12, 16, 20, 28):
        draw.text((3, top), "Artify & Söhne 0123", fill=colour, font=ImageFont.load_default(size))
        top += round(size * 1.3)
    return master


def screened(side: int, turn: float, pitch: float, hardness: float, inks: tuple[Any, Any]) -> Rgb:
    """A halftone from the first ink to the second: `turn` in radians, `pitch` in pixels from dot to dot."""
    y, x = np.mgrid[:side, :side]
    across, down = (turned * 2 * np.pi / pitch for turned in turned_by(turn, x, y))
    screen = (np.cos(across) + np.cos(down)) / 4 + 0.5
    dots = np.clip(((x + y) / (2 * side) - screen) * hardness + 0.5, 0, 1)[..., None]
    made = np.asarray(inks[0]) * (1 - dots) + np.asarray(inks[1]) * dots
    return made.round().astype(np.uint8)


def turned_by(turn: float, x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x


INK = st.tuples(*[st.integers(0, 255)] * 3)


@settings(max_examples=soak.size(200, 12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    turn=st.floats(0, 1.6),
    pitch=st.floats(2.5, 30),
    hardness=st.floats(2, 100),
    inks=st.tuples(INK, INK),
)
def test_a_print_of_any_halftone_is_its_master(
    span: Span, turn: float, pitch: float, hardness: float, inks: tuple[Any, Any]
) -> None:
    master = Image.fromarray(screened(100, turn, pitch, hardness, inks))
    assert apart(rgb(master), printed(span, master)) <= MOST_APART


def test_a_hard_halftone_is_the_networks_own(span: Span) -> None:
    """No tile of it falls back: its dots stay sharp."""
    made, tiles = enlarged(span, screened(192, 0.26, 18, 30, ((0, 0, 0), (255, 255, 255))))
    assert tiles == Tiles(9, 0)
    assert made.shape == (768, 768, 3)


@pytest.fixture
def unbounded(monkeypatch: pytest.MonkeyPatch) -> Span:
    """As the network was trained: its attentions run away."""
    bounds = {
        name: [1e9 if name.endswith("high") else -1e9] * len(bound) for name, bound in span_network.bounds().items()
    }
    UPSCALERS["span"]()
    monkeypatch.setattr(span_network, "bounds", lambda: bounds)
    return Span()


@pytest.mark.parametrize(
    "master",
    [
        lambda: rgb(pictures.photograph("coffee").crop((320, 192, 448, 320))),
        lambda: screened(192, 0.26, 18, 30, ((0, 0, 0), (255, 255, 255))),
        lambda: rgb(lettered("#ff0000", "#0000ff")),
    ],
    ids=["photograph", "halftone", "letters"],
)
def test_static_is_made_anew_where_the_network_makes_it(unbounded: Span, master: Callable[[], Rgb]) -> None:
    rows = master()
    made, tiles = enlarged(unbounded, rows)
    assert tiles.fell_back > 0
    assert apart(rows, made) <= span_faults.MOST_APART + 5  # the blend's own


class Faulty:
    """Bicubic, but for what `spoil` does to the picture's own pixels, wherever a tile shows them."""

    def __init__(self, rows: Rgb, spoil: Callable[[NDArray[np.float32]], None]) -> None:
        whole = Image.fromarray(rows).resize((rows.shape[1] * 4, rows.shape[0] * 4), Image.Resampling.LANCZOS)
        self.sound: Rgb = np.asarray(whole)
        self._answer = self.sound.astype(np.float32) / 255
        spoil(self._answer)
        self._rows = rows

    def enlarge(self, window: Rgb) -> NDArray[np.float32]:
        height, width, _ = window.shape
        for top in range(len(self._rows) - height + 1):
            for left in range(self._rows.shape[1] - width + 1):
                if np.array_equal(self._rows[top : top + height, left : left + width], window):
                    part = self._answer[top * 4 : (top + height) * 4, left * 4 : (left + width) * 4]
                    return part.transpose(2, 0, 1).copy()
        raise AssertionError("no such window")


def faulty(rows: Rgb, spoil: Callable[[NDArray[np.float32]], None]) -> tuple[Span, Rgb]:
    span, network = Span(), Faulty(rows, spoil)
    span._network = network  # type: ignore[assignment]
    return span, network.sound


def scene() -> Rgb:
    return rgb(pictures.photograph("chelsea").crop((100, 60, 260, 220)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3.0, -2.0, 1e30])
def test_whatever_a_fault_is_the_picture_stands_there(value: float) -> None:
    def spoil(answer: NDArray[np.float32]) -> None:
        answer[400:420, 120:140] = value

    span, sound = faulty(scene(), spoil)
    made, tiles = enlarged(span, scene())
    assert tiles == Tiles(9, 1)
    assert np.abs(made.astype(int) - sound).max() <= 30  # bicubic beside Lanczos
    assert apart(scene(), made) <= 4


@pytest.mark.parametrize("place", [(256, 256), (256, 100), (100, 512), (0, 0), (639, 639), (255, 639)])
def test_a_fault_at_the_border_of_tiles_leaves_no_seam(place: tuple[int, int]) -> None:
    """The places are in enlarged pixels; tiles begin at every 256th."""
    y, x = place
    rows, noise = scene(), np.random.default_rng(1)

    def spoil(answer: NDArray[np.float32]) -> None:
        spot = answer[max(0, y - 12) : y + 12, max(0, x - 12) : x + 12]
        spot += noise.normal(0, 3, spot.shape)

    span, sound = faulty(rows, spoil)
    made, tiles = enlarged(span, rows)
    assert 1 <= tiles.fell_back <= 4
    assert apart(rows, made) <= 4
    reach = (span_faults.REACH + span_faults.WINDOW) * 4 + 12
    near = np.zeros(made.shape[:2], bool)
    near[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach] = True
    assert np.array_equal(made[~near], sound[~near])
    for axis in (0, 1):
        for border in range(256, 640, 256):
            assert steps(made, border, axis) <= steps(sound, border, axis) * 1.05


def steps(picture: Rgb, border: int, axis: int) -> float:
    before, behind = (picture.take(at, axis).astype(int) for at in (border - 1, border))
    return float(np.abs(before - behind).mean())


def test_a_shifted_colour_within_the_range_is_a_fault_too() -> None:
    def spoil(answer: NDArray[np.float32]) -> None:
        answer[300:340, 300:340, 0] = 1.0

    span, _ = faulty(scene(), spoil)
    made, tiles = enlarged(span, scene())
    assert tiles.fell_back == 1
    assert apart(scene(), made) <= 4


def test_without_a_fault_the_answer_stays_as_it_is() -> None:
    span, sound = faulty(scene(), lambda answer: None)
    made, tiles = enlarged(span, scene())
    assert tiles == Tiles(9, 0)
    assert np.array_equal(made, sound)


def test_two_prints_at_once_count_each_their_own() -> None:
    def spoil(answer: NDArray[np.float32]) -> None:
        answer[400:420, 120:140] = 9

    rows = scene()
    spoiled, sound = faulty(rows, spoil)[0], faulty(rows, lambda answer: None)[0]
    first, second = (each.strips(Raster(rows.tobytes(), 160, 160)) for each in (spoiled, sound))
    for _ in zip(first, second, strict=True):
        pass
    assert (first.tiles, second.tiles) == (Tiles(9, 1), Tiles(9, 0))


@pytest.mark.parametrize("adapter", ASK_AN_UPSCALER)
def test_a_print_says_in_how_many_tiles_the_network_failed(adapter: str) -> None:
    def spoil(answer: NDArray[np.float32]) -> None:
        answer[400:420, 120:140] = 9

    span, _ = faulty(scene(), spoil)
    master = pictures.encoded(Image.fromarray(scene()), "PNG")
    file = asyncio.run(IMAGINGS[adapter]().print_file(master, PrintSpec(640, 640, format="png"), span))
    assert file.tiles == Tiles(9, 1)
