"""Imaging that opens strangers' photos in processes of their own: a decoder that breaks, breaks there.

Such a process has bounds of memory and time, and none of the app's settings in its environment. Pictures of our own
making are worked on here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from dataclasses import asdict
from importlib import util
from typing import Any, BinaryIO, cast

from app.adapters import decoder
from app.core.pictures import WHITE, Crop, Mark, Picture, PrintFile, PrintSpec
from app.core.ports import Compute, Upscaler

_PHOTOS_EACH = 100  # then a process makes room for a fresh one, whatever its libraries have leaked
_HANDED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG")


class Apart:
    """The Imaging port, by an engine of `decoder.ENGINES`. A photo has `seconds` and `megabytes` to be developed in."""

    def __init__(self, engine: str, compute: Compute, *, seconds: float = 20, megabytes: int = 1024) -> None:
        self._engine, self._compute = engine, compute
        self._here = decoder.engine(engine, compute)
        self._seconds, self._megabytes = seconds, megabytes
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
        return await self._compute.run(self._develop, wish, photo)

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        return await self._here.preview(master, max_side=max_side, mark=mark, by_ai=by_ai)

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        return await self._here.print_file(master, spec, upscaler, profile=profile)

    async def close(self) -> None:
        """The processes that wait end; one that works ends when it is done."""
        while self._idle:
            self._idle.pop().end()

    def _develop(self, wish: dict[str, Any], photo: bytes) -> Picture:
        """Twice, when the first process died: that can have been the machine's fault, the second is the photo's."""
        answer = self._ask(wish, photo) or self._ask(wish, photo)
        if answer is None:
            raise decoder.too_demanding()
        words, data = answer
        if "fault" in words:
            raise decoder.FAULTS[words["fault"]](words["message"], code=words["code"])
        return Picture(data, **words)

    def _ask(self, wish: dict[str, Any], photo: bytes) -> tuple[dict[str, Any], bytes] | None:
        process = self._idle.pop() if self._idle else _Process(self._engine, self._megabytes)
        answer = process.ask(wish, photo, self._seconds)
        if answer is None or "fault" in answer[0] or process.asked >= _PHOTOS_EACH:
            process.end()  # also one that met a bad file: the next photo is somebody else's
        else:
            self._idle.append(process)
        return answer


class _Process:
    """One decoder; whoever lets go of it ends it."""

    def __init__(self, engine: str, megabytes: int) -> None:
        self.asked = 0
        self._process = subprocess.Popen(  # noqa: S603  # our own module, by this Python
            [sys.executable, "-B", "-m", decoder.__name__, engine, str(megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # what is typed at the app's terminal is not for it
        )
        self._questions = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)
        self.end = weakref.finalize(self, _end, self._process)

    def ask(self, wish: dict[str, Any], photo: bytes, seconds: float) -> tuple[dict[str, Any], bytes] | None:
        """Its answer; None when it died, or was ended because it took longer than this."""
        self.asked += 1
        deadline = threading.Timer(seconds, self._process.kill)
        deadline.start()
        try:
            decoder.send(self._questions, wish, photo)
            return decoder.receive(self._answers)
        except OSError:  # it died before it had read everything
            return None
        finally:
            deadline.cancel()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):  # what is left in a buffer has nobody to go to
            cast(BinaryIO, stream).close()


def _environment() -> dict[str, str]:
    """Where Python and its libraries are, and nothing that is secret."""
    kept = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
