"""Requests about personal data: redaction, export, the deletion of a photo, and the deletion of a shop."""

from __future__ import annotations

from typing import Any

from app.privacy.photos import JOB
from app.privacy.requests import WORK
from bench.scale.site import Site, expect
from bench.scale.use_cases import jobs
from bench.scale.use_cases.model import Part, UseCase
from bench.scale.use_cases.webhooks import deliver
from tests.integration import webhooks
from tests.integration.storefront import Storefront


async def _ask(site: Site, kind: str) -> None:
    """Ask for the work on a customer who has ordered a design."""
    found = await site.one(
        "SELECT customer_id AS id FROM orders WHERE shop_id = ? AND customer_id IS NOT NULL LIMIT 1", site.shop
    )
    wish = {"kind": kind, "customer_id": found["id"]}
    expect(await site.merchant().post("/privacy/requests", wish), 202)


async def _ask_for_redaction(site: Site) -> None:
    await _ask(site, "redaction")


async def _ask_for_export(site: Site) -> None:
    await _ask(site, "export")


async def _delete(site: Site, made: tuple[Storefront, str]) -> None:
    shopper, design_id = made
    expect(await shopper.post(f"previews/{design_id}/delete", {}), 200)


async def _deleted(site: Site) -> None:
    await _delete(site, await jobs.design(site))


async def _left(site: Site) -> None:
    """A shop that has uninstalled the app, and whose data is to be deleted."""
    long_ago = "2026-01-01T00:00:00.000Z"
    await site.rows(
        "UPDATE shops SET is_active = 0, uninstalled_at = ?, proven_at = ?, installed_at = ? WHERE id = ?",
        *(long_ago, long_ago, long_ago, site.shop),
    )
    await site.rows("DELETE FROM access_tokens WHERE shop_id = ?", site.shop)
    await deliver(site, "shop/redact", webhooks.redact(site.shop))


async def _check_deletion(site: Site, _: Any) -> None:
    if await site.rows("SELECT id FROM shops WHERE id = ?", site.shop):
        raise RuntimeError("the shop was not deleted")


_shop = jobs.of_kind("delete a shop", "privacy.redact_shop", _left, part=Part.DELETION)

USE_CASES = (
    UseCase("delete a photo", Part.REQUEST, _delete, jobs.design),
    jobs.of_kind("delete a photo's files", JOB, _deleted, check=jobs.is_gone),
    jobs.of_kind("redact a customer", WORK["redaction"], _ask_for_redaction),
    jobs.of_kind("export a customer's data", WORK["export"], _ask_for_export),
    UseCase(_shop.name, _shop.part, _shop.run, _shop.prepare, _check_deletion),
)
