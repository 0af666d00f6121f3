"""What the simulated shop is told, and what it reads from the project's own files."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Config:
    """Settings of one devstore. URLs are origins without a trailing slash; delays are seconds."""

    app_url: str = "http://127.0.0.1:8000"
    api_key: str = "artify-demo-key"
    api_secret: str = "artify-demo-secret"  # noqa: S105 (the demo's own, worth nothing elsewhere)
    port: int = 8001
    url: str = "http://127.0.0.1:8001"
    db: str = ":memory:"
    retry_delays: tuple[float, ...] = (1, 2, 4, 8, 16, 32, 64, 128)
    project: Path = PROJECT

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> "Config":
        port = int(environ.get("DEVSTORE_PORT", cls.port))
        return cls(
            app_url=environ.get("APP_URL", cls.app_url).rstrip("/"),
            api_key=environ.get("SHOPIFY_API_KEY", cls.api_key),
            api_secret=environ.get("SHOPIFY_API_SECRET", cls.api_secret),
            port=port,
            url=environ.get("DEVSTORE_URL", f"http://127.0.0.1:{port}").rstrip("/"),
            db=environ.get("DEVSTORE_DB", cls.db),
        )


@dataclass(frozen=True)
class Subscription:
    """A webhook topic and where it goes. No include_fields means the whole payload."""

    topic: str
    uri: str
    include_fields: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Manifest:
    """The parts of `shopify.app.toml` that Shopify itself acts on."""

    name: str
    scopes: str
    api_version: str
    subscriptions: tuple[Subscription, ...]
    proxy_url: str
    proxy_prefix: str  # such as "/apps/artify"

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read the app's configuration; raises KeyError when a part is missing."""
        toml = tomllib.loads(path.read_text())
        proxy = toml["app_proxy"]
        return cls(
            name=toml["name"],
            scopes=toml["access_scopes"]["scopes"],
            api_version=toml["webhooks"]["api_version"],
            subscriptions=tuple(
                Subscription(topic, entry["uri"], tuple(entry.get("include_fields", ())))
                for entry in toml["webhooks"]["subscriptions"]
                for topic in entry["topics"]
            ),
            proxy_url=proxy["url"],
            proxy_prefix=f"/{proxy['prefix']}/{proxy['subpath']}",
        )
