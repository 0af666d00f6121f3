"""Photos are decoded in processes of their own: as well as here, within bounds, and far from the app's secrets.

test_decoder_seal.py and test_decoder_lies.py show what such a process can do to the app, once it is taken over.
"""

from __future__ import annotations

import asyncio
import ctypes
import functools
import io
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.adapters.compute import ThreadCompute
from app.adapters.imaging.decode_limits import Allowance
from app.adapters.imaging.decoder_wire import Decoded, DecodeRequest
from app.adapters.imaging.imaging_subprocess import ImagingSubprocess
from app.core import sniff
from app.core.errors import AppError, BadPicture, UnsupportedMedia
from app.core.pictures import Crop, Picture
from tests import pictures, processes
from tests.contract.imagings import IMAGINGS
from tests.corpus.colours import coloured
from tests.corpus.mutations import with_right_sums
from tests.corpus.numbered import KINDS as NUMBERED
from tests.corpus.odd import LACKING, ODD
from tests.corpus.talkative import small, talkative

PROC = Path("/proc")
pytestmark = pytest.mark.skipif(not PROC.exists(), reason="processes are looked at in /proc, which is not here")


@pytest.fixture(scope="module", params=["pillow", "vips"])
def engine(request: pytest.FixtureRequest) -> str:
    IMAGINGS[request.param]()  # skips where it is not installed
    return str(request.param)


@pytest.fixture(scope="module")
def apart(engine: str) -> Iterator[ImagingSubprocess]:
    """Its server serves one test after another: starting one takes longer than a photo."""
    with closing_at_the_end(engine) as imaging:
        yield imaging


@pytest.fixture
def fresh(engine: str) -> Iterator[ImagingSubprocess]:
    """As `apart`, before its first server has started."""
    with closing_at_the_end(engine) as imaging:
        yield imaging


@contextmanager
def closing_at_the_end(engine: str) -> Iterator[ImagingSubprocess]:
    imaging = ImagingSubprocess(engine, ThreadCompute())
    yield imaging
    asyncio.run(imaging.close())


def developed(imaging: ImagingSubprocess, photo: bytes, crop: Crop | None = None) -> Picture:
    return asyncio.run(imaging.develop(photo, crop=crop, width=320, height=240, mime="image/jpeg"))


def test_every_odd_photo_comes_out_apart_as_it_does_here(engine: str, apart: ImagingSubprocess) -> None:
    """A sealed process can load nothing late, so whatever an odd photo needs is there before it is looked at."""
    here = IMAGINGS[engine]()
    for name in [*ODD, *NUMBERED]:
        data = ODD[name]() if name in ODD else coloured(name).data
        assert developed(apart, data).data == developed(here, data).data, name
    for name, photo in LACKING.items():
        with pytest.raises(BadPicture) as refusal:
            developed(apart, photo())
        assert refusal.value.code == "damaged", name


@pytest.fixture
def servers() -> Callable[[], list[Path]]:
    """The fork servers that a test started: other tests' may be there still."""
    before = set(_started_by(os.getpid()))
    return lambda: [each for each in _started_by(os.getpid()) if each not in before]


def _started_by(process: int) -> list[Path]:
    """Its fork servers; or, of a fork server, the decoders."""
    found = []
    for folder in PROC.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process and b"app.adapters.imaging.decoder" in (folder / "cmdline").read_bytes():
                found.append(folder)
        except OSError:  # it has ended meanwhile
            continue
    return found


def _at_work(servers: list[Path]) -> list[Path]:
    return [decoder for server in servers for decoder in _started_by(int(server.name))]


class Counting(ImagingSubprocess):
    """Counts how often a decoder is asked."""

    asked = 0

    def _ask(self, photo: bytes, request: DecodeRequest, may_take: Allowance) -> Decoded | None:
        self.asked += 1
        return super()._ask(photo, request, may_take)


def progressive(width: int, height: int) -> bytes:
    """Whatever decodes it must hold it whole: six bytes a pixel."""
    return pictures.encoded(Image.new("RGB", (width, height), "navy"), "JPEG", progressive=True, subsampling=0)


@pytest.mark.parametrize("kind", ["exif-turned", "heic", "avif", "cmyk-profile", "palette"])
def test_a_photo_comes_out_as_it_would_here(apart: ImagingSubprocess, engine: str, kind: str) -> None:
    photo, crop = pictures.good(kind).data, Crop(0.1, 0.2, 0.5, 0.6)
    here = IMAGINGS[engine]().develop(photo, crop=crop, width=320, height=240, mime="image/jpeg")
    assert developed(apart, photo, crop) == asyncio.run(here)


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "heic"])  # libavif refuses such an AVIF
def test_a_photo_whose_exif_is_damaged_comes_out_as_it_is_stored(apart: ImagingSubprocess, fmt: str) -> None:
    photo, start = talkative(f"{fmt} everything").data, b"II*\0\x08\0\0\0"
    assert start in photo
    for damage in (b"\xc3)\xd3\xd9\x08\0\0\0", b"II*\0\xff\xff\xff\xff"):
        damaged = photo.replace(start, damage)
        picture = developed(apart, with_right_sums(damaged) if fmt == "png" else damaged)
        seen = np.asarray(Image.open(io.BytesIO(picture.data)), np.int32)
        assert np.abs(seen - np.asarray(small(), np.int32)).mean() <= 5


