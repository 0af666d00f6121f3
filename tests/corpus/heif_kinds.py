"""HEIC and AVIF with everything that phones and programs write beside a picture."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from tests.corpus import exif, jpeg
from tests.corpus.heif import BRANDS, NO_EXTRAS, Extras, Item, box, coded, full, written
from tests.corpus.planted import WORDS

PLAIN, WIDE = WORDS.encode(), WORDS.encode("utf-16-be")
OF_THE_FIRST = [(b"cdsc", [1])]


@dataclass(frozen=True)
class Beside:
    """What lies beside a picture: its name and properties, other items, other boxes."""

    items: Sequence[Item] = ()
    properties: Sequence[bytes] = ()
    name: bytes = b""
    extras: Extras = NO_EXTRAS

    def around(self, item: Item) -> bytes:
        shown = replace(item, name=self.name, properties=[*item.properties, *self.properties])
        return written([shown, *self.items], BRANDS[item.kind], extras=self.extras)


def with_exif(orientation: int) -> Beside:
    """Readers must turn by the boxes, and not by this."""
    body = b"\0\0\0\6Exif\0\0" + exif.tiff(orientation, jpeg.tiny())
    return Beside([Item(b"Exif", body, refs=OF_THE_FIRST, hidden=True)])


def _said(body: bytes, mime: bytes) -> Beside:
    return Beside([Item(b"mime", body, refs=OF_THE_FIRST, mime=mime)])


@functools.cache
def _thumbnail(kind: bytes) -> Beside:
    small = coded(Image.new("RGB", (64, 48), "teal"), kind)
    return Beside([replace(small, refs=[(b"thmb", [1])], name=PLAIN)])


@functools.cache
def _depth_map(kind: bytes) -> Beside:
    """A helper picture, and what is said of it."""
    said = full(b"auxC", b"urn:mpeg:hevc:2015:auxid:2\0" + PLAIN)
    depth = coded(Image.linear_gradient("L").convert("RGB").resize((96, 72)), kind)
    return Beside([replace(depth, properties=[*depth.properties, said], refs=[(b"auxl", [1])])])


KINDS: dict[str, Callable[[bytes], Beside]] = {  # for items of which kind
    "xmp": lambda kind: _said(jpeg.XMP, b"application/rdf+xml"),
    "unknown-item": lambda kind: _said(PLAIN + WIDE, b"text/plain"),
    "names": lambda kind: Beside(name=PLAIN, extras=Extras(handler=PLAIN)),
    "thumbnail": _thumbnail,
    "depth-map": _depth_map,
    "unknown-property": lambda kind: Beside(properties=[full(b"udes", b"en\0" + PLAIN + b"\0\0\0")]),
    "unknown-boxes": lambda kind: Beside(
        extras=Extras(
            in_meta=box(b"uuid", bytes(16) + PLAIN) + box(b"free", WIDE),
            before=box(b"free", PLAIN),
            behind=box(b"skip", WIDE) + box(b"uuid", bytes(range(16)) + PLAIN) + box(b"free", jpeg.tiny()),
        ),
    ),
    "trailing": lambda kind: Beside(extras=Extras(behind=box(b"mdat", PLAIN + WIDE + jpeg.tiny()))),
}


def together(*each: Beside) -> Beside:
    """All in one file; a name or a handler is the last one's that has one."""
    extras = [one.extras for one in each]
    joined = Extras(
        b"".join(one.in_meta for one in extras),
        b"".join(one.before for one in extras),
        b"".join(one.behind for one in extras),
        max(one.handler for one in extras),
    )
    items = [item for one in each for item in one.items]
    return Beside(items, [body for one in each for body in one.properties], max(one.name for one in each), joined)
