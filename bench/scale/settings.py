"""The settings of an app on generated rows. Its keys protect nothing: the rows are made up."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from devstore.config import Config

TOKEN_KEY = b"t" * 32
METRICS_TOKEN = "metrics-token-of-the-measurement"


def environ(database_url: str, folder: Path) -> dict[str, str]:
    """The environment of the app, with its files in `folder`."""
    return {
        "APP_URL": "http://127.0.0.1:8000",
        "SHOPIFY_API_KEY": Config.api_key,
        "SHOPIFY_API_SECRET": Config.api_secret,
        "DATABASE_URL": database_url,
        "FILES_URL": f"file:{folder}",
        "TOKEN_KEY": b64encode(TOKEN_KEY).decode(),
        "LINK_KEY": b64encode(b"l" * 32).decode(),
        "METRICS_TOKEN": METRICS_TOKEN,
    }
