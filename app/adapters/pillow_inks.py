"""Finished pixels become a file by Pillow: in the printer's colours, with all that a print shop reads first."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import Any

from app.adapters import made_by_ai
from app.adapters.colour_profile import Space, bad_profile, space_of
from app.adapters.print_pdf import Page, pdf
from app.core.pictures import PrintFormat, PrintSpec

_JPEG = {"format": "JPEG", "subsampling": 0}
_SAVE: dict[str, dict[str, Any]] = {
    "jpg": _JPEG,
    "pdf": _JPEG,
    "png": {"format": "PNG", "compress_level": 1},
    "tiff": {"format": "TIFF", "compression": "tiff_lzw"},
    "tiff-deflate": {"format": "TIFF", "compression": "tiff_adobe_deflate"},
}


@dataclass(frozen=True)
class Inks:
    """What a print is to be written in: the printer's profile, sRGB without one."""

    spec: PrintSpec
    profile: bytes | None
    space: Space

    @classmethod
    def of(cls, profile: bytes | None, spec: PrintSpec) -> Inks:
        """Raises Unprocessable for a profile that cannot be used."""
        return cls(spec, profile, space_of(profile, spec.format) if profile is not None else "RGB")

    @property
    def embedded(self) -> bytes:
        return srgb_profile() if self.profile is None else self.profile

    def encode(self, pixels: Any) -> bytes:
        """The file of these sRGB pixels. Raises Unprocessable when the profile is broken inside."""
        spec, options = self.spec, dict(_SAVE[self.spec.format])
        if options["format"] == "JPEG":
            options["quality"] = spec.quality
        if spec.by_ai:
            options |= _words(spec.format)
        out = io.BytesIO()
        self.converted(pixels).save(out, dpi=(spec.dpi, spec.dpi), icc_profile=self.embedded, **options)
        if spec.format != "pdf":
            return out.getvalue()
        return pdf(Page(out.getvalue(), spec, self.embedded, self.space, made_by_ai.XMP if spec.by_ai else None))

    def converted(self, pixels: Any) -> Any:
        """sRGB pixels in the printer's colours."""
        from PIL import ImageCms

        if self.profile is None:
            return pixels
        try:
            return ImageCms.applyTransform(pixels, self._transform)
        except ImageCms.PyCMSError as error:
            raise bad_profile() from error

    @functools.cached_property
    def _transform(self) -> Any:
        from PIL import ImageCms

        relative = self.spec.intent == "relative"
        return ImageCms.buildTransform(
            ImageCms.createProfile("sRGB"),
            ImageCms.ImageCmsProfile(io.BytesIO(self.profile or b"")),
            "RGB",
            self.space,
            ImageCms.Intent.RELATIVE_COLORIMETRIC if relative else ImageCms.Intent.PERCEPTUAL,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION if relative else ImageCms.Flags.NONE,
        )


def _words(fmt: PrintFormat) -> dict[str, Any]:
    """How Pillow is told to write XMP: each format has its own way."""
    from PIL import PngImagePlugin, TiffImagePlugin

    if fmt == "png":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt(made_by_ai.PNG_TEXT, made_by_ai.XMP.decode())
        return {"pnginfo": texts}
    if fmt in ("tiff", "tiff-deflate"):
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags.tagtype[made_by_ai.TIFF_TAG], tags[made_by_ai.TIFF_TAG] = 1, made_by_ai.XMP  # 1: bytes
        return {"tiffinfo": tags}
    return {"xmp": made_by_ai.XMP}


@functools.cache
def srgb_profile() -> bytes:
    """The sRGB profile, its date of making (bytes 24 to 35) taken out: the same print is the same file."""
    from PIL import ImageCms

    profile: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]
