"""The exceptions that Python's image decoders raise for damaged files. Most are undocumented; fuzzing found them."""

from __future__ import annotations

import struct
import zlib

DAMAGE: tuple[type[Exception], ...] = (
    OSError,
    SyntaxError,  # Pillow, for a broken file
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    RuntimeError,  # libavif, libheif
    Warning,  # when warnings are turned into errors
    struct.error,
    zlib.error,
)
