"""What Cloudflare's refusals mean to a shopper, and whether a job tries again."""

from __future__ import annotations

import pytest

from app.adapters.imaging.images_binding import translate_error

DECODING = "IMAGES_TRANSFORM_ERROR 9516: Could not resize the image: error during decoding: bad marker"


@pytest.mark.parametrize(
    ("code", "message", "ours", "again"),
    [
        (9412, "IMAGES_TRANSFORM_ERROR 9412: The requested file is not an image", "unsupported_format", False),
        (9520, "IMAGES_TRANSFORM_ERROR 9520: Original image has unsupported format", "unsupported_format", False),
        (9413, "IMAGES_TRANSFORM_ERROR 9413: The image is too large", "too_many_pixels", False),
        (9402, "IMAGES_TRANSFORM_ERROR 9402: file too large", "too_large", False),
        (9516, DECODING, "damaged", False),
        (9516, "IMAGES_TRANSFORM_ERROR 9516: error during encoding: encode error", "imaging_unavailable", True),
        (9422, "IMAGES_TRANSFORM_ERROR 9422: transformations exhausted", "no_imaging", False),
        (9430, "IMAGES_TRANSFORM_ERROR 9430: Images Binding access denied", "no_imaging", False),
        (9522, "IMAGES_TRANSFORM_ERROR 9522: too busy", "imaging_unavailable", True),
        (9523, "Unexpected error response 503: busy", "imaging_unavailable", True),
        (9523, "Unexpected error response 422: cannot decode", "damaged", False),
        (9523, "Unexpected error response 413: too large", "too_large", False),
        (None, "Network connection lost.", "imaging_unavailable", True),
    ],
)
def test_a_refusal_gets_our_code(code: int | None, message: str, ours: str, again: bool) -> None:
    error = translate_error(code, message)
    assert (error.code, error.retryable) == (ours, again)
