"""SQL for mail to merchants."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, true, update

from app import jobs
from app.core.ports.database import Database, Expect
from app.core.statements import built_once
from app.core.tables import Json, moment, typed
from app.jobs import Job
from app.notifications.model import Recipient
from app.shops.tables import shops


async def recipient(db: Database, shop_id: str) -> Recipient | None:
    row = await db.one(_recipient(shop_id))
    return Recipient(**row) if row else None


@built_once
def _recipient(shop_id: str) -> Any:
    return select(*[shops.c[name] for name in Recipient.__dataclass_fields__]).where(shops.c.id == shop_id)


def schedule(job: Job, at: datetime) -> Any:
    """Queue a mail, unless one is queued already."""
    return jobs.start(job, at, true())


@built_once
def record_mail(shop_id: str, at: datetime, last_before: datetime) -> Expect:
    """Record that a mail is sent; refused with `mailed` if the last one was sent after `last_before`."""
    due = or_(shops.c.mailed_at.is_(None), shops.c.mailed_at <= moment(last_before))
    return Expect(update(shops).where(shops.c.id == shop_id, due).values(mailed_at=at), "mailed")


@built_once
def take_back_mail(shop_id: str, at: datetime, before: datetime | None) -> Any:
    """Restore the time of the mail before the one of `at`, which was not sent."""
    return update(shops).where(shops.c.id == shop_id, shops.c.mailed_at == at).values(mailed_at=moment(before))


def change_settings(shop_id: str, before: dict[str, Any] | None, after: dict[str, Any], at: datetime) -> Expect:
    """Replace a shop's settings; refused with `settings_changed` if they are not as they were read."""
    same = shops.c.settings.is_(None) if before is None else shops.c.settings == typed(before, Json())
    change = update(shops).where(shops.c.id == shop_id, same).values(settings=after, updated_at=at)
    return Expect(change, "settings_changed")
