"""Deletes a customer's data: objects first, then rows, a page at a time, so that an interrupted job can be repeated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app import quotas
from app.core.app import App
from app.core.errors import Refused, Unavailable
from app.jobs import Lease
from app.privacy.deleted_rows import scrub
from app.privacy.model import Customer, Made
from app.privacy.personal_data import Personal, PersonalData, all_personal_data
from app.privacy.queries import customer_redaction, requests
from app.privacy.queries.browsers import Browsers
from app.privacy.requests import open_request

PAGE = 20


async def redact(app: App, lease: Lease) -> None:
    """Run the job that deletes a customer's data. Orders keep ids and amounts, and the audit log keeps an entry."""
    request, customer_id = await open_request(app, lease)
    customer, personal = Customer(request.shop_id, customer_id), all_personal_data(app.capabilities)
    await adopt_guest_items(app, customer)
    browsers = Browsers.of(customer, personal)
    await app.db.batch(*[statement for each in personal for statement in each.leave_browsers(customer, browsers)])
    for each in personal:
        await _delete_items(app, customer, each, personal)
    await _delete_files(app, customer, personal)
    for each in personal:
        await _stop_kept(app, customer, each)
    now = app.clock.now()
    try:
        await app.db.batch(
            *lease.finish(now),
            requests.close_request(customer.shop_id, request.id, "done", now),
            *[statement for each in personal for statement in each.forget(customer, now)],
            customer_redaction.forget_webhooks(customer, now),
            *requests.forget_requests(customer, now),
            customer_redaction.delete_shopper(customer, personal),
            requests.audit(customer.shop_id, request.asked_by, "customer_deleted", request.id, now),
        )
    except Refused as refused:
        if refused.code != "more_came":
            raise
        raise Unavailable("The customer's data changed in the meantime.", code="more_came") from refused
    await scrub(app)


async def adopt_guest_items(app: App, customer: Customer) -> None:
    """Assign the items that a customer made as a guest to the customer's shopper, which is created if necessary."""
    shopper = customer_redaction.insert_shopper(customer, app.clock.now())
    await app.db.batch(shopper, *_adopt(customer, all_personal_data(app.capabilities)))


def stop_items(data: PersonalData, shop_id: str, items: Sequence[Made], now: datetime) -> list[Any]:
    """Return statements that cancel and refund those items that are still being made. Refused with `moved_on`."""
    stopped = [statement for each in items for statement in data.stop(shop_id, each, now)]
    return [*stopped, customer_redaction.stop_jobs(shop_id, [each.id for each in items], now)]


async def delete_objects(app: App, shop_id: str, folder: str, subjects: Sequence[str], keys: Sequence[str]) -> None:
    """Delete objects by key, and all objects under these subjects, including those of attempts that no row records."""
    for subject in subjects:
        while left := await app.files.list(f"{shop_id}/{folder}/{subject}/"):
            await app.files.delete(*[each.key for each in left])
    await app.files.delete(*keys)


def _adopt(customer: Customer, personal: Personal) -> list[Any]:
    browsers = Browsers.of(customer, personal)
    return [statement for each in personal for statement in each.adopt(customer, browsers)]


async def _delete_items(app: App, customer: Customer, data: PersonalData, personal: Personal) -> None:
    shop_id = customer.shop_id
    while items := await data.items_of(app.db, customer, PAGE):
        ids = [each.id for each in items]
        try:  # an item that was completed meanwhile is adopted with its files, and read again
            await app.db.batch(*stop_items(data, shop_id, items, app.clock.now()), *_adopt(customer, personal))
        except Refused as refused:
            if refused.code != "moved_on":
                raise
            continue
        await delete_objects(app, shop_id, data.folder, ids, [])
        await app.db.batch(*data.delete(shop_id, ids, app.clock.now()), *customer_redaction.forget_items(shop_id, ids))


async def _delete_files(app: App, customer: Customer, personal: Personal) -> None:
    shop_id = customer.shop_id
    while files := await customer_redaction.files_of(app.db, customer, PAGE):
        ids, now = [row["id"] for row in files], app.clock.now()
        await app.files.delete(*[row["key"] for row in files])
        await app.db.batch(
            quotas.release_storage(shop_id, customer_redaction.live_bytes(shop_id, ids), now),
            *customer_redaction.delete_assets(shop_id, ids, now, personal),
        )


async def _stop_kept(app: App, customer: Customer, data: PersonalData) -> None:
    """Stop jobs for rows that outlive the customer, and delete the objects that were made for these rows."""
    after = ""
    while subjects := await data.kept_subjects(app.db, customer, after, PAGE):
        await app.db.batch(customer_redaction.stop_jobs(customer.shop_id, subjects, app.clock.now()))
        await delete_objects(app, customer.shop_id, data.folder, subjects, [])
        after = subjects[-1]
