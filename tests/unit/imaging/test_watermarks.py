"""Watermarks in plain Python look as those that Pillow draws."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageStat

from app.adapters.imaging import png, watermark, watermark_layout, watermark_letters
from app.adapters.imaging.watermark_sheet import sheet
from app.core.pictures import Mark
from app.personalization.model import default_watermark
from tests import letters

SIZE = (600, 840)


def test_the_letters_are_those_of_the_font() -> None:
    kept, drawn = json.loads(letters.FILE.read_text()), letters.letters()
    assert kept["letters"].keys() == drawn["letters"].keys()
    assert kept["height"] == drawn["height"]
    assert {name: cell[:3] for name, cell in kept["letters"].items()} == {
        name: cell[:3] for name, cell in drawn["letters"].items()
    }


@pytest.mark.parametrize("text", ["artify preview", "A", "Ünknown ☃ letters", "   "])
def test_a_line_is_a_picture_whatever_its_text(text: str) -> None:
    line = watermark_letters.line(text)
    assert all(len(channel) == line.width * line.height > 0 for channel in line.channels)
    assert (max(line.channels[1]) > 200) == bool(text.strip())


@pytest.mark.parametrize("text", ["artify preview", "No copy", "The shop of Ada Lovelace & daughters"])
def test_tiles_lie_where_pillow_puts_them_and_are_as_strong(text: str) -> None:
    """From a dozen pixels on: in smaller letters Pillow's edge, never under a pixel, makes a text higher."""
    mark = Mark(None, text, 0.6, "tiled", 50)
    line = watermark_letters.line(text)
    spread = Image.open(
        io.BytesIO(sheet(line, watermark_layout.stamp_size(SIZE, (line.width, line.height), mark), SIZE))
    )
    over = spread.convert("RGBA").resize(SIZE, Image.Resampling.LANCZOS)
    over.putalpha(over.getchannel("A").point([round(level * mark.opacity) for level in range(256)]))
    plain = Image.new("RGB", SIZE, (60, 90, 120))
    ours = Image.composite(over.convert("RGB"), plain, over.getchannel("A"))
    theirs = watermark.draw(plain, mark)
    soft = [np.asarray(each.convert("L").resize((30, 42), Image.Resampling.BOX), np.float64) for each in (ours, theirs)]
    assert np.corrcoef(soft[0].ravel(), soft[1].ravel())[0, 1] > 0.85
    assert ImageStat.Stat(ours).stddev[0] > 0.7 * ImageStat.Stat(theirs).stddev[0]


@pytest.mark.parametrize("name", ["Ada's Prints", "I", "W" * 300, "Магазин", None])
@pytest.mark.parametrize("size", [(1024, 724), (724, 1024), (1024, 300)])
def test_the_default_mark_covers_every_quarter_of_a_preview_on_every_runtime(
    name: str | None, size: tuple[int, int]
) -> None:
    """The demo's mark changes 2.4 % of the pixels visibly; a third of that is asked of the widest name."""
    mark = default_watermark("ada.myshopify.com", name).mark(None)
    plain = Image.new("RGB", size, (60, 90, 120))
    line = watermark_letters.line(mark.text or "")
    spread = Image.open(
        io.BytesIO(sheet(line, watermark_layout.stamp_size(size, (line.width, line.height), mark), size))
    )
    over = spread.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    over.putalpha(over.getchannel("A").point([round(level * mark.opacity) for level in range(256)]))
    for marked in (watermark.draw(plain, mark), Image.composite(over.convert("RGB"), plain, over.getchannel("A"))):
        changed = np.abs(np.asarray(marked, np.int16) - np.asarray(plain, np.int16)).max(axis=2) > 24
        quarters = [half for rows in np.array_split(changed, 2) for half in np.array_split(rows, 2, axis=1)]
        assert min(quarter.mean() for quarter in quarters) > 0.008


@pytest.mark.parametrize("stamp", [(1400, 90), (600, 200), (300, 300), (90, 400)])
@pytest.mark.parametrize("size", [(1024, 724), (724, 1024), (1024, 1024), (1024, 300), (205, 97)])
@pytest.mark.parametrize("percent", [1, 26, 100])
def test_every_quarter_of_a_tiled_picture_holds_a_whole_stamp(
    size: tuple[int, int], stamp: tuple[int, int], percent: float
) -> None:
    mark = Mark(None, "A", 0.5, "tiled", percent)
    tile = watermark_layout.tilted_size(watermark_layout.stamp_size(size, stamp, mark))
    tiles, (width, height) = list(watermark_layout.places(size, tile, "tiled")), (size[0] // 2, size[1] // 2)
    for left in range(0, size[0] - width + 1, 13):
        for top in range(0, size[1] - height + 1, 13):
            assert any(left <= x <= left + width - tile[0] and top <= y <= top + height - tile[1] for x, y in tiles), (
                left,
                top,
            )


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("level", [0, 6])
def test_a_png_is_read_whatever_its_rows_are_filtered_by(mode: str, level: int) -> None:
    from tests.pictures import encoded, scene

    image = scene().resize((61, 40)).convert(mode)
    planes = png.decode(encoded(image, "PNG", compress_level=level))
    assert (planes.width, planes.height) == image.size
    assert list(planes.channels) == [channel.tobytes() for channel in image.split()]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png.encode(planes)))), np.asarray(image))


@pytest.mark.parametrize("damage", [b"", b"\x89PNG\r\n\x1a\n", b"no picture at all, but long enough to hold a header"])
def test_what_is_no_png_is_refused(damage: bytes) -> None:
    with pytest.raises(ValueError, match=r"damaged|not such"):
        png.decode(damage)
