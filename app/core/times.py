"""Time as the database keeps it: UTC text `YYYY-MM-DDTHH:MM:SS.mmmZ`; aware datetimes in code."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Raises ValueError for a naive datetime, which names no moment."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime is ambiguous")
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def from_text(text: str) -> datetime:
    """Raises ValueError when it is no ISO time."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
