"""The mailer port: short messages to merchants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.core.errors import Unavailable


@dataclass(frozen=True)
class Mail:
    """A message in plain text. `key` identifies it, so that copies of the same message can be recognized."""

    to: str
    subject: str
    text: str
    key: str


class NotSent(Unavailable):
    """The message was certainly not sent. `retryable` says whether another attempt may succeed."""

    message = "The email could not be sent."


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, mail: Mail) -> None:
        """Send a message. Raises NotSent.

        If the connection ends after the text was handed over, the server may or may not have taken the message. This
        counts as sent, because a merchant is better off without a message than with the same one every few minutes.
        """
