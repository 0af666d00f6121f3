"""python -m app.adapters.decoder ENGINE: develops the photos that app.adapters.imaging_apart sends it.

A question is a line of JSON and a photo's bytes, an answer a line of JSON and a picture's: nothing that could be taken
for code, since whoever breaks a decoder speaks here. It ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from app.adapters.allowance import MB, MOST_MEGABYTES, Allowance
from app.adapters.compute_inline import InlineCompute
from app.adapters.imaging_pillow import Pillow
from app.adapters.imaging_vips import Vips
from app.adapters.sample_wire import packed
from app.core.errors import AppError, BadPicture, UnsupportedMedia
from app.core.pictures import Crop
from app.core.ports import Compute, Imaging

ENGINES: dict[str, type[Pillow] | type[Vips]] = {"pillow": Pillow, "vips": Vips}
FAULTS: dict[str, type[AppError]] = {"BadPicture": BadPicture, "UnsupportedMedia": UnsupportedMedia}


def engine(name: str, compute: Compute) -> Imaging:
    return ENGINES[name](compute)


def too_demanding() -> BadPicture:
    return BadPicture("This photo takes too much to open. Please try another one.", code="too_demanding")


def send(stream: BinaryIO, words: dict[str, Any], data: bytes) -> None:
    stream.write(json.dumps(words | {"bytes": len(data)}).encode() + b"\n")
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """None at the end, also in the middle of a message. Raises ValueError for what is none."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    words: dict[str, Any] = json.loads(line)
    size = words.pop("bytes")
    data = stream.read(size)
    return (words, data) if len(data) == size else None


def main(name: str) -> None:
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not speak for us
    _limit()
    imaging = engine(name, InlineCompute())
    while (question := receive(questions)) is not None:
        send(answers, *_answer(imaging, *question))


def _answer(imaging: Imaging, wish: dict[str, Any], photo: bytes) -> tuple[dict[str, Any], bytes]:
    may_take = Allowance(**wish.pop("may_take"))
    try:
        with _allowed(may_take):
            return asyncio.run(_made(imaging, wish, photo))
    except (BadPicture, UnsupportedMedia) as fault:
        return _told(fault), b""
    except MemoryError:
        return _told(too_demanding()), b""


async def _made(imaging: Imaging, wish: dict[str, Any], photo: bytes) -> tuple[dict[str, Any], bytes]:
    work, crop = wish.pop("work"), wish.pop("crop")
    wish["crop"] = Crop(**crop) if crop else None
    if work == "samples":
        return packed(await imaging.samples(photo, **wish))
    about = asdict(await imaging.develop(photo, **wish))
    return about, about.pop("data")


def _told(fault: BadPicture | UnsupportedMedia) -> dict[str, Any]:
    return {"fault": type(fault).__name__, "message": fault.message, "code": fault.code}


def _limit() -> None:
    """No file written, no core left behind."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEGABYTES * MB, MOST_MEGABYTES * MB))


@contextmanager
def _allowed(may_take: Allowance) -> Iterator[None]:
    """So much more processor time, in whole seconds, or the system ends this process; so much more memory."""
    import resource

    spent = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(spent.ru_utime + spent.ru_stime + may_take.processor_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
    most = min(_held() + may_take.megabytes * MB, MOST_MEGABYTES * MB)
    resource.setrlimit(resource.RLIMIT_DATA, (most, MOST_MEGABYTES * MB))
    try:
        yield
    finally:  # what it still holds must not stop it from telling the outcome, or from reading the next photo
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEGABYTES * MB, MOST_MEGABYTES * MB))


def _held() -> int:
    """Bytes that count for the limit of memory already: libraries' own, and what they kept; nothing if not on Linux."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    main(sys.argv[1])
