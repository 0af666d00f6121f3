"""The ports: what the app needs from the outside, in the app's own terms. Each port has at least two real adapters.

Every adapter of a port passes the same tests in tests/contract. Adapters raise app.core.errors, never a vendor's.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from app.core.compute import Compute as Compute
from app.core.errors import DoorReply
from app.core.links import MediaLink
from app.core.mockups import MockupParts
from app.core.pictures import (
    Crop,
    ImageAnswer,
    ImageRequest,
    Intent,
    Mark,
    Picture,
    PrintFile,
    PrintSpec,
    Raster,
    Samples,
)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """The result of one statement of a batch: its rows (from RETURNING), and how many rows it touched."""

    rows: Sequence[Row]
    rowcount: int


@dataclass(frozen=True)
class Expect:
    """A statement that must touch exactly `rows` rows; otherwise its batch is rolled back with Refused(code)."""

    statement: Any
    code: str
    rows: int = 1


class Database(Protocol):
    """SQL, built with SQLAlchemy Core; `batch` is the only transaction."""

    async def one(self, statement: Any) -> Row | None:
        """Return the only row, or None. Raises Unavailable if the database does not answer."""

    async def all(self, statement: Any) -> Sequence[Row]:
        """Return all rows."""

    async def batch(self, *statements: Any) -> Sequence[Result]:
        """Run all statements in order, or none. Raises Refused, ConstraintError, Unavailable."""


@runtime_checkable
class Closes(Protocol):
    """An adapter that keeps connections or processes open and can close them."""

    async def close(self) -> None:
        """May be called twice. If the adapter is used again, it opens new ones."""


@dataclass(frozen=True)
class UploadTicket:
    """A signed request with which a browser uploads one file, of exactly the signed type and size, to storage."""

    method: str
    url: str
    headers: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True)
class FileInfo:
    bytes: int
    mime: str


@dataclass(frozen=True)
class StoredFile:
    """A stored object and when it was last written."""

    key: str
    bytes: int
    modified_at: datetime


class Files(Protocol):
    """Private objects by key: `{shop}/{capability}/{subject}/{purpose}_{attempt}.{ext}`."""

    async def put(self, key: str, data: bytes, mime: str) -> None:
        """Write or replace an object, completely or not at all."""

    async def get(self, key: str, limit: int | None = None) -> bytes:
        """Return the object, or its first `limit` bytes. Raises NotFound."""

    async def write(self, key: str, chunks: AsyncIterable[bytes], mime: str) -> int:
        """Like put, from a stream, with a few megabytes in memory at a time. Return the number of bytes."""

    async def open(self, key: str) -> tuple[FileInfo, AsyncIterator[bytes]]:
        """Return the object as a stream, which must be read to its end. Raises NotFound."""

    async def stat(self, key: str) -> FileInfo | None:
        """Return size and type, or None if there is no such object."""

    async def list(self, prefix: str, after: str = "", limit: int = 100) -> Sequence[StoredFile]:
        """Return the first objects whose key starts with `prefix`, after the key `after`, in the storage's order."""

    async def delete(self, *keys: str) -> None:
        """Delete objects. Missing ones are ignored."""

    def link(self, key: str, *, expires_at: datetime, filename: str | None = None) -> str:
        """Return a signed URL to read from. With `filename`, the browser saves the file under that name."""

    def upload_ticket(self, key: str, *, mime: str, size: int, expires_at: datetime) -> UploadTicket:
        """Return a signed upload of one file of this type and size in bytes."""


@runtime_checkable
class AnswersLinks(Files, Protocol):
    """Files whose links are answered by this process."""

    async def receive(self, link: MediaLink, chunks: AsyncIterable[bytes]) -> None:
        """Store an upload from a stream. Raises TooLarge or BadRequest if its size differs from the signed size."""


LONGEST_HINT_S = 900  # the longest delay that every queue supports: the limit of SQS


class Queue(Protocol):
    """Wake-ups for jobs that are due. The row in the database counts; a lost wake-up costs time, never work."""

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        """Wake jobs now, or after some seconds, at most LONGEST_HINT_S. Never raises, because the jobs are saved."""


