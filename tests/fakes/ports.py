"""Hand-written stand-ins for ports, for tests in which neither pixels nor Shopify matter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.errors import AppError
from app.core.mockups import MockupParts
from app.core.pictures import (
    WHITE,
    Crop,
    ImageAnswer,
    ImageRequest,
    Intent,
    Mark,
    ModelUsage,
    Picture,
    PrintFile,
    PrintSpec,
    Raster,
    Samples,
)
from app.core.ports.imaging import Upscaler
from app.core.ports.shopify import AccessToken, PrintNote, ProductDetails, ProductPage, ShopDetails

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass
class SetClock:
    """Stands still until it is moved."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def move(self, **amount: float) -> None:
        """By the amounts of a timedelta: `move(minutes=5)`."""
        self.at += timedelta(**amount)


@dataclass
class PlainImages:
    """Answers every request with the same bytes, or with `fault`."""

    service: str = "tests"
    name: str = "plain"
    fault: AppError | None = None
    usage: ModelUsage = field(default_factory=ModelUsage)
    asked: list[ImageRequest] = field(default_factory=list)

    async def render(self, request: ImageRequest) -> ImageAnswer:
        self.asked.append(request)
        if self.fault:
            raise self.fault
        return ImageAnswer((b"rendered",) * request.count, self.name, self.usage)


@dataclass
class PlainImaging:
    """Believes any bytes to be a picture of the size wanted; each step adds its name to them.

    Looked at closely, each is a plain grey of `pixels`.
    """

    fault: AppError | None = None
    pixels: tuple[int, int] = (848, 1200)
    printed: list[PrintSpec] = field(default_factory=list)
    profiles: list[bytes | None] = field(default_factory=list)
    backgrounds: list[str] = field(default_factory=list)

    async def develop(
        self,
        photo: bytes,
        *,
        crop: Crop | None,
        width: int,
        height: int,
        mime: str = "image/png",
        background: str = WHITE,
    ) -> Picture:
        self.backgrounds.append(background)
        return self._made(photo + b" developed", mime, width, height)

    async def samples(self, photo: bytes, *, crop: Crop | None, aspect: tuple[int, int], background: str) -> Samples:
        return Samples(*self.pixels, Raster(b"\x80" * 48, 4, 4), (Raster(b"\x80" * 3 * 96 * 96, 96, 96),))

    async def out_of_gamut(self, master: bytes, profile: bytes, intent: Intent) -> float | None:
        return 0.2

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        return self._made(master + b" preview", "image/webp", max_side, max_side)

    async def mockup(self, design: bytes, parts: MockupParts, *, max_side: int, by_ai: bool = False) -> Picture | None:
        return self._made(design + b" mockup", "image/webp", max_side, max_side)

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        self.printed.append(spec)
        self.profiles.append(profile)
        picture = self._made(master + b" print", spec.mime, *spec.full_size)
        return PrintFile(picture, upscaler.name, 1.0, spec.width, spec.height)

    def _made(self, data: bytes, mime: str, width: int, height: int) -> Picture:
        if self.fault:
            raise self.fault
        return Picture(data, mime, width, height)


@dataclass
class NotingShopify:
    """Shopify's Admin API: notes what it is told, gives what it was given, or raises `fault`."""

    fault: AppError | None = None
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    pages: dict[str | None, ProductPage] = field(default_factory=dict)
    products_by_id: dict[str, ProductDetails] = field(default_factory=dict)
    notes: list[PrintNote] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)

    async def shop_details(self, token: AccessToken) -> ShopDetails:
        self._answer()
        return ShopDetails("A shop", "owner@example.com", "EUR", "Europe/Berlin")

    async def order(self, token: AccessToken, order_id: str) -> dict[str, Any] | None:
        self._answer()
        return self.orders.get(order_id)

    async def products(self, token: AccessToken, after: str | None) -> ProductPage:
        self._answer()
        return self.pages[after]

    async def product(self, token: AccessToken, shopify_product_id: str) -> ProductDetails | None:
        self._answer()
        return self.products_by_id.get(shopify_product_id)

    async def note_print(self, token: AccessToken, note: PrintNote) -> None:
        self._answer()
        self.notes.append(note)

    async def tag_order(self, token: AccessToken, order_id: str, tag: str) -> None:
        self._answer()
        self.tags.append((order_id, tag))

    def _answer(self) -> None:
        if self.fault:
            raise self.fault


@dataclass
class NotingQueue:
    """Notes the hints, and for how many seconds those for later are held back; runs nothing."""

    woken: list[str] = field(default_factory=list)
    later: dict[str, float] = field(default_factory=dict)

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        if after_s:
            self.later |= dict.fromkeys(job_ids, after_s)
        else:
            self.woken += job_ids


@dataclass
class RefreshingAuth:
    """A token endpoint that gives `next` and counts how often it was asked, or raises `fault`."""

    next: AccessToken
    fault: AppError | None = None
    asked: list[AccessToken] = field(default_factory=list)

    async def refresh(self, token: AccessToken) -> AccessToken:
        self.asked.append(token)
        if self.fault:
            raise self.fault
        return replace(self.next, shop=token.shop)
