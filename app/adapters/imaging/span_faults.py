"""Where the network failed, and bicubic in its place.

A fault shows in two ways. The answer leaves 0 to 1 by far: in photographs it stays within -0.5 and 1.5. Or, made
small again, a window of it parts from the picture by more than detail explains: by at most 17 of 255 in photographs
(decision 0013).
"""

from __future__ import annotations

from typing import Any

FACTOR = 4
LEAST, MOST = -0.9, 1.9
"""The network's answer, before it is clipped to 0 to 1."""
WINDOW = 5
"""Pixels of the picture on a side of a window whose mean is compared."""
MOST_APART = 20
"""Levels of 255 by which the mean of a window may differ, in any channel."""
_AROUND = 10  # pixels of the picture: static reaches farther than what leaves the range
_FEATHER = 4  # pixels: bicubic takes over within twice as many, half of them inside of what is around
REACH = _AROUND + _FEATHER + 1
"""Pixels of the picture from a fault beyond which nothing changes."""
_FAR = 1e4


def pixels_and_faults(answer: Any, rows: Any) -> tuple[Any, Any | None]:
    """The network's answer (3, 4h, 4w) as 8-bit pixels of that shape, and where in the rows (h, w, 3) it failed.

    Faults are a mask (h, w), or None where there is none. The answer is overwritten.
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
    apart = _apart(pixels, rows)
    if apart is not None:
        faults = apart if faults is None else faults | apart
    return pixels, faults


def _apart(pixels: Any, rows: Any) -> Any | None:
    """The pixels of the rows in whose windows the answer, made small again, differs by more than MOST_APART."""
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


def mended(pixels: Any, rows: Any, top: int, faults: Any, first: int) -> Any:
    """A band of the enlarged picture (8-bit RGB, rows first), bicubic around each fault and blended into the rest.

    The band begins at row `top` of the picture `rows`; the mask `faults` at row `first`, as wide as the picture. It
    reaches REACH rows beyond the band, or to the picture's edge, so that bands agree about the rows between them.
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
    """This part of the enlarged picture, left, top, right and bottom counted from the enlarged row of `top`."""
    from PIL import Image

    beyond = 4  # pixels: more than bicubic looks at
    left, above, right, below = box[0], box[1] + top * FACTOR, box[2], box[3] + top * FACTOR
    x, y = max(0, left // FACTOR - beyond), max(0, above // FACTOR - beyond)
    part = Image.fromarray(rows[y : below // FACTOR + 1 + beyond, x : right // FACTOR + 1 + beyond])
    large = part.resize((part.width * FACTOR, part.height * FACTOR), Image.Resampling.BICUBIC)
    return large.crop((left - x * FACTOR, above - y * FACTOR, right - x * FACTOR, below - y * FACTOR))
