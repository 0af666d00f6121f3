"""An image model of the tests' own: quick, and slow or out of order when told."""

from __future__ import annotations

import asyncio
import io

from PIL import Image

from app.core.errors import AppError
from app.core.pictures import ImageAnswer, ImageRequest, ModelUsage

USAGE = ModelUsage(cost_micros=39_000, input_tokens=1290, output_tokens=1290)


class Painter:
    """Swaps red and blue. `faults` come first, one a call; a closed `gate` keeps calls waiting."""

    service = "tests"
    name = "painter"

    def __init__(self) -> None:
        self.faults: list[AppError] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[ImageRequest] = []

    async def render(self, request: ImageRequest) -> ImageAnswer:
        self.asked.append(request)
        if self.faults:
            raise self.faults.pop(0)
        await self.gate.wait()
        red, green, blue = Image.open(io.BytesIO(request.pictures[0].data)).convert("RGB").split()
        out = io.BytesIO()
        Image.merge("RGB", (blue, green, red)).save(out, "PNG", compress_level=1)
        return ImageAnswer((out.getvalue(),), self.name, USAGE)
