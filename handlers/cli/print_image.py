"""`artify print`: the print engine alone."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.core.errors import BadRequest
from app.core.pictures import PRINT_MIMES, WHITE, PrintFile, PrintSpec, Raster, Tiled, Tiles, rgb
from app.core.ports.imaging import Upscaler
from app.personalization import Preflight, Target, assess, measure
from app.wiring import print_engine

_MAX_SIDE = 30_000  # pixels: 100 inches at 300 dpi
_MAX_BLEED_MM = 50
MM_PER_INCH = 25.4


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("print", help="make a print file from a picture")
    parser.add_argument("image", type=Path, metavar="IMAGE")
    parser.add_argument("--width", type=_pixels, required=True, metavar="PX")
    parser.add_argument("--height", type=_pixels, required=True, metavar="PX")
    parser.add_argument(
        "--dpi", type=_pixels, default=300, metavar="N", help="resolution in dots per inch, written to the file"
    )
    parser.add_argument("--format", choices=tuple(PRINT_MIMES), default="jpg")
    parser.add_argument(
        "--bleed", type=_millimetres, default=0, metavar="MM", help="bleed around the picture, on each side"
    )
    parser.add_argument("--profile", type=Path, metavar="ICC", help="the printer's ICC profile; the default is sRGB")
    parser.add_argument("--intent", choices=("relative", "perceptual"), default="relative")
    parser.add_argument(
        "--background", type=_colour, default=WHITE, metavar="#RRGGBB", help="background colour of transparent areas"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the print file. Raises AppError with a message for the user."""
    started = time.monotonic()
    spec = PrintSpec(
        arguments.width,
        arguments.height,
        arguments.dpi,
        arguments.format,
        bleed=round(arguments.bleed / MM_PER_INCH * arguments.dpi),
        background=arguments.background,
        intent=arguments.intent,
    )
    try:
        profile = arguments.profile.read_bytes() if arguments.profile else None
        printed, preflight = asyncio.run(_print(arguments.image.read_bytes(), spec, profile))
        arguments.out.write_bytes(printed.picture.data)
    except OSError as fault:
        raise BadRequest(f"{fault.filename}: {fault.strerror}.") from fault
    print(_summary(arguments.out, printed, spec.dpi, time.monotonic() - started))
    if printed.tiles.fault:
        print(printed.tiles.fault)
    print(f"preflight {preflight.verdict}: " + "; ".join(check.figure for check in preflight.checks))
    return 0


async def _print(photo: bytes, spec: PrintSpec, profile: bytes | None) -> tuple[PrintFile, Preflight]:
    """Return the print and the photo check of the picture."""
    imaging, upscaler = print_engine()
    made = await imaging.print_file(photo, spec, Watched(upscaler), profile=profile)
    aspect = spec.width, spec.height
    figures = measure(await imaging.samples(photo, crop=None, aspect=aspect, background=spec.background))
    if profile is not None:
        figures = replace(figures, gamut=await imaging.out_of_gamut(photo, profile, spec.intent))
    target = Target((spec.width / spec.dpi, spec.height / spec.dpi), upscaler.factor > 1, None)
    return made, assess(figures, target)


class Watched:
    """An upscaler that reports its progress: a counter on a terminal, one line elsewhere."""

    def __init__(self, upscaler: Upscaler) -> None:
        self._upscaler = upscaler
        self.name, self.factor = upscaler.name, upscaler.factor

    def strips(self, raster: Raster) -> Iterator[bytes]:
        print(f"enlarging {raster.width} × {raster.height} pixels with {self.name}", file=sys.stderr)
        strips = self._upscaler.strips(raster)
        return _Counted(strips, len(raster.data) * self.factor**2) if sys.stderr.isatty() else strips


class _Counted:
    """Yield strips, `whole` bytes in total, and show the share so far on the terminal."""

    def __init__(self, strips: Iterator[bytes], whole: int) -> None:
        self._strips, self._whole, self._done = strips, whole, 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        strip = next(self._strips)
        self._done += len(strip)
        end = "\n" if self._done == self._whole else ""
        print(f"\r{100 * self._done // self._whole:3} %", end=end, file=sys.stderr, flush=True)
        return strip

    @property
    def tiles(self) -> Tiles:
        return self._strips.tiles if isinstance(self._strips, Tiled) else Tiles()


def _summary(out: Path, printed: PrintFile, dpi: int, seconds: float) -> str:
    picture = printed.picture
    made = f"{picture.width} × {picture.height} pixels, {dpi} dpi, {len(picture.data) / 1e6:.1f} MB"
    return f"{out}: {made}, enlarged {printed.factor:.2f} times by {printed.engine} in {seconds:.1f} s"


def _pixels(text: str) -> int:
    number = int(text)
    if not 1 <= number <= _MAX_SIDE:
        raise argparse.ArgumentTypeError(f"must be between 1 and {_MAX_SIDE}")
    return number


def _millimetres(text: str) -> float:
    number = float(text)
    if not 0 <= number <= _MAX_BLEED_MM:
        raise argparse.ArgumentTypeError(f"must be between 0 and {_MAX_BLEED_MM}")
    return number


def _colour(text: str) -> str:
    if len(text) != 7 or not text.startswith("#"):
        raise argparse.ArgumentTypeError("must look like #rrggbb")
    rgb(text)
    return text
