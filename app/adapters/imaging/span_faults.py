"""Finds where the upscaling network failed, and replaces those places by bicubic interpolation.

A fault is detected in two ways. Either the output is far outside the range from 0 to 1; for photographs it stays
between -0.5 and 1.5. Or the output, reduced to the original size, differs from the picture by more than detail can
explain; for photographs, the mean of a window differs by at most 17 of 255 levels (decision 0013).
"""

from __future__ import annotations

from typing import Any

FACTOR = 4
LEAST, MOST = -0.9, 1.9
"""The valid range of the network's output, before it is clipped to 0 to 1."""
WINDOW = 5
"""The side of a window whose mean is compared, in pixels of the picture."""
MOST_APART = 20
"""The largest accepted difference of a window's mean in any channel, in levels of 255."""
_AROUND = 10  # pixels of the picture; noise extends beyond the values that are out of range
_FEATHER = 4  # pixels; the transition to bicubic is twice as wide and centred on the edge of the replaced area
REACH = _AROUND + _FEATHER + 1
"""The largest distance from a fault at which pixels change, in pixels of the picture."""
_FAR = 1e4


def pixels_and_faults(answer: Any, rows: Any) -> tuple[Any, Any | None]:
    """Convert the network's output of shape (3, 4h, 4w) to 8-bit pixels of that shape, and find its faults.

    `rows` is the input of shape (h, w, 3). The faults are a mask of shape (h, w), or None if there are none. The array
    `answer` is overwritten.
    """
    import numpy as np

    least, most = answer.min(), answer.max()
    if not np.isfinite(least) or not np.isfinite(most):
        np.nan_to_num(answer, copy=False, nan=_FAR, posinf=_FAR, neginf=-_FAR)
        least, most = answer.min(), answer.max()
    faults = None
    if least < LEAST or most > MOST:
        outside = ((answer < LEAST) | (answer > MOST)).any(0)
        height, width, _ = rows.shape
        faults = outside.reshape(height, FACTOR, width, FACTOR).any((1, 3))
    answer *= 255
    answer += 0.5
    np.clip(answer, 0, 255, out=answer)
    pixels = answer.astype(np.uint8)
    differing = _differing(pixels, rows)
    if differing is not None:
        faults = differing if faults is None else faults | differing
    return pixels, faults


def _differing(pixels: Any, rows: Any) -> Any | None:
    """A mask of the windows in which the output, reduced to the original size, differs by more than MOST_APART."""
    import numpy as np

    height, width, _ = rows.shape
    if min(height, width) < WINDOW:
        return None
    wide = pixels[:, 0::4].astype(np.int16)
    for row in range(1, FACTOR):
        wide += pixels[:, row::4]
    small = wide[:, :, 0::4] + wide[:, :, 1::4]
    small += wide[:, :, 2::4]
    small += wide[:, :, 3::4]  # 16 times the mean
    small -= np.multiply(rows.transpose(2, 0, 1), FACTOR**2, dtype=np.int16)
    down, across = height - WINDOW + 1, width - WINDOW + 1
    sums = sum(small[:, :, at : at + across] for at in range(WINDOW)).astype(np.int32)
    sums = sum(sums[:, at : at + down] for at in range(WINDOW))
    bad = (np.abs(sums) > MOST_APART * FACTOR**2 * WINDOW**2).any(0)
    if not bad.any():
        return None
    marks = np.zeros((height, width), bool)
    for y in range(WINDOW):
        for x in range(WINDOW):
            marks[y : y + down, x : x + across] |= bad
    return marks


def repair(pixels: Any, rows: Any, top: int, faults: Any, first: int) -> Any:
    """Replace the surroundings of each fault in a band of the enlarged picture by bicubic, blended into the rest.

    `pixels` is 8-bit RGB, rows first. The band begins at row `top` of the picture `rows`, and the mask `faults`, which
    is as wide as the picture, at row `first`. The mask extends REACH rows beyond the band or to the picture's edge, so
    that adjacent bands match.
    """
    import numpy as np
    from PIL import Image, ImageFilter

    mask = Image.fromarray(faults.astype(np.uint8) * 255)
    soft = mask.filter(ImageFilter.MaxFilter(2 * _AROUND + 1)).filter(ImageFilter.BoxBlur(_FEATHER))
    large = soft.resize((soft.width * FACTOR, soft.height * FACTOR), Image.Resampling.BILINEAR)
    down = (top - first) * FACTOR
    weight = large.crop((0, down, large.width, down + len(pixels)))
    box = weight.getbbox()
    if box is None:
        return pixels
    band = Image.fromarray(pixels)
    band.paste(_bicubic(rows, top, box), box[:2], weight.crop(box))
    return np.asarray(band)


def _bicubic(rows: Any, top: int, box: tuple[int, int, int, int]) -> Any:
    """Enlarge a part of the picture. `box` is in enlarged pixels, with rows counted from the picture's row `top`."""
    from PIL import Image

    beyond = 4  # pixels; more than the reach of bicubic
    left, above, right, below = box[0], box[1] + top * FACTOR, box[2], box[3] + top * FACTOR
    x, y = max(0, left // FACTOR - beyond), max(0, above // FACTOR - beyond)
    part = Image.fromarray(rows[y : below // FACTOR + 1 + beyond, x : right // FACTOR + 1 + beyond])
    large = part.resize((part.width * FACTOR, part.height * FACTOR), Image.Resampling.BICUBIC)
    return large.crop((left - x * FACTOR, above - y * FACTOR, right - x * FACTOR, below - y * FACTOR))
