"""Every route is authenticated: what is not signed, or signed wrongly, is refused and never crashes.

The routes are the app's own list: a new one is an admin page until its path says otherwise.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from starlette.routing import Mount, Route

from devstore.config import Config
from devstore.signatures import proxy_signature, webhook_hmac
from handlers.http.static_files import STATIC
from handlers.routes import ROUTES
from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.storefront import signed
from tests.integration.wire import Answer, call
from tests.integration.world import World

pytestmark = pytest.mark.anyio

OPEN = {"/auth/bounce", "/healthz", "/metrics", "/starter/{name}", "/static/{name}"}
GRANT = {"/auth", "/auth/callback"}
AUTHENTICATIONS = ("proxy", "grant", "link", "print worker", "webhook", "admin", "open")
IDS = {"{product_id}": "1", "{preview_id}": "1", "{item_id}": "1", "{job_id}": "1", "{key:path}": "shop/file.jpg"}
OTHER_SECRET = "another-secret-of-somebody-elses-app"
NOT_ASCII = "é\u0660\u1f600"


def authentication_of(path: str) -> str:
    if path.startswith("/proxy/"):
        return "proxy"
    if path in GRANT:  # tests/integration/shops/test_oauth_grants.py
        return "grant"
    if path.startswith("/media/"):
        return "link"
    if path.startswith("/internal/"):
        return "print worker"
    return "webhook" if path == "/webhooks" else "open" if path in OPEN else "admin"


def routes_behind(authentication: str) -> list[tuple[str, str]]:
    """Method and path of each."""
    found = []
    for route in ROUTES:
        if isinstance(route, Route) and authentication_of(route.path) == authentication:
            path = route.path
            for name, value in IDS.items():
                path = path.replace(name, value)
            found += [(method, path) for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def proxied(secret: str = Config.api_secret, extra: str = "", **changes: str) -> bytes:
    return (urlencode(signed(changes, secret=secret)) + extra).encode()


def unsigned(signature: str | None) -> bytes:
    query = {name: value for name, value in signed({}).items() if name != "signature"}
    return urlencode(query | ({"signature": signature} if signature is not None else {})).encode()


def repeated(name: str, value: str) -> bytes:
    pairs = [*((key, val) for key, val in signed({}).items() if key != "signature"), (name, value)]
    return urlencode([*pairs, ("signature", proxy_signature(pairs, Config.api_secret))]).encode()


def twice(name: str, *values: str) -> bytes:
    pairs = [*((key, val) for key, val in signed({}).items() if key != "signature"), *((name, each) for each in values)]
    return urlencode([*pairs, ("signature", proxy_signature(pairs, Config.api_secret))]).encode()


def ago(seconds: int) -> str:
    return str(int(time.time()) - seconds)


BAD_PROXY: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "no signature": lambda: unsigned(None),
    "empty signature": lambda: unsigned(""),
    "zeros": lambda: unsigned("0" * 64),
    "half a signature": lambda: unsigned(signed({})["signature"][:32]),
    "signature not ascii": lambda: unsigned(NOT_ASCII),
    "signature of raw bytes": lambda: unsigned(None) + b"&signature=\xe9\xff\xfe",
    "signature of bad percents": lambda: unsigned(None) + b"&signature=%zz%",
    "another app's secret": lambda: proxied(OTHER_SECRET),
    "stale": lambda: proxied(timestamp=ago(95)),
    "from the future": lambda: proxied(timestamp=ago(-95)),
    "no time": lambda: proxied(timestamp=""),
    "a word for the time": lambda: proxied(timestamp="now"),
    "time not ascii": lambda: proxied(timestamp="\u0661\u0662\u0663"),
    "endless time": lambda: proxied(timestamp="9" * 5000),
    "a negative time": lambda: proxied(timestamp="-1"),
    "another shop added": lambda: proxied(extra=f"&shop={OTHER_SHOP}"),
    "another shop signed too": lambda: repeated("shop", OTHER_SHOP),
    "two customers": lambda: repeated("logged_in_customer_id", "1"),
    "not a shop": lambda: proxied(shop="evil.test"),
    "shop not ascii": lambda: proxied(shop="é.myshopify.com"),
    "something added": lambda: proxied(extra="&view_token=1"),
    "something taken away": lambda: proxied().replace(b"path_prefix", b"path"),
}


def token(secret: str = Config.api_secret, algorithm: str = "HS256", **changes: Any) -> str:
    now, origin = int(time.time()), f"https://{SHOP}"
    claims = {"iss": f"{origin}/admin", "dest": origin, "aud": Config.api_key, "sub": "1", "jti": "1", "sid": "1"}
    whole = claims | {"exp": now + 60, "nbf": now, "iat": now} | changes
    return jwt.encode({name: value for name, value in whole.items() if value is not None}, secret, algorithm)


GOOD_PROXY: dict[str, Callable[[], bytes]] = {
    "names that begin alike": lambda: proxied(a="1", a1="2", **{"a-": "3", "a=": "4"}),
    "a repeated name": lambda: twice("a", "2", "1"),
    "no value": lambda: proxied(a=""),
    "other letters": lambda: proxied(**{"é": "\u0660", "[]": " &=,"}),
}


BAD_TOKENS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "garbage": lambda: b"garbage",
    "dots": lambda: b"..",
    "raw bytes": lambda: b"\xff\xfe\xe9",
    "not ascii": lambda: NOT_ASCII.encode(),
    "endless": lambda: b"a" * 20_000,
    "no payload": lambda: b64encode(b'{"alg":"HS256"}') + b"..",
    "not signed": lambda: token(secret="", algorithm="none").encode(),
    "another app's secret": lambda: token(OTHER_SECRET).encode(),
    "another app's audience": lambda: token(aud="other").encode(),
    "half": lambda: token().encode()[:-20],
    "signature not ascii": lambda: token().rpartition(".")[0].encode() + b".\xe9\xe9\xe9",
    "stale": lambda: token(exp=int(time.time()) - 60).encode(),
    "too early": lambda: token(nbf=int(time.time()) + 60).encode(),
    "endless life": lambda: token(exp=None).encode(),
    "no user": lambda: token(sub=None).encode(),
    "another shop's admin": lambda: token(iss=f"https://{OTHER_SHOP}/admin").encode(),
    "not a shop": lambda: token(iss="https://evil.test/admin", dest="https://evil.test").encode(),
}

BAD_HMACS: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda body: b"",
    "zeros": lambda body: b"0" * 44,
    "half": lambda body: webhook_hmac(body, Config.api_secret)[:20].encode(),
    "raw bytes": lambda body: b"\xff\xfe\xe9",
    "not ascii": lambda body: NOT_ASCII.encode(),
    "another app's secret": lambda body: webhook_hmac(body, OTHER_SECRET).encode(),
    "another body": lambda body: webhook_hmac(body + b" ", Config.api_secret).encode(),
}


def test_every_route_has_its_door() -> None:
    paths = {route.path for route in ROUTES if isinstance(route, Route | Mount)}
    assert paths >= OPEN
    assert {route.path for route in ROUTES if isinstance(route, Mount)} <= OPEN
    behind = sum(len(routes_behind(authentication)) for authentication in AUTHENTICATIONS)
    assert behind >= len(ROUTES) - 1


@pytest.mark.parametrize("bad", BAD_PROXY)
async def test_the_storefront_is_refused_without_the_proxys_signature(world: World, bad: str) -> None:
    for method, path in routes_behind("proxy"):
        refused(await call(world.routes, method, path, BAD_PROXY[bad]()), 401, "unauthorized", path)


@pytest.mark.parametrize("good", GOOD_PROXY)
async def test_whatever_the_proxy_signed_is_let_in(world: World, good: str) -> None:
    answer = await call(world.routes, "GET", "/proxy/products/7700000000002", GOOD_PROXY[good]())
    assert answer.status == 200


@pytest.mark.parametrize("bad", BAD_TOKENS)
async def test_a_fetch_with_a_bad_token_is_told_to_come_with_a_fresh_one(world: World, bad: str) -> None:
    headers = {"authorization": b"Bearer " + BAD_TOKENS[bad](), "accept": b"text/html"}
    for method, path in routes_behind("admin"):
        answer = await call(world.routes, method, path, headers=headers)
        assert answer.status == 401, path
        assert answer.headers["x-shopify-retry-invalid-session-request"] == "1", path
        assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "headers",
    [
        [b"Bearer"],
        [b"Bearer "],
        [b""],
        [b"Basic YTpi"],
        [b"bearer x"],
        [b"Bearer TOKEN", b"Bearer TOKEN"],
        [b"Bearer ", b"Bearer TOKEN"],
        [b"Basic YTpi", b"Bearer TOKEN"],
    ],
)
async def test_a_fetch_that_says_it_otherwise_than_app_bridge_is_told_to_come_again(
    world: World, headers: list[bytes]
) -> None:
    pairs = [(b"authorization", value.replace(b"TOKEN", token().encode())) for value in headers]
    for method, path in routes_behind("admin"):
        answer = await call(world.routes, method, path, headers=pairs)
        assert (answer.status, answer.headers["x-shopify-retry-invalid-session-request"]) == (401, "1"), path


THROUGH_THE_PROXY: dict[str, Callable[[], bytes]] = {
    "signed": lambda: proxied(),
    "signed by another": lambda: proxied(OTHER_SECRET),
    "with an ID token": lambda: repeated("id_token", token()),
    "with a good link": lambda: proxied(extra=f"&hmac={'0' * 64}"),
    "with a bounce": lambda: repeated("shopify-reload", "/orders"),
    "spelt otherwise": lambda: proxied().replace(b"signature", b"%73ignature"),
}


@pytest.mark.parametrize("came", THROUGH_THE_PROXY)
@pytest.mark.parametrize("headers", [{}, {"accept": b"text/html"}, {"authorization": b"Bearer TOKEN"}])
async def test_nothing_of_the_merchants_is_there_through_the_app_proxy(
    world: World, came: str, headers: dict[str, bytes]
) -> None:
    """A proxy forwards any path below its base; what a visitor had signed must not come back to them."""
    headers = {name: value.replace(b"TOKEN", token().encode()) for name, value in headers.items()}
    query = THROUGH_THE_PROXY[came]()
    for method, path in [*routes_behind("admin"), *routes_behind("grant"), ("GET", "/auth/bounce")]:
        answer = await call(world.routes, method, path, query, headers)
        assert answer.status == 404, path
        assert "location" not in answer.headers
        [signature] = parse_qs(query.decode())["signature"]
        assert signature.encode() not in answer.body


async def test_no_answer_shows_a_signature_that_came_in(world: World) -> None:
    query = urlencode({"shop": SHOP, "hmac": "5ec4e7", "id_token": "5ec4e7x", "page": "2"}).encode()
    for method, path in routes_behind("admin"):
        answer = await call(world.routes, method, path, query + b"&%68mac=5ec4e7", {"accept": b"text/html"})
        assert "5ec4e7" not in str(answer.headers) + answer.body.decode()
        reload = parse_qs(urlsplit(answer.headers["location"]).query)["shopify-reload"]
        assert reload == [f"{path}?shop={SHOP}&page=2"]


@pytest.mark.parametrize("authentication", AUTHENTICATIONS)
async def test_a_trailing_slash_is_the_same_address_and_redirects_nowhere(world: World, authentication: str) -> None:
    for method, path in routes_behind(authentication):
        if path == "/" or path.startswith("/media/"):
            continue
        headers = {"host": b"evil.test", "accept": b"application/json"}
        plain = await call(world.routes, method, path, headers=headers)
        slashed = await call(world.routes, method, path + "/", headers=headers)
        assert slashed.status == plain.status, path
        assert "evil.test" not in str(slashed.headers)


@pytest.mark.parametrize("path", ["/nothing/", "/webhooks//", "/orders//", "//", "///", "/media/", "/static/"])
async def test_slashes_at_the_end_never_lead_to_the_host_of_a_request(world: World, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await call(world.routes, method, path, headers={"host": b"evil.test"})
        assert answer.status not in (301, 307, 308)
        assert "evil.test" not in str(answer.headers)


async def test_a_webhook_to_the_address_with_a_slash_is_taken(world: World) -> None:
    body = b'{"id": 1}'
    answer = await world.http.post("/webhooks/", content=body, headers=webhooks.headers(body))
    assert answer.status_code == 200
    assert len(world.rows("SELECT id FROM webhook_deliveries")) == 1


@pytest.mark.parametrize("bad", BAD_TOKENS)
async def test_a_page_with_a_bad_token_goes_over_the_bounce_page(world: World, bad: str) -> None:
    query = urlencode({"embedded": "1", "shop": SHOP, "host": "YWRtaW4", "id_token": BAD_TOKENS[bad]()}).encode()
    for method, path in routes_behind("admin"):
        answer = await call(world.routes, method, path, query, {"accept": b"text/html"})
        if answer.status != 401:
            bounce = urlsplit(answer.headers["location"])
            assert (answer.status, bounce.netloc, bounce.path) == (302, "", "/auth/bounce"), path
            assert "id_token" not in parse_qs(bounce.query)


async def test_print_workers_find_nothing_where_no_key_is_set(world: World) -> None:
    for method, path in routes_behind("print worker"):
        refused(await call(world.routes, method, path), 404, "not_found", path)


async def test_a_print_worker_is_refused_without_a_signature(delegating: World) -> None:
    for method, path in routes_behind("print worker"):
        refused(await call(delegating.routes, method, path), 401, "unauthorized", path)


@pytest.mark.parametrize("bad", BAD_HMACS)
async def test_a_webhook_with_a_bad_signature_is_refused(world: World, bad: str) -> None:
    body = b'{"id": 1}'
    names = {"topic": b"orders/paid", "shop-domain": SHOP.encode(), "webhook-id": b"1", "event-id": b"1"}
    for prefix in ("X-Shopify-", "shopify-"):
        headers = {prefix + name: value for name, value in names.items()}
        headers[f"{prefix}hmac-sha256"] = BAD_HMACS[bad](body)
        for method, path in routes_behind("webhook"):
            received: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
            answer = await call(world.routes, method, path, headers=headers, received=received)
            refused(answer, 401, "unauthorized", prefix)
    assert world.rows("SELECT id FROM webhook_deliveries") == []


BAD_LINKS = [
    b"",
    b"e=1&s=1",
    b"e=99999999999999999999&s=0",
    b"e=x&s=\xff",
    b"e=4102444800&s=%E9%FF",
    b"e=-1&s=",
    b"n=x&e=1&s=1",
]


@pytest.mark.parametrize("query", BAD_LINKS)
async def test_a_file_is_refused_without_a_signed_link(world: World, query: bytes) -> None:
    for method, path in routes_behind("link"):
        refused(await call(world.routes, method, path, query), 403, "forbidden", method)


async def test_a_link_is_for_one_file_until_its_end(world: World) -> None:
    design = await world.design()
    link, other = design["preview_url"], (await world.design())["preview_url"]
    assert (await world.http.get(link)).status_code == 200
    mixed = urlsplit(link)._replace(query=urlsplit(other).query).geturl()
    assert (await world.http.get(mixed)).status_code == 403
    assert (await world.http.get(link + "&f=evil.html")).status_code == 403
    assert (await world.http.put(link, content=b"x")).status_code == 403
    world.clock.move(hours=1)
    assert (await world.http.get(link)).status_code == 403


async def test_a_picture_is_served_as_nothing_but_a_picture(world: World) -> None:
    design = await world.design()
    answer = await world.http.get(design["preview_url"])
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "private" in answer.headers["cache-control"]


async def test_an_answer_with_a_token_or_a_signed_link_is_not_kept(world: World) -> None:
    for path in ("/proxy/products/7700000000002", "/proxy/products/none"):
        answer = await call(world.routes, "GET", path, proxied())
        assert answer.headers["cache-control"] == "no-store"


async def test_scripts_and_styles_are_kept_and_asked_for_again(world: World) -> None:
    first = await world.http.get("/static/app.js")
    assert first.headers["cache-control"] == "no-cache"
    again = await world.http.get("/static/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"], again.content) == (304, "no-cache", b"")
    changed = await world.http.get("/static/app.js", headers={"If-None-Match": '"another"'})
    assert (changed.status_code, changed.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert changed.content == (STATIC / "app.js").read_bytes()


@pytest.mark.parametrize("path", ["/static/demo", "/static/..", "/static/nothing.js", "/static/%2e%2e%2froutes.py"])
async def test_only_the_pages_own_files_are_given(world: World, path: str) -> None:
    refused(await call(world.routes, "GET", path), 404, "not_found")


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example/x", "/\\/evil.example/x"])
async def test_an_error_page_leads_nowhere_else(world: World, path: str) -> None:
    answer = await call(world.routes, "GET", path, headers={"accept": b"text/html"})
    assert answer.status == 404
    assert b'href="/evil.example/x"' in answer.body


@pytest.mark.parametrize("path", ["/nothing", "/proxy/nothing", "/orders/items", "/webhooks/1"])
async def test_an_address_that_is_not_there_is_a_404(world: World, path: str) -> None:
    refused(await call(world.routes, "GET", path), 404, "not_found")


async def test_a_method_that_is_not_there_is_a_405(world: World) -> None:
    refused(await call(world.routes, "GET", "/webhooks"), 405, "bad_method")
    refused(await call(world.routes, "DELETE", "/proxy/previews"), 405, "bad_method")


def refused(answer: Answer, status: int, code: str, which: str = "") -> None:
    """Status, code, a sentence and the request's id, in the error's shape."""
    assert answer.status == status, which
    assert set(answer.error) == {"code", "message", "request_id"}
    assert answer.error["code"] == code
    assert answer.error["message"].endswith(".")
    assert answer.error["request_id"] == answer.headers["x-request-id"]
