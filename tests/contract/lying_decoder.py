"""A decoder that says whatever its photo tells it to, as one could that has been taken over and is not sealed."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import NoReturn

from app.adapters.imaging import decoder

LIE = b"LIE:"


def lie(engine: decoder.Engine, photo: int, server: int, nowhere: int) -> NoReturn:
    """The lie is JSON: `says` in Latin-1, `times` (for ever, where it is 0), and `lingers` in seconds."""
    try:
        with open(photo, "rb", closefd=False) as questions:
            *_, words = questions.read().partition(LIE)
        about = json.loads(words)
        answer, times = about["says"].encode("latin-1"), about.get("times", 1)
        while times != 0 or about.get("times") == 0:
            os.write(photo, answer)
            times -= 1
        time.sleep(about.get("lingers", 0))
    finally:
        os._exit(0)


if __name__ == "__main__":
    decoder._decode_and_exit = lie
    decoder.main(sys.argv[1])
