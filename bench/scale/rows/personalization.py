"""Sizes and styles, designs with their files, orders with their lines, and the calls to models that made them.

A design goes through the states that the app leaves it in: its photo is deleted after a day unless it was ordered, and
the design itself is emptied after thirty days unless it was ordered.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from app.personalization.model import NOTE
from app.personalization.orders import TAKE
from app.personalization.previews import PREVIEWS
from app.personalization.prints import FINALIZE
from bench.scale.dataset import DAY_MS, SHA256, WORDS_OF_A_PROMPT, CatalogProduct, Dataset
from bench.scale.rows.messages import KEPT_MS, Messages

ORDERED_DESIGNS = 330_000
OTHER_DESIGNS = 357_000
ORDER_DELIVERIES = 375_000
JOBS = 1_000_000
"""All jobs, those of other capabilities included."""
OPEN_JOBS = 2_000
"""The queue's length, which does not depend on the number of shops."""
OPEN_SHARE_OF_THE_LARGEST = 0.6
HOUR_MS = DAY_MS // 24
PREVIEW_LIFE_MS = 30 * DAY_MS
USAGE_LIFE_MS = 89 * DAY_MS
STYLES = 5
STYLES_OF_A_PRODUCT = 3
CUSTOMERS = 0.4
"""The share of designs that are made by customers who are logged in."""
READY = 0.95
"""The share of ordered lines whose print file is ready."""
OTHER_STATES = {
    "waiting": 0.5,
    "queued": 0.5,
    "printing": 0.1,
    "needs_review": 1,
    "unmapped": 1,
    "failed": 0.9,
    "cancelled": 1,
}
"""The states of the other lines, with their weights."""
TOPICS = ("orders/create", "orders/paid", "orders/cancelled")
PROMPT = WORDS_OF_A_PROMPT * 2
PREFLIGHT = json.dumps(
    {"blur": 0.6, "cast": [1.0, 2.0], "clipping": 0.01, "gamut": 0.03, "height": 1200, "noise": 2.5, "width": 1600},
    separators=(",", ":"),
)


def fill(data: Dataset, messages: Messages) -> None:
    _add_offers(data)
    _Designs(data, messages).add()
    _add_order_deliveries(data, messages)
    _add_open_jobs(data, messages)
    for shop_id, ms in messages.spread(max(1, data.count(JOBS) - messages.jobs)):
        kind = data.random.choice((PREVIEWS.name, PREVIEWS.name, FINALIZE))
        priority, lane = (PREVIEWS.priority, PREVIEWS.lane.value) if kind == PREVIEWS.name else (0, None)
        messages.add_job(shop_id, kind, data.id_at(ms), ms, priority=priority, lane=lane)


