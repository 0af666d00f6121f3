"""Every sweep of the upkeep: with nothing to do, as in almost every minute, and with something due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from app.capabilities import CAPABILITIES
from app.core.ids import first_id
from app.core.lazy import load
from app.core.times import to_text
from app.privacy import retention
from bench.scale.site import Site
from bench.scale.use_cases.model import Part, UseCase, nothing
from handlers.jobs import resend_wake_ups

PAGE = 40
"""Rows that are due before each run of a sweep."""
Prepare = Callable[[Site], Awaitable[Any]]


async def _due_uploads(site: Site) -> None:
    """Files of several shops whose time is over. The objects do not exist, as for photos that never arrived."""
    await site.rows(
        "UPDATE assets SET expires_at = ? WHERE id IN "
        "(SELECT id FROM assets WHERE purpose = 'upload' AND deleted_at IS NULL ORDER BY id DESC LIMIT ?)",
        *(_before(site.now, minutes=1), PAGE),
    )


async def _old_calls(site: Site) -> None:
    moved = await site.rows("SELECT id FROM api_usage ORDER BY id LIMIT ?", PAGE)
    for number, row in enumerate(moved):
        old = first_id(site.now - timedelta(days=100, seconds=number))[:-12] + row["id"][-12:]
        created_at = _before(site.now, days=100)
        await site.rows("UPDATE api_usage SET id = ?, created_at = ? WHERE id = ?", old, created_at, row["id"])


async def _fading_tokens(site: Site) -> None:
    await site.rows("DELETE FROM jobs WHERE kind = 'shops.keep_token'")
    await site.rows(
        "UPDATE access_tokens SET refresh_expires_at = ? WHERE shop_id IN (SELECT id FROM shops ORDER BY id LIMIT ?)",
        *(_before(site.now, days=-3), PAGE),
    )


def _round(name: str) -> Prepare:
    """A round of one of the privacy sweep's steps that begins, while those of the others have ended."""

    async def prepare(site: Site) -> None:
        await _ended_rounds(site)
        await site.rows("UPDATE sweeps SET begun_at = ? WHERE name = ?", _before(site.now, days=2), name)

    return prepare


async def _ended_rounds(site: Site) -> None:
    """The rounds of all steps have ended just now, those too that this version has and the generated rows have not."""
    await site.rows("DELETE FROM sweeps")
    for name in retention.SWEEPS:
        await site.rows(
            "INSERT INTO sweeps (name, begun_at, created_at, updated_at) VALUES (?, ?, ?, ?)",
            *(name, *[to_text(site.now)] * 3),
        )


def _before(now: datetime, **amount: float) -> str:
    return to_text(now - timedelta(**amount))


DUE: dict[str, dict[str, Prepare]] = {
    "app.shops:keep_tokens": {"fading tokens": _fading_tokens},
    "app.media:sweep_uploads": {"expired files": _due_uploads},
    "app.generation:sweep_usage": {"old calls": _old_calls},
    "app.privacy:sweep": {f"round of {name}": _round(name) for name in retention.SWEEPS},
}
"""What gives each sweep something to do."""

NEVER_DUE = {
    "app.shops:reseal_tokens": "has work only while a key is replaced, and then reads pages of a small table",
    "app.privacy:scrub": "truncates SQLite's log, whatever the number of rows",
}
"""Sweeps that are measured without work only, and why."""

SWEEPS = tuple(name for each in CAPABILITIES for name in each.sweeps)


def _use_cases(name: str) -> list[UseCase]:
    async def run(site: Site, _: Any) -> None:
        await load(name)(site.app)

    short = name.removeprefix("app.").replace(":", ".")
    idle = UseCase(f"{short}, idle", Part.IDLE, run, _ended_rounds, of_all_shops=True)
    due = [
        UseCase(f"{short}, {what}", Part.DUE, run, prepare, of_all_shops=True)
        for what, prepare in DUE.get(name, {}).items()
    ]
    return [idle, *due]


async def _resend(site: Site, _: None) -> None:
    await resend_wake_ups(site.app)


USE_CASES = (
    *(each for name in SWEEPS for each in _use_cases(name)),
    UseCase("resend wake-ups", Part.IDLE, _resend, nothing, of_all_shops=True),
)
