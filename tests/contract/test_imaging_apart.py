"""Photos are developed in processes of their own: as well as here, within bounds, and far from the app's secrets."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.adapters.allowance import Allowance
from app.adapters.compute import ThreadCompute
from app.adapters.imaging_apart import Apart
from app.core.errors import AppError, BadPicture, UnsupportedMedia
from app.core.pictures import Crop, Picture
from tests import pictures
from tests.contract.imagings import IMAGINGS
from tests.corpus.mutations import with_right_sums
from tests.corpus.talkative import small, talkative

PROC = Path("/proc")
pytestmark = pytest.mark.skipif(not PROC.exists(), reason="processes are looked at in /proc, which is not here")


@pytest.fixture(params=["pillow", "vips"])
def engine(request: pytest.FixtureRequest) -> str:
    IMAGINGS[request.param]()  # skips where it is not installed
    return str(request.param)


@pytest.fixture
def apart(engine: str) -> Iterator[Apart]:
    imaging = Apart(engine, ThreadCompute())
    yield imaging
    asyncio.run(imaging.close())


def developed(imaging: Apart, photo: bytes, crop: Crop | None = None) -> Picture:
    return asyncio.run(imaging.develop(photo, crop=crop, width=320, height=240, mime="image/jpeg"))


@pytest.fixture
def decoders() -> Callable[[], list[Path]]:
    """The processes that a test started to decode: other tests' may be there still."""
    before = set(_decoders())
    return lambda: [each for each in _decoders() if each not in before]


def _decoders() -> list[Path]:
    found = []
    for folder in PROC.glob("[0-9]*"):
        try:
            started_by = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if started_by == os.getpid() and b"app.adapters.decoder" in (folder / "cmdline").read_bytes():
                found.append(folder)
        except OSError:  # it has ended meanwhile
            continue
    return found


def progressive(width: int, height: int) -> bytes:
    """Whatever decodes it must hold it whole: six bytes a pixel."""
    return pictures.encoded(Image.new("RGB", (width, height), "navy"), "JPEG", progressive=True, subsampling=0)


@pytest.mark.parametrize("kind", ["exif-turned", "heic", "avif", "cmyk-profile", "palette"])
def test_a_photo_comes_out_as_it_would_here(apart: Apart, engine: str, kind: str) -> None:
    photo, crop = pictures.good(kind).data, Crop(0.1, 0.2, 0.5, 0.6)
    here = IMAGINGS[engine]().develop(photo, crop=crop, width=320, height=240, mime="image/jpeg")
    assert developed(apart, photo, crop) == asyncio.run(here)


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "heic"])  # libavif refuses such an AVIF
def test_a_photo_whose_exif_is_damaged_comes_out_as_it_is_stored(apart: Apart, fmt: str) -> None:
    photo, start = talkative(f"{fmt} everything").data, b"II*\0\x08\0\0\0"
    assert start in photo
    for damage in (b"\xc3)\xd3\xd9\x08\0\0\0", b"II*\0\xff\xff\xff\xff"):
        damaged = photo.replace(start, damage)
        picture = developed(apart, with_right_sums(damaged) if fmt == "png" else damaged)
        seen = np.asarray(Image.open(io.BytesIO(picture.data)), np.int32)
        assert np.abs(seen - np.asarray(small(), np.int32)).mean() <= 5


@pytest.mark.parametrize("kind", ["text", "bomb", "truncated", "1x1"])
def test_a_bad_photo_is_refused_in_the_same_words(apart: Apart, engine: str, kind: str) -> None:
    photo = pictures.bad(kind).data
    with pytest.raises((BadPicture, UnsupportedMedia)) as here:
        asyncio.run(IMAGINGS[engine]().develop(photo, crop=None, width=320, height=240))
    with pytest.raises(type(here.value)) as there:
        developed(apart, photo)
    assert (there.value.code, there.value.message) == (here.value.code, here.value.message)


def test_one_process_develops_many_photos_and_ends_with_the_app(
    apart: Apart, decoders: Callable[[], list[Path]]
) -> None:
    for kind in ("jpeg", "png", "webp"):
        developed(apart, pictures.good(kind).data)
    assert len(decoders()) == 1
    asyncio.run(apart.close())
    assert decoders() == []
    developed(apart, pictures.good("png").data)  # closed, and used again


@pytest.mark.parametrize("kind", ["text", "bomb", "1x1", "20000x3", "gif"])
def test_no_process_is_asked_where_the_header_says_enough(
    apart: Apart, kind: str, decoders: Callable[[], list[Path]]
) -> None:
    with pytest.raises((BadPicture, UnsupportedMedia)):
        developed(apart, pictures.bad(kind).data)
    assert decoders() == []


def test_a_size_that_lies_beyond_the_head_is_refused_by_the_decoder(apart: Apart) -> None:
    """Before a pixel is decoded: no other check says so."""
    photo = bytearray(pictures.good("jpeg").data)
    frame = photo.index(b"\xff\xc0")
    photo[frame + 5 : frame + 9] = struct.pack(">HH", 8_000, 10_000)
    padding = (b"\xff\xe1\xff\xff" + bytes(0xFFFD)) * 9
    with pytest.raises(BadPicture) as refusal:
        developed(apart, bytes(photo[:2]) + padding + bytes(photo[2:]))
    assert refusal.value.code == "too_many_pixels"


