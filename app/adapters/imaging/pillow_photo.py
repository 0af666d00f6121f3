"""A stranger's photo in Pillow: opened by the decoder of its format alone, cut, made small, turned, brought to sRGB."""

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

_TURNED = 0x0112  # EXIF's orientation
# Modes that resampling handles; the others are brought to one of these first.
_PLAIN = ("L", "RGB", "RGBA", "CMYK")


@contextmanager
def opened(data: bytes) -> Iterator[Image.Image]:
    """The photo, its header read and its pixels not decoded. Raises UnsupportedMedia, BadPicture, here and within."""
    from PIL import Image, UnidentifiedImageError

    photo = bare(data)
    try:
        check_pixels(photo)
        with _decoder(photo) as image:
            check_size(*image.size)
            if photo.profile and "icc_profile" not in image.info:
                image.info["icc_profile"] = photo.profile
            if photo.turn > 1:
                image.getexif()[_TURNED] = photo.turn
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
    """Width and height in pixels after the turn that EXIF asks for."""
    return image.size if _turn(image) < 5 else (image.height, image.width)


def pixels(image: Image.Image, box: Box, size: tuple[int, int], background: str = WHITE) -> Image.Image:
    """The box of the upright photo at `size`, in sRGB on `background`. Turned last: that is faster."""
    from PIL import Image

    turn, stored, profile = _turn(image), image.size, image.info.get("icc_profile")
    box = unturned(box, stored, turn)
    if turn >= 5:
        size = size[1], size[0]
    # A JPEG decoded small is a little softer than one made small by Lanczos. What is left to shrink hides that.
    left = 1 if (box.width, box.height) == stored else 2
    image.draft(None, (stored[0] * size[0] * left // box.width, stored[1] * size[1] * left // box.height))
    across, down = image.width / stored[0], image.height / stored[1]
    edges = (box.edges[0] * across, box.edges[1] * down, box.edges[2] * across, box.edges[3] * down)
    # What JPEG's own shrinking has left needs no longer kernel, and this takes two thirds of the time.
    kernel = Image.Resampling.BICUBIC if left == 1 and image.size != stored else Image.Resampling.LANCZOS
    small = _plain(image).resize(size, kernel, box=edges, reducing_gap=2.0)
    return _fresh(small, turn, profile, background)


def patch(image: Image.Image, box: Box, background: str = WHITE) -> Image.Image:
    """As `pixels`, at the photo's own resolution; the photo stays decoded, for others."""
    turn, profile = _turn(image), image.info.get("icc_profile")
    image.load()
    return _fresh(_plain(image.crop(unturned(box, image.size, turn).edges)), turn, profile, background)


def _fresh(cut: Image.Image, turn: int, profile: bytes | None, background: str) -> Image.Image:
    from PIL import Image

    plain = _srgb(_turned(cut, turn), profile, background)
    return Image.frombytes("RGB", plain.size, plain.tobytes())  # Pillow would carry comments along, and write them


def _turn(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_TURNED, 1)
    except DAMAGE:  # in what is said beside the pixels, which may be good
        return 1
    return value if value in range(1, 9) else 1


def _turned(image: Image.Image, turn: int) -> Image.Image:
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
        deep = image.convert("I").tobytes()  # 32 bits a pixel, little end first: its second byte is what we keep
        return Image.frombytes("L", image.size, deep[1::4])
    if image.mode == "1":
        return image.convert("L")
    clear = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    if clear:
        return image.convert("RGBA")
    return image if image.mode in _PLAIN else image.convert("RGB")


def _srgb(image: Image.Image, profile: bytes | None, background: str) -> Image.Image:
    """Through the photo's own profile, then on the background, which is said in sRGB."""
    from PIL import Image

    if image.mode != "RGBA":
        return _converted(image, profile)
    below = Image.new("RGB", image.size, background)
    return Image.composite(_converted(image.convert("RGB"), profile), below, image.getchannel("A"))


def _converted(image: Image.Image, profile: bytes | None) -> Image.Image:
    """By the profile where it has one that can be read."""
    from PIL import ImageCms

    if profile:
        try:
            return _through(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken or foreign profile: the numbers as they are come nearest
    return image.convert("RGB")


def _through(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
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
