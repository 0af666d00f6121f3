"""The ports: what the app needs from the outside, in the app's own words. One exists where two real adapters do.

Each has a battery in tests/contract that every adapter passes. Adapters raise app.core.errors, never a vendor's.
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
    """What one statement of a batch gave: its rows (of RETURNING), and how many rows it touched."""

    rows: Sequence[Row]
    rowcount: int


@dataclass(frozen=True)
class Expect:
    """A statement that must touch exactly `rows` rows, or its batch is undone with Refused(code)."""

    statement: Any
    code: str
    rows: int = 1


class Database(Protocol):
    """SQL, built with SQLAlchemy Core; `batch` is the only transaction."""

    async def one(self, statement: Any) -> Row | None:
        """The only row, or None. Raises Unavailable when the database does not answer."""

    async def all(self, statement: Any) -> Sequence[Row]:
        """Every row."""

    async def batch(self, *statements: Any) -> Sequence[Result]:
        """All or nothing, in order. Raises Refused, ConstraintError, Unavailable."""


@runtime_checkable
class Closes(Protocol):
    """What keeps connections or processes open, and can let go of them."""

    async def close(self) -> None:
        """It may be closed twice, and used again: then it opens them anew."""


@dataclass(frozen=True)
class UploadTicket:
    """How a browser sends one file straight to storage. Good for exactly this type and size in bytes."""

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
    """An object as it lies in the storage, since when in its present form."""

    key: str
    bytes: int
    modified_at: datetime


class Files(Protocol):
    """Private objects by key: `{shop}/{capability}/{subject}/{purpose}_{attempt}.{ext}`."""

    async def put(self, key: str, data: bytes, mime: str) -> None:
        """Write or replace, whole or not at all."""

    async def get(self, key: str, limit: int | None = None) -> bytes:
        """The object, or its first `limit` bytes. Raises NotFound."""

    async def write(self, key: str, chunks: AsyncIterable[bytes], mime: str) -> int:
        """As put, of what streams in, a few megabytes in memory at a time; how many bytes it was."""

    async def open(self, key: str) -> tuple[FileInfo, AsyncIterator[bytes]]:
        """The object as it streams out, to be read to its end. Raises NotFound."""

    async def stat(self, key: str) -> FileInfo | None:
        """Size and type, or None when there is no such object."""

    async def list(self, prefix: str, after: str = "", limit: int = 100) -> Sequence[StoredFile]:
        """The first objects whose key begins with `prefix`, after that of `after` in the storage's own order."""

    async def delete(self, *keys: str) -> None:
        """Remove; missing ones are fine."""

    def link(self, key: str, *, expires_at: datetime, filename: str | None = None) -> str:
        """A signed address to read from; with `filename`, the browser saves it under that name."""

    def upload_ticket(self, key: str, *, mime: str, size: int, expires_at: datetime) -> UploadTicket:
        """A signed address that takes one file of this type and size (bytes)."""


@runtime_checkable
class AnswersLinks(Files, Protocol):
    """Files whose links this process answers itself."""

    async def receive(self, link: MediaLink, chunks: AsyncIterable[bytes]) -> None:
        """Take an upload as it streams in. Raises TooLarge or BadRequest when its size is not what was signed."""


LONGEST_HINT_S = 900  # the longest that every queue can hold a hint back: SQS's limit


class Queue(Protocol):
    """Hints that a job row is due. The row is the truth; a lost hint costs time, never work."""

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        """Now, or not before so many seconds, at most LONGEST_HINT_S. Never raises: what made the job due is done."""


@runtime_checkable
class WaitsForHints(Protocol):
    """A queue whose jobs this process runs itself."""

    async def wait(self, seconds: float) -> None:
        """Until a hint, or so many seconds."""


@runtime_checkable
class CanBeAsked(Protocol):
    async def ask(self) -> None:
        """Raises Unavailable when it does not answer, or is not ours."""


class ImageModel(Protocol):
    """Makes pictures from a prompt and other pictures. `service` is who runs the model, `name` the model's."""

    service: str
    name: str

    async def render(self, request: ImageRequest) -> ImageAnswer:
        """At least one picture. Raises Unavailable (try later), or Unprocessable (never will): `ai_refused` when the
        model declines the request, `picture_needed` when it cannot work from a prompt alone."""


class Imaging(Protocol):
    """Decodes strangers' bytes, cuts, marks and encodes. Raises BadPicture for what it cannot read."""

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
        """The photo upright, in sRGB, first frame, from fresh pixels: cut to `crop`, then centrally to the aspect
        width:height, and made smaller to width × height pixels. Never made larger: a small photo keeps its own pixels,
        at the same aspect. `mime` is image/png, image/jpeg (q95 4:4:4) or image/webp. `background` is as #rrggbb."""

    async def samples(self, photo: bytes, *, crop: Crop | None, aspect: tuple[int, int], background: str) -> Samples:
        """Looks at what `develop` would cut out: an overview (framing.OVERVIEW_SIDE), the first of framing.patches."""

    async def out_of_gamut(self, master: bytes, profile: bytes, intent: Intent) -> float | None:
        """The share (0 to 1) of colours that a printer, by its ICC profile, visibly lacks; None where nobody knows."""

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        """A WebP of at most `max_side` pixels a side, with the mark drawn in. `by_ai`: its XMP says who made it."""

    async def mockup(self, design: bytes, parts: MockupParts, *, max_side: int, by_ai: bool = False) -> Picture | None:
        """A WebP of the product's photo with the design on it, as for a preview. None where no engine can warp."""

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        """The picture at exactly the spec's size: enlarged by the upscaler where that helps (over 1.2 times), cut to
        the aspect, resized, lightly sharpened; around it the bleed, which mirrors its edges. In the colours of the
        ICC `profile` (sRGB without one); with dpi and, by AI, XMP. Raises Unprocessable for what it cannot write."""


