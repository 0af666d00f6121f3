"""Whatever happens to photos in whatever order, a shop's storage counter is the bytes of its rows."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from sqlalchemy import func, select, update

from app import media, personalization, privacy, quotas, shops
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.ports.shopify import ProxyVisit
from app.media.model import LATE_LIFE, TICKET_LIFE, UPLOAD_LIFE
from app.media.tables import assets
from app.personalization import PreviewRequest
from app.quotas.tables import quotas as quotas_table
from handlers import jobs as runner
from tests.apps import PHOTO, SHOP, clock_of, close, make_app, open_shop, stock

ROOM = len(PHOTO) * 6
TICKETS = Bundle("tickets")


class Photos(RuleBasedStateMachine):
    """One shop with room for six photos, and the ids of the tickets it gave."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.app = make_app(Path(self.folder.name))
        self.refused: set[str] = set()

    def teardown(self) -> None:
        self.runner.run(close(self.app))
        self.runner.close()
        self.folder.cleanup()

    @initialize()
    def open(self) -> None:
        self.shop = self.runner.run(open_shop(self.app))
        self.poster = self.runner.run(stock(self.app))
        visit = ProxyVisit(SHOP, "9001")
        self.shopper = self.runner.run(shops.visitor(self.app, visit, None))
        limits = {"storage_quota_bytes": ROOM, "monthly_generation_limit": 1000}
        self.runner.run(self.app.db.batch(update(quotas_table).values(**limits)))

    @rule(target=TICKETS)
    def ask_for_a_ticket(self) -> Any:
        wish = media.UploadRequest("photo.png", "image/png", len(PHOTO))
        try:
            return self.runner.run(media.open_upload(self.app, SHOP, "UTC", wish)).id
        except AppError as fault:
            self.refused.add(fault.code)
            return new_id()

    @rule(ticket=TICKETS)
    def the_photo_comes(self, ticket: str) -> None:
        """However late: what was sent in time may take its time."""
        asset = self.asset(ticket)
        if asset:
            self.runner.run(self.app.files.put(asset.key, PHOTO, asset.mime))

    @rule(ticket=TICKETS)
    def a_preview_is_asked_for(self, ticket: str) -> None:
        wish = PreviewRequest(ticket, "1001", self.poster.styles[0].id)
        try:
            self.runner.run(personalization.request_preview(self.app, self.shopper, wish))
        except AppError as fault:
            self.refused.add(fault.code)

    @rule()
    def jobs_run(self) -> None:
        self.runner.run(runner.run_due(self.app))

    @rule(ticket=consumes(TICKETS))
    def the_photo_is_deleted(self, ticket: str) -> None:
        design = self.runner.run(
            self.app.db.one(select(GENERATIONS.c.id).where(GENERATIONS.c.upload_asset_id == ticket).limit(1))
        )
        if design:
            self.runner.run(privacy.delete_photo(self.app, self.shopper, design["id"]))

    @rule(
        waited=st.sampled_from([timedelta(minutes=1), TICKET_LIFE, LATE_LIFE, UPLOAD_LIFE, timedelta(days=31)]),
        sweeps=st.integers(0, 3),
    )
    def time_passes(self, waited: timedelta, sweeps: int) -> None:
        clock_of(self.app).move(seconds=waited.total_seconds())
        for _ in range(sweeps):
            self.runner.run(runner.sweep(self.app))

    @invariant()
    def the_counter_is_the_bytes_of_the_rows(self) -> None:
        held = func.coalesce(func.sum(assets.c.bytes), 0).label("held")
        row = self.runner.run(self.app.db.one(select(held).where(assets.c.deleted_at.is_(None))))
        quota = self.runner.run(quotas.quota(self.app.db, SHOP))
        assert quota is None or row == {"held": quota.current_storage_bytes}

    @invariant()
    def nothing_is_refused_but_for_room_or_time(self) -> None:
        assert self.refused <= {"storage_full", "upload_missing", "upload_expired"}

    @rule()
    def all_is_over(self) -> None:
        """Nothing of an unused photo is left but what a design needs."""
        for hours in (25, 24 * 5, 24 * 2):
            clock_of(self.app).move(hours=hours)
            for _ in range(3):
                self.runner.run(runner.sweep(self.app))
        awaited = select(assets.c.id).where(assets.c.purpose == "upload", assets.c.deleted_at.is_(None))
        assert self.runner.run(self.app.db.all(awaited)) == []
        assert not [each for each in self.stored() if "/uploads/" in each]

    def asset(self, upload_id: str) -> media.Asset | None:
        return self.runner.run(media.asset(self.app.db, SHOP, upload_id))

    def stored(self) -> list[str]:
        return [each.key for each in self.runner.run(self.app.files.list("", limit=1000))]


GENERATIONS = assets.metadata.tables["generations"]
TestPhotos = Photos.TestCase
TestPhotos.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)
