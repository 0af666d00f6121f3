"""The reply to an Admin API call: whether to retry it, its data and its errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.core.errors import AppError, Unauthorized

if TYPE_CHECKING:
    from shopify_app import GQLResult

BACKOFF = 0.5  # seconds, doubled with each attempt
TRANSIENT = ("INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT")


@dataclass(frozen=True)
class Reply:
    """Shopify's reply. `status` is 0 if there was none; header names are in lower case; `body` is {} if not JSON."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @classmethod
    def read(cls, result: GQLResult) -> Reply:
        # The package drops the data of a 200 with errors; the raw reply is only in its log.
        raw = result.http_logs[-1].res
        try:
            body = json.loads(raw.body)
        except (ValueError, RecursionError):
            body = {}
        headers = {name.lower(): value for name, value in raw.headers.items()}
        return cls(raw.status, headers, body if isinstance(body, dict) else {})

    def codes(self) -> list[str]:
        """The `extensions.code` of every error."""
        return [_mapping(_mapping(error).get("extensions")).get("code", "") for error in self._errors()]

    def wait(self, attempt: int) -> float | None:
        """Seconds to wait before the next attempt, where `attempt` counts from 0; None if a retry cannot help.

        Points refill at restoreRate per second: https://shopify.dev/docs/api/usage/limits
        """
        if self.status == 429 or "THROTTLED" in self.codes():
            return max(self._refill(), _seconds(self.headers.get("retry-after"))) or BACKOFF * (1 << attempt)
        if self.status == 0 or self.status >= 500 or any(code in TRANSIENT for code in self.codes()):
            return max(_seconds(self.headers.get("retry-after")), BACKOFF * (1 << attempt))
        return None

    def data(self) -> Mapping[str, Any]:
        """The data. Raises Unauthorized (`token_dead`), or AppError if Shopify rejected the request."""
        if self.status == 401:
            raise Unauthorized("Shopify no longer accepts the app's access to this shop.", code="token_dead")
        if self.status == 403 or "ACCESS_DENIED" in self.codes():
            raise AppError(
                "The app does not have permission for this in the shop. Open the app and approve its permissions.",
                code="missing_scope",
                status=403,
            )
        data = self.body.get("data")
        if self.status != 200 or self._errors() or not isinstance(data, dict):
            raise AppError("Shopify did not accept the request.", code="shopify_refused", status=422)
        return data

    def _errors(self) -> list[Any]:
        # In a reply that is not from GraphQL, such as a 401, `errors` is a string.
        errors = self.body.get("errors")
        return errors if isinstance(errors, list) else [errors] if errors else []

    def _refill(self) -> float:
        cost = _mapping(_mapping(self.body.get("extensions")).get("cost"))
        status = _mapping(cost.get("throttleStatus"))
        missing = _number(cost.get("requestedQueryCost")) - _number(status.get("currentlyAvailable"))
        return max(0.0, missing / (_number(status.get("restoreRate")) or 1.0))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _seconds(text: str | None) -> float:
    try:
        return max(0.0, float(text or 0))
    except ValueError:
        return 0.0  # an HTTP date, which Shopify does not send