class Upscaler(Protocol):
    """Enlarges by a fixed factor; plain resampling has factor 1 and leaves the resizing to Imaging."""

    name: str
    factor: int

    def strips(self, raster: Raster) -> Iterator[bytes]:
        """The enlarged picture (RGB, 8 bit) as whole rows from top to bottom, Tiled if by a network. CPU work."""


class Vault(Protocol):
    """Keeps secrets in the database unreadable without TOKEN_KEY. OLD_TOKEN_KEY opens what it sealed before."""

    @property
    def mark(self) -> str:
        """How a text begins that the present key sealed."""

    async def seal(self, secret: str) -> str: ...

    async def open(self, sealed: str) -> str:
        """Raises Unauthorized when the text was altered, or sealed by another key."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, aware, UTC."""


@dataclass(frozen=True)
class SignedRequest:
    """An HTTP request as Shopify sent it: full URL, headers, raw body. Nothing decoded or dropped."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class AdminVisit:
    """A verified request from the Shopify admin. `shop` is the domain, `headers` go onto the page, `issued_at` is when
    Shopify made the ID token, by its own clock, in whole seconds."""

    shop: str
    user_id: str
    id_token: str = field(repr=False)
    headers: Mapping[str, str]
    issued_at: datetime | None = None


@dataclass(frozen=True)
class Grant:
    """A merchant's consent, as Shopify sends it back: a code that is good once, and the state that we gave."""

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
    """A webhook: Shopify signed its `payload`, which does not contradict `shop`. The rest is from unsigned headers."""

    shop: str
    topic: str
    event_id: str
    webhook_id: str
    triggered_at: datetime | None
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class AccessToken:
    """An offline token of a shop, in clear. Expiring; its refresh token rotates."""

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
    """What an order in Shopify is told of one line's print file. Sizes in pixels."""

    order_id: str
    line_item_id: str
    file_id: str
    filename: str
    width: int
    height: int
    dpi: int


@dataclass(frozen=True)
class ListedProduct:
    """A product as Shopify has it. `changed_at`: as it was then."""

    shopify_product_id: str
    title: str
    handle: str | None
    is_active: bool
    changed_at: datetime


@dataclass(frozen=True)
class ProductPage:
    """`cursor` is where the next page begins, None after the last."""

    products: list[ListedProduct]
    cursor: str | None


class ShopifyDoor(Protocol):
    """Verifies what comes from Shopify, and trades ID tokens for access tokens."""

    def verify_admin(self, request: SignedRequest) -> AdminVisit:
        """Raises DoorReply: a bounce (302) or a 401 that makes App Bridge retry; NotFound through the app proxy."""

    def verify_proxy(self, request: SignedRequest) -> ProxyVisit:
        """Raises Unauthorized."""

    def may_be_signed(self, request: SignedRequest) -> bool:
        """Whether the headers of a webhook hold what could be a signature; its body need not have come."""

    def verify_webhook(self, request: SignedRequest) -> Webhook:
        """Raises Unauthorized, BadRequest."""

    def bounce_page(self, request: SignedRequest) -> DoorReply:
        """The page on which App Bridge fetches a fresh ID token. Raises BadRequest."""

    def verify_install(self, request: SignedRequest) -> str:
        """The shop that wants to install. Raises Unauthorized, BadRequest."""

    def consent_url(self, shop: str, *, scopes: Sequence[str], state: str, back: str) -> str:
        """Where the merchant consents; Shopify sends them to `back` afterwards."""

    def verify_grant(self, request: SignedRequest) -> Grant:
        """Raises Unauthorized, BadRequest."""

    def admin_url(self, shop: str, path: str) -> str:
        """A page of the shop's admin."""

    async def redeem(self, grant: Grant) -> AccessToken:
        """Raises Unavailable, or Unauthorized when the code is used or unknown."""

    async def exchange(self, visit: AdminVisit) -> AccessToken:
        """Raises Unavailable, Unauthorized, or DoorReply when the ID token was stale."""

    async def refresh(self, token: AccessToken) -> AccessToken:
        """Raises Unavailable, or Unauthorized when the refresh token is dead."""


class ShopifyAdmin(Protocol):
    """The few Admin API calls we make. Raises Unavailable (try later), Unauthorized (token dead), AppError."""

    async def shop_details(self, token: AccessToken) -> ShopDetails: ...

    async def order(self, token: AccessToken, order_id: str) -> Mapping[str, Any] | None:
        """The order as it is now, in the fields of its webhooks; None when it is gone. It does not say whose it is."""

    async def products(self, token: AccessToken, after: str | None) -> ProductPage:
        """The shop's products after a cursor, 100 at most."""

    async def note_print(self, token: AccessToken, note: PrintNote) -> None:
        """Set the line's metafield on the order (namespace `artify`, key `print_<line>`). Repeatable."""

    async def tag_order(self, token: AccessToken, order_id: str, tag: str) -> None:
        """Add a tag to the order. Repeatable."""
