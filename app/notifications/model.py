"""What a merchant is told, when, and whether."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MAIL_EVERY = timedelta(days=1)
"""A shop gets at most one mail in this time."""
GATHER_FOR = timedelta(minutes=10)
"""How long the first event waits for others, so that one mail tells of them all."""
SETTING = "mail"
"""The name in `shops.settings`; false switches mail off."""


@dataclass(frozen=True)
class Notice:
    """Something that needs the merchant. `path` is the admin page where it can be settled."""

    text: str
    path: str


@dataclass(frozen=True)
class Recipient:
    """Who gets a shop's mail, and when the last one was sent."""

    shop_name: str | None
    email: str | None
    is_active: bool
    settings: Mapping[str, Any] | None
    mailed_at: datetime | None

    @property
    def takes_mail(self) -> bool:
        return self.is_active and bool(self.email) and wants_mail(self.settings)

    def due_at(self, now: datetime) -> datetime:
        """When a mail about something that happens now may be sent."""
        soon = now + GATHER_FOR
        return max(soon, self.mailed_at + MAIL_EVERY) if self.mailed_at else soon


def wants_mail(settings: Mapping[str, Any] | None) -> bool:
    """Whether a shop's settings allow mail; they do until the merchant switches it off."""
    return (settings or {}).get(SETTING) is not False


def mail_subject(notices: Sequence[Notice]) -> str:
    return notices[0].text if len(notices) == 1 else f"{len(notices)} things in Artify need your attention"


def mail_text(shop_name: str, notices: Sequence[Notice], admin_url: str) -> str:
    """Return the mail's text. `admin_url` is where the app opens in the Shopify admin."""
    lines = "\n".join(f"- {notice.text}\n  {admin_url}{notice.path.rstrip('/')}" for notice in notices)
    return (
        f"This is what needs your attention in {shop_name}:\n\n{lines}\n\n"
        "Artify sends at most one email a day, and only if something needs you. "
        f"To stop these emails, open the settings:\n{admin_url}/settings\n"
    )
