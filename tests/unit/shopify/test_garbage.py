"""Whatever a stranger sends, it is refused and breaks nothing."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import AuthReply, BadRequest, NotFound, Unauthorized
from app.core.ports.shopify import SignedRequest
from tests import soak
from tests.unit.shopify.signing import SHOP, id_token, shopify_auth

ANY = st.text(st.characters(codec="utf-8"), max_size=60)
SEGMENT = st.sampled_from([*id_token().split("."), "", "e30", "bnVsbA", "W10", "eyJhbGciOiJub25lIn0"]) | ANY
TOKEN = st.lists(SEGMENT, min_size=1, max_size=5).map(".".join)
NAMES = ["shop", "id_token", "timestamp", "signature", "logged_in_customer_id", "shopify-reload", "hmac"]
VALUE = ANY | TOKEN | st.sampled_from([SHOP, "1", "9" * 5000, "/", "//", "%", "%ff", "["])
PAIR = st.tuples(st.sampled_from(NAMES) | ANY, VALUE, st.booleans())
QUERY = st.lists(PAIR, max_size=8).map(
    lambda pairs: "&".join(f"{name}={quote(value) if quoted else value}" for name, value, quoted in pairs)
)
URL = st.builds("{}{}?{}".format, st.sampled_from(["https://app.test", "https://[", "http://é:x", ""]), ANY, QUERY)
HEADER = st.sampled_from(
    ["Authorization", "X-Shopify-Hmac-Sha256", "shopify-hmac-sha256", "X-Shopify-Shop-Domain", "host"]
)
HEADERS = st.dictionaries(HEADER | ANY, VALUE | TOKEN.map("Bearer {}".format), max_size=6)
REQUEST = st.builds(SignedRequest, st.sampled_from(["GET", "POST", "é"]), URL, HEADERS, st.binary(max_size=60))
AUTH = shopify_auth()


def let_in(ask: Callable[[SignedRequest], object], request: SignedRequest) -> bool:
    try:
        ask(request)
    except AuthReply as reply:
        return not reply.headers.get("Location", "/auth/bounce?").startswith("/auth/bounce?")
    except (BadRequest, NotFound, Unauthorized):
        return False
    return True


@settings(max_examples=soak.size(300, 100), deadline=None)
@given(REQUEST)
def test_garbage_is_refused_and_breaks_nothing(request: SignedRequest) -> None:
    checks = (AUTH.verify_admin, AUTH.verify_proxy, AUTH.verify_webhook)
    assert [let_in(ask, request) for ask in checks] == [False, False, False]


@settings(max_examples=soak.size(300, 100), deadline=None)
@given(REQUEST)
def test_garbage_never_makes_the_bounce_page_reload_another_host(request: SignedRequest) -> None:
    if let_in(AUTH.bounce_page, request):
        headers = AUTH.bounce_page(request).headers
        assert headers["Content-Security-Policy"] == f"frame-ancestors https://{SHOP} https://admin.shopify.com;"
