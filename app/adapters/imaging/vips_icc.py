"""Encoding of print files with libvips: in the printer's colours, with the resolution and the colour profile."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.adapters.imaging import made_by_ai
from app.adapters.imaging.colour_profile import Space, bad_profile, space_of
from app.adapters.imaging.print_pdf import Page, pdf
from app.adapters.imaging.vips_photo import library
from app.core.pictures import PrintSpec

_JPEG = {"subsample_mode": "off"}  # without optimised coding, which would hold the whole picture
_TIFF = {"predictor": "horizontal", "resunit": "inch"}
_SAVE: dict[str, tuple[str, dict[str, Any]]] = {
    "jpg": (".jpg", _JPEG),
    "pdf": (".jpg", _JPEG),
    "png": (".png", {"compression": 1, "filter": "up"}),  # without a filter, three times as large
    "tiff": (".tif", {"compression": "lzw", **_TIFF}),
    "tiff-deflate": (".tif", {"compression": "deflate", **_TIFF}),
}
_SRGB = "srgb"


@dataclass(frozen=True)
class Inks:
    """The colours in which a print is written: those of the printer's profile, or sRGB without one."""

    spec: PrintSpec
    profile: bytes | None
    space: Space

    @classmethod
    def of(cls, profile: bytes | None, spec: PrintSpec) -> Inks:
        """The inks for a profile. Raises Unprocessable if it cannot be used."""
        return cls(spec, profile, space_of(profile, spec.format) if profile is not None else "RGB")

    def encode(self, image: Any) -> bytes:
        """Encode sRGB pixels as the print file. Raises Unprocessable if the profile's content is damaged."""
        with self._file() as profile:
            made = self._save(self._convert(image, profile), profile)
        if self.spec.format != "pdf":
            return made
        embedded = self.profile or library().Image.profile_load(_SRGB)
        xmp = made_by_ai.XMP if self.spec.by_ai else None
        return pdf(Page(made, self.spec, bytes(embedded), self.space, xmp))

    @contextmanager
    def _file(self) -> Iterator[str]:
        """The profile's path, since libvips reads profiles only from files, or the name of its built-in sRGB."""
        if self.profile is None:
            yield _SRGB
            return
        with tempfile.NamedTemporaryFile(suffix=".icc") as file:
            file.write(self.profile)
            file.flush()
            yield file.name

    def _convert(self, image: Any, profile: str) -> Any:
        if self.profile is None:
            return image
        vips, way = library(), {"input_profile": _SRGB, "intent": self.spec.intent, "depth": 8}
        try:
            return image.icc_transform(profile, black_point_compensation=self.spec.intent == "relative", **way)
        except vips.Error as error:
            raise bad_profile() from error

    def _save(self, image: Any, profile: str) -> bytes:
        suffix, options = _SAVE[self.spec.format]
        if suffix == ".jpg":
            options = {**options, "Q": self.spec.quality}
        per_mm = self.spec.dpi / 25.4  # libvips uses pixels per millimetre
        image = image.copy(xres=per_mm, yres=per_mm)
        if self.spec.by_ai:
            image.set_type(library().GValue.blob_type, "xmp-data", made_by_ai.XMP)
        # The image is made from raw pixels, so it has no metadata to strip, and stripping would also drop the dpi.
        data: bytes = image.write_to_buffer(suffix, profile=profile, **options)
        return data
