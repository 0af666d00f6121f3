"""All settings, read once from the environment (or a Worker's bindings)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


class SettingsError(Exception):
    """Some settings are missing or malformed; `problems` lists each of them."""

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__("Settings need attention:\n" + "\n".join(f"  {line}" for line in problems))


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment. See docs/configuration.md."""

    app_url: str
    shopify_api_key: str
    shopify_api_secret: str = field(repr=False)
    shopify_old_api_secret: str | None = field(repr=False)
    shopify_api_version: str
    shopify_base_url: str | None
    database_url: str = field(repr=False)
    files_url: str
    queue_url: str
    ai_provider: str
    gemini_api_key: str | None = field(repr=False)
    gemini_base_url: str | None
    gemini_image_model: str
    token_key: bytes = field(repr=False)
    old_token_key: bytes | None = field(repr=False)
    link_key: bytes = field(repr=False)
    jobs_key: bytes | None = field(repr=False)
    job_lease_s: int
    metrics_token: str | None = field(repr=False)
    mail_url: str | None = field(repr=False)
    mail_from: str | None

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Settings:
        """Read all settings. Raises SettingsError with every problem at once."""
        read = _Reader(environ)
        settings = cls(
            app_url=read.need("APP_URL", _url),
            shopify_api_key=read.need("SHOPIFY_API_KEY", str),
            shopify_api_secret=read.need("SHOPIFY_API_SECRET", str),
            shopify_old_api_secret=read.may("SHOPIFY_OLD_API_SECRET", str, None),
            shopify_api_version=read.may("SHOPIFY_API_VERSION", str, "2026-10"),
            shopify_base_url=read.may("SHOPIFY_BASE_URL", _url, None),
            database_url=read.may("DATABASE_URL", str, "sqlite:///var/artify.db"),
            files_url=read.may("FILES_URL", str, "file:var/files"),
            queue_url=read.may("QUEUE_URL", str, "embedded:"),
            ai_provider=read.may("AI_PROVIDER", _one_of("local", "gemini"), "local"),
            gemini_api_key=read.may("GEMINI_API_KEY", str, None),
            gemini_base_url=read.may("GEMINI_BASE_URL", _url, None),
            gemini_image_model=read.may("GEMINI_IMAGE_MODEL", str, "gemini-3.1-flash-image"),
            token_key=read.need("TOKEN_KEY", _key),
            old_token_key=read.may("OLD_TOKEN_KEY", _key, None),
            link_key=read.need("LINK_KEY", _key),
            jobs_key=read.may("JOBS_KEY", _key, None),
            job_lease_s=read.may("JOB_LEASE_S", _seconds, 60),
            metrics_token=read.may("METRICS_TOKEN", _token, None),
            mail_url=read.may("MAIL_URL", str, None),
            mail_from=read.may("MAIL_FROM", _sender, None),
        )
        if settings.ai_provider == "gemini" and not settings.gemini_api_key:
            read.problems.append("GEMINI_API_KEY is missing: AI_PROVIDER=gemini requires it")
        if settings.mail_url and not settings.mail_from:
            read.problems.append("MAIL_FROM is missing: MAIL_URL requires it")
        if read.problems:
            raise SettingsError(read.problems)
        return settings

    @property
    def shopify_cdn_url(self) -> str:
        """The address of App Bridge and Polaris."""
        base = f"{self.shopify_base_url}/cdn" if self.shopify_base_url else "https://cdn.shopify.com"
        return f"{base}/shopifycloud"


def jobs_key(environ: Mapping[str, str]) -> bytes:
    """Read the only setting of a render worker. Raises SettingsError."""
    read = _Reader(environ)
    key = read.need("JOBS_KEY", _key)
    if read.problems:
        raise SettingsError(read.problems)
    return key


class _Reader:
    """Reads settings one by one and collects the problems.

    A blank value counts as missing, because a secret of spaces could be guessed. Surrounding spaces are ignored.
    """

    def __init__(self, environ: Mapping[str, str]):
        self.environ = environ
        self.problems: list[str] = []

    def need(self, name: str, parse: Callable[[str], T]) -> T:
        if not self._text(name):
            self.problems.append(f"{name} is missing")
            return None  # type: ignore[return-value]  # load() raises before it is used
        return self._parse(name, parse)

    def may(self, name: str, parse: Callable[[str], T], default: T) -> T:
        return self._parse(name, parse) if self._text(name) else default

    def _text(self, name: str) -> str:
        return self.environ.get(name, "").strip()

    def _parse(self, name: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(self._text(name))
        except ValueError as fault:
            self.problems.append(f"{name} is not valid: {fault}")
            return None  # type: ignore[return-value]  # load() raises before it is used


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("it must look like https://artify.example.com")
    return text.rstrip("/")


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        raise ValueError("it must be base64") from fault
    if len(key) != 32:
        raise ValueError("it must be 32 bytes in base64")
    return key


def _token(text: str) -> str:
    if len(text) < 16 or not text.isascii():
        raise ValueError("it must have at least 16 ASCII characters")
    return text


def _seconds(text: str) -> int:
    seconds = int(text)
    if seconds < 1:
        raise ValueError("it must be 1 or more")
    return seconds


def _sender(text: str) -> str:
    name, _, domain = parseaddr(text)[1].rpartition("@")
    if not name or not domain or not text.isascii() or not text.isprintable():
        raise ValueError("it must look like Artify <artify@example.com>")
    return text


def _one_of(*names: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError("it must be one of " + ", ".join(names))
        return text

    return parse