@runtime_checkable
class WaitsForHints(Protocol):
    """A queue whose jobs are run by this process."""

    async def wait(self, seconds: float) -> None:
        """Wait for a wake-up, or for so many seconds."""


@runtime_checkable
class CanBeAsked(Protocol):
    async def ask(self) -> None:
        """Raises Unavailable if the service does not answer or refuses access."""


class ImageModel(Protocol):
    """Makes pictures from a prompt and other pictures. `service` is who runs the model, `name` the model's."""

    service: str
    name: str

    async def render(self, request: ImageRequest) -> ImageAnswer:
        """At least one picture. Raises Unavailable (try later), or Unprocessable (never will): `ai_refused` when the
        model declines the request, `picture_needed` when it cannot work from a prompt alone."""


class Imaging(Protocol):
    """Decodes untrusted files, crops, watermarks and encodes. Raises BadPicture for files that cannot be read."""

    async def develop(
        self,
        photo: bytes,
        *,
        crop: Crop | None,
        width: int,
        height: int,
        mime: str = "image/png",
        background: str = "#ffffff",
    ) -> Picture:
        """Return the first frame of the photo, upright and in sRGB, re-encoded without metadata.

        It is cropped to `crop`, then centrally to the aspect ratio width:height, and reduced to width × height pixels.
        It is never enlarged: a smaller photo keeps its own pixels, at the same aspect ratio. `mime` is image/png,
        image/jpeg (q95 4:4:4) or image/webp. `background` is written as #rrggbb.
        """

    async def samples(self, photo: bytes, *, crop: Crop | None, aspect: tuple[int, int], background: str) -> Samples:
        """Return samples of what `develop` would crop: an overview (framing.OVERVIEW_SIDE) and framing.patches."""

    async def out_of_gamut(self, master: bytes, profile: bytes, intent: Intent) -> float | None:
        """Return the share (0 to 1) of colours that an ICC profile cannot represent; None if it is not known."""

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        """Return a WebP of at most `max_side` pixels per side with the watermark. `by_ai` is recorded in its XMP."""

    async def mockup(self, design: bytes, parts: MockupParts, *, max_side: int, by_ai: bool = False) -> Picture | None:
        """Return a WebP of the product's photo with the design on it; None if the engine cannot warp pictures."""

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        """Return the picture at exactly the size of the spec.

        It is enlarged by the upscaler if that helps (over 1.2 times), cropped to the aspect ratio, resized and lightly
        sharpened. The bleed around it mirrors its edges. Colours are those of the ICC `profile` (default: sRGB). The
        file contains its dpi and, if made by AI, XMP. Raises Unprocessable for a format that cannot be written.
        """


class Upscaler(Protocol):
    """Enlarges by a fixed factor; plain resampling has factor 1 and leaves the resizing to Imaging."""

    name: str
    factor: int

    def strips(self, raster: Raster) -> Iterator[bytes]:
        """Yield the enlarged picture (8-bit RGB) as whole rows from top to bottom; Tiled if by a network. CPU work."""


class Vault(Protocol):
    """Encrypts secrets for the database with TOKEN_KEY. OLD_TOKEN_KEY still decrypts what it encrypted before."""

    @property
    def mark(self) -> str:
        """The prefix of every text that was encrypted with the current key."""

    async def seal(self, secret: str) -> str: ...

    async def open(self, sealed: str) -> str:
        """Raises Unauthorized if the text was altered or encrypted with another key."""


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the time, aware, in UTC."""


@dataclass(frozen=True)
class SignedRequest:
    """An HTTP request as Shopify sent it: full URL, headers and raw body, with nothing decoded or dropped."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class AdminVisit:
    """A verified request from the Shopify admin.

    `shop` is the domain, `headers` must be set on the page, and `issued_at` is when Shopify issued the ID token, by its
    clock, in whole seconds.
    """

    shop: str
    user_id: str
    id_token: str = field(repr=False)
    headers: Mapping[str, str]
    issued_at: datetime | None = None


@dataclass(frozen=True)
class Grant:
    """A merchant's consent, as returned by Shopify: a one-time code and the state that the app sent."""

    shop: str
    code: str = field(repr=False)
    state: str = field(repr=False)
    told_at: datetime