def _add_offers(data: Dataset) -> None:
    stamps = ("created_at", "updated_at")
    size = data.table(
        *("sizes", "id", "shop_id", "product_id", "shopify_variant_id", "name", "width_px", "height_px", "sort_order"),
        *stamps,
    )
    style = data.table("ai_styles", "id", "shop_id", "name", "prompt_template", "sort_order", *stamps)
    offered = data.table("product_styles", "id", "shop_id", "product_id", "ai_style_id", "sort_order", *stamps)
    watermark = data.table("watermarks", "id", "shop_id", "text", *stamps)
    base = data.table("product_bases", "id", "shop_id", "name", *stamps)
    blank = data.table(
        "product_base_variants", "id", "shop_id", "product_base_id", "name", "width_px", "height_px", *stamps
    )
    mapping = data.table(
        *("product_base_variant_mappings", "id", "shop_id", "product_id", "product_base_variant_id"),
        *("shopify_variant_id", *stamps),
    )
    printed_on = data.table("product_product_bases", "id", "shop_id", "product_id", "product_base_id", *stamps)
    ms = data.start_ms
    at = data.text_at(ms)
    for shop_id in data.shops:
        styles = data.styles[shop_id] = [data.id_at(ms) for _ in range(STYLES)]
        for place, style_id in enumerate(styles):
            style(style_id, shop_id, f"Style {place}", PROMPT, place, at, at)
        watermark(data.id_at(ms), shop_id, "PREVIEW", at, at)
        base_id, products = data.id_at(ms), data.products[shop_id]
        base(base_id, shop_id, "Poster", at, at)
        blanks = [data.id_at(ms) for _ in products[0].variants]
        for place, blank_id in enumerate(blanks):
            blank(blank_id, shop_id, base_id, f"A{place}", 2480, 3508, at, at)
        for product in products:
            if product.is_enabled:
                printed_on(data.id_at(ms), shop_id, product.id, base_id, at, at)
            for place, (size_id, variant_id) in enumerate(product.variants):
                size(size_id, shop_id, product.id, variant_id, f"A{place}", 2480, 3508, place, at, at)
                if product.is_enabled:
                    mapping(data.id_at(ms), shop_id, product.id, blanks[place], variant_id, at, at)
            for place, style_id in enumerate(styles[:STYLES_OF_A_PRODUCT] if product.is_enabled else ()):
                offered(data.id_at(ms), shop_id, product.id, style_id, place, at, at)


@dataclass
class _Design:
    """A design while its rows are added. Times are in milliseconds."""

    id: str
    shop_id: str
    ms: int
    product: CatalogProduct
    size_id: str
    variant_id: str
    style_id: str
    shopper_id: str | None
    guest_id: str | None
    customer_id: str | None
    is_ordered: bool
    is_kept: bool


