"""Streamed encoding of print files with libvips: strip by strip, so that no whole picture is ever in memory."""

from __future__ import annotations

from app.adapters.imaging import print_strips, vips_stream
from app.adapters.imaging.print_plan import PrintPlan, margin
from app.adapters.imaging.vips_icc import Inks
from app.adapters.imaging.vips_photo import image_of, raster
from app.core.pictures import PrintFile, PrintSpec, Raster
from app.core.ports.imaging import Upscaler


def print_file(source: Raster, spec: PrintSpec, upscaler: Upscaler, profile: bytes | None) -> PrintFile:
    """Make the print of a picture that already has the print's aspect ratio. Raises Unprocessable."""
    inks, around = Inks.of(profile, spec), margin((source.width, source.height), spec)
    plan = PrintPlan(spec, _mirror_edges(source, around), upscaler, around)
    strips = print_strips.PrintStrips(plan)
    pixels = (strip.tobytes() for strip in strips)
    return plan.result(vips_stream.encode_stream(spec.full_size, print_strips.ROWS, pixels, inks.encode), strips.tiles)


def _mirror_edges(source: Raster, around: int) -> Raster:
    """Extend the picture on every side by `around` mirrored pixels."""
    if not around:
        return source
    size = source.width + 2 * around, source.height + 2 * around
    return raster(image_of(source).embed(around, around, *size, extend="mirror"))
