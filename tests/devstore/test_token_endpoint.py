"""The token endpoint grants, refuses and rotates as Shopify's does."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.devstore.conftest import OTHER_SHOP, SHOP, Shopify

SHOP_QUERY = "query Shop { shop { name email currencyCode ianaTimezone } }"


def refresh(shopify: Shopify, token: str) -> Any:
    return shopify.exchange(grant_type="refresh_token", refresh_token=token)


def admin_status(shopify: Shopify, token: str, shop: str = SHOP) -> int:
    path = shopify.path("admin/api/2026-10/graphql.json", shop)
    headers = {"X-Shopify-Access-Token": token}
    return shopify.http.post(path, json={"query": SHOP_QUERY}, headers=headers).status_code


def test_exchange_grants_an_expiring_pair(shopify: Shopify) -> None:
    grant = shopify.exchange().json()
    assert (grant["expires_in"], grant["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert "write_orders" in grant["scope"].split(",")
    assert admin_status(shopify, grant["access_token"]) == 200


def test_an_access_token_is_worth_nothing_in_another_shop(shopify: Shopify) -> None:
    assert admin_status(shopify, shopify.exchange().json()["access_token"], OTHER_SHOP) == 401


def test_a_form_is_as_good_as_json(shopify: Shopify) -> None:
    first = shopify.exchange().json()
    form = {
        "client_id": shopify.config.api_key,
        "client_secret": shopify.config.api_secret,
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
    }
    answer = shopify.http.post(shopify.path("admin/oauth/access_token"), data=form)
    assert answer.json()["access_token"] != first["access_token"]


def signed(shopify: Shopify, **changes: Any) -> str:
    claims = jwt.decode(shopify.id_token(), options={"verify_signature": False}) | changes
    return jwt.encode(claims, shopify.config.api_secret, algorithm="HS256")


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda s: {"client_secret": "wrong"}, "invalid_client"),
        (lambda s: {"subject_token": "wrong"}, "invalid_subject_token"),
        (lambda s: {"subject_token": signed(s, exp=1)}, "invalid_subject_token"),
        (lambda s: {"subject_token": signed(s, aud="another app")}, "invalid_subject_token"),
        (lambda s: {"subject_token": signed(s, dest=f"https://{OTHER_SHOP}")}, "invalid_subject_token"),
        (lambda s: {"grant_type": "password"}, "unsupported_grant_type"),
        (lambda s: {"requested_token_type": "refresh"}, "invalid_requested_token_type"),
        (lambda s: {"expiring": "0"}, "non_expiring_tokens_not_allowed"),
    ],
)
def test_a_bad_exchange_is_refused(shopify: Shopify, spoil: Callable[[Shopify], dict[str, str]], error: str) -> None:
    answer = shopify.exchange(**spoil(shopify))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_shop_without_the_app_grants_nothing(shopify: Shopify) -> None:
    assert shopify.exchange(OTHER_SHOP).json()["error"] == "application_not_installed"


def test_a_refresh_token_is_retryable_until_its_successor_is_used(shopify: Shopify) -> None:
    first = shopify.exchange().json()
    second = refresh(shopify, first["refresh_token"]).json()
    assert refresh(shopify, first["refresh_token"]).json() == second
    third = refresh(shopify, second["refresh_token"]).json()
    assert third["refresh_token"] not in (first["refresh_token"], second["refresh_token"])
    retired = refresh(shopify, first["refresh_token"])
    assert (retired.status_code, retired.json()["error"]) == (400, "invalid_grant")


def test_uninstalling_kills_the_tokens(shopify: Shopify) -> None:
    grant = shopify.exchange().json()
    shopify.http.post(shopify.path("admin/uninstall"))
    shopify.install()
    assert admin_status(shopify, grant["access_token"]) == 401
    assert refresh(shopify, grant["refresh_token"]).status_code == 400
