"""The clock port."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.core.ports.compute import Compute as Compute


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
