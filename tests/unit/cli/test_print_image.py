"""`artify print`: the file it writes, and the sentence it says when it cannot."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from app.adapters.imaging.upscaler_resample import Resample
from app.core.pictures import Raster, Tiles
from app.wiring import print_engine
from handlers.cli import main, print_image
from tests import icc, pictures


def arguments(source: Path, out: Path, *more: str) -> list[str]:
    return ["print", str(source), "--width", "900", "--height", "1200", "--out", str(out), *more]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(pictures.good("exif-turned").data)
    return path


@pytest.fixture
def resampling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the network that enlarges, which takes longer than all the rest."""
    monkeypatch.setattr(print_image, "print_engine", lambda: (print_engine()[0], Resample()))


@pytest.mark.parametrize("fmt", ["jpg", "png", "tiff"])
def test_it_writes_the_print_and_says_what_it_is(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], fmt: str, request: pytest.FixtureRequest
) -> None:
    if fmt != "jpg":  # one of them is made by the whole engine
        request.getfixturevalue("resampling")
    out = tmp_path / f"print.{fmt}"
    assert main(arguments(photo, out, "--format", fmt, "--dpi", "150")) == 0
    with Image.open(out) as image:
        assert image.size == (900, 1200)
        assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    told = capsys.readouterr()
    assert "900 × 1200 pixels, 150 dpi" in told.out
    assert ": 60 dpi before enlarging; Sharp edges; Grain of " in told.out
    assert "\r" not in told.err  # the counter is for terminals


def test_it_says_in_how_many_tiles_the_network_failed(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(Resample):
        name, factor = "failing", 4

        def strips(self, raster: Raster) -> Failed:
            return Failed(raster)

    class Failed:
        """A grey picture, of 1,204 tiles, three of which failed."""

        tiles = Tiles(1204, 3)

        def __init__(self, raster: Raster) -> None:
            self._strips = iter([bytes(len(raster.data) * 16)])

        def __iter__(self) -> Iterator[bytes]:
            return self

        def __next__(self) -> bytes:
            return next(self._strips)

    monkeypatch.setattr(print_image, "print_engine", lambda: (print_engine()[0], Failing()))
    assert main(arguments(photo, tmp_path / "print.jpg", "--width", "2000", "--height", "2000")) == 0
    assert "the network failed in 3 of 1,204 tiles" in capsys.readouterr().out


@pytest.mark.usefixtures("resampling")
def test_bleed_is_added_around_the_picture(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "print.tiff"
    assert main(arguments(photo, out, "--format", "tiff-deflate", "--bleed", "3", "--dpi", "200")) == 0
    with Image.open(out) as image:
        assert image.size == (900 + 2 * 24, 1200 + 2 * 24)  # 3 mm at 200 dpi: 23.6 pixels
    assert "948 × 1248 pixels, 200 dpi" in capsys.readouterr().out


@pytest.mark.usefixtures("resampling")
def test_a_pdf_carries_the_printers_profile(photo: Path, tmp_path: Path) -> None:
    out, profile = tmp_path / "print.pdf", tmp_path / "printer.icc"
    profile.write_bytes(icc.ADOBE_RGB)
    assert main(arguments(photo, out, "--format", "pdf", "--profile", str(profile), "--intent", "perceptual")) == 0
    assert zlib.compress(icc.ADOBE_RGB, 9) in out.read_bytes()


def test_a_profile_that_cannot_be_used_is_one_sentence(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "print.jpg"
    assert main(arguments(photo, out, "--profile", str(photo))) == 2
    assert capsys.readouterr().err == "This colour profile cannot be used. Choose an RGB or CMYK profile.\n"
    assert not out.exists()


@pytest.mark.usefixtures("resampling")
def test_what_is_clear_shows_the_background(tmp_path: Path) -> None:
    source, out = tmp_path / "logo.png", tmp_path / "print.png"
    source.write_bytes(pictures.good("transparent").data)
    assert main(arguments(source, out, "--format", "png", "--background", "#203040")) == 0
    with Image.open(out) as image:
        assert image.getpixel((880, 600)) == pytest.approx((0x20, 0x30, 0x40), abs=1)


@pytest.mark.parametrize(
    "wrong", [("--bleed", "-1"), ("--bleed", "80"), ("--background", "white"), ("--background", "#12345g")]
)
def test_what_makes_no_sense_is_refused(photo: Path, tmp_path: Path, wrong: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments(photo, tmp_path / "print.jpg", *wrong))
    assert stop.value.code == 2


@pytest.mark.parametrize("kind", ["text", "truncated", "bomb", "1x1"])
def test_a_bad_picture_is_one_plain_sentence_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    source, out = tmp_path / "photo.jpg", tmp_path / "print.jpg"
    source.write_bytes(pictures.bad(kind).data)
    assert main(arguments(source, out)) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert told.err.endswith(".\n")
    assert not out.exists()


def test_a_missing_picture_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(tmp_path / "nowhere.jpg", tmp_path / "print.jpg")) == 2
    assert "nowhere.jpg" in capsys.readouterr().err


def test_a_size_beyond_reason_is_refused(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["print", str(photo), "--width", "0", "--height", "40000", "--out", str(tmp_path / "print.jpg")])
    assert stop.value.code == 2
    assert "must be between" in capsys.readouterr().err
