"""What a story plants that no log may hold, in whatever form."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from devstore.catalog import SEED
from devstore.config import Config
from handlers.demo.shop import STYLES
from tests.fakes.gemini import KEY
from tests.pictures import PLANTED
from tests.setups.base import LINK_KEY, TOKEN_KEY
from tests.story.photos import photo

KEYS = (Config.api_secret, KEY, TOKEN_KEY, LINK_KEY, *(base64.b64decode(key).decode() for key in (TOKEN_KEY, LINK_KEY)))
TOKENS = ("shpat_", "shprt_", "eyJhbGciOi", "view_token=", "signature=", "Signature=", "hmac=", "id_token=")
"""How every access, refresh and ID token begins, and the names of what is signed."""
PERSONAL = (
    "ada.planted@shopper.example",
    "Planted-Lovelace",
    "Planted-Street",
    "7946 0999",
    "Planted-Note",
    "Planted-Filename",
    SEED["shop"]["email"],
    SEED["customer"]["email"],
    SEED["customer"]["last_name"],
    PLANTED,
)
"""As the chapters, the simulated Shopify and the photo hold it."""
PROMPTS = tuple(prompt[:60] for prompt in STYLES.values())
PHOTO = photo("photo")[200:230]


def leaks(log: str, told: set[str]) -> list[str]:
    """Which of all that, and of the tokens and signatures of a run, the log holds."""
    texts = {*KEYS, *TOKENS, *PERSONAL, *PROMPTS, *told}
    found = [text for text in texts if any(form in log for form in forms(text.encode()))]
    return sorted(found) + ["the photo"] * any(form in log for form in forms(PHOTO))


def forms(secret: bytes) -> Iterator[str]:
    """How a text can look in a log: as it is, escaped, in hex, percent-encoded, or somewhere inside base64."""
    text = secret.decode("latin-1")
    yield from {text, json.dumps(text)[1:-1], repr(secret)[2:-1], quote(secret, safe=""), quote_plus(secret)}
    yield binascii.hexlify(secret).decode()
    for before in range(3):  # a text within a longer one may begin at any of three places of a group
        whole = base64.b64encode(bytes(before) + secret).rstrip(b"=").decode()
        inner = whole[(0, 2, 3)[before] : len(whole) - (1 if (before + len(secret)) % 3 else 0)]
        yield from {inner, inner.replace("+", "-").replace("/", "_")}