@pytest.mark.parametrize("kind", ["text", "bomb", "truncated", "1x1"])
def test_a_bad_photo_is_refused_in_the_same_words(apart: ImagingSubprocess, engine: str, kind: str) -> None:
    photo = pictures.bad(kind).data
    with pytest.raises((BadPicture, UnsupportedMedia)) as here:
        asyncio.run(IMAGINGS[engine]().develop(photo, crop=None, width=320, height=240))
    with pytest.raises(type(here.value)) as there:
        developed(apart, photo)
    assert (there.value.code, there.value.message) == (here.value.code, here.value.message)


def test_every_kind_of_refusal_has_the_same_words(apart: ImagingSubprocess, engine: str) -> None:
    """The decoder says which one it is, and the app has the words."""
    refused = {}
    for kind in pictures.BAD_KINDS:
        try:
            developed(apart, pictures.bad(kind).data)
        except (BadPicture, UnsupportedMedia) as there:
            with pytest.raises(type(there)) as here:
                sniffed(engine, pictures.bad(kind).data)
            refused[kind] = (there.code, there.message), (here.value.code, here.value.message)
    assert {kind for kind, (there, here) in refused.items() if there != here} == set()
    assert len({code for (code, _), _ in refused.values()}) >= 4


def sniffed(engine: str, photo: bytes) -> Picture:
    """As the app develops it, but for the process."""
    sniff.check(sniff.sniff(photo))
    return asyncio.run(IMAGINGS[engine]().develop(photo, crop=None, width=320, height=240, mime="image/jpeg"))


def test_one_server_serves_many_photos_and_ends_with_the_app(
    fresh: ImagingSubprocess, servers: Callable[[], list[Path]]
) -> None:
    for kind in ("jpeg", "png", "webp"):
        developed(fresh, pictures.good(kind).data)
    assert len(servers()) == 1
    assert _at_work(servers()) == []
    asyncio.run(fresh.close())
    assert servers() == []
    developed(fresh, pictures.good("png").data)  # closed, and used again


@pytest.mark.parametrize("kind", ["text", "bomb", "1x1", "20000x3", "gif"])
def test_no_process_is_asked_where_the_header_says_enough(
    fresh: ImagingSubprocess, kind: str, servers: Callable[[], list[Path]]
) -> None:
    with pytest.raises((BadPicture, UnsupportedMedia)):
        developed(fresh, pictures.bad(kind).data)
    assert servers() == []


def test_a_size_that_lies_beyond_the_head_is_refused_by_the_decoder(apart: ImagingSubprocess) -> None:
    """Before a pixel is decoded: no other check says so."""
    photo = bytearray(pictures.good("jpeg").data)
    frame = photo.index(b"\xff\xc0")
    photo[frame + 5 : frame + 9] = struct.pack(">HH", 8_000, 10_000)
    padding = (b"\xff\xe1\xff\xff" + bytes(0xFFFD)) * 9
    with pytest.raises(BadPicture) as refusal:
        developed(apart, bytes(photo[:2]) + padding + bytes(photo[2:]))
    assert refusal.value.code == "too_many_pixels"


def test_a_photo_that_takes_too_long_is_refused_at_once(engine: str, servers: Callable[[], list[Path]]) -> None:
    imaging = Counting(engine, ThreadCompute(), lambda *_: Allowance(1, 0.001, 1024))
    try:
        with pytest.raises(AppError) as refusal:
            developed(imaging, pictures.good("png").data)
        assert (refusal.value.code, imaging.asked) == ("too_demanding", 1)
        assert _at_work(servers()) == []
    finally:
        asyncio.run(imaging.close())


def test_a_photo_that_takes_too_much_of_the_processor_is_not_tried_again(engine: str) -> None:
    imaging = Counting(engine, ThreadCompute(), lambda *_: Allowance(1, 60, 1500))
    try:
        with pytest.raises(BadPicture) as refusal:
            developed(imaging, slow())
        assert (refusal.value.code, imaging.asked) == ("too_demanding", 1)
        assert developed(imaging, pictures.good("png").data).width == 320
    finally:
        asyncio.run(imaging.close())


