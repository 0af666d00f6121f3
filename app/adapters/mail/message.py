"""Mail as the text that SMTP carries (RFC 5322)."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from app.core.ports.clock import Clock
from app.core.ports.mailer import Mail, NotSent


def written(mail: Mail, sender: str, clock: Clock) -> EmailMessage:
    """Return the message. Raises NotSent if its recipient is not an address: it comes from outside."""
    _, address = parseaddr(mail.to)
    name, _, domain = address.rpartition("@")
    if not name or not domain or address != mail.to.strip() or not (address.isascii() and address.isprintable()):
        raise NotSent("The shop's email address is not valid.", code="bad_address")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, address, " ".join(mail.subject.split())
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{mail.key}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
    message.set_content(mail.text)
    return message
