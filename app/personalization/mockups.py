"""Mockups: a preview shown on its product, drawn from the blank's mockup template."""

from __future__ import annotations

import asyncio

from app import media
from app.core.app import App
from app.core.errors import AppError, NotFound
from app.core.mockups import Layer, MockupParts
from app.core.pictures import Picture
from app.core.ports.database import Database
from app.core.read_batch import ReadBatch
from app.personalization.mockup_templates import Template
from app.personalization.model import PREVIEW_SIDE, Generation
from app.personalization.print_sizes import Size


async def draw(app: App, wanted: Generation, size: Size, preview: Picture) -> Picture | None:
    """Draw the watermarked preview on its product; a mockup of the master would bypass the watermark.

    Returns None if the blank has no template, or if the mockup cannot be drawn: the preview is then shown without one.
    """
    if size.mockup is None:
        return None
    try:
        parts = await _parts(app, wanted.shop_id, Template.read(size.mockup))
        return await app.imaging.mockup(preview.data, parts, max_side=PREVIEW_SIDE, by_ai=not wanted.is_unstyled)
    except AppError as fault:
        app.log.warning("mockup_failed", preview=wanted.id, code=fault.code)
        return None


async def _parts(app: App, shop_id: str, template: Template) -> MockupParts:
    """Load the pictures of a template. Raises NotFound if one of them no longer exists."""
    at_once, layers = ReadBatch(app.db), template.layers
    photo, *above = await asyncio.gather(
        *[_picture(app, at_once, shop_id, id) for id in (template.photo_id, *[layer.asset_id for layer in layers])]
    )
    drawn = tuple(Layer(picture, layer.mode, layer.opacity) for picture, layer in zip(above, layers, strict=True))
    return MockupParts(photo, template.area, template.cylinder, template.blend, drawn)


async def _picture(app: App, db: Database, shop_id: str, asset_id: str) -> bytes:
    asset = await media.asset(db, shop_id, asset_id)
    if asset is None:
        raise NotFound("A picture of the mockup no longer exists.", code="template_missing")
    return await app.files.get(asset.key)
