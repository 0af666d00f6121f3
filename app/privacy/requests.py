"""Requests about a customer's data, from Shopify's webhooks and from the merchant's page. Each is a row and a job."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from app import jobs, shops
from app.core.app import App
from app.core.errors import AppError, Refused, Unprocessable
from app.core.ids import new_id
from app.core.json_values import shopify_id
from app.core.read_batch import ReadBatch
from app.jobs import Job, Lease
from app.privacy.model import LINK_LIFE, Customer, Overview, Request, preview_life
from app.privacy.personal_data import all_personal_data
from app.privacy.queries import requests
from app.shops import Shop

TAKE = "privacy.take_request"
WORK = {"export": "privacy.export", "redaction": "privacy.redact"}
KIND_OF = {"customers/data_request": "export", "customers/redact": "redaction"}
SHOWN = 50
CLAIMED_AT_ONCE = 50
MAX_ORDERS = 10_000


def data_request_fields(payload: Any) -> dict[str, Any]:
    """Return the fields of customers/data_request to record, which are ids. Raises ValueError, KeyError, TypeError."""
    if "orders_to_redact" in payload:
        raise ValueError("this is a customers/redact webhook")
    return _request_fields(payload)


def customer_redact_fields(payload: Any) -> dict[str, Any]:
    """Return the fields of customers/redact to record, which are ids. Raises ValueError, KeyError, TypeError.

    The payload is checked because a request to see a customer's data must not delete it, and the signature does not
    cover the topic.
    """
    if "data_request" in payload:
        raise ValueError("this is a customers/data_request webhook")
    return _request_fields(payload)


def _request_fields(payload: Any) -> dict[str, Any]:
    """Return the fields of a compliance webhook about a customer to record.

    The signed body of such a webhook names the shop, which that of an order webhook does not. Orders whose ids cannot
    be read are left out, because a customer's orders are also found by the customer's id.
    """
    if not payload["shop_domain"]:
        raise ValueError("the payload names no shop")
    customer_id = shopify_id(payload["customer"]["id"])
    if customer_id is None:
        raise ValueError("the payload has no readable customer id")
    named = payload.get("orders_requested") or payload.get("orders_to_redact")
    orders = [shopify_id(order) for order in named] if isinstance(named, list) else []
    return {"customer_id": customer_id, "orders": [order for order in orders if order][:MAX_ORDERS]}


async def take_request(app: App, lease: Lease) -> None:
    """Run the job of a compliance webhook: assign the orders to the customer, record the request and queue its job."""
    job, now = lease.job, app.clock.now()
    delivery = await shops.delivery(app.db, job.shop_id, job.subject_id)
    if delivery is None or delivery.fields is None or not await shops.shop(app.db, job.shop_id):
        closing = shops.close_delivery(job.shop_id, job.subject_id, "ignored", "nothing is kept of this shop", now)
        await app.db.batch(*lease.finish(now), closing)
        return
    customer, personal = Customer(job.shop_id, delivery.fields["customer_id"]), all_personal_data(app.capabilities)
    for order_ids in _chunks(delivery.fields["orders"]):
        claims = [statement for each in personal for statement in each.claim_orders(customer, order_ids, now)]
        await app.db.batch(*claims)
    wanted = _request(job.shop_id, KIND_OF[delivery.topic], customer.id, "shopify", now)
    work = jobs.new(WORK[wanted.kind], wanted.shop_id, wanted.id, at=now)
    await app.db.batch(
        *lease.finish(now),
        requests.insert_request(wanted),
        jobs.insert(work, now),
        shops.close_delivery(job.shop_id, job.subject_id, "done", None, now),
    )
    await app.queue.wake(work.id)


async def ask(app: App, shop_id: str, kind: str, customer_id: str) -> Request:
    """Record a merchant's request to export or delete a customer's data. Raises Unprocessable.

    `customer_id` may be the id alone, or end with it after a slash, as in the address of Shopify's customer page.
    """
    digits = customer_id.strip().rpartition("/")[2]
    if kind not in WORK:
        raise Unprocessable("This kind of request does not exist.", code="unknown_kind")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise Unprocessable(
            "Enter the customer's ID: the last part of the address of the customer's page in Shopify.",
            code="bad_customer",
        )
    now = app.clock.now()
    wanted = _request(shop_id, kind, digits, "merchant", now)
    work = jobs.new(WORK[kind], shop_id, wanted.id, at=now)
    await app.db.batch(requests.insert_request(wanted), jobs.insert(work, now))
    await app.queue.wake(work.id)
    return wanted


async def overview(app: App, shop: Shop) -> Overview:
    """Return the newest requests and audit log entries, and links to the exports that have not expired."""
    at_once, shop_id = ReadBatch(app.db), shop.id
    found, lines = await asyncio.gather(
        requests.requests(at_once, shop_id, SHOWN), requests.lines(at_once, shop_id, SHOWN)
    )
    ends = app.clock.now() + LINK_LIFE
    downloads = {
        each.id: app.files.link(key, expires_at=ends, filename=f"customer-{each.shopify_customer_id}.zip")
        for each, key in found
        if key
    }
    return Overview([each for each, _ in found], lines, downloads, preview_life(shop.settings))


async def on_failure(app: App, job: Job, fault: AppError) -> list[object]:
    """Return statements that mark the request as failed, so that the merchant can repeat it."""
    found = await requests.request(app.db, job.shop_id, job.subject_id)
    if found is None:
        return []
    return [requests.close_request(job.shop_id, job.subject_id, "failed", app.clock.now())]


async def open_request(app: App, lease: Lease) -> tuple[Request, str]:
    """Return the job's request and the customer's id. Raises Refused if the customer's data was deleted meanwhile."""
    found = await requests.request(app.db, lease.job.shop_id, lease.job.subject_id)
    if found is None or found.shopify_customer_id is None:
        raise Refused("request_gone")
    return found, found.shopify_customer_id


def _request(shop_id: str, kind: str, customer_id: str, asked_by: str, now: datetime) -> Request:
    return Request(new_id(), shop_id, kind, customer_id, "open", asked_by, None, now, None)


def _chunks(orders: list[str]) -> list[list[str]]:
    """Split a list of orders, because a statement on D1 takes at most a hundred values."""
    return [orders[start : start + CLAIMED_AT_ONCE] for start in range(0, len(orders), CLAIMED_AT_ONCE)]