def test_a_photo_that_takes_too_long_is_refused(engine: str, decoders: Callable[[], list[Path]]) -> None:
    imaging = Apart(engine, ThreadCompute(), lambda *_: Allowance(1, 0.001, 1024))
    with pytest.raises(AppError) as refusal:
        developed(imaging, pictures.good("png").data)
    assert (refusal.value.code, decoders()) == ("too_demanding", [])


def test_a_photo_that_takes_too_much_memory_is_refused_and_the_next_one_is_not(engine: str) -> None:
    imaging = Apart(engine, ThreadCompute(), lambda *_: Allowance(60, 60, 250))
    try:
        developed(imaging, pictures.good("jpeg").data)
        with pytest.raises(BadPicture):
            developed(imaging, progressive(6_900, 7_000))
        developed(imaging, pictures.good("jpeg").data)
    finally:
        asyncio.run(imaging.close())


def test_a_photo_of_more_than_100_mb_of_pixels_is_developed_though_no_file_can_be_written(apart: Apart) -> None:
    """From there on libvips would lay them on the disc, where a format cannot be read row by row."""
    photo = pictures.encoded(Image.new("RGB", (5_920, 5_920), "navy"), "WEBP", lossless=True, method=0)
    assert developed(apart, photo).width == 320


def test_a_process_that_dies_costs_no_photo(apart: Apart, decoders: Callable[[], list[Path]]) -> None:
    developed(apart, pictures.good("png").data)
    [decoder] = decoders()
    os.kill(int(decoder.name), signal.SIGKILL)
    assert developed(apart, pictures.good("png").data).width == 320


def test_a_process_that_dies_at_work_costs_no_photo(apart: Apart, decoders: Callable[[], list[Path]]) -> None:
    developed(apart, pictures.good("png").data)
    [decoder] = decoders()
    os.kill(int(decoder.name), signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (int(decoder.name), signal.SIGKILL)).start()
    assert developed(apart, pictures.good("png").data).width == 320


def test_a_photo_that_takes_too_much_of_the_processor_is_not_tried_again(
    apart: Apart, decoders: Callable[[], list[Path]]
) -> None:
    """The system sends a signal then."""
    developed(apart, pictures.good("png").data)
    [decoder] = decoders()
    os.kill(int(decoder.name), signal.SIGSTOP)
    threading.Timer(
        0.2, lambda: [os.kill(int(decoder.name), each) for each in (signal.SIGXCPU, signal.SIGCONT)]
    ).start()
    with pytest.raises(BadPicture) as refusal:
        developed(apart, pictures.good("png").data)
    assert (refusal.value.code, decoders()) == ("too_demanding", [])


def test_a_small_photo_may_take_some_seconds_of_the_processor(apart: Apart, decoders: Callable[[], list[Path]]) -> None:
    developed(apart, pictures.good("png").data)
    [decoder] = decoders()
    limits = (decoder / "limits").read_text().splitlines()
    [[soft_seconds, *_]] = [line.split()[3:5] for line in limits if line.startswith("Max cpu time")]
    assert 2 < int(soft_seconds) < 12


def test_two_photos_at_once_have_a_process_each(apart: Apart, decoders: Callable[[], list[Path]]) -> None:
    async def both() -> list[Picture]:
        wish = {"crop": None, "width": 320, "height": 240}
        photos = [pictures.good(kind).data for kind in ("jpeg", "png")]
        return await asyncio.gather(*[apart.develop(photo, **wish) for photo in photos])

    assert [picture.width for picture in asyncio.run(both())] == [320, 320]
    assert 1 <= len(decoders()) <= 2


def test_a_decoder_has_no_secret_and_writes_no_file(
    apart: Apart, monkeypatch: pytest.MonkeyPatch, decoders: Callable[[], list[Path]]
) -> None:
    monkeypatch.setenv("TOKEN_KEY", "planted")
    developed(apart, pictures.good("png").data)
    [decoder] = decoders()
    assert b"planted" not in (decoder / "environ").read_bytes()
    limits = (decoder / "limits").read_text()
    assert [line.split()[3:5] for line in limits.splitlines() if line.startswith("Max file size")] == [["0", "0"]]


def test_a_decoder_ends_when_the_app_is_killed(tmp_path: Path) -> None:
    """Its input ends then."""
    script = (
        "import asyncio, os, sys, time\n"
        "from app.adapters.compute import ThreadCompute\n"
        "from app.adapters.imaging_apart import Apart\n"
        "imaging = Apart('pillow', ThreadCompute())\n"
        f"photo = open({str(tmp_path / 'photo')!r}, 'rb').read()\n"
        "asyncio.run(imaging.develop(photo, crop=None, width=32, height=24))\n"
        "print(imaging._idle[0]._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    (tmp_path / "photo").write_bytes(pictures.good("png").data)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout
        decoder = PROC / app.stdout.readline().strip()
        assert decoder.exists()
        app.kill()
    ends = time.monotonic() + 30
    while decoder.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert not decoder.exists()
