"""Settings of the simulated Shopify, from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
EXTENSION = PROJECT / "extensions/artify"


@dataclass(frozen=True)
class Config:
    """Settings of one devstore. `app_url` has no trailing slash, and `retry_delays` are in seconds."""

    app_url: str = "http://127.0.0.1:8000"
    api_key: str = "artify-demo-key"
    api_secret: str = "artify-demo-secret-worth-nothing-elsewhere"  # noqa: S105
    db: str = ":memory:"
    retry_delays: tuple[float, ...] = (1, 2, 4, 8, 16, 32, 64, 128)

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> "Config":
        return cls(
            app_url=environ.get("APP_URL", cls.app_url).rstrip("/"),
            api_key=environ.get("SHOPIFY_API_KEY", cls.api_key),
            api_secret=environ.get("SHOPIFY_API_SECRET", cls.api_secret),
            db=environ.get("DEVSTORE_DB", cls.db),
        )
