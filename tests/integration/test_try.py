"""`artify try`: a photo goes the whole way without a shop, or is refused in one sentence."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.adapters.imaging.upscaler_span import Span
from app.personalization import StarterSize, starter_set
from handlers.cli import main
from tests import pictures, processes

Out = pytest.CaptureFixture[str]


def test_a_photo_of_a_phone_becomes_a_preview_and_a_print_of_full_size(tmp_path: Path) -> None:
    """As a person runs it: a process of its own, and a print that is enlarged."""
    photo = _saved(pictures.good("heic"), tmp_path)
    command = ["try", photo, "--style", "Pencil sketch", "--size", "A4", "--out", tmp_path / "out", "--json"]
    done = processes.run([sys.executable, "-m", "handlers.cli", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["preflight"], report["tiles"] > 0) == ("poor", Span.available())
    assert report["tiles_fell_back"] == 0
    check_pictures(report, 2480, 3508)


@pytest.mark.parametrize("kind", ["exif-turned", "cmyk"])
def test_any_good_photo_becomes_a_preview_and_a_print(
    kind: str, tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A postcard instead of A4: nothing is enlarged, which takes longer than all the rest."""
    paper, *others = starter_set.STARTER_BLANKS
    postcard = replace(paper, sizes=(StarterSize("A4", 620, 877), *paper.sizes[1:]))
    monkeypatch.setattr(starter_set, "STARTER_BLANKS", (postcard, *others))
    photo = _saved(pictures.good(kind), tmp_path)
    command = ["try", photo, "--style", "Pencil sketch", "--size", "A4", "--out", tmp_path / "out", "--json"]
    assert main([str(word) for word in command]) == 0
    check_pictures(json.loads(capsys.readouterr().out), 620, 877)


@pytest.mark.parametrize("kind", ["text", "bomb", "svg", "truncated", "1x1", "60-mb"])
def test_a_photo_that_cannot_be_used_is_refused_in_one_sentence(kind: str, tmp_path: Path, capsys: Out) -> None:
    assert main(["try", str(_saved(pictures.bad(kind), tmp_path)), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(".")
    assert not (tmp_path / "out").exists()


def test_a_refusal_is_no_traceback(tmp_path: Path) -> None:
    photo = _saved(pictures.bad("truncated"), tmp_path)
    command = [sys.executable, "-m", "handlers.cli", "try", photo, "--out", tmp_path / "out"]
    done = processes.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--style", "Cubism"], "There is no such style."),
        (["--size", "A0"], "There is no such size."),
    ],
)
def test_an_unknown_choice_names_what_there_is(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: Out
) -> None:
    assert main(["try", str(_saved(pictures.good("jpeg"), tmp_path)), *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_a_photo_that_is_not_there_is_said_so(tmp_path: Path, capsys: Out) -> None:
    assert main(["try", str(tmp_path / "none.jpg")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "There is no file" in said.err


def check_pictures(report: dict[str, Any], width: int, height: int) -> None:
    """The print has these pixels at 300 dpi, and both pictures say that an image model made them."""
    assert (report["print_pixels"], report["dpi"]) == (f"{width}x{height}", 300)
    with Image.open(report["print"]) as printed, Image.open(report["preview"]) as preview:
        assert printed.size == (width, height)
        assert f"{preview.width}x{preview.height}" == report["preview_pixels"]
        assert b"trainedAlgorithmicMedia" in preview.info["xmp"]
        assert b"trainedAlgorithmicMedia" in printed.info["xmp"]


def _saved(sample: pictures.Sample, folder: Path) -> Path:
    path = folder / sample.filename
    path.write_bytes(sample.data)
    return path
