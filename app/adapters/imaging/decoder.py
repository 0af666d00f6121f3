"""python -m app.adapters.imaging.decoder ENGINE: decodes the photos that `imaging_subprocess` sends it.

This is a fork server. It loads the imaging libraries once and forks a process for each photo, whose socket it receives
on standard input, a Unix socket. A fork takes 2 ms instead of a third of a second, so each decoder handles only one
photo: a malicious photo that takes over its decoder cannot reach another one. The server itself reads no untrusted
bytes. It ends when its input is closed.
"""

from __future__ import annotations

import gc
import math
import os
import signal
import socket
import struct
import sys
from importlib import import_module, util
from pathlib import Path
from typing import NoReturn

from app.adapters.imaging import sandbox
from app.adapters.imaging.decode_limits import MB, MOST_MEGABYTES, Allowance
from app.adapters.imaging.decoder_wire import Decoded, DecodeRequest, Outcome, answer, outcome_of, parse_question
from app.adapters.imaging.pillow import Pillow
from app.adapters.imaging.vips import Vips
from app.core.errors import BadPicture, UnsupportedMedia

Engine = type[Pillow] | type[Vips]
ENGINES: dict[str, Engine] = {"pillow": Pillow, "vips": Vips}
SECONDS = struct.Struct(">d")
"""Sent with a photo's socket: the number of seconds after which its decoder is killed."""
ENDED = struct.Struct(">i?")
"""Sent back when a decoder has ended: its status as returned by `os.waitpid`, and True if it was killed for time."""
_LOADED_LATE = (
    *("PIL.ImageChops", "PIL.ImageCms", "PIL.ImageColor", "pi_heif"),
    *(f"encodings.{name}" for name in ("cp437", "idna", "latin_1", "utf_16", "utf_16_be", "utf_16_le")),
)


def main(engine: str) -> None:
    control = socket.socket(fileno=0)
    devnull_fd = os.open(os.devnull, os.O_RDWR)
    sandbox.limit()
    _load(engine)
    while True:
        message, photos, *_ = socket.recv_fds(control, SECONDS.size, 1)
        if not photos:
            return
        [seconds] = SECONDS.unpack(message)
        control.sendall(ENDED.pack(*_decode_apart(ENGINES[engine], photos[0], seconds, devnull_fd)))


def _load(engine: str) -> None:
    """Load the modules that the libraries would otherwise load lazily, since a sealed process can open no files."""
    from PIL import Image

    Image.init()
    for name in _LOADED_LATE:
        if util.find_spec(name):
            import_module(name)
    if engine == "vips":
        from app.adapters.imaging.vips_photo import library

        library()
    gc.collect()
    gc.freeze()  # otherwise each decoder's first collection would copy all shared memory pages


def _decode_apart(engine: Engine, photo: int, seconds: float, devnull_fd: int) -> tuple[int, bool]:
    """Decode the photo behind this descriptor in a new process. Returns its wait status and True if it was too slow."""
    server = os.getpid()
    decoder = os.fork()
    if decoder == 0:
        _decode_and_exit(engine, photo, server, devnull_fd)
    os.close(photo)
    late = False

    def on_failure(*_: object) -> None:
        nonlocal late
        late = True
        os.kill(decoder, signal.SIGKILL)

    signal.signal(signal.SIGALRM, on_failure)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, status = os.waitpid(decoder, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return status, late


def _decode_and_exit(engine: Engine, photo: int, server: int, devnull_fd: int) -> NoReturn:
    """Decode one photo in the forked process, then exit. It must never return to the server's loop."""
    try:
        for standard in (0, 1, 2):  # 0 is the server's socket; the others write to the app's log
            os.dup2(devnull_fd, standard)
        os.close(devnull_fd)
        with open(photo, "rb", closefd=False) as questions, open(photo, "wb", closefd=False) as answers:
            request, may_take = parse_question(questions.readline())
            data = questions.read()
            _limit_resources(may_take)
            sandbox.seal(server)
            outcome, decoded = _decode(engine, request, data)
            answers.write(answer(outcome, decoded.size))
            for raster in decoded.rasters:
                answers.write(raster.data)
    except BaseException:  # noqa: BLE001  # the app only needs the exit status of this process
        os._exit(1)
    os._exit(0)


def _decode(engine: Engine, request: DecodeRequest, photo: bytes) -> tuple[Outcome, Decoded]:
    try:
        return Outcome.PIXELS, engine.decode(photo, request)
    except (BadPicture, UnsupportedMedia) as fault:
        outcome, size = outcome_of(fault)
        return outcome, Decoded(size, ())
    except MemoryError:
        return Outcome.TOO_DEMANDING, Decoded((0, 0), ())


def _limit_resources(may_take: Allowance) -> None:
    """Limit this process's processor time, in whole seconds, and its additional memory."""
    import resource

    seconds = math.ceil(may_take.processor_seconds)
    # The soft limit sends a signal that a process can ignore; the hard limit kills it.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    most = min(_data_bytes() + may_take.megabytes * MB, MOST_MEGABYTES * MB)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _data_bytes() -> int:
    """The bytes that already count towards RLIMIT_DATA, for the libraries and the photo; 0 if not on Linux."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    main(sys.argv[1])
