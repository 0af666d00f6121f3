"""python -m app.adapters.imaging.decoder ENGINE: decodes the photos that `imaging_subprocess` sends it.

A fork server: it loads the imaging libraries once, and starts a process for each photo that it is told of on standard
input, which is a Unix socket. That takes 2 ms instead of a third of a second, so no decoder need live on: one that was
taken over by a photo never sees the next. The server itself reads none of a stranger's bytes. It ends when its input
does.
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
from app.adapters.imaging.decoder_wire import Decoded, Outcome, Wish, answer, asked, outcome_of
from app.adapters.imaging.pillow import Pillow
from app.adapters.imaging.vips import Vips
from app.core.errors import BadPicture, UnsupportedMedia

Engine = type[Pillow] | type[Vips]
ENGINES: dict[str, Engine] = {"pillow": Pillow, "vips": Vips}
SECONDS = struct.Struct(">d")
"""Sent with a photo's socket: how many seconds may pass until its decoder is killed."""
ENDED = struct.Struct(">i?")
"""Sent back when a decoder has ended: its status, as `os.waitpid` gives it, and whether it ran out of those seconds."""
_LOADED_LATE = (
    *("PIL.ImageChops", "PIL.ImageCms", "PIL.ImageColor", "pi_heif"),
    *(f"encodings.{name}" for name in ("cp437", "idna", "latin_1", "utf_16", "utf_16_be", "utf_16_le")),
)


def main(engine: str) -> None:
    control = socket.socket(fileno=0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    sandbox.limit()
    _load(engine)
    while True:
        message, photos, *_ = socket.recv_fds(control, SECONDS.size, 1)
        if not photos:
            return
        [seconds] = SECONDS.unpack(message)
        control.sendall(ENDED.pack(*_decode_apart(ENGINES[engine], photos[0], seconds, nowhere)))


def _load(engine: str) -> None:
    """Load what the libraries would load when they first need it: a sealed process can open no file."""
    from PIL import Image

    Image.init()
    for name in _LOADED_LATE:
        if util.find_spec(name):
            import_module(name)
    if engine == "vips":
        from app.adapters.imaging.vips_photo import library

        library()
    gc.collect()
    gc.freeze()  # or each decoder's first collection would copy all of this memory


def _decode_apart(engine: Engine, photo: int, seconds: float, nowhere: int) -> tuple[int, bool]:
    """How the decoder of the photo behind this descriptor ended."""
    server = os.getpid()
    decoder = os.fork()
    if decoder == 0:
        _decode_and_exit(engine, photo, server, nowhere)
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


def _decode_and_exit(engine: Engine, photo: int, server: int, nowhere: int) -> NoReturn:
    """Never returns into the server's loop, whatever happens."""
    try:
        for standard in (0, 1, 2):  # 0 was the server's socket, and the others lead to the app's log
            os.dup2(nowhere, standard)
        os.close(nowhere)
        with open(photo, "rb", closefd=False) as questions, open(photo, "wb", closefd=False) as answers:
            wish, may_take = asked(questions.readline())
            data = questions.read()
            _bound(may_take)
            sandbox.seal(server)
            outcome, decoded = _decoded(engine, wish, data)
            answers.write(answer(outcome, decoded.size))
            for raster in decoded.rasters:
                answers.write(raster.data)
    except BaseException:  # noqa: BLE001  # the app is told the status, and nothing else of this process survives
        os._exit(1)
    os._exit(0)


def _decoded(engine: Engine, wish: Wish, photo: bytes) -> tuple[Outcome, Decoded]:
    try:
        return Outcome.PIXELS, engine.decode(photo, wish)
    except (BadPicture, UnsupportedMedia) as fault:
        outcome, size = outcome_of(fault)
        return outcome, Decoded(size, ())
    except MemoryError:
        return Outcome.TOO_DEMANDING, Decoded((0, 0), ())


def _bound(may_take: Allowance) -> None:
    """So much processor time, in whole seconds, and so much more memory than this process holds now."""
    import resource

    seconds = math.ceil(may_take.processor_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # at the first a signal, which can be ignored
    most = min(_held() + may_take.megabytes * MB, MOST_MEGABYTES * MB)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _held() -> int:
    """Bytes that count for the limit of memory already: libraries' own, and the photo; nothing if not on Linux."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    main(sys.argv[1])
