"""An App for tests: real SQLite, folder, queue and vault; stand-ins for the pictures and Shopify; a clock to set.

TEST_DATABASE=postgres puts PostgreSQL in SQLite's place.

app = make_app(tmp_path, shopify=NotingShopify(fault=Unavailable()))
shop = await open_shop(app)
poster = await stock(app, shop.id)
await close(app)
"""

from __future__ import annotations

import base64
import functools
import io
import os
import struct
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import app.schema  # noqa: F401  # fills the metadata
from app import media, personalization, shops
from app.adapters.database.postgres import PostgresDatabase
from app.adapters.database.sqlite import SqliteDatabase
from app.catalog import Product
from app.catalog.queries import save_chosen
from app.core.app import App
from app.core.ids import new_id
from app.core.log import Log
from app.core.ports.shopify import AccessToken, ListedProduct, ShopDetails
from app.core.settings import Settings
from app.personalization import Offer, Size, Style
from app.personalization.queries import offers
from app.personalization.queries.styles import link_style
from app.shops import Shop
from app.shops.model import NEEDED_SCOPES
from app.wiring import build, migrate
from tests import postgres
from tests.fakes.ports import NotingShopify, PlainImages, PlainImaging, SetClock

ON_POSTGRES = os.environ.get("TEST_DATABASE") == "postgres"
SHOP = "artify-dev.myshopify.com"
OTHER_SHOP = "another.myshopify.com"
API_KEY = "api-key"
API_SECRET = "api-secret"
PHOTO = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 1600, 1200, 8, 2, 0, 0, 0)


def environ(folder: Path) -> dict[str, str]:
    """The least that an installation is told, with its database and files in the folder."""
    return {
        "APP_URL": "http://127.0.0.1:8000",
        "SHOPIFY_API_KEY": API_KEY,
        "SHOPIFY_API_SECRET": API_SECRET,
        "DATABASE_URL": f"sqlite:///{folder / 'artify.db'}",
        "FILES_URL": f"file:{folder / 'files'}",
        "TOKEN_KEY": base64.b64encode(b"t" * 32).decode(),
        "LINK_KEY": base64.b64encode(b"l" * 32).decode(),
    }


def make_app(folder: Path, settings: dict[str, str] | None = None, **replaced: Any) -> App:
    """An App on a fresh database in the folder; `replaced` are fields of App, `settings` environment names."""
    if ON_POSTGRES:
        settings = {"DATABASE_URL": postgres.database(folder)} | (settings or {})
    else:
        migrated(folder)
    app = build(Settings.load(environ(folder) | (settings or {})), clock=SetClock(), log=Log(io.StringIO()))
    fakes: dict[str, Any] = {"image_model": PlainImages(), "imaging": PlainImaging(), "shopify": NotingShopify()}
    return replace(app, **fakes | replaced)


def migrated(folder: Path) -> Path:
    """The folder's database, made with the whole schema when it is not there yet."""
    path = folder / "artify.db"
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(_schema())
    return path


async def close(app: App) -> None:
    """Close what an App keeps open."""
    if isinstance(app.db, SqliteDatabase | PostgresDatabase):
        await app.db.close()


def clock_of(app: App) -> SetClock:
    assert isinstance(app.clock, SetClock)
    return app.clock


def token_of(app: App, shop_id: str = SHOP, *, life: timedelta = timedelta(hours=1)) -> AccessToken:
    now = app.clock.now()
    scope = ",".join(NEEDED_SCOPES)
    return AccessToken(shop_id, "shpat_first", now + life, "shprt_first", now + timedelta(days=90), scope)


async def open_shop(app: App, shop_id: str = SHOP, timezone: str = "UTC") -> Shop:
    """An installed shop with an access token that is good for an hour."""
    details = ShopDetails("A shop", "owner@example.com", "EUR", timezone)
    await shops.record_install(app, token_of(app, shop_id), details)
    shop = await shops.active_shop(app.db, shop_id)
    assert shop is not None
    return shop


async def stock(
    app: App, shop_id: str = SHOP, product_id: str = "1001", variants: tuple[str, str] = ("2001", "2002")
) -> Offer:
    """A poster on sale, as A4 and as a square (variants by Shopify's ids), in oil and in ink."""
    product = Product(new_id(), shop_id, product_id, "Photo poster", "photo-poster", True, True)
    sizes = [
        Size(new_id(), product.id, "A4", 2480, 3508, variants[0]),
        Size(new_id(), product.id, "Square", 2400, 2400, variants[1]),
    ]
    styles = [Style(new_id(), "Oil", "an oil painting"), Style(new_id(), "Ink", "an ink drawing")]
    now = app.clock.now()
    await app.db.batch(*[offers.insert_style(shop_id, style, None, place, now) for place, style in enumerate(styles)])
    await save_offer(app, product, sizes, styles)
    return await personalization.offer(app, shop_id, product_id)


async def save_offer(app: App, product: Product, sizes: list[Size], styles: list[Style]) -> None:
    """Put a product on sale past the merchant's pages: in sizes of any pixels, without a blank."""
    shop_id, now = product.shop_id, app.clock.now()
    listed = ListedProduct(str(product.shopify_product_id), product.title, product.handle, True, now)
    await app.db.batch(
        save_chosen(shop_id, product.id, listed, [], 0, True, now),
        *[offers.insert_size(shop_id, size, place, now) for place, size in enumerate(sizes)],
        *[link_style(shop_id, product.id, style.id, place, True, now) for place, style in enumerate(styles)],
    )


async def send_photo(app: App, shop: Shop, photo: bytes = PHOTO) -> str:
    """An upload that has arrived, by its id; the default is the header of a PNG of 1600 × 1200 pixels."""
    wish = media.UploadRequest("photo.png", "image/png", len(photo))
    upload = await media.open_upload(app, shop.id, shop.timezone, wish)
    asset = await media.asset(app.db, shop.id, upload.id)
    assert asset is not None
    await app.files.put(asset.key, photo, asset.mime)
    return upload.id


@functools.cache
def _schema() -> bytes:
    """A database file with the schema: migrating takes longer than copying."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "artify.db"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()
