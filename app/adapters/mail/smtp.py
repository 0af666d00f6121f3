"""Mail over SMTP, by smtplib in a thread."""

from __future__ import annotations

import email.policy
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr

from app.adapters.mail.message import written
from app.core.ports.clock import Clock
from app.core.ports.compute import Compute
from app.core.ports.mailer import Mail, NotSent

TIMEOUT_S = 15.0
"""For each step of the exchange."""
LINE_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)
"""A line with a single dot ends the message, so the first dot of a line is doubled (RFC 5321, 4.5.2)."""
PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. `scheme` is `smtps` for TLS from the start, or `smtp`.

    With `smtp`, TLS is required before a password is sent, and used whenever the server offers it.
    """

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = None


class SmtpMailer:
    def __init__(self, server: SmtpServer, sender: str, compute: Compute, clock: Clock):
        self.server, self.sender, self.compute, self.clock = server, sender, compute, clock

    async def send(self, mail: Mail) -> None:
        message = written(mail, self.sender, self.clock)
        await self.compute.glance(self._send, message)

    def _send(self, message: EmailMessage) -> None:
        sender, recipient = parseaddr(self.sender)[1], parseaddr(message["To"])[1]
        smtp = self._connected()
        try:
            self._expect(smtp.mail(sender), "The mail server does not accept MAIL_FROM.")
            self._expect(smtp.rcpt(recipient), "The mail server does not accept the shop's email address.")
            self._hand_over(smtp, message)
        except (smtplib.SMTPException, OSError) as fault:
            raise NotSent(code="mail_not_sent") from fault
        finally:
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        server, context = self.server, ssl.create_default_context()
        try:
            if server.scheme == "smtps":
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
            else:
                smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        except (smtplib.SMTPException, OSError) as fault:
            raise NotSent("The mail server cannot be reached.", code="mail_unreachable") from fault
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.scheme == "smtp" and (server.password or smtp.has_extn("starttls")):
                smtp.starttls(context=context)
                smtp.ehlo()
            if server.user and server.password:
                smtp.login(server.user, server.password)
        except (smtplib.SMTPException, OSError) as fault:
            smtp.close()
            raise NotSent("The mail server refused the connection or the password.", code="mail_refused") from fault
        return smtp

    @staticmethod
    def _hand_over(smtp: smtplib.SMTP, message: EmailMessage) -> None:
        """Send the text. Silence after it counts as sent (see the port)."""
        code, said = smtp.docmd("DATA")
        if code != 354:
            raise smtplib.SMTPDataError(code, said)
        text = message.as_bytes(policy=email.policy.SMTP)
        smtp.send(LINE_WITH_DOT.sub(b"..", text) + b".\r\n")
        try:
            code, said = smtp.getreply()
        except (smtplib.SMTPServerDisconnected, OSError):
            return
        if code != 250:
            raise smtplib.SMTPDataError(code, said)

    @staticmethod
    def _expect(reply: tuple[int, bytes], otherwise: str) -> None:
        """Raises NotSent; a code of 500 or more means that the same message will never be accepted (RFC 5321)."""
        code, _ = reply
        if code not in (250, 251):
            fault = NotSent(otherwise, code="mail_rejected")
            fault.retryable = code < 500
            raise fault
