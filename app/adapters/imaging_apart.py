"""Imaging that opens strangers' photos in processes of their own: a decoder that breaks, breaks there.

Such a process has bounds of memory and time, and none of the app's settings in its environment. Pictures of our own
making are worked on here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from importlib import util
from typing import Any, BinaryIO, cast

from app.adapters import decoder, sample_wire
from app.adapters.allowance import Allowance, allowance
from app.core import sniff
from app.core.mockups import MockupParts
from app.core.pictures import WHITE, Crop, Intent, Mark, Picture, PrintFile, PrintSpec, Samples
from app.core.ports import Compute, Upscaler

_PHOTOS_EACH = 100  # then a process makes room for a fresh one, whatever its libraries have leaked
Answer = tuple[dict[str, Any], bytes]
_HANDED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG")
_OF_ITS_OWN = {"VIPS_DISC_THRESHOLD": "2g"}  # no file can be written there, and from 100 MB on libvips would


class Apart:
    """The Imaging port, by an engine of `decoder.ENGINES`. `allow` says what a photo of its bytes and size may take."""

    def __init__(
        self, engine: str, compute: Compute, allow: Callable[[int, tuple[int, int] | None], Allowance] = allowance
    ) -> None:
        self._engine, self._compute, self._allow = engine, compute, allow
        self._here = decoder.engine(engine, compute)
        self._idle: list[_Process] = []

    @staticmethod
    def available() -> bool:
        """Whether there are processes here, with bounds."""
        return util.find_spec("resource") is not None

    async def develop(
        self,
        photo: bytes,
        *,
        crop: Crop | None,
        width: int,
        height: int,
        mime: str = "image/png",
        background: str = WHITE,
    ) -> Picture:
        wish = {"crop": crop and asdict(crop), "width": width, "height": height, "mime": mime, "background": background}
        words, data = await self._compute.run(self._made, {"work": "develop"} | wish, photo)
        return Picture(data, **words)

    async def samples(self, photo: bytes, *, crop: Crop | None, aspect: tuple[int, int], background: str) -> Samples:
        wish = {"work": "samples", "crop": crop and asdict(crop), "aspect": aspect, "background": background}
        return sample_wire.unpacked(*await self._compute.run(self._made, wish, photo))

    async def out_of_gamut(self, master: bytes, profile: bytes, intent: Intent) -> float | None:
        return await self._here.out_of_gamut(master, profile, intent)

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        return await self._here.preview(master, max_side=max_side, mark=mark, by_ai=by_ai)

    async def mockup(self, design: bytes, parts: MockupParts, *, max_side: int, by_ai: bool = False) -> Picture | None:
        return await self._here.mockup(design, parts, max_side=max_side, by_ai=by_ai)

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        return await self._here.print_file(master, spec, upscaler, profile=profile)

    async def close(self) -> None:
        """The processes that wait end; one that works ends when it is done."""
        while self._idle:
            self._idle.pop().end()

    def _made(self, wish: dict[str, Any], photo: bytes) -> Answer:
        """Asks no decoder where the header says enough. Twice, when the first process died: that can have been the
        machine's fault, the second is the photo's.
        """
        header = sniff.sniff(photo[: sniff.HEAD_BYTES])
        sniff.check(header)
        may_take = self._allow(len(photo), header.size)
        answer = self._ask(wish, photo, may_take) or self._ask(wish, photo, may_take)
        if answer is None:
            raise decoder.too_demanding()
        words, _ = answer
        if "fault" in words:
            raise decoder.FAULTS[words["fault"]](words["message"], code=words["code"])
        return answer

    def _ask(self, wish: dict[str, Any], photo: bytes, may_take: Allowance) -> Answer | None:
        process = self._idle.pop() if self._idle else _Process(self._engine)
        answer = process.ask(wish, photo, may_take)
        if answer is None or "fault" in answer[0] or process.asked >= _PHOTOS_EACH:
            process.end()  # also one that met a bad file: the next photo is somebody else's
        else:
            self._idle.append(process)
        return answer


class _Process:
    """One decoder; whoever lets go of it ends it."""

    def __init__(self, engine: str) -> None:
        self.asked = 0
        self._process = subprocess.Popen(  # noqa: S603  # our own module, by this Python
            [sys.executable, "-B", "-W", "ignore", "-m", decoder.__name__, engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # what is typed at the app's terminal is not for it
        )
        self._questions = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)
        self.end = weakref.finalize(self, _end, self._process)

    def ask(self, wish: dict[str, Any], photo: bytes, may_take: Allowance) -> Answer | None:
        """Its answer; None when it died. Raises BadPicture when it was ended for taking too long."""
        self.asked += 1
        too_late = threading.Event()
        deadline = threading.Timer(may_take.seconds, self._give_up, [too_late])
        deadline.start()
        try:
            decoder.send(self._questions, wish | {"may_take": asdict(may_take)}, photo)
            answer = decoder.receive(self._answers)
        except OSError:  # it died before it had read everything
            answer = None
        finally:
            deadline.cancel()
        if answer is None and (too_late.is_set() or self._ended_by() == signal.SIGXCPU):
            self.end()
            raise decoder.too_demanding()
        return answer

    def _give_up(self, too_late: threading.Event) -> None:
        too_late.set()
        self._process.kill()

    def _ended_by(self) -> int:
        """The signal's number; none of those that we look for, when it lived on without its output."""
        self._process.kill()
        return -self._process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):  # what is left in a buffer has nobody to go to
            cast(BinaryIO, stream).close()


def _environment() -> dict[str, str]:
    """Where Python and its libraries are, and nothing that is secret."""
    kept = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    return kept | _OF_ITS_OWN | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
