"""HEIF files put together box by box (ISO 23008-12, 14496-12), HEIC and AVIF alike: no library writes all of them.

Coded pictures are taken out of files that libraries wrote; everything around them is ours.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from PIL import Image

from tests.pictures import encoded

BRANDS = {b"hvc1": (b"heic", b"mif1", b"heic"), b"av01": (b"avif", b"avif", b"mif1", b"miaf")}
QUICKLY = {"preset": "ultrafast"}
_IN_TURNS = {90: 1, 180: 2, 270: 3}


@dataclass(frozen=True)
class Item:
    """One thing in the file; `properties` are whole boxes, `refs` kind and target numbers (from 1)."""

    kind: bytes
    data: bytes
    properties: Sequence[bytes] = ()
    refs: Sequence[tuple[bytes, Sequence[int]]] = ()
    name: bytes = b""
    mime: bytes = b""
    hidden: bool = False


@dataclass(frozen=True)
class Extras:
    """What else lies in a file: boxes inside meta, and on the outermost level before and behind the pictures."""

    in_meta: bytes = b""
    before: bytes = b""
    behind: bytes = b""
    handler: bytes = b""


NO_EXTRAS = Extras()


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def full(name: bytes, body: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags) + body)


def written(items: Sequence[Item], brands: Sequence[bytes], primary: int = 1, extras: Extras = NO_EXTRAS) -> bytes:
    """The file; items have the numbers 1, 2, … in their order."""
    head = box(b"ftyp", brands[0] + bytes(4) + b"".join(brands[1:])) + extras.before
    meta = _meta(items, primary, extras, [0] * len(items))
    at, places = len(head) + len(meta) + 8, []
    for item in items:
        places.append(at)
        at += len(item.data)
    return head + _meta(items, primary, extras, places) + box(b"mdat", b"".join(i.data for i in items)) + extras.behind


def coded(image: Image.Image, kind: bytes, quality: int = 95) -> Item:
    """The picture as an item, its colours in full; kind is hvc1 (HEIC) or av01 (AVIF)."""
    whole = (
        _heic(image, quality)
        if kind == b"hvc1"
        else encoded(image, "AVIF", quality=quality, subsampling="4:4:4", speed=10)
    )
    return taken(whole, kind)


def taken(whole: bytes, kind: bytes) -> Item:
    """The coded picture of a file that a library wrote with one picture in it."""
    boxes = dict(_walk(whole, 0, len(whole)))
    where = boxes[b"iloc"]
    offset, length = struct.unpack_from(">II", where, len(where) - 8)
    start = offset + (struct.unpack_from(">I", where, 12)[0] if where[5] >> 4 else 0)  # from a base, in some
    setup = b"hvcC" if kind == b"hvc1" else b"av1C"
    properties = [box(name, boxes[name]) for name in (setup, b"ispe", b"pixi", b"colr") if name in boxes]
    return Item(kind, whole[start : start + length], properties)


def every_item(whole: bytes) -> list[Item]:
    """The items of a file that pillow-heif or Pillow wrote, in their order, without their references."""
    boxes = dict(_walk(whole, 0, len(whole)))
    listed, where, linked = boxes[b"iinf"], boxes[b"iloc"], boxes[b"ipma"]
    kinds = [body[8:12] for _, body in _walk(listed, 6, len(listed))]
    properties = [box(name, body) for name, body in _walk(boxes[b"ipco"], 0, len(boxes[b"ipco"]))]
    size, at, items = (len(where) - 8) // len(kinds), 8, []
    for entry, kind in enumerate(kinds):
        offset, length = struct.unpack_from(">II", where, 8 + (entry + 1) * size - 8)
        offset += struct.unpack_from(">I", where, 8 + entry * size + 4)[0] if where[5] >> 4 else 0  # from a base
        end = at + 3 + linked[at + 2]
        mine = [properties[(link & 0x7F) - 1] for link in linked[at + 3 : end]]
        items.append(Item(kind, whole[offset : offset + length], mine))
        at = end
    return items


def colours_said(item: Item, primaries: int, transfer: int) -> Item:
    """The same picture, said to be coded in these primaries and by this transfer function (H.273), with no profile."""
    said = [each for each in item.properties if each[4:8] == b"colr"]
    rest = said[0][16:] if said else b"\0\6\x80"  # the matrix and the range stay as they are
    others = [each for each in item.properties if each[4:8] != b"colr"]
    return replace(item, properties=[*others, box(b"colr", b"nclx" + struct.pack(">HH", primaries, transfer) + rest)])


def _heic(image: Image.Image, quality: int) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif, which writes HEIC, is not installed")
    pytest.importorskip("pi_heif", reason="pi-heif (extra heif), which reads HEIC, is not installed")
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=quality, chroma=444, enc_params=QUICKLY)
    return out.getvalue()


def size_of(width: int, height: int) -> bytes:
    return full(b"ispe", struct.pack(">II", width, height))


def turned_by(degrees: int) -> bytes:
    """Counter-clockwise, before it is shown."""
    return box(b"irot", bytes([_IN_TURNS[degrees]]))


def mirrored() -> bytes:
    """About a vertical axis, so left becomes right."""
    return box(b"imir", b"\1")


def profile(icc: bytes) -> bytes:
    return box(b"colr", b"prof" + icc)


def _walk(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """All boxes with their bodies, those inside others too."""
    while at + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, data[at + 8 : at + length]
        if name in (b"meta", b"iprp", b"ipco"):
            yield from _walk(data, at + (12 if name == b"meta" else 8), at + length)
        at += length


def _meta(items: Sequence[Item], primary: int, extras: Extras, places: Sequence[int]) -> bytes:
    handler = full(b"hdlr", bytes(4) + b"pict" + bytes(12) + extras.handler + b"\0")
    infos = b"".join(_info(number, item) for number, item in enumerate(items, 1))
    body = handler + full(b"pitm", struct.pack(">H", primary))
    body += full(b"iinf", struct.pack(">H", len(items)) + infos)
    body += _refs(items) + _properties(items) + _locations(items, places) + extras.in_meta
    return full(b"meta", body)


def _info(number: int, item: Item) -> bytes:
    said = item.name + b"\0" + (item.mime + b"\0" if item.kind == b"mime" else b"")
    return full(b"infe", struct.pack(">HH4s", number, 0, item.kind) + said, version=2, flags=int(item.hidden))


def _refs(items: Sequence[Item]) -> bytes:
    refs = b"".join(
        box(kind, struct.pack(f">HH{len(targets)}H", number, len(targets), *targets))
        for number, item in enumerate(items, 1)
        for kind, targets in item.refs
    )
    return full(b"iref", refs) if refs else b""


def _properties(items: Sequence[Item]) -> bytes:
    """Each once, and linked to its items; those that say how a picture is decoded or shown must be known to readers."""
    every = list(dict.fromkeys(each for item in items for each in item.properties))
    links = b""
    for number, item in enumerate(items, 1):
        marked = (each[4:8] in (b"hvcC", b"av1C", b"irot", b"imir", b"clap") for each in item.properties)
        places = (every.index(each) + 1 for each in item.properties)
        linked = bytes(place | (0x80 if mark else 0) for place, mark in zip(places, marked, strict=True))
        links += struct.pack(">HB", number, len(linked)) + linked
    return box(b"iprp", box(b"ipco", b"".join(every)) + full(b"ipma", struct.pack(">I", len(items)) + links))


def _locations(items: Sequence[Item], places: Sequence[int]) -> bytes:
    body = struct.pack(">BBH", 0x44, 0, len(items))
    for number, (item, place) in enumerate(zip(items, places, strict=True), 1):
        body += struct.pack(">HHHII", number, 0, 1, place, len(item.data))
    return full(b"iloc", body)
