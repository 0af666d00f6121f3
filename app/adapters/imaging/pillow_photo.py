"""Decoding of untrusted photos with Pillow: each is opened only with its format's decoder, then cropped, resized,
rotated and converted to sRGB.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.adapters.imaging import heic
from app.adapters.imaging.decode_errors import DAMAGE
from app.adapters.imaging.metadata_stripper import BarePhoto, bare
from app.adapters.imaging.missing_pixels import check_pixels
from app.core.crop_geometry import Box, unturned
from app.core.errors import BadPicture
from app.core.pictures import WHITE
from app.core.sizes import check_size

if TYPE_CHECKING:
    from PIL import Image, ImageCms

_ORIENTATION = 0x0112  # EXIF's orientation
# Modes that support resampling. Others are first converted to one of these.
_PLAIN = ("L", "RGB", "RGBA", "CMYK")


@contextmanager
def open_photo(data: bytes) -> Iterator[Image.Image]:
    """Open a photo without decoding its pixels yet. Errors in the body are translated to BadPicture too.

    Raises UnsupportedMedia, BadPicture.
    """
    from PIL import Image, UnidentifiedImageError

    photo = bare(data)
    try:
        check_pixels(photo)
        with _decoder(photo) as image:
            check_size(*image.size)
            if photo.profile and "icc_profile" not in image.info:
                image.info["icc_profile"] = photo.profile
            if photo.turn > 1:
                image.getexif()[_ORIENTATION] = photo.turn
            yield image
    except UnidentifiedImageError as error:
        raise BadPicture() from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture("This photo has too many pixels. Choose a smaller one.", code="too_many_pixels") from error
    except DAMAGE as error:
        raise BadPicture() from error


def _decoder(photo: BarePhoto) -> Image.Image:
    from PIL import Image

    if photo.format == "heic":
        return heic.decode(photo.data)
    return Image.open(io.BytesIO(photo.data), formats=(photo.format,))


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height in pixels after applying the EXIF orientation."""
    return image.size if _turn(image) < 5 else (image.height, image.width)


def pixels(image: Image.Image, box: Box, size: tuple[int, int], background: str = WHITE) -> Image.Image:
    """The box of the upright photo at `size`, in sRGB on `background`. It is rotated last, which is faster."""
    from PIL import Image

    turn, stored, profile = _turn(image), image.size, image.info.get("icc_profile")
    box = unturned(box, stored, turn)
    if turn >= 5:
        size = size[1], size[0]
    # A JPEG decoded at a reduced size is slightly softer than one resized with Lanczos. Decoding at twice the final
    # size leaves a further reduction, which hides that.
    left = 1 if (box.width, box.height) == stored else 2
    image.draft(None, (stored[0] * size[0] * left // box.width, stored[1] * size[1] * left // box.height))
    across, down = image.width / stored[0], image.height / stored[1]
    edges = (box.edges[0] * across, box.edges[1] * down, box.edges[2] * across, box.edges[3] * down)
    # After a reduced-size decode a shorter kernel is enough, and takes two thirds of the time.
    kernel = Image.Resampling.BICUBIC if left == 1 and image.size != stored else Image.Resampling.LANCZOS
    small = _plain(image).resize(size, kernel, box=edges, reducing_gap=2.0)
    return _finish(small, turn, profile, background)


def patch(image: Image.Image, box: Box, background: str = WHITE) -> Image.Image:
    """The same as `pixels`, at the photo's own resolution. The photo stays decoded for further patches."""
    turn, profile = _turn(image), image.info.get("icc_profile")
    image.load()
    return _finish(_plain(image.crop(unturned(box, image.size, turn).edges)), turn, profile, background)


def _finish(cut: Image.Image, turn: int, profile: bytes | None, background: str) -> Image.Image:
    from PIL import Image

    plain = _srgb(_rotate(cut, turn), profile, background)
    return Image.frombytes("RGB", plain.size, plain.tobytes())  # a new image, since Pillow would copy comments


def _turn(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except DAMAGE:  # damaged metadata; the pixels may still be intact
        return 1
    return value if value in range(1, 9) else 1


def _rotate(image: Image.Image, turn: int) -> Image.Image:
    from PIL import Image

    steps = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(steps[turn]) if turn in steps else image


def _plain(image: Image.Image) -> Image.Image:
    from PIL import Image

    if image.mode.startswith("I;16") or image.mode == "I":
        deep = image.convert("I").tobytes()  # 32 bits per pixel, little-endian: keep the second byte
        return Image.frombytes("L", image.size, deep[1::4])
    if image.mode == "1":
        return image.convert("L")
    clear = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    if clear:
        return image.convert("RGBA")
    return image if image.mode in _PLAIN else image.convert("RGB")


def _srgb(image: Image.Image, profile: bytes | None, background: str) -> Image.Image:
    """Convert to sRGB with the photo's own profile, then composite on the background, which is an sRGB colour."""
    from PIL import Image

    if image.mode != "RGBA":
        return _convert(image, profile)
    below = Image.new("RGB", image.size, background)
    return Image.composite(_convert(image.convert("RGB"), profile), below, image.getchannel("A"))


def _convert(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert with the profile if there is one and it is readable."""
    from PIL import ImageCms

    if profile:
        try:
            return _apply_profile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
        except (ImageCms.PyCMSError, OSError):
            pass  # an unusable profile: the unconverted values are the best guess
    return image.convert("RGB")


def _apply_profile(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    from PIL import ImageCms

    if image.mode == "L" and profile.profile.xcolor_space == "RGB ":
        image = image.convert("RGB")
    turned = ImageCms.profileToProfile(
        image,
        profile,
        ImageCms.createProfile("sRGB"),
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        "RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return turned if turned is not None else image
