"""The example pictures of the starter styles: the local looks, on the photo of the demo.

python -m tests.starter_pictures    draws them into app/personalization/starter/
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from app.core.app import App
from app.core.pictures import ImageRequest
from app.core.settings import Settings
from app.personalization.starter_set import PICTURES, STARTER_STYLES, StarterStyle
from app.wiring import build
from handlers.demo.shop import PHOTO
from tests.apps import environ

DRAWN_SIDE = 384
"""Pixels at which a look is drawn. At the side of the example, its strokes would be too coarse."""
SIDE = 256
"""Pixels of an example: the storefront block shows it at about 100 points, on screens of two pixels a point."""


async def drawn(app: App, style: StarterStyle) -> bytes:
    """The example of a style as WebP, labelled as made by AI."""
    photo = await app.imaging.develop(
        PHOTO.read_bytes(), crop=None, width=DRAWN_SIDE, height=DRAWN_SIDE, mime="image/jpeg"
    )
    answer = await app.image_model.render(ImageRequest(style.prompt, [photo], DRAWN_SIDE, DRAWN_SIDE))
    return (await app.imaging.preview(answer.picture, max_side=SIDE, mark=None, by_ai=True)).data


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = build(Settings.load(environ(Path(folder))))
        for style in STARTER_STYLES:
            (PICTURES / style.picture).write_bytes(await drawn(app, style))


if __name__ == "__main__":
    asyncio.run(main())
