"""The Imaging port that decodes untrusted photos in separate processes, so that a crash or exploit stays there.

Each process has limits on memory and time, and none of the app's settings in its environment. If the kernel supports
seccomp, it cannot open files, use the network or start processes (see `sandbox`). It returns only raw pixels, whose
sizes follow from the request. The app's own pictures are processed in this process.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from importlib import util

from app.adapters.imaging import decoder, sandbox
from app.adapters.imaging.decode_limits import Allowance, allowance
from app.adapters.imaging.decoder_wire import (
    ANSWER_BYTES,
    Decoded,
    DecodeRequest,
    InvalidAnswer,
    parse_answer,
    question,
    samples_of,
    too_demanding,
)
from app.core import sniff
from app.core.errors import AppError, BadPicture, UnsupportedMedia
from app.core.mockups import MockupParts
from app.core.pictures import WHITE, Crop, Intent, Mark, Picture, PrintFile, PrintSpec, Raster, Samples
from app.core.ports.compute import Compute
from app.core.ports.imaging import Upscaler

PROGRAM = decoder.__name__
_STARTS_WITHIN_S = 30  # allows a server to load its libraries on busy cores
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "LANG")
_ADDED = {"VIPS_DISC_THRESHOLD": "2g"}  # a decoder cannot write files, as libvips would above 100 MB


class ImagingSubprocess:
    """Imaging with an engine of `decoder.ENGINES`. `allow` returns the limits for a photo's bytes and dimensions."""

    def __init__(
        self, engine: str, compute: Compute, allow: Callable[[int, tuple[int, int] | None], Allowance] = allowance
    ) -> None:
        self._engine, self._compute, self._allow = engine, compute, allow
        self._codec = decoder.ENGINES[engine]
        self._in_process = self._codec(compute)
        self._idle: list[_Server] = []

    @staticmethod
    def available() -> bool:
        """Return True if this platform supports resource limits for processes."""
        return util.find_spec("resource") is not None

    @staticmethod
    def protections() -> str:
        """The names of the protections that this system applies to decoders, separated by commas."""
        command = [sys.executable, "-B", "-W", "ignore", "-m", sandbox.__name__]
        return subprocess.run(command, env=_environment(), capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603

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
        return await self._compute.run(self._develop, photo, DecodeRequest(crop, width, height, background), mime)

    async def samples(self, photo: bytes, *, crop: Crop | None, aspect: tuple[int, int], background: str) -> Samples:
        request = DecodeRequest(crop, *aspect, background, samples=True)
        return samples_of(request, await self._compute.run(self._decode, photo, request))

    async def out_of_gamut(self, master: bytes, profile: bytes, intent: Intent) -> float | None:
        return await self._in_process.out_of_gamut(master, profile, intent)

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        return await self._in_process.preview(master, max_side=max_side, mark=mark, by_ai=by_ai)

    async def mockup(self, design: bytes, parts: MockupParts, *, max_side: int, by_ai: bool = False) -> Picture | None:
        return await self._in_process.mockup(design, parts, max_side=max_side, by_ai=by_ai)

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        return await self._in_process.print_file(master, spec, upscaler, profile=profile)

    async def close(self) -> None:
        """End the idle servers. A server that is decoding ends when it is done."""
        while self._idle:
            self._idle.pop().end()

    def _develop(self, photo: bytes, request: DecodeRequest, mime: str) -> Picture:
        [pixels] = self._decode(photo, request).rasters
        return self._codec.encode(pixels, mime)

    def _decode(self, photo: bytes, request: DecodeRequest) -> Decoded:
        """Decode a photo, unless its header already shows that it must be rejected.

        If the decoder dies or sends an invalid response, retry once: the first failure may be the machine's fault, but
        a second one is attributed to the photo.
        """
        header = sniff.sniff(photo[: sniff.HEAD_BYTES])
        sniff.check(header)
        if header.format == "heic" and not util.find_spec("pi_heif"):
            raise UnsupportedMedia("HEIC photos are not supported here. Choose a JPEG or PNG photo.")
        may_take = self._allow(len(photo), header.size)
        decoded = self._ask(photo, request, may_take) or self._ask(photo, request, may_take)
        if decoded is None:
            raise too_demanding()
        return decoded

    def _ask(self, photo: bytes, request: DecodeRequest, may_take: Allowance) -> Decoded | None:
        server = self._idle.pop() if self._idle else _Server(self._engine)
        try:
            return server.decode(photo, request, may_take)
        finally:
            if server.alive:
                self._idle.append(server)
            else:
                server.end()


class _Server:
    """One fork server, which decodes one photo at a time. It ends when this object is garbage-collected."""

    def __init__(self, engine: str) -> None:
        sandbox.hide_memory()
        self.alive = True
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own module, by this Python
                [sys.executable, "-B", "-W", "ignore", "-m", PROGRAM, engine],
                stdin=theirs.fileno(),
                env=_environment(),
                start_new_session=True,  # it must not receive signals from the app's terminal
            )
        self.end = weakref.finalize(self, _end, self._process, self._control)

    def decode(self, photo: bytes, request: DecodeRequest, may_take: Allowance) -> Decoded | None:
        """Decode a photo. Returns None if the decoder died or its response was invalid.

        Raises BadPicture, UnsupportedMedia.
        """
        until = time.monotonic() + _STARTS_WITHIN_S + may_take.seconds
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, suppress(OSError):  # the server may have died
                socket.send_fds(self._control, [decoder.SECONDS.pack(may_take.seconds)], [theirs.fileno()])
            result = _exchange(ours, question(request, may_take), photo, request, until)
        too_long = self._took_too_long(until)
        if isinstance(result, AppError):
            raise result
        if result is None and too_long:
            raise too_demanding()
        return result

    def _took_too_long(self, until: float) -> bool:
        """Wait until the decoder has ended. Returns True if it was killed because it took too long."""
        report = _receive(self._control, decoder.ENDED.size, until)
        if report is None:
            self.alive = False
            return time.monotonic() > until
        status, late = decoder.ENDED.unpack(report)
        return bool(late) or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU)


