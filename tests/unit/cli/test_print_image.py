"""`artify print`: the file it writes, and the sentence it says when it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from handlers.cli import main
from tests import pictures


def arguments(source: Path, out: Path, *more: str) -> list[str]:
    return ["print", str(source), "--width", "900", "--height", "1200", "--out", str(out), *more]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(pictures.good("exif-turned").data)
    return path


@pytest.mark.parametrize("fmt", ["jpg", "png", "tiff"])
def test_it_writes_the_print_and_says_what_it_is(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], fmt: str
) -> None:
    out = tmp_path / f"print.{fmt}"
    assert main(arguments(photo, out, "--format", fmt, "--dpi", "150")) == 0
    with Image.open(out) as image:
        assert image.size == (900, 1200)
        assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    told = capsys.readouterr()
    assert "900 × 1200 pixels, 150 dpi" in told.out
    assert "\r" not in told.err  # the counter is for terminals


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
