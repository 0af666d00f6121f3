"""Times: UTC text `YYYY-MM-DDTHH:MM:SS.mmmZ` in the database, aware datetimes in code."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The system clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Format a datetime. Raises ValueError for a naive datetime, which is ambiguous."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime is ambiguous")
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def from_text(text: str) -> datetime:
    """Parse an ISO 8601 time. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
