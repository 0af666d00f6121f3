"""What Shopify signed is accepted, and nothing else."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from app.adapters.shopify.auth import CDN, RETRY
from app.core.errors import AuthReply, BadRequest, NotFound, Unauthorized
from app.core.ports.shopify import SignedRequest
from tests import processes
from tests.unit.shopify.signing import (
    BASE,
    OLD_SECRET,
    SECRET,
    SHOP,
    claims,
    document,
    fetch,
    id_token,
    proxied,
    shopify_auth,
    sign_body,
    webhook,
)


def refusal(request: SignedRequest) -> AuthReply:
    with pytest.raises(AuthReply) as caught:
        shopify_auth().verify_admin(request)
    return caught.value


def test_importing_the_adapter_loads_no_vendor() -> None:
    code = "import sys, app.adapters.shopify; print(sorted({'shopify_app', 'httpx', 'jwt'} & set(sys.modules)))"
    done = processes.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("claim", ["dest", "iss", "sub"])
@pytest.mark.parametrize("value", [7, True, [], {}])
def test_a_signed_token_whose_claims_are_no_text_is_refused(claim: str, value: object) -> None:
    token = jwt.api_jws.encode(json.dumps({**claims(), claim: value}).encode(), SECRET, algorithm="HS256")
    assert refusal(fetch(token)).status == 401


def test_a_document_names_its_shop_and_user() -> None:
    visit = shopify_auth().verify_admin(document(id_token()))
    assert (visit.shop, visit.user_id) == (SHOP, "42")


def test_a_document_is_framed_by_its_own_shop_only() -> None:
    headers = shopify_auth().verify_admin(document(id_token())).headers
    assert headers["Content-Security-Policy"] == f"frame-ancestors https://{SHOP} https://admin.shopify.com;"
    assert f"<{CDN}/polaris-1.js>" in headers["Link"]


def test_a_demo_page_may_be_framed_by_the_simulated_admin() -> None:
    visit = shopify_auth(base_url=f"{BASE}/x", cdn_url=f"{BASE}/cdn/").verify_admin(document(id_token()))
    assert visit.headers["Content-Security-Policy"].endswith(f" {BASE};")
    assert f'<{BASE}/cdn/app-bridge.js>; rel="preload"' in visit.headers["Link"]


def test_a_fetch_gets_no_page_headers() -> None:
    assert shopify_auth().verify_admin(fetch(id_token())).headers == {}


def test_a_token_under_the_old_secret_is_accepted() -> None:
    assert shopify_auth().verify_admin(fetch(id_token(OLD_SECRET))).shop == SHOP


@pytest.mark.parametrize("token", [None, "", "stale", "é"])
def test_a_document_without_a_good_token_bounces_on_this_host(token: str | None) -> None:
    reply = refusal(document(token, "/orders"))
    assert reply.status == 302
    assert reply.headers["Location"].startswith(f"/auth/bounce?embedded=1&shop={SHOP}&host=YWRtaW4&")
    assert "id_token" not in reply.headers["Location"]


def test_a_stale_document_bounces_to_where_it_was() -> None:
    reply = refusal(document(id_token(exp=int(time.time()) - 11), "/orders"))
    assert reply.headers["Location"].endswith(
        "shopify-reload=%2Forders%3Fembedded%3D1%26shop%3Dacme.myshopify.com%26host%3DYWRtaW4"
    )


def test_a_bounce_never_reloads_another_host() -> None:
    assert "shopify-reload=%2Fevil.test" in refusal(document(None, "//evil.test")).headers["Location"]


@pytest.mark.parametrize(
    "authorization",
    [
        *("Bearer stale", "Bearer é", "Bearer", "Bearer ", "Bearer  ", "Bearer , Bearer ", "bearer x", "bearer "),
        *("Basic eDp5", "Basic ", "", " ", ", ", "é"),
    ],
)
@pytest.mark.parametrize("query", ["", "?id_token=x", "?shop=acme.myshopify.com"])
def test_a_fetch_without_a_good_token_is_asked_to_retry(authorization: str, query: str) -> None:
    reply = refusal(SignedRequest("GET", f"https://app.test/{query}", {"Authorization": authorization}))
    assert (reply.status, reply.headers) == (401, RETRY)


@pytest.mark.parametrize("authorization", ["bearer {}", "Basic {}", "Bearer {0}, Bearer {0}", "Bearer  {}"])
def test_a_good_token_that_is_not_given_as_app_bridge_does_is_asked_for_again(authorization: str) -> None:
    reply = refusal(SignedRequest("GET", "https://app.test/", {"authorization": authorization.format(id_token())}))
    assert (reply.status, reply.headers) == (401, RETRY)


def test_a_token_of_ten_seconds_past_its_end_still_counts() -> None:
    assert shopify_auth().verify_admin(fetch(id_token(exp=int(time.time()) - 5))).shop == SHOP


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-app"},
        {"dest": "https://evil.test", "iss": "https://evil.test/admin"},
        {"dest": "acme.myshopify.com", "iss": "acme.myshopify.com/admin"},
        {"iss": "https://other.myshopify.com/admin"},
        {"iss": None},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"exp": 1},
        {"nbf": 2**33},
    ],
)
def test_a_token_with_forged_claims_is_refused(changes: dict[str, Any]) -> None:
    reply = refusal(fetch(id_token(**changes)))
    assert (reply.status, reply.headers) == (401, RETRY)


def test_a_token_of_a_stranger_is_refused() -> None:
    assert refusal(fetch(id_token("somebody-elses-secret-of-32-bytes-or-more"))).status == 401


def test_an_unsigned_token_is_refused() -> None:
    assert refusal(fetch(jwt.encode(claims(), "", algorithm="none"))).status == 401


def test_the_bounce_page_loads_app_bridge_for_one_shop() -> None:
    reply = shopify_auth(cdn_url=f"{BASE}/cdn").bounce_page(
        SignedRequest("GET", f"https://evil.test/auth/bounce?shop={SHOP}&shopify-reload=/orders", {})
    )
    assert reply.status == 200
    assert f'src="{BASE}/cdn/app-bridge.js"' in reply.body
    assert "cdn.shopify.com" not in reply.body + reply.headers["Link"]
    assert f"https://{SHOP} " in reply.headers["Content-Security-Policy"]


def test_the_bounce_page_refuses_what_is_no_shop() -> None:
    with pytest.raises(BadRequest):
        shopify_auth().bounce_page(SignedRequest("GET", "https://app.test/auth/bounce?shop=evil.test", {}))


def test_a_guest_comes_through_the_proxy() -> None:
    visit = shopify_auth().verify_proxy(proxied())
    assert (visit.shop, visit.customer_id) == (SHOP, None)


def test_a_customer_comes_through_the_proxy_under_the_old_secret() -> None:
    assert shopify_auth().verify_proxy(proxied(OLD_SECRET, logged_in_customer_id="7")).customer_id == "7"


@pytest.mark.parametrize(
    "signed",
    [
        {"signature": ""},
        {"signature": "0" * 64},
        {"signature": "é"},
        {"shop": "evil.test"},
        {"extra": "&shop=other.myshopify.com"},
        {"extra": "&logged_in_customer_id=7"},
        {"extra": "&timestamp=1"},
        {"extra": "&unsigned=1"},
    ],
)
def test_a_proxy_request_that_shopify_did_not_sign_is_refused(signed: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        shopify_auth().verify_proxy(proxied(**signed))


def test_a_proxy_request_without_a_query_is_refused() -> None:
    with pytest.raises(Unauthorized):
        shopify_auth().verify_proxy(SignedRequest("GET", "https://app.test/proxy/products/1", {}))


@pytest.mark.parametrize("seconds", [-1000, 1000])
def test_a_proxy_request_of_another_time_is_refused(seconds: int) -> None:
    with pytest.raises(Unauthorized):
        shopify_auth().verify_proxy(proxied(timestamp=str(int(time.time()) + seconds)))


@pytest.mark.parametrize("prefix", ["X-Shopify-", "x-shopify-", "Shopify-", "shopify-"])
def test_a_webhook_is_read_from_either_family_of_headers(prefix: str) -> None:
    hook = shopify_auth().verify_webhook(webhook(prefix=prefix))
    assert (hook.shop, hook.topic, hook.event_id, hook.webhook_id) == (SHOP, "orders/paid", "e-1", "w-1")
    assert hook.triggered_at == datetime(2026, 11, 20, 10, 0, 0, 123456, UTC)


def test_a_webhook_holds_its_signed_body() -> None:
    assert shopify_auth().verify_webhook(webhook(b'{"id":5,"name":"\xc3\xa9"}')).payload == {"id": 5, "name": "é"}


def test_a_webhook_takes_its_shop_from_its_body() -> None:
    body = json.dumps({"shop_domain": SHOP, "shop_id": 1}).encode()
    assert shopify_auth().verify_webhook(webhook(body, topic="customers/redact", shop_domain="")).shop == SHOP
    with pytest.raises(Unauthorized):
        shopify_auth().verify_webhook(webhook(body, shop_domain="other.myshopify.com"))


@pytest.mark.parametrize("prefix", ["X-Shopify-", "shopify-"])
def test_what_may_be_signed_is_seen_by_its_headers(prefix: str) -> None:
    assert shopify_auth().may_be_signed(webhook(prefix=prefix))
    for signature in ("", "AAAA", "é" * 44, sign_body(b"")[:-1], sign_body(b"") + "=", sign_body(b"") + ", x"):
        assert not shopify_auth().may_be_signed(webhook(prefix=prefix, hmac_sha256=signature))


@pytest.mark.parametrize("name", ["hmac", "signature", "%73ignature"])
def test_no_page_of_the_merchants_answers_through_the_proxy_or_shows_what_signs(name: str) -> None:
    request = SignedRequest("GET", f"https://app.test/orders?shop={SHOP}&{name}=5ec4e7", {})
    if name == "hmac":
        assert "5ec4e7" not in refusal(request).headers["Location"]
        return
    for ask in (
        shopify_auth().verify_admin,
        shopify_auth().bounce_page,
        shopify_auth().verify_install,
        shopify_auth().verify_grant,
    ):
        with pytest.raises(NotFound):
            ask(request)


def test_a_webhook_under_the_old_secret_is_accepted() -> None:
    assert shopify_auth().verify_webhook(webhook(b"{}", hmac_sha256=sign_body(b"{}", OLD_SECRET))).shop == SHOP


def test_an_event_without_an_id_is_known_by_its_webhook_id() -> None:
    assert shopify_auth().verify_webhook(webhook(event_id="")).event_id == "w-1"


@pytest.mark.parametrize("time_", ["", "yesterday", "2026-11-20T10:00:00", "0001-01-01T00:00:00+23:59"])
def test_a_time_that_cannot_be_read_is_none(time_: str) -> None:
    assert shopify_auth().verify_webhook(webhook(triggered_at=time_)).triggered_at is None


@pytest.mark.parametrize("signature", ["", "AAAA", "é", "=" * 5000])
def test_a_webhook_with_a_bad_signature_is_unauthorized(signature: str) -> None:
    with pytest.raises(Unauthorized):
        shopify_auth().verify_webhook(webhook(hmac_sha256=signature))


def test_a_webhook_with_an_altered_body_is_unauthorized() -> None:
    good = webhook(b'{"id":1}')
    with pytest.raises(Unauthorized):
        shopify_auth().verify_webhook(SignedRequest(good.method, good.url, good.headers, b'{"id":2}'))


@pytest.mark.parametrize(
    "request_",
    [webhook(topic=""), webhook(shop_domain="evil.test"), webhook(webhook_id="", event_id="")],
)
def test_a_signed_webhook_that_does_not_say_what_it_is_is_a_bad_request(request_: SignedRequest) -> None:
    with pytest.raises(BadRequest):
        shopify_auth().verify_webhook(request_)


def test_a_visit_says_when_its_id_token_was_made() -> None:
    made = int(time.time()) - 7
    assert shopify_auth().verify_admin(fetch(id_token(iat=made))).issued_at == datetime.fromtimestamp(made, UTC)


def test_an_id_token_that_does_not_say_when_it_was_made_lives_a_minute() -> None:
    ends = int(time.time()) + 20
    visit = shopify_auth().verify_admin(fetch(id_token(iat=None, exp=ends)))
    assert visit.issued_at == datetime.fromtimestamp(ends - 60, UTC)


def test_a_page_of_the_admin_is_at_shopify() -> None:
    assert shopify_auth().admin_url(SHOP, "apps/x") == f"https://{SHOP}/admin/apps/x"
    assert shopify_auth(base_url=BASE).admin_url(SHOP, "apps/x") == f"{BASE}/{SHOP}/admin/apps/x"