@dataclass(frozen=True)
class ProxyVisit:
    """A verified request through the app proxy. `customer_id` is None for guests."""

    shop: str
    customer_id: str | None


@dataclass(frozen=True)
class Webhook:
    """A webhook. Shopify signed its `payload`, which does not contradict `shop`; the rest is from unsigned headers."""

    shop: str
    topic: str
    event_id: str
    webhook_id: str
    triggered_at: datetime | None
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class AccessToken:
    """A shop's offline token, in clear text. It expires, and its refresh token rotates."""

    shop: str
    access: str = field(repr=False)
    access_expires_at: datetime | None
    refresh: str | None = field(repr=False)
    refresh_expires_at: datetime | None
    scope: str


@dataclass(frozen=True)
class ShopDetails:
    name: str
    email: str
    currency: str
    timezone: str


@dataclass(frozen=True)
class PrintNote:
    """The note about one line's print file on an order in Shopify. Sizes are in pixels."""

    order_id: str
    line_item_id: str
    file_id: str
    filename: str
    width: int
    height: int
    dpi: int


@dataclass(frozen=True)
class ListedProduct:
    """A product as listed by Shopify, last changed at `changed_at`."""

    shopify_product_id: str
    title: str
    handle: str | None
    is_active: bool
    changed_at: datetime


@dataclass(frozen=True)
class ProductPage:
    """`cursor` is the start of the next page; None on the last page."""

    products: list[ListedProduct]
    cursor: str | None


class ShopifyDoor(Protocol):
    """Verifies requests from Shopify, and exchanges ID tokens for access tokens."""

    def verify_admin(self, request: SignedRequest) -> AdminVisit:
        """Raises DoorReply: a bounce (302) or a 401 that makes App Bridge retry; NotFound through the app proxy."""

    def verify_proxy(self, request: SignedRequest) -> ProxyVisit:
        """Raises Unauthorized."""

    def may_be_signed(self, request: SignedRequest) -> bool:
        """Return whether a webhook's headers contain a well-formed signature. The body is not needed."""

    def verify_webhook(self, request: SignedRequest) -> Webhook:
        """Raises Unauthorized, BadRequest."""

    def bounce_page(self, request: SignedRequest) -> DoorReply:
        """Return the page on which App Bridge gets a new ID token. Raises BadRequest."""

    def verify_install(self, request: SignedRequest) -> str:
        """Return the shop of an installation request. Raises Unauthorized, BadRequest."""

    def consent_url(self, shop: str, *, scopes: Sequence[str], state: str, back: str) -> str:
        """Return the address where the merchant consents. Shopify then redirects to `back`."""

    def verify_grant(self, request: SignedRequest) -> Grant:
        """Raises Unauthorized, BadRequest."""

    def admin_url(self, shop: str, path: str) -> str:
        """Return the address of a page in the shop's admin."""

    async def redeem(self, grant: Grant) -> AccessToken:
        """Exchange a code. Raises Unavailable, or Unauthorized if the code was used or is unknown."""

    async def exchange(self, visit: AdminVisit) -> AccessToken:
        """Exchange an ID token. Raises Unavailable, Unauthorized, or DoorReply if the ID token is stale."""

    async def refresh(self, token: AccessToken) -> AccessToken:
        """Refresh the tokens. Raises Unavailable, or Unauthorized if the refresh token was revoked or has expired."""


class ShopifyAdmin(Protocol):
    """The Admin API calls of the app. Raise Unavailable (try again later), Unauthorized (token refused), AppError."""

    async def shop_details(self, token: AccessToken) -> ShopDetails: ...

    async def order(self, token: AccessToken, order_id: str) -> Mapping[str, Any] | None:
        """Return the order as it is now, with the fields of its webhooks; None if it does not exist."""

    async def products(self, token: AccessToken, after: str | None) -> ProductPage:
        """Return up to 100 of the shop's products, after a cursor."""

    async def note_print(self, token: AccessToken, note: PrintNote) -> None:
        """Set the line's metafield on the order (namespace `artify`, key `print_<line>`). Repeatable."""

    async def tag_order(self, token: AccessToken, order_id: str, tag: str) -> None:
        """Add a tag to the order. Repeatable."""
