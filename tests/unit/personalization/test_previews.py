"""Previews: counted once, made once, given back when nothing comes of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import update

from app import jobs, personalization, quotas, shops
from app.core.errors import AppError, BadPicture, Conflict, NotFound, Unavailable, Unprocessable
from app.core.pictures import Crop, ImageAnswer, ImageRequest
from app.core.ports.shopify import ProxyVisit
from app.jobs import Job
from app.personalization import Generation
from app.quotas.tables import quotas as quotas_table
from tests.apps import OTHER_SHOP, clock_of, open_shop, send_photo
from tests.fakes.ports import NotingQueue, PlainImages, PlainImaging
from tests.unit.personalization.studio import KINDS, Studio

pytestmark = pytest.mark.anyio


async def counted(studio: Studio) -> tuple[int, int]:
    """Generations of this month, and jobs that hold a slot."""
    quota = await quotas.quota(studio.app.db, studio.shop.id)
    assert quota is not None
    return quota.current_generations, quota.running


async def job_of(studio: Studio, preview: Generation) -> Job:
    (job,) = [
        job
        for job in await jobs.jobs_by_status(studio.app.db, ["pending", "running", "done", "failed", "dead"], 50)
        if job.subject_id == preview.id
    ]
    return job


async def test_a_preview_is_made_and_can_be_looked_at(studio: Studio) -> None:
    preview = await studio.ask()
    waiting = await studio.state(preview)
    assert (waiting.status, waiting.queue_position, waiting.preview_url) == ("pending", 0, None)
    assert await studio.run() == 1
    done = await studio.state(preview)
    assert (done.status, done.progress, done.queue_position) == ("completed", 100, None)
    assert done.preview_url is not None
    assert await counted(studio) == (1, 0)


async def test_the_model_is_asked_with_the_styles_prompt_and_the_sizes_shape(studio: Studio) -> None:
    await studio.made(style_id=studio.poster.styles[1].id, variant_id="2002")
    assert isinstance(studio.app.image_model, PlainImages)
    (asked,) = studio.app.image_model.asked
    assert (asked.prompt, asked.width, asked.height) == ("an ink drawing", 1448, 1448)


async def test_the_same_key_gives_the_same_preview_and_counts_once(studio: Studio) -> None:
    upload_id = await send_photo(studio.app, studio.shop)
    wishes = [await studio.wish(upload_id=upload_id, idempotency_key="k1") for _ in range(5)]
    asked = await asyncio.gather(*[personalization.request_preview(studio.app, studio.guest, wish) for wish in wishes])
    assert len({preview.id for preview in asked}) == 1
    assert await counted(studio) == (1, 0)
    assert await studio.run() == 1


async def test_a_key_that_comes_with_another_wish_is_a_conflict(studio: Studio) -> None:
    upload_id = await send_photo(studio.app, studio.shop)
    await studio.ask(upload_id=upload_id, idempotency_key="k1")
    with pytest.raises(Conflict):
        await studio.ask(upload_id=upload_id, idempotency_key="k1", variant_id="2002")
    assert await counted(studio) == (1, 0)


async def test_two_guests_may_use_the_same_key(studio: Studio) -> None:
    other = await shops.visitor(studio.app, ProxyVisit(studio.shop.id, None), None)
    mine, theirs = await studio.ask(idempotency_key="k"), await studio.ask(idempotency_key="k", visitor=other)
    assert mine.id != theirs.id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"style_id": "nobody"}, "unknown_style"),
        ({"variant_id": "9999"}, "unknown_variant"),
        ({"product_id": "9999"}, "product_not_enabled"),
        ({"upload_id": "nobody"}, "upload_missing"),
        ({"crop": Crop(0.5, 0, 0.6, 1)}, "bad_crop"),
        ({"crop": Crop(0, 0, 0.1, 1)}, "too_small"),
    ],
)
async def test_a_wish_that_cannot_be_met_is_refused_and_not_counted(
    studio: Studio, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(AppError) as refusal:
        await studio.ask(**changes)
    assert refusal.value.code == code
    quota = await quotas.quota(studio.app.db, studio.shop.id)
    assert quota is None or quota.current_generations == 0
    assert await studio.run() == 0


async def test_a_photo_of_another_shop_is_not_there(studio: Studio) -> None:
    other = await open_shop(studio.app, OTHER_SHOP)
    with pytest.raises(NotFound):
        await studio.ask(upload_id=await send_photo(studio.app, other))


async def test_a_photo_is_forgotten_after_a_day(studio: Studio) -> None:
    upload_id = await send_photo(studio.app, studio.shop)
    clock_of(studio.app).move(hours=24)
    with pytest.raises(NotFound) as refusal:
        await studio.ask(upload_id=upload_id)
    assert refusal.value.code == "upload_expired"


async def test_a_file_that_is_no_photo_is_refused_before_it_is_counted(studio: Studio) -> None:
    upload_id = await send_photo(studio.app, studio.shop, b"\x89PNG\r\n\x1a\n but no more")
    with pytest.raises(BadPicture):
        await studio.ask(upload_id=upload_id)


async def test_the_month_ends_with_a_plain_refusal(studio: Studio) -> None:
    upload_id = await send_photo(studio.app, studio.shop)
    await studio.app.db.batch(update(quotas_table).values(monthly_generation_limit=0))
    with pytest.raises(AppError) as refusal:
        await studio.ask(upload_id=upload_id)
    assert (refusal.value.status, refusal.value.code) == (402, "quota_exhausted")


async def test_a_preview_that_is_cancelled_before_it_runs_costs_nothing(studio: Studio) -> None:
    preview = await studio.ask()
    state = await personalization.cancel_preview(studio.app, studio.guest, preview.id)
    assert state.status == "cancelled"
    assert await counted(studio) == (0, 0)
    assert await studio.run() == 0


async def test_a_preview_that_is_cancelled_leaves_its_turn_to_the_next(studio: Studio) -> None:
    first, second = await studio.ask(), await studio.ask()
    studio.app = replace(studio.app, queue=(wake_ups := NotingQueue()))
    await personalization.cancel_preview(studio.app, studio.guest, first.id)
    assert wake_ups.woken == [(await job_of(studio, second)).id]


async def test_a_preview_that_is_cancelled_while_it_is_made_stores_nothing(studio: Studio) -> None:
    preview = await studio.ask()

    class Cancelling(PlainImages):
        async def render(self, request: ImageRequest) -> ImageAnswer:
            await personalization.cancel_preview(studio.app, studio.guest, preview.id)
            return await super().render(request)

    job = await job_of(studio, preview)
    await jobs.run_one(replace(studio.app, image_model=Cancelling()), KINDS, job.id)
    state = await studio.state(preview)
    assert (state.status, state.preview_url) == ("cancelled", None)
    assert await counted(studio) == (0, 0)


async def test_a_preview_that_is_done_stays_done(studio: Studio) -> None:
    preview = await studio.made()
    assert (await personalization.cancel_preview(studio.app, studio.guest, preview.id)).status == "completed"
    assert await counted(studio) == (1, 0)


async def test_cancelling_twice_gives_back_once(studio: Studio) -> None:
    await studio.made()
    preview = await studio.ask()
    for _ in range(2):
        await personalization.cancel_preview(studio.app, studio.guest, preview.id)
    assert await counted(studio) == (1, 0)


async def test_nobody_else_cancels_a_preview(studio: Studio) -> None:
    preview = await studio.ask()
    other = await shops.visitor(studio.app, ProxyVisit(studio.shop.id, None), None)
    with pytest.raises(NotFound):
        await personalization.cancel_preview(studio.app, other, preview.id)
    assert (await studio.state(preview)).status == "pending"


async def test_a_refusal_of_the_model_fails_the_preview_plainly_and_gives_it_back(studio: Studio) -> None:
    assert isinstance(studio.app.image_model, PlainImages)
    studio.app.image_model.fault = Unprocessable("This photo cannot be used.", code="ai_refused")
    preview = await studio.ask()
    await studio.run()
    state = await studio.state(preview)
    assert (state.status, state.error_code, state.error_message) == (
        "failed",
        "ai_refused",
        "This photo cannot be used.",
    )
    assert await counted(studio) == (0, 0)


async def test_a_model_that_is_away_for_a_moment_costs_time_and_nothing_else(studio: Studio) -> None:
    assert isinstance(studio.app.image_model, PlainImages)
    studio.app.image_model.fault = Unavailable()
    preview = await studio.ask()
    await studio.run()
    assert (await studio.state(preview)).status == "processing"
    studio.app.image_model.fault = None
    clock_of(studio.app).move(minutes=1)
    await studio.run()
    assert (await studio.state(preview)).status == "completed"
    assert await counted(studio) == (1, 0)


async def test_a_model_that_stays_away_fails_the_preview_and_gives_it_back(studio: Studio) -> None:
    assert isinstance(studio.app.image_model, PlainImages)
    studio.app.image_model.fault = Unavailable()
    preview = await studio.ask()
    for _ in range(4):
        await studio.run()
        clock_of(studio.app).move(minutes=1)
    assert (await studio.state(preview)).status == "failed"
    assert (await job_of(studio, preview)).status == "dead"
    assert await counted(studio) == (0, 0)


async def test_a_photo_that_the_decoder_refuses_fails_the_preview_at_once(studio: Studio) -> None:
    assert isinstance(studio.app.imaging, PlainImaging)
    studio.app.imaging.fault = BadPicture()
    preview = await studio.ask()
    await studio.run()
    assert (await studio.state(preview)).error_code == "damaged"
    assert await counted(studio) == (0, 0)


async def test_a_preview_of_another_shop_is_not_there(studio: Studio) -> None:
    preview = await studio.made()
    with pytest.raises(NotFound):
        await personalization.preview_state(studio.app, OTHER_SHOP, preview.id)
