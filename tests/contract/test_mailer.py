"""Mail to a real SMTP server, and into a folder."""

from __future__ import annotations

import email
import email.policy
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.adapters.compute import ThreadCompute
from app.adapters.mail import smtp
from app.adapters.mail.folder import FolderMailer
from app.adapters.mail.smtp import SmtpMailer, SmtpServer
from app.core.ports.mailer import Mail, NotSent
from tests.fakes.ports import START, SetClock
from tests.ports import free_port

pytestmark = pytest.mark.anyio

SENDER = "Artify <artify@app.example.com>"
MAIL = Mail("owner@shop.example.com", "2 line items need you", "Grüße\n.\n.. and a dot\nlast", "job-1")
USER, PASSWORD = "artify", "p@ss word"


class Inbox:
    """What a server does with each step. `replies` are its answers by step; without one it accepts."""

    def __init__(self, **replies: str):
        self.replies = replies
        self.mails: list[EmailMessage] = []
        self.secured: list[bool] = []

    async def handle_MAIL(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.replies.get("mail", "250 OK")

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.replies.get("rcpt", "250 OK")

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.secured.append(session.ssl is not None)
        if self.replies.get("data") == "silence":
            server.transport.abort()
        return self.replies.get("data", "250 OK")


@contextmanager
def serving(inbox: Inbox, **options: Any) -> Iterator[SmtpServer]:
    port = free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield SmtpServer("smtp", "127.0.0.1", port)
    finally:
        controller.stop()


def mailer(server: SmtpServer) -> SmtpMailer:
    return SmtpMailer(server, SENDER, ThreadCompute(), SetClock())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START - timedelta(days=3650))
        .not_valid_after(START + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def authenticator(server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()))


async def test_a_mail_arrives_as_it_was_written() -> None:
    inbox = Inbox()
    with serving(inbox) as server:
        await mailer(server).send(MAIL)
    [mail] = inbox.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == (MAIL.to, SENDER, MAIL.subject)
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<job-1@app.example.com>", "auto-generated")
    assert email.utils.parsedate_to_datetime(mail["Date"]) == START
    assert mail.get_content().replace("\r\n", "\n") == MAIL.text + "\n"


async def test_a_password_is_sent_over_tls(tls: ssl.SSLContext, certificate: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    inbox = Inbox()
    with serving(inbox, tls_context=tls, authenticator=authenticator, auth_required=True) as server:
        await mailer(SmtpServer("smtp", server.host, server.port, USER, PASSWORD)).send(MAIL)
    assert inbox.secured == [True]


async def test_tls_from_the_start(tls: ssl.SSLContext, certificate: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    inbox = Inbox()
    with serving(inbox, ssl_context=tls) as server:
        await mailer(SmtpServer("smtps", server.host, server.port)).send(MAIL)
    assert len(inbox.mails) == 1


async def test_a_password_is_never_sent_in_the_clear_or_to_a_stranger(tls: ssl.SSLContext) -> None:
    inbox = Inbox()
    for options in ({}, {"tls_context": tls}):  # without TLS, and with a certificate that nobody vouches for
        with serving(inbox, authenticator=authenticator, auth_require_tls=False, **options) as server:
            with pytest.raises(NotSent) as refused:
                await mailer(SmtpServer("smtp", server.host, server.port, USER, PASSWORD)).send(MAIL)
            assert refused.value.code == "mail_refused"
    assert inbox.mails == []


async def test_a_wrong_password_is_said(tls: ssl.SSLContext, certificate: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(Inbox(), tls_context=tls, authenticator=authenticator) as server, pytest.raises(NotSent) as refused:
        await mailer(SmtpServer("smtp", server.host, server.port, USER, "wrong")).send(MAIL)
    assert refused.value.code == "mail_refused"


@pytest.mark.parametrize(
    ("step", "reply", "again"),
    [
        ("mail", "550 not you", False),
        ("rcpt", "550 no such user", False),
        ("rcpt", "451 try later", True),
        ("data", "554 no", True),
    ],
)
async def test_a_refusal_is_not_sent(step: str, reply: str, again: bool) -> None:
    with serving(Inbox(**{step: reply})) as server, pytest.raises(NotSent) as refused:
        await mailer(server).send(MAIL)
    assert refused.value.retryable is again


async def test_silence_after_the_text_counts_as_sent() -> None:
    inbox = Inbox(data="silence")
    with serving(inbox) as server:
        await mailer(server).send(MAIL)
    assert len(inbox.mails) == 1


async def test_a_server_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_S", 1)
    with pytest.raises(NotSent) as refused:
        await mailer(SmtpServer("smtp", "127.0.0.1", free_port())).send(MAIL)
    assert (refused.value.code, refused.value.retryable) == ("mail_unreachable", True)


def written_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize(
    "address", ["", "nobody", "@shop.example.com", "a@b@c, d@e", "owner@shop.example.com\r\nBcc: x@y.example", "ä@b.de"]
)
async def test_what_is_no_address_is_not_written_to(address: str, tmp_path: Path) -> None:
    with pytest.raises(NotSent) as refused:
        await FolderMailer(tmp_path, SENDER, SetClock()).send(Mail(address, "Hello", "text", "1"))
    assert refused.value.code == "bad_address"
    assert written_in(tmp_path) == []


async def test_a_folder_gets_one_file_a_mail(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    await FolderMailer(folder, SENDER, SetClock()).send(Mail(MAIL.to, "Two\r\nlines", MAIL.text, "../job/1"))
    [path] = written_in(folder)
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (path.name, mail["Subject"]) == ("---job-1.eml", "Two lines")
