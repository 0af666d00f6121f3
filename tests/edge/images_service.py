"""Cloudflare's Images service as its documentation has it, by pyvips: the binding in workerd talks to it over HTTP.

It knows nothing of the app. https://developers.cloudflare.com/images/optimization/features/, …/draw-overlays/,
…/get-started/limits/ and …/reference/errors/ say what it does. How it sharpens they do not say, so tests show the place
and the size of a sharpened print, not how sharp it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pi_heif
import pyvips
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MAX_BYTES, MAX_PIXELS, MAX_SIDE = 20 * 1024 * 1024, 100_000_000, 12_000
SHARPENING = 2 / 3
LOADERS = {"jpegload", "pngload", "webpload", "heifload", "gifload"}
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
Options = Mapping[str, Any]


class Refusal(Exception):
    """What the service answers when it will not: its own code, and an HTTP status."""

    def __init__(self, code: int, status: int, message: str):
        self.code, self.status = code, status
        super().__init__(message)


@dataclass
class Canvas:
    """A picture being worked on; sRGB, 8 bits, with alpha."""

    image: Any

    def transform(self, options: Options) -> None:
        """One step; within it a cut comes before resizing, and a flip before a turn."""
        for name, work in WORKS.items():
            if name in options or (name == "resize" and {"width", "height"} & set(options)):
                self.image = work(self.image, options)
        unknown = set(options) - {"width", "height", "fit"} - set(WORKS)
        if unknown:
            raise Refusal(9401, 400, f"unknown options {sorted(unknown)}")

    def draw(self, overlay: Canvas, options: Options) -> None:
        """Centred but for the sides that are named."""
        for pair in (("left", "right"), ("top", "bottom")):
            if set(pair) <= set(options):
                raise Refusal(9401, 400, "both sides of an axis")
        base, top = self.image, overlay.image
        alpha = top[3] * float(options.get("opacity", 1.0))
        top = top[0:3].bandjoin(alpha.cast("uchar"))
        if options.get("repeat"):
            top = top.replicate(-(-base.width // top.width), -(-base.height // top.height)).crop(
                0, 0, base.width, base.height
            )
        x = _offset(options, "left", "right", base.width, top.width)
        y = _offset(options, "top", "bottom", base.height, top.height)
        self.image = base.composite2(top, "over", x=x, y=y).cast("uchar").copy(interpretation="srgb").copy_memory()


def create() -> Starlette:
    return Starlette(routes=[Route("/transform", transform, methods=["POST"])])


async def transform(request: Request) -> Response:
    async with request.form(max_part_size=MAX_BYTES * 2) as form:
        pictures = [await _read(part) for name in ("image", "draw_image") for part in form.getlist(name)]
        steps, mime = json.loads(str(form["transforms"])), str(form["output_format"])
        quality = int(str(form["output_quality"])) if "output_quality" in form else None
    return await _answered(lambda: _made(pictures, steps, mime, quality))


async def _read(part: UploadFile | str) -> bytes:
    assert isinstance(part, UploadFile)
    return await part.read()


async def _answered(work: Callable[[], Response]) -> Response:
    try:
        return await run_in_threadpool(work)
    except Refusal as refusal:
        said, headers = f"ERROR {refusal.code}: {refusal}", {"cf-images-binding": f"err={refusal.code}"}
        return Response(said, refusal.status, headers)
    except pyvips.Error as error:
        said = f"ERROR 9516: Could not resize the image: error during decoding: {error}"
        return Response(said, 422, {"cf-images-binding": "err=9516"})


def _made(pictures: list[bytes], steps: list[Options], mime: str, quality: int | None) -> Response:
    canvases = [Canvas(_decoded(picture)) for picture in pictures]
    for step in steps:
        options = dict(step)
        if "drawImageIndex" in options:
            overlay, base = options.pop("drawImageIndex"), options.pop("targetImageIndex")
            canvases[base].draw(canvases[overlay], options)
        else:
            canvases[options.pop("imageIndex")].transform(options)
    return Response(_encoded(canvases[0].image, mime, quality), media_type=mime)


def _opened(picture: bytes) -> Any:
    """Its header's word: pixels are decoded later."""
    if len(picture) > MAX_BYTES:
        raise Refusal(9402, 413, "file too large")
    if picture[4:8] == b"ftyp" and b"avif" not in picture[8:64]:
        image = _heic(picture)
    else:
        try:
            image = pyvips.Image.new_from_buffer(picture, "", access="random", fail_on="truncated")
        except pyvips.Error as error:
            raise Refusal(9412, 415, "The requested file is not an image") from error
        if image.get("vips-loader").removesuffix("_buffer") not in LOADERS:
            raise Refusal(9520, 415, "Original image has unsupported format")
    _check(image.width, image.height)
    return image


