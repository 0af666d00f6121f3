"""A decoder that has been taken over: behind the seal, it runs the Python that comes with its photo.

The text of what an expression gives, or of the error that it meets, comes back as the first pixels. Only photos with
PROBE in them have such an expression.
"""

from __future__ import annotations

import ctypes  # noqa: F401  # what probes use must be loaded before the seal
import mmap  # noqa: F401
import os  # noqa: F401
import resource  # noqa: F401
import signal  # noqa: F401
import socket  # noqa: F401
import subprocess  # noqa: F401
import sys
import threading  # noqa: F401

from app.adapters.imaging import decoder
from app.adapters.imaging.decoder_wire import Decoded, DecodeRequest
from app.adapters.imaging.pillow import Pillow
from app.core.pictures import Raster

PROBE = b"PROBE:"


class Probing(Pillow):
    @staticmethod
    def decode(photo: bytes, request: DecodeRequest) -> Decoded:
        *_, code = photo.partition(PROBE)
        try:
            found = str(eval(code, globals()))  # that is what it is for
        except BaseException as error:  # noqa: BLE001
            found = f"{type(error).__name__}: {error}"
        size = (request.width, request.height)
        [pixels] = request.sizes(size)
        data = found.encode()[:900].ljust(pixels[0] * pixels[1] * 3, b"\0")
        return Decoded(size, (Raster(data, *pixels),))


if __name__ == "__main__":
    decoder.ENGINES["probing"] = Probing
    sys.stdout = sys.stderr
    decoder.main("probing")