@functools.cache
def slow() -> bytes:
    """More than a second of work for either engine on a fast processor: 41 megapixels of noise, progressive 4:4:4."""
    noise = np.random.default_rng(1).integers(0, 255, (700, 700, 3), np.uint8)
    return pictures.encoded(Image.fromarray(np.tile(noise, (7, 12, 1))), "JPEG", progressive=True, subsampling=0)


def test_a_photo_that_takes_too_much_memory_is_refused_and_the_next_one_is_not(engine: str) -> None:
    imaging = ImagingSubprocess(engine, ThreadCompute(), lambda *_: Allowance(60, 60, 250))
    try:
        developed(imaging, pictures.good("jpeg").data)
        with pytest.raises(BadPicture):
            developed(imaging, progressive(6_900, 7_000))
        developed(imaging, pictures.good("jpeg").data)
    finally:
        asyncio.run(imaging.close())


def test_a_photo_of_more_than_100_mb_of_pixels_is_developed_though_no_file_can_be_written(
    apart: ImagingSubprocess,
) -> None:
    """From there on libvips would lay them on the disc, where a format cannot be read row by row."""
    photo = pictures.encoded(Image.new("RGB", (5_920, 5_920), "navy"), "WEBP", lossless=True, method=0)
    assert developed(apart, photo).width == 320


def test_a_server_that_dies_costs_no_photo(fresh: ImagingSubprocess, servers: Callable[[], list[Path]]) -> None:
    developed(fresh, pictures.good("png").data)
    [server] = servers()
    os.kill(int(server.name), signal.SIGKILL)
    assert developed(fresh, pictures.good("png").data).width == 320


def test_a_server_that_dies_at_work_costs_no_photo(fresh: ImagingSubprocess, servers: Callable[[], list[Path]]) -> None:
    developed(fresh, pictures.good("png").data)
    [server] = servers()
    os.kill(int(server.name), signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (int(server.name), signal.SIGKILL)).start()
    assert developed(fresh, pictures.good("png").data).width == 320


def test_a_decoder_ends_with_its_server(fresh: ImagingSubprocess, servers: Callable[[], list[Path]]) -> None:
    """One that is taken over could wait for ever, for want of anybody who ends it."""
    developed(fresh, pictures.good("png").data)
    [server], photo = servers(), slow()
    working = threading.Thread(target=lambda: developed(fresh, photo))
    working.start()
    while not (decoders := _at_work([server])):
        time.sleep(0.005)
    os.kill(int(server.name), signal.SIGKILL)
    until = time.monotonic() + 5
    while decoders[0].exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not decoders[0].exists()
    working.join()


def test_two_photos_at_once_have_a_server_each(fresh: ImagingSubprocess, servers: Callable[[], list[Path]]) -> None:
    async def both() -> list[Picture]:
        request = {"crop": None, "width": 320, "height": 240}
        photos = [pictures.good(kind).data for kind in ("jpeg", "png")]
        return await asyncio.gather(*[fresh.develop(photo, **request) for photo in photos])

    assert [picture.width for picture in asyncio.run(both())] == [320, 320]
    assert 1 <= len(servers()) <= 2


def test_a_server_has_no_secret_and_writes_no_file(
    fresh: ImagingSubprocess, monkeypatch: pytest.MonkeyPatch, servers: Callable[[], list[Path]]
) -> None:
    monkeypatch.setenv("TOKEN_KEY", "planted")
    developed(fresh, pictures.good("png").data)
    [server] = servers()
    assert b"planted" not in (server / "environ").read_bytes()
    limits = (server / "limits").read_text()
    assert [line.split()[3:5] for line in limits.splitlines() if line.startswith("Max file size")] == [["0", "0"]]


def test_the_app_hides_its_memory_from_others_of_its_user(apart: ImagingSubprocess) -> None:
    """Where no filter keeps a decoder from opening /proc."""
    developed(apart, pictures.good("png").data)
    is_dumpable = 3
    assert ctypes.CDLL(None).prctl(is_dumpable, 0, 0, 0, 0) == 0


def test_a_server_ends_when_the_app_is_killed(tmp_path: Path) -> None:
    """Its input ends then."""
    script = (
        "import asyncio, os, sys, time\n"
        "from app.adapters.compute import ThreadCompute\n"
        "from app.adapters.imaging.imaging_subprocess import ImagingSubprocess\n"
        "imaging = ImagingSubprocess('pillow', ThreadCompute())\n"
        f"photo = open({str(tmp_path / 'photo')!r}, 'rb').read()\n"
        "asyncio.run(imaging.develop(photo, crop=None, width=32, height=24))\n"
        "print(imaging._idle[0]._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    (tmp_path / "photo").write_bytes(pictures.good("png").data)
    with processes.start([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout
        server = PROC / app.stdout.readline().strip()
        assert server.exists()
        app.kill()
    ends = time.monotonic() + 30
    while server.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert not server.exists()
