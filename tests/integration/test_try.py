"""`artify try`: a photo goes the whole way without a shop, or is refused in one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from app.adapters.upscaler_span import Span
from tests import pictures, processes


def artify(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return processes.run(
        [sys.executable, "-m", "handlers.cli", *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("kind", ["exif-turned", "heic", "cmyk"])
def test_a_good_photo_becomes_a_preview_and_a_print(kind: str, tmp_path: Path) -> None:
    photo = _saved(pictures.good(kind), tmp_path)
    done = artify("try", photo, "--style", "Pencil sketch", "--size", "A4", "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["print_pixels"], report["dpi"], report["preflight"]) == ("2480x3508", 300, "poor")
    assert (report["tiles"] > 0) == Span.available()
    assert report["tiles_fell_back"] == 0
    with Image.open(report["print"]) as printed, Image.open(report["preview"]) as preview:
        assert printed.size == (2480, 3508)
        assert f"{preview.width}x{preview.height}" == report["preview_pixels"]
        assert b"trainedAlgorithmicMedia" in preview.info["xmp"]
        assert b"trainedAlgorithmicMedia" in printed.info["xmp"]


@pytest.mark.parametrize("kind", ["text", "bomb", "svg", "truncated", "1x1", "60-mb"])
def test_a_photo_that_cannot_be_used_is_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    done = artify("try", _saved(pictures.bad(kind), tmp_path), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].endswith(".")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--style", "Cubism"], "There is no such style."),
        (["--size", "A0"], "There is no such size."),
    ],
)
def test_an_unknown_choice_names_what_there_is(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    done = artify("try", _saved(pictures.good("jpeg"), tmp_path), *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_photo_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    done = artify("try", tmp_path / "none.jpg")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no file" in done.stderr


def _saved(sample: pictures.Sample, folder: Path) -> Path:
    path = folder / sample.filename
    path.write_bytes(sample.data)
    return path
