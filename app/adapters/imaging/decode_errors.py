"""What Python's image readers raise on damaged bytes: more than any of them documents. Found by mutating files."""

from __future__ import annotations

import struct
import zlib

DAMAGE: tuple[type[Exception], ...] = (
    OSError,
    SyntaxError,  # Pillow's word for a broken file
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    RuntimeError,  # libavif, libheif
    Warning,  # where warnings are errors
    struct.error,
    zlib.error,
)