def _heic(picture: bytes) -> Any:
    try:
        pixels = pi_heif.open_heif(picture, convert_hdr_to_8bit=True).to_pillow().convert("RGBA")
    except (ValueError, RuntimeError, OSError, EOFError, SyntaxError) as error:
        raise Refusal(9516, 422, "Could not resize the image: error during decoding") from error
    return pyvips.Image.new_from_memory(pixels.tobytes(), *pixels.size, 4, "uchar").copy(interpretation="srgb")


def _decoded(picture: bytes) -> Any:
    """Upright, in sRGB, 8 bits, with alpha."""
    image = _opened(picture).autorot()
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", embedded=True, intent="relative", black_point_compensation=True, depth=8)
    image = image.colourspace("srgb").cast("uchar")
    return (image if image.hasalpha() else image.addalpha()).copy_memory()


def _check(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE or min(width, height) < 1:
        raise Refusal(9413, 403, f"Could not resize the image: {width}x{height}")


def _trimmed(image: Any, options: Options) -> Any:
    trim = options["trim"]
    left, top = trim.get("left", 0), trim.get("top", 0)
    width = trim.get("width", image.width - left - trim.get("right", 0))
    height = trim.get("height", image.height - top - trim.get("bottom", 0))
    if left + width > image.width or top + height > image.height or min(width, height) < 1:
        raise Refusal(9401, 400, "trim reaches beyond the image")
    return image.crop(left, top, width, height)


def _on_background(image: Any, options: Options) -> Any:
    colour = [int(options["background"][at : at + 2], 16) for at in (1, 3, 5)]
    return image.flatten(background=colour).addalpha().cast("uchar")


def _resized(image: Any, options: Options) -> Any:
    """By `fit`: what does not name both sides keeps the aspect."""
    width, height = options.get("width", MAX_SIDE), options.get("height", MAX_SIDE)
    across, down, fit = width / image.width, height / image.height, options.get("fit", "scale-down")
    if fit == "squeeze":
        return _scaled(image, width, height)
    covering = fit in ("cover", "crop")
    scale = max(across, down) if covering else min(across, down)
    if fit in ("scale-down", "crop"):
        scale = min(scale, 1.0)
    near = _scaled(image, max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if not covering or (near.width < width or near.height < height):
        return near
    return near.crop((near.width - width) // 2, (near.height - height) // 2, width, height)


def _scaled(image: Any, width: int, height: int) -> Any:
    _check(width, height)
    across, down = width / image.width, height / image.height
    soft = image.premultiply()
    if max(across, down) > 1:  # bicubic, the middles of pixels on each other, which libvips' resize() does not do
        cubic, middle = pyvips.Interpolate.new("bicubic"), {"odx": (across - 1) / 2, "ody": (down - 1) / 2}
        area = [0, 0, width, height]
        soft = soft.affine([across, 0, 0, down], interpolate=cubic, oarea=area, extend="copy", **middle)
    else:
        soft = soft.resize(across, vscale=down, kernel="lanczos3")
    return soft.unpremultiply().cast("uchar").crop(0, 0, width, height)


def _flipped(image: Any, options: Options) -> Any:
    image = image.fliphor() if "h" in options["flip"] else image
    return image.flipver() if "v" in options["flip"] else image


def _rotated(image: Any, options: Options) -> Any:
    return {0: image, 90: image.rot90(), 180: image.rot180(), 270: image.rot270()}[options["rotate"]]


def _sharpened(image: Any, options: Options) -> Any:
    """An unsharp mask as wide as one pixel."""
    blur = pyvips.Image.new_from_array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], scale=16)
    colour = image[0:3]
    sharp = colour + (colour - colour.conv(blur, precision="float")) * (options["sharpen"] * SHARPENING)
    return sharp.cast("uchar").bandjoin(image[3])


def _offset(options: Options, near: str, far: str, room: int, taken: int) -> int:
    if near in options:
        return int(options[near])
    return room - taken - int(options[far]) if far in options else (room - taken) // 2


def _encoded(image: Any, mime: str, quality: int | None) -> bytes:
    """PNG with a quality has a palette. JPEG halves the colour samples, and is progressive where it is small."""
    if mime not in SUFFIXES:
        raise Refusal(9520, 415, "Output format rejected")
    options: dict[str, Any] = {"keep": "none"}
    if mime == "image/png":
        options |= {"palette": quality is not None}
    else:
        options |= {"Q": 85 if quality is None else quality}
    if mime == "image/jpeg":
        options |= {"subsample_mode": "on", "interlace": max(image.width, image.height) < 3000}
        image = image[0:3]
    elif image[3].min() == 255:
        image = image[0:3]
    data: bytes = image.write_to_buffer(SUFFIXES[mime], **options)
    return data


WORKS: dict[str, Callable[[Any, Options], Any]] = {
    "trim": _trimmed,
    "background": _on_background,
    "flip": _flipped,
    "rotate": _rotated,
    "resize": _resized,
    "sharpen": _sharpened,
}
"""In the order that they have within one step."""