class _Designs:
    """Adds designs, with the visitors who make them and the orders of some of them."""

    def __init__(self, data: Dataset, messages: Messages):
        self._data, self._messages = data, messages
        stamps = ("created_at", "updated_at")
        self._shopper = data.table("shoppers", "id", "shop_id", "shopify_customer_id", *stamps)
        self._guest = data.table("guest_sessions", "id", "shop_id", "token_hash", "expires_at", *stamps)
        self._asset = data.table(
            *("assets", "id", "shop_id", "key", "purpose", "filename", "mime", "bytes", "width", "height", "sha256"),
            *("owner_type", "owner_id", "shopper_id", "guest_session_id", "expires_at", "deleted_at", "arrived_at"),
            *stamps,
        )
        self._generation = data.table(
            *("generations", "id", "shop_id", "product_id", "ai_style_id", "size_id", "shopper_id"),
            *("guest_session_id", "upload_asset_id", "master_asset_id", "preview_asset_id", "generation_type"),
            *("status", "progress", "ai_prompt_used", "duration_ms", "model_used", "idempotency_key", "pinned_at"),
            *("quota_period", "preflight", *stamps),
        )
        self._final = data.table(
            *("generations", "id", "shop_id", "product_id", "ai_style_id", "order_id", "size_id", "shopper_id"),
            *("guest_session_id", "master_asset_id", "final_asset_id", "generation_type", "status", "progress"),
            *("ai_prompt_used", "duration_ms", "pinned_at", *stamps),
        )
        self._order = data.table(
            *("orders", "id", "shop_id", "shopify_order_id", "customer_id", "order_number", "total_price"),
            *("currency", "status", "paid_at", "as_of", "revision", *stamps),
        )
        self._line = data.table(
            *("order_items", "id", "shop_id", "order_id", "shopify_line_item_id", "title", "shopify_product_id"),
            *("shopify_variant_id", "preview_ref", "preview_generation_id", "final_generation_id"),
            *("print_asset_id", "size_id", "state", "reason", *stamps),
        )
        self._call = data.table(
            *("api_usage", "id", "shop_id", "job_id", "operation", "subject_type", "subject_id", "api_type"),
            *("service", "model", "images_requested", "images_returned", "prompt_chars", "cost_micros", "success"),
            *("duration_ms", *stamps),
        )
        self._offered = {shop: [each for each in data.products[shop] if each.is_enabled] for shop in data.shops}
        self._last_shopper: dict[str, tuple[str, str]] = {}
        self._last_guest: dict[str, tuple[str, int]] = {}
        self._last_order: dict[str, tuple[str, str | None]] = {}
        self._customer_number = 10**9
        self._order_number = 5 * 10**9
        self._line_number = 9 * 10**9
        self._calls_by_day: defaultdict[tuple[str, str], int] = defaultdict(int)

    def add(self) -> None:
        data = self._data
        ordered = data.count(ORDERED_DESIGNS)
        count = ordered + data.count(OTHER_DESIGNS)
        span = data.now_ms - data.start_ms
        for number, shop_id in enumerate(data.pick_shops(count)):
            ms = data.start_ms + int((number + data.random.random()) * span / count)
            self._add_design(self._design(shop_id, ms, is_ordered=data.random.random() < ordered / count))
        self._add_daily_sums()

    def _design(self, shop_id: str, ms: int, *, is_ordered: bool) -> _Design:
        data = self._data
        product = data.random.choice(self._offered[shop_id])
        size_id, variant_id = data.random.choice(product.variants)
        style_id = data.random.choice(data.styles[shop_id][:STYLES_OF_A_PRODUCT])
        is_kept = is_ordered or ms >= data.now_ms - PREVIEW_LIFE_MS
        shopper_id = guest_id = customer_id = None
        if data.random.random() < CUSTOMERS:
            shopper_id, customer_id = self._visit_of_customer(shop_id, ms)
        elif is_kept:
            guest_id = self._visit_of_guest(shop_id, ms)
        if is_ordered and customer_id is None and data.random.random() < 0.8:  # the others order without an account
            customer_id = self._next_customer()
        design_id = data.id_at(ms)
        return _Design(
            *(design_id, shop_id, ms, product, size_id, variant_id, style_id),
            *(shopper_id, guest_id, customer_id, is_ordered, is_kept),
        )

    def _visit_of_customer(self, shop_id: str, ms: int) -> tuple[str, str]:
        if shop_id in self._last_shopper and self._data.random.random() < 0.4:
            return self._last_shopper[shop_id]
        found = self._last_shopper[shop_id] = (self._data.id_at(ms), self._next_customer())
        at = self._data.text_at(ms)
        self._shopper(found[0], shop_id, found[1], at, at)
        return found

    def _visit_of_guest(self, shop_id: str, ms: int) -> str:
        data = self._data
        last = self._last_guest.get(shop_id)
        if last and last[1] > ms - DAY_MS and data.random.random() < 0.2:
            return last[0]
        guest_id, at = data.id_at(ms), data.text_at(ms)
        self._last_guest[shop_id] = (guest_id, ms)
        self._guest(guest_id, shop_id, data.random_hex(64), data.text_at(ms + 30 * DAY_MS), at, at)
        return guest_id

    def _next_customer(self) -> str:
        self._customer_number += 1
        return str(self._customer_number)

    def _add_design(self, design: _Design) -> None:
        data, at = self._data, self._data.text_at(design.ms)
        kept = design.is_kept
        upload = self._add_upload(design)
        master, preview = (
            self._add_picture(design, purpose, design.ms + after, None if kept else design.ms + PREVIEW_LIFE_MS)
            for purpose, after in (("master", 15_000), ("preview", 16_000))
        )
        self._generation(
            *(design.id, design.shop_id, design.product.id, design.style_id, design.size_id),
            *((design.shopper_id, design.guest_id, upload, master, preview) if kept else (None,) * 5),
            *("preview", "completed", 100, PROMPT, 14_000, "gemini-image"),
            *(data.random_hex(16) if kept else None, at if design.is_ordered else None, at[:7]),
            *(PREFLIGHT if kept else None, at, data.text_at(design.ms + (16_000 if kept else PREVIEW_LIFE_MS))),
        )
        self._add_call(design)
        if design.is_ordered:
            self._add_line(design, master)

    def _add_upload(self, design: _Design) -> str:
        data, ms = self._data, design.ms - 60_000
        asset_id, at = data.id_at(ms), data.text_at(ms)
        ends = ms + DAY_MS
        is_gone = not design.is_ordered and ends <= data.now_ms
        self._asset(
            *(asset_id, design.shop_id, f"{design.shop_id}/uploads/{asset_id}/original_1.bin", "upload", None),
            *("image/jpeg", 2_000_000, 1600, 1200, SHA256, None, None, design.shopper_id, design.guest_id),
            *(None if design.is_ordered else data.text_at(ends), data.text_at(ends) if is_gone else None, at, at, at),
        )
        return asset_id

    def _add_picture(self, design: _Design, purpose: str, ms: int, gone_ms: int | None) -> str:
        data, asset_id = self._data, self._data.id_at(ms)
        at, key = data.text_at(ms), f"{design.shop_id}/personalization/{design.id}/{purpose}_{data.random_hex(12)}.jpg"
        self._asset(
            *(asset_id, design.shop_id, key, purpose, None, "image/jpeg", 2_000_000, 1600, 1200, SHA256),
            *("generation", design.id, design.shopper_id, design.guest_id, None),
            *(None if gone_ms is None else data.text_at(gone_ms), None, at, at),
        )
        return asset_id

    def _add_call(self, design: _Design) -> None:
        data, at = self._data, self._data.text_at(design.ms)
        self._calls_by_day[design.shop_id, at[:10]] += 1
        if design.ms >= data.now_ms - USAGE_LIFE_MS:
            self._call(
                *(data.id_at(design.ms), design.shop_id, data.id_at(design.ms), PREVIEWS.name, PREVIEWS.owner_type),
                *(design.id, "image", "gemini", "gemini-image", 1, 1, len(PROMPT), 39_000, 1, 14_000, at, at),
            )

    def _add_daily_sums(self) -> None:
        daily = self._data.table(
            *("api_usage_daily", "shop_id", "day", "operation", "service", "model", "calls", "images", "cost_micros"),
            *("created_at", "updated_at"),
        )
        for (shop_id, day), calls in self._calls_by_day.items():
            at = f"{day}T23:59:59.000Z"
            daily(shop_id, day, PREVIEWS.name, "gemini", "gemini-image", calls, calls, 39_000 * calls, at, at)

    def _add_line(self, design: _Design, master: str) -> None:
        data, ms = self._data, design.ms + HOUR_MS
        at, line_id = data.text_at(ms), data.id_at(ms)
        order_id = self._order_of(design, ms)
        state, reason = "ready", None
        final: str | None = None
        printed: str | None = None
        if data.random.random() < READY:
            final, printed = self._add_print(design, order_id, line_id, master, ms + 120_000)
            self._add_note(design.shop_id, line_id, ms)
        else:
            [state] = data.random.choices(list(OTHER_STATES), list(OTHER_STATES.values()))
            reason = "The design of this line was not found." if state in ("needs_review", "failed") else None
        self._line_number += 1
        self._line(
            *(line_id, design.shop_id, order_id, str(self._line_number), "Photo poster", design.product.shopify_id),
            *(design.variant_id, design.id, design.id, final, printed),
            *(None if state == "unmapped" else design.size_id, state, reason, at, at),
        )

    def _order_of(self, design: _Design, ms: int) -> str:
        """The order of a line: a new one, or for one line in eleven that of the shop's previous line."""
        data, shop_id = self._data, design.shop_id
        last = self._last_order.get(shop_id)
        if last and data.random.random() < 1 / 11:
            return last[0]
        self._order_number += 1
        order_id, at = data.id_at(ms), data.text_at(ms)
        self._last_order[shop_id] = (order_id, design.customer_id)
        number = f"#{self._order_number % 100_000}"
        self._order(
            *(order_id, shop_id, str(self._order_number), design.customer_id, number, 2990, "EUR", "paid"),
            *(at, at, 1, at, at),
        )
        return order_id

    def _add_print(self, design: _Design, order_id: str, line_id: str, master: str, ms: int) -> tuple[str, str]:
        data, at = self._data, self._data.text_at(ms)
        final_id, asset_id = data.id_at(ms), data.id_at(ms)
        key = f"{design.shop_id}/personalization/{line_id}/print_{data.random_hex(12)}.jpg"
        self._asset(
            *(asset_id, design.shop_id, key, "print", f"order-{self._order_number}.jpg", "image/jpeg", 9_000_000),
            *(2480, 3508, SHA256, "order_item", line_id, design.shopper_id, design.guest_id, None, None, None, at, at),
        )
        self._final(
            *(final_id, design.shop_id, design.product.id, design.style_id, order_id, design.size_id),
            *(design.shopper_id, design.guest_id, master, asset_id, "final", "completed", 100, PROMPT, 60_000),
            *(at, at, at),
        )
        return final_id, asset_id

    def _add_note(self, shop_id: str, line_id: str, ms: int) -> None:
        """Add the job that writes the print's link to the Shopify order, of which one in a hundred was given up."""
        if ms >= self._data.now_ms - KEPT_MS:
            status = "dead" if self._data.random.random() < 0.01 else "done"
            self._messages.add_job(shop_id, NOTE, line_id, ms, status=status)


