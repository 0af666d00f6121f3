"""Conversion of finished pixels to a printer's colours, with Pillow and Little CMS."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import Any

from app.adapters.imaging.colour_profile import Space, bad_profile, space_of
from app.adapters.imaging.print_tags import srgb_profile
from app.core.pictures import PrintSpec


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

    @property
    def embedded(self) -> bytes:
        """The profile to embed in the file."""
        return srgb_profile() if self.profile is None else self.profile

    def convert(self, pixels: Any) -> Any:
        """Convert sRGB pixels to the printer's colours. Raises Unprocessable if the profile's content is damaged."""
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