def _exchange(
    decoding: socket.socket, message: bytes, photo: bytes, request: DecodeRequest, until: float
) -> Decoded | BadPicture | UnsupportedMedia | None:
    """Send the message and read the response, no further than the request allows; None without a valid response."""
    try:
        decoding.settimeout(max(until - time.monotonic(), 0.001))
        decoding.sendall(message)
        decoding.sendall(photo)
        decoding.shutdown(socket.SHUT_WR)
    except OSError:  # the decoder died before it had read everything
        return None
    head = _receive(decoding, ANSWER_BYTES, until)
    try:
        size = parse_answer(head) if head else None
    except InvalidAnswer:
        return None
    if not isinstance(size, tuple):
        return size
    rasters = []
    for width, height in request.sizes(size):
        data = _receive(decoding, width * height * 3, until)
        if data is None:
            return None
        rasters.append(Raster(data, width, height))
    return Decoded(size, tuple(rasters))


def _receive(stream: socket.socket, size: int, until: float) -> bytes | None:
    """Read exactly `size` bytes. Returns None if the stream ends early, or at the time `until`."""
    data = bytearray(size)
    rest = memoryview(data)
    while rest:
        try:
            stream.settimeout(max(until - time.monotonic(), 0.001))
            count = stream.recv_into(rest)
        except OSError:
            return None
        if count == 0:
            return None
        rest = rest[count:]
    return bytes(data)


def _end(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    """Kill a server. A decoder that is running ends with it."""
    process.kill()
    process.wait()
    control.close()


def _environment() -> dict[str, str]:
    """The environment of a server: only the locations of Python and its libraries, and no secrets."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return kept | _ADDED | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
