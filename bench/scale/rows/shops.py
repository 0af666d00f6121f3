"""Shops with their tokens and quotas, and the rate limits of the last hours."""

from __future__ import annotations

import asyncio

from app.adapters.vault.cryptography import CryptographyVault
from app.shops.model import NEEDED_SCOPES
from bench.scale.dataset import DAY_MS, Dataset
from bench.scale.rows.messages import Messages
from bench.scale.settings import TOKEN_KEY

OPENED_WITHIN_DAYS = 200
RATE_LIMITS = 20_000


def fill(data: Dataset, _: Messages) -> None:
    _add_shops(data)
    _add_rate_limits(data)


def _add_shops(data: Dataset) -> None:
    shop = data.table(
        *("shops", "id", "shop_name", "email", "scope", "installed_at", "proven_at", "created_at", "updated_at")
    )
    token = data.table(
        *("access_tokens", "shop_id", "kind", "access_cipher", "access_expires_at", "refresh_cipher"),
        *("refresh_expires_at", "scope", "created_at", "updated_at"),
    )
    quota = data.table(
        *("quotas", "shop_id", "period", "current_generations", "last_reset_at", "monthly_generation_limit"),
        *("storage_quota_bytes", "created_at", "updated_at"),
    )
    scope, month = ",".join(NEEDED_SCOPES), data.text_at(data.now_ms)[:7]
    sealed = asyncio.run(CryptographyVault(TOKEN_KEY).seal("shpat_of_the_measurement"))
    for number, shop_id in enumerate(data.shops):
        at = data.text_at(data.start_ms - DAY_MS + number * OPENED_WITHIN_DAYS * DAY_MS // len(data.shops))
        proven_at = data.text_at(data.now_ms - data.random.random() * DAY_MS)
        refresh_ends = data.text_at(data.now_ms + (31 + data.random.random() * 59) * DAY_MS)
        shop(shop_id, f"Shop {number}", f"owner{number}@example.com", scope, at, proven_at, at, at)
        token(
            *(shop_id, "offline", sealed, data.text_at(data.now_ms + DAY_MS), sealed, refresh_ends, scope, at, at),
        )
        quota(shop_id, month, 50, at, 10**9, 10**13, at, at)


def _add_rate_limits(data: Dataset) -> None:
    limit = data.table("rate_limits", "key", "window_start", "count", "expires_at")
    begun, ends = data.text_at(data.now_ms), data.text_at(data.now_ms + DAY_MS)
    for number in range(data.count(RATE_LIMITS)):
        limit(f"preview:{data.shops[0]}:{number}:{data.random_hex(16)}", begun, 1, ends)
