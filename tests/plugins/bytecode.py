"""A run keeps bytecode even where PYTHONDONTWRITEBYTECODE is set.

It starts hundreds of Python processes, and without bytecode each of them would compile the app anew, and each process
that shares the tests all of the tests.
"""

from __future__ import annotations

import os
import sys

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
