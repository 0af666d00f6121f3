"""A service that leaves out one thing it was asked for is not used."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from PIL import Image

from app.adapters.imaging.images_binding import Draw, Step
from app.adapters.imaging.images_proof import prove
from app.core.errors import AppError, Unavailable

TURNS = {90: Image.Transpose.ROTATE_270}


class Service:
    """Does as it is asked by Pillow, but for what it `ignores`."""

    def __init__(self, ignores: str = "") -> None:
        self.ignores = ignores

    async def __call__(
        self, photo: Sequence[bytes], steps: Sequence[Step | Draw], mime: str, quality: int | None
    ) -> bytes:
        image = Image.open(io.BytesIO(b"".join(photo))).convert("RGB")
        for step in steps:
            wish = {name: value for name, value in step.options.items() if name != self.ignores}
            if isinstance(step, Step):
                image = self._stepped(image, wish)
            elif self.ignores != "draw":
                mark = Image.open(io.BytesIO(b"".join(step.overlay))).convert("RGB")
                for inner in step.steps if self.ignores != "width" else ():
                    mark = mark.resize((inner.options["width"], inner.options["height"]))
                alpha = Image.new("L", mark.size, round(255 * wish.get("opacity", 1)))
                image.paste(mark, (wish.get("left", 0), wish.get("top", 0)), alpha)
        out = io.BytesIO()
        image.save(out, "PNG")
        return out.getvalue()

    def _stepped(self, image: Image.Image, wish: Mapping[str, Any]) -> Image.Image:
        if "flip" in wish:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if "rotate" in wish:
            image = image.transpose(TURNS[wish["rotate"]])
        if trim := wish.get("trim"):
            left, top = trim["left"], trim["top"]
            image = image.crop((left, top, left + trim["width"], top + trim["height"]))
        return image


def test_a_service_that_does_all_of_it_is_used() -> None:
    asyncio.run(prove(Service()))


@pytest.mark.parametrize("ignored", ["flip", "rotate", "trim", "draw", "opacity", "left", "top", "width"])
def test_a_service_that_ignores_one_thing_is_not_used(ignored: str) -> None:
    with pytest.raises(AppError) as refusal:
        asyncio.run(prove(Service(ignored)))
    assert refusal.value.code == "no_imaging"


def test_a_service_that_sends_something_else_is_not_used() -> None:
    async def page(*_: Any) -> bytes:
        return b"<html>"

    with pytest.raises(AppError, match="cannot be made here"):
        asyncio.run(prove(page))


def test_a_service_that_is_away_may_prove_itself_later() -> None:
    async def away(*_: Any) -> bytes:
        raise Unavailable()

    with pytest.raises(Unavailable):
        asyncio.run(prove(away))
