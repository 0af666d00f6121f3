"""The editor of a style: its name, its prompt, its example picture, and copies of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from app import media
from app.core.app import App
from app.core.errors import Conflict, NotFound, Refused, Unprocessable
from app.core.ids import new_id
from app.core.read_batch import ReadBatch
from app.core.times import to_text
from app.personalization.model import Style
from app.personalization.prompts import PLACEHOLDERS, unknown_placeholders
from app.personalization.queries import styles
from app.shops import Shop

LONGEST_NAME = 60
LONGEST_PROMPT = 2000
EXAMPLE_SIDE = 512
"""Pixels of an example picture, which is square. The storefront shows it much smaller."""
MOST_STYLES = 200
"""Of one shop, archived ones included: every product page lists the active ones."""


@dataclass(frozen=True)
class StyleForm:
    """The fields of the form as text. `id` is None for a style that is not saved yet.

    `seen` identifies the saved values that the form shows, so that it cannot undo what somebody else has saved.
    """

    name: str = ""
    prompt: str = ""
    seen: str = ""
    id: str | None = None
    example_key: str | None = None
    usage_count: int = 0


async def style_form(app: App, shop_id: str, style_id: str) -> StyleForm:
    """Raises NotFound, also for an archived style."""
    found = await styles.edited_style(app.db, shop_id, style_id)
    if found is None:
        raise NotFound()
    return StyleForm(
        name=found.name,
        prompt=found.prompt_template,
        seen=to_text(found.updated_at),
        id=found.id,
        example_key=found.example_key,
        usage_count=found.usage_count,
    )


async def create_style(app: App, shop_id: str, form: StyleForm) -> StyleForm:
    """Add a style as the last one, and offer it on all products that are enabled. Raises Unprocessable."""
    style, now = Style(new_id(), *_checked(form)), app.clock.now()
    if await styles.count_styles(app.db, shop_id) >= MOST_STYLES:
        raise Unprocessable(f"A shop can have up to {MOST_STYLES} styles.", code="too_many_styles", field="name")
    await app.db.batch(
        styles.insert_last(shop_id, style.id, style.name, style.prompt_template, None, now),
        styles.offer_on_products(shop_id, style.id, now),
    )
    return await style_form(app, shop_id, style.id)


async def save_style(app: App, shop_id: str, style_id: str, form: StyleForm) -> StyleForm:
    """Save the name and the prompt. Previews that were requested before keep the prompt they were requested with.

    Raises NotFound, Unprocessable, and Conflict if the style was saved in the meantime.
    """
    name, prompt = _checked(form)
    current = await style_form(app, shop_id, style_id)
    if (name, prompt) == (current.name, current.prompt):
        return current
    try:
        await app.db.batch(styles.save_style(shop_id, style_id, name, prompt, form.seen, app.clock.now()))
    except Refused as refused:
        raise _changed_elsewhere() from refused
    return await style_form(app, shop_id, style_id)


async def copy_style(app: App, shop_id: str, style_id: str) -> StyleForm:
    """Add a copy of a style without its example picture. The copy is not offered until it is enabled.

    Raises NotFound and Unprocessable.
    """
    at_once = replace(app, db=ReadBatch(app.db))
    original, count = await asyncio.gather(
        style_form(at_once, shop_id, style_id), styles.count_styles(at_once.db, shop_id)
    )
    if count >= MOST_STYLES:
        raise Unprocessable(f"A shop can have up to {MOST_STYLES} styles.", code="too_many_styles")
    name = f"{original.name[: LONGEST_NAME - len(' (copy)')]} (copy)"
    copy_id, now = new_id(), app.clock.now()
    await app.db.batch(
        styles.insert_last(shop_id, copy_id, name, original.prompt, None, now),
        styles.activate_style(shop_id, copy_id, False, now),
    )
    return await style_form(app, shop_id, copy_id)


async def open_example(app: App, shop: Shop, style_id: str, wanted: media.UploadRequest) -> media.Upload:
    """Open an upload for an example picture. Raises NotFound, and the errors of `media.open_upload`."""
    await style_form(app, shop.id, style_id)
    return await media.open_upload(app, shop.id, shop.timezone, wanted)


async def set_example(
    app: App, shop_id: str, style_id: str, upload_id: str, take: Callable[[int], Awaitable[None]]
) -> StyleForm:
    """Show an uploaded picture as the style's example, cropped to a square. The previous one is deleted.

    `take` is called with the decoding cost in units and may raise an error to refuse it. Raises NotFound, the errors of
    `media.read_upload`, BadPicture, and the errors of `take`.
    """
    at_once = replace(app, db=ReadBatch(app.db))
    _, found = await asyncio.gather(style_form(at_once, shop_id, style_id), media.asset(at_once.db, shop_id, upload_id))
    upload, header = await media.read_upload(app, found)
    await take(media.decoding_cost(header))
    picture = await app.imaging.develop(
        await app.files.get(upload.key), crop=None, width=EXAMPLE_SIDE, height=EXAMPLE_SIDE, mime="image/webp"
    )
    owner, now = ("ai_style", style_id), app.clock.now()
    stored = await media.store(
        app,
        shop_id,
        {"example": picture},
        folder="personalization",
        subject=style_id,
        attempt=new_id(),
        owner=owner,
        person=None,
    )
    try:
        await app.db.batch(
            *stored.rows(now),
            media.expire(shop_id, upload.id, now),
            *styles.replace_example(shop_id, style_id, stored.ids["example"], now),
        )
    except Refused as refused:  # archived in the meantime
        await stored.discard()
        raise NotFound() from refused
    return await style_form(app, shop_id, style_id)


def _checked(form: StyleForm) -> tuple[str, str]:
    """Return the name and the prompt. Raises Unprocessable with the field that is wrong."""
    name, prompt = " ".join(form.name.split()), form.prompt.strip()
    if not name:
        raise Unprocessable("Enter a name. Shoppers see it.", code="no_name", field="name")
    if len(name) > LONGEST_NAME:
        raise Unprocessable(f"Enter up to {LONGEST_NAME} characters.", code="name_too_long", field="name")
    if not prompt:
        raise Unprocessable("Describe the look for the image model.", code="no_prompt", field="prompt")
    if len(prompt) > LONGEST_PROMPT:
        raise Unprocessable(f"Enter up to {LONGEST_PROMPT} characters.", code="prompt_too_long", field="prompt")
    if unknown := unknown_placeholders(prompt):
        known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
        raise Unprocessable(
            f"{unknown[0][:40]} is not a placeholder. Use {known}, or leave out the braces.",
            code="unknown_placeholder",
            field="prompt",
        )
    return name, prompt


def _changed_elsewhere() -> Conflict:
    return Conflict(
        "This style was changed in another tab. Copy what you typed, then reload the page.", code="changed_elsewhere"
    )