def _add_order_deliveries(data: Dataset, messages: Messages) -> None:
    for number, (shop_id, ms) in enumerate(messages.spread(data.count(ORDER_DELIVERIES))):
        line = {
            "line_item_id": str(data.random.getrandbits(40)),
            "preview_ref": data.id_at(ms),
            "product_id": "7000000001",
            "quantity": 1,
            "title": "Photo poster",
            "variant_id": "70000000010",
        }
        order: dict[str, Any] = {
            "cancelled_at": None,
            "currency": "EUR",
            "customer_id": str(10**9 + data.random.getrandbits(19)),
            "financial_status": "paid",
            "lines": [line],
            "order_id": str(data.random.getrandbits(40)),
            "order_number": "#1",
            "test": False,
            "total_price": "29.90",
            "updated_at": data.text_at(ms),
        }
        fields = json.dumps(order, separators=(",", ":"))
        messages.add_delivery(shop_id, TOPICS[number % len(TOPICS)], TAKE, ms, fields, order["customer_id"])


def _add_open_jobs(data: Dataset, messages: Messages) -> None:
    """Add the queue: previews with their pending designs, prints and webhooks. One job in twenty is running."""
    pending = data.table(
        *("generations", "id", "shop_id", "product_id", "ai_style_id", "size_id", "generation_type", "status"),
        *("ai_prompt_used", "quota_period", "created_at", "updated_at"),
    )
    kinds = ((PREVIEWS.name, PREVIEWS.priority, PREVIEWS.lane.value), (FINALIZE, 0, None), (TAKE, 1, None))
    for number in range(OPEN_JOBS):
        is_of_largest = data.random.random() < OPEN_SHARE_OF_THE_LARGEST
        shop_id = data.shops[0] if is_of_largest else data.random.choice(data.shops)
        ms = data.now_ms - (OPEN_JOBS - number) * 300
        kind, priority, lane = kinds[number % len(kinds)]
        subject_id, at, status = data.id_at(ms), data.text_at(ms), "running" if number % 20 == 0 else "pending"
        if kind == PREVIEWS.name:
            product = data.products[shop_id][0]
            pending(
                *(subject_id, shop_id, product.id, data.styles[shop_id][0], product.variants[0][0], "preview"),
                *("pending", PROMPT, at[:7], at, at),
            )
        messages.add_job(shop_id, kind, subject_id, ms, status=status, priority=priority, lane=lane)
