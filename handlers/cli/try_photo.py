"""`artify try`: a photo through the real handlers, without a browser: upload, preview, paid order, print file."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import mimetypes
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app import personalization, shops
from app.core import sniff
from app.core.app import App
from app.core.errors import AppError
from app.core.log import Log
from app.core.ports.shopify import AccessToken, PrintNote, ProductDetails, ProductPage, ShopDetails
from app.core.settings import Settings
from app.wiring import build, close, migrate
from handlers import jobs as runner
from handlers.cli.simulated_storefront import Storefront
from handlers.demo import shop
from handlers.routes import create

KEY = "dHJ5IG9ubHk6IG5vdGhpbmcgaXMga2VwdCBsb25nZXI="  # 32 bytes that protect a temporary folder


@dataclass
class Report:
    """The result: files, sizes in pixels, seconds of each step, peak memory in MB.

    `preflight` is the rating of the photo for the size: ok, warn or poor. `tiles` is the number of tiles that the
    network enlarged for the print, `tiles_fell_back` the number in which it failed.
    """

    photo: str
    style: str
    size: str
    preview: str = ""
    preview_pixels: str = ""
    print: str = ""
    print_pixels: str = ""
    dpi: int = 300
    preflight: str = ""
    model: str = ""
    upscaler: str = ""
    tiles: int = 0
    tiles_fell_back: int = 0
    upload_s: float = 0
    preview_s: float = 0
    print_s: float = 0
    peak_mb: int = 0


class NoShopify:
    """A Shopify without effect: a trial has no shop."""

    async def shop_details(self, token: AccessToken) -> ShopDetails:
        return ShopDetails("Trial", "", "USD", "UTC")

    async def order(self, token: AccessToken, order_id: str) -> None: ...

    async def products(self, token: AccessToken, after: str | None) -> ProductPage:
        return ProductPage([], None)

    async def product(self, token: AccessToken, shopify_product_id: str) -> ProductDetails | None: ...

    async def note_print(self, token: AccessToken, note: PrintNote) -> None: ...

    async def tag_order(self, token: AccessToken, order_id: str, tag: str) -> None: ...


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("try", help="make a preview and a print file from a photo")
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument("--style", metavar="NAME", default="Oil painting", help=", ".join(shop.STYLES))
    parser.add_argument("--size", metavar="NAME", default="A3", help="a size of the demo poster: A4, A3, 24×36 in")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(_run(arguments, Path(folder)))
    print(json.dumps(asdict(report)) if arguments.json else _table(report))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if not arguments.photo.is_file():
        raise AppError(f"There is no file {arguments.photo}.")
    if arguments.style not in shop.STYLES:
        raise AppError("There is no such style. Choose one of: " + ", ".join(shop.STYLES) + ".")
    sizes = [size.name for size in shop.POSTER_SIZES]
    if arguments.size not in sizes:
        raise AppError("There is no such size. Choose one of: " + ", ".join(sizes) + ".")


async def _run(arguments: argparse.Namespace, folder: Path) -> Report:
    app = await _app(folder)
    try:
        return await _try(app, arguments)
    finally:
        await close(app)


async def _try(app: App, arguments: argparse.Namespace) -> Report:
    store = Storefront(create(app), app.settings, shop.SHOP)
    report = Report(str(arguments.photo), arguments.style, arguments.size)
    offer = await store.get(f"/proxy/products/{shop.POSTER}")
    size = next(size for size in offer["sizes"] if size["name"] == arguments.size)
    style = next(style for style in offer["styles"] if style["name"] == arguments.style)
    with _step("Uploading", report, "upload_s"):
        said = mimetypes.guess_type(arguments.photo)[0] or ""
        upload_id = await store.upload(arguments.photo.name, said, arguments.photo.read_bytes())
    with _step("Making the preview", report, "preview_s"):
        fields = {
            "product_id": shop.POSTER,
            "variant_id": size["variant_id"],
            "style_id": style["id"],
            "upload_id": upload_id,
        }
        preview = await store.post("/proxy/previews", fields)
        await runner.run_due(app)
    state = await store.get(f"/proxy/previews/{preview['id']}", view_token=preview["view_token"])
    if state["status"] != "completed":
        raise AppError(state.get("error", {}).get("message"))
    report.preflight = state.get("preflight", {}).get("verdict", "")
    with _step("Making the print file", report, "print_s"):
        await store.pay(shop.POSTER, size["variant_id"], preview["id"])
        await runner.run_due(app)
    await _save(app, store, report, state["preview_url"], arguments.out)
    return report


async def _app(folder: Path) -> App:
    settings = Settings.load(
        {
            "APP_URL": "http://artify.invalid",
            "SHOPIFY_API_KEY": "trial",
            "SHOPIFY_API_SECRET": "trial-secret",
            "DATABASE_URL": f"sqlite:///{folder}/artify.db",
            "FILES_URL": f"file:{folder}/files",
            "TOKEN_KEY": KEY,
            "LINK_KEY": KEY,
        }
    )
    app = replace(build(settings, log=Log(io.StringIO())), shopify=NoShopify())
    migrate(settings.database_url)
    token = AccessToken(shop.SHOP, "trial", None, None, None, "")
    await shops.record_install(app, token, ShopDetails("Trial", "", "USD", "UTC"))
    await shop.seed(app, examples=False)
    return app


async def _save(app: App, store: Storefront, report: Report, preview_url: str, out: Path) -> None:
    (card,) = await personalization.order_cards(app, shop.SHOP)
    link = personalization.print_link(app, card)
    if link is None:
        raise AppError(card.reason or "The print file could not be made.")
    preview = await store.download(preview_url)
    width, height = sniff.sniff(preview).size or (0, 0)
    report.preview, report.print = _write(out, preview_url, preview, link, await store.download(link))
    report.preview_pixels, report.print_pixels = f"{width}x{height}", f"{card.width}x{card.height}"
    report.model, report.upscaler, report.peak_mb = app.image_model.name, app.upscaler.name, _peak_mb()
    report.tiles, report.tiles_fell_back = card.tiles or 0, card.tiles_fell_back or 0


def _write(out: Path, preview_url: str, preview: bytes, print_url: str, printed: bytes) -> tuple[str, str]:
    out.mkdir(parents=True, exist_ok=True)
    files = out / f"preview.{_extension(preview_url)}", out / f"print.{_extension(print_url)}"
    files[0].write_bytes(preview)
    files[1].write_bytes(printed)
    return str(files[0]), str(files[1])


def _extension(url: str) -> str:
    return url.partition("?")[0].rpartition(".")[2]


@contextmanager
def _step(name: str, report: Report, field: str) -> Iterator[None]:
    """Report a step and its duration on standard error, so that --json stays clean."""
    started = time.perf_counter()
    print(f"{name} …", file=sys.stderr, flush=True)
    yield
    setattr(report, field, round(time.perf_counter() - started, 2))


def _table(report: Report) -> str:
    return "\n".join(f"{name.replace('_', ' '):15} {value}" for name, value in asdict(report).items())


def _peak_mb() -> int:
    """Peak resident memory of this process in MB. On Linux from /proc, because ru_maxrss starts with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) // 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2  # macOS counts bytes
