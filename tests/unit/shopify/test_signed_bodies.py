"""What is believed of a webhook: that it is one, and whose. Everything else about it is anybody's."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.shopify import guards
from app.core.errors import BadRequest, Unauthorized
from devstore.signatures import proxy_signature, query_hmac
from tests import soak
from tests.unit.shopify.signing import SECRET, SHOP, id_token, sign_body

NAMES = st.text(' \n\t{}[]":,!~azAZ09', max_size=12)


@settings(max_examples=soak.size(300, 100), deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES), max_size=4))
def test_no_other_signature_of_the_secret_is_one_of_a_webhook(pairs: list[tuple[str, str]]) -> None:
    """A visitor chooses what stands in a proxy's query, and an installer holds an ID token and a signed link."""
    own = {"shop": SHOP, "timestamp": "1", "path_prefix": "/apps/artify", "logged_in_customer_id": ""}
    query = [(name, value) for name, value in pairs if name not in own] + list(own.items())
    values: dict[str, list[str]] = {}
    for name, value in query:
        values.setdefault(name, []).append(value)
    texts = [
        "".join(sorted(f"{name}={','.join(each)}" for name, each in values.items())),
        urlencode(sorted(dict(query).items())),
        id_token().rpartition(".")[0],
    ]
    assert hmac.new(SECRET.encode(), texts[0].encode(), hashlib.sha256).hexdigest() == proxy_signature(query, SECRET)
    assert hmac.new(SECRET.encode(), texts[1].encode(), hashlib.sha256).hexdigest() == query_hmac(dict(query), SECRET)
    for text in texts:
        with pytest.raises(BadRequest):
            guards.webhook_payload(text.encode(), sign_body(text.encode()), (SECRET,))


def test_a_proxys_query_that_reads_as_json_is_no_webhook() -> None:
    """Spaces may stand before JSON, and sort before every name of Shopify's."""
    query = [(' {"line_items":[],"id":1,"x":"', ""), ("shop", SHOP), ("timestamp", "1"), ("z", '"}')]
    text = "".join(sorted(f"{name}={value}" for name, value in query))
    assert json.loads(text)["id"] == 1
    with pytest.raises(BadRequest):
        guards.webhook_payload(text.encode(), sign_body(text.encode()), (SECRET,))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b'"a"', b"1", b"[{}]", b"{", b'{"a":1}x', b"a=1", b" {}", b"\xef\xbb\xbf{}"),
        *('{"a":1}'.encode("utf-16-le"), b'{"a":' + b"[" * 200_000),
    ],
)
def test_what_is_no_json_object_is_no_webhook(body: bytes) -> None:
    with pytest.raises(BadRequest):
        guards.webhook_payload(body, sign_body(body), (SECRET,))


def test_an_endless_number_leaves_the_rest_of_a_webhook_readable() -> None:
    body = b'{"a":' + b"9" * 5000 + b',"b":12,"c":-3,"d":1e999}'
    payload = guards.webhook_payload(body, sign_body(body), (SECRET,))
    assert (payload["a"], payload["b"], payload["c"]) == ("9" * 5000, 12, -3)


OTHER = "other.myshopify.com"


@pytest.mark.parametrize(
    ("payload", "header"),
    [
        ({}, SHOP),
        ({"id": 1, "domain": "acme.example"}, SHOP),
        ({"shop_domain": SHOP}, SHOP),
        ({"shop_domain": SHOP}, ""),
        ({"shop_domain": SHOP.upper().replace(".MYSHOPIFY.COM", ".myshopify.com")}, SHOP),
        ({"myshopify_domain": SHOP, "domain": "acme.example"}, SHOP),
        ({"myshopify_domain": SHOP, "domain": "acme-renamed.myshopify.com"}, SHOP),
        ({"domain": SHOP}, ""),
        ({"shop_domain": None, "domain": 7}, SHOP),
    ],
)
def test_a_webhooks_shop_is_the_one_that_its_body_names(payload: dict[str, Any], header: str) -> None:
    assert guards.webhook_shop(payload, header) == SHOP


@pytest.mark.parametrize("header", [SHOP, "evil.test", f"{SHOP}, {OTHER}", "é"])
@pytest.mark.parametrize(
    "payload",
    [
        {"shop_domain": OTHER},
        {"myshopify_domain": OTHER},
        {"domain": OTHER},
        {"shop_domain": SHOP, "myshopify_domain": OTHER},
        {"shop_domain": "evil.test"},
        {"shop_domain": 7},
        {"myshopify_domain": [SHOP]},
    ],
)
def test_a_webhook_of_another_shop_than_its_header_says_is_refused(payload: dict[str, Any], header: str) -> None:
    with pytest.raises(Unauthorized):
        guards.webhook_shop(payload, header)


@pytest.mark.parametrize("header", ["", "evil.test", f"{SHOP}, {OTHER}"])
@pytest.mark.parametrize("payload", [{}, {"domain": "acme.example"}, {"shop_domain": None}])
def test_a_webhook_of_no_shop_is_a_bad_request(payload: dict[str, Any], header: str) -> None:
    with pytest.raises(BadRequest):
        guards.webhook_shop(payload, header)


@settings(max_examples=soak.size(200, 75), deadline=None)
@given(st.text(max_size=300))
def test_topics_and_ids_are_short_and_plain_whatever_is_sent(text: str) -> None:
    for kept in (guards.webhook_topic(text), guards.webhook_id(text)):
        assert len(kept) <= 100
        assert re.fullmatch(r"[!-~]*", kept)
    assert bool(guards.webhook_id(text)) == bool(guards.webhook_topic(text)) == bool(text)


def test_long_ids_that_begin_alike_stay_two() -> None:
    assert guards.webhook_id("x" * 500 + "1") != guards.webhook_id("x" * 500 + "2")
    assert guards.webhook_id("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043") == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
