"""The Admin API answers the app's own operations, keeps what they write, and fails when told to."""

from typing import Any

import httpx
import pytest

from devstore.config import PROJECT
from tests.devstore.conftest import Shopify

GRAPHQL = {path.stem: path.read_text() for path in (PROJECT / "app").rglob("*.graphql")}


@pytest.fixture
def token(shopify: Shopify) -> str:
    return str(shopify.exchange().json()["access_token"])


def call(shopify: Shopify, token: str, query: str, *, version: str = "2026-10", **variables: Any) -> httpx.Response:
    path = shopify.path(f"admin/api/{version}/graphql.json")
    body = {"query": query, "variables": variables}
    return shopify.http.post(path, json=body, headers={"X-Shopify-Access-Token": token}, timeout=5)


def metafield(owner: str, value: str) -> dict[str, str]:
    return {"ownerId": owner, "key": "prints", "type": "json", "value": value}


def test_the_shop_describes_itself_and_the_cost(shopify: Shopify, token: str) -> None:
    answer = call(shopify, token, GRAPHQL["shop"]).json()
    assert answer["data"]["shop"]["currencyCode"] == "USD"
    assert answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] > 0


def test_layout_of_an_operation_does_not_matter(shopify: Shopify, token: str) -> None:
    assert call(shopify, token, " ".join(GRAPHQL["shop"].split())).status_code == 200


@pytest.mark.parametrize("query", ["{ shop { name } }", "query {", "mutation { nothing }"])
def test_an_operation_that_the_app_does_not_have_is_not_implemented(shopify: Shopify, token: str, query: str) -> None:
    assert call(shopify, token, query).status_code == 501


def test_another_version_is_not_found(shopify: Shopify, token: str) -> None:
    assert call(shopify, token, GRAPHQL["shop"], version="2025-01").status_code == 404


def test_a_bad_token_is_refused(shopify: Shopify) -> None:
    assert call(shopify, "wrong", GRAPHQL["shop"]).status_code == 401


def test_a_product_is_read_by_its_id(shopify: Shopify, token: str) -> None:
    known, unknown = "gid://shopify/Product/7700000000004", "gid://shopify/Product/1"
    canvas, missing = (
        call(shopify, token, GRAPHQL["product"], id=id).json()["data"]["product"] for id in (known, unknown)
    )
    assert missing is None
    assert (canvas["id"], canvas["handle"], canvas["status"]) == (known, "photo-canvas", "ACTIVE")
    assert canvas["variantsCount"] == {"count": 4}
    oak = canvas["variants"]["nodes"][1]
    assert oak["id"] == "gid://shopify/ProductVariant/7800000000042"
    assert oak["selectedOptions"] == [{"name": "Size", "value": "12x16 in"}, {"name": "Frame", "value": "Oak"}]


def test_metafields_and_tags_show_on_the_order_page(shopify: Shopify, token: str) -> None:
    order = shopify.order()
    gid = order["admin_graphql_api_id"]
    assert not call(shopify, token, GRAPHQL["note_print"], metafields=[metafield(gid, '["old"]')]).json().get("errors")
    call(shopify, token, GRAPHQL["note_print"], metafields=[metafield(gid, '["print.jpg"]')])
    call(shopify, token, GRAPHQL["tag_order"], order=gid, tags=["artify-ready"])
    shown = shopify.http.get(shopify.path(f"admin/orders/{order['id']}")).text
    assert "print.jpg" in shown
    assert "artify-ready" in shown
    assert "_artify_preview" in shown
    assert "old" not in shown


def test_an_unknown_owner_is_a_user_error_and_nothing_is_written(shopify: Shopify, token: str) -> None:
    order = shopify.order()
    fields = [metafield(order["admin_graphql_api_id"], "kept?"), metafield("gid://shopify/Order/1", "lost")]
    answer = call(shopify, token, GRAPHQL["note_print"], metafields=fields).json()["data"]["metafieldsSet"]
    assert answer["userErrors"][0]["field"] == ["metafields", "1", "ownerId"]
    assert "kept?" not in shopify.http.get(shopify.path(f"admin/orders/{order['id']}")).text


@pytest.mark.parametrize(("kind", "status"), [("throttle_200", 200), ("throttle_429", 429), ("error_500", 500)])
def test_an_ordered_fault_strikes_as_often_as_asked(shopify: Shopify, token: str, kind: str, status: int) -> None:
    shopify.http.post("/_faults", json={"kind": kind, "times": 2})
    answers = [call(shopify, token, GRAPHQL["shop"]) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert ["data" in answer.json() for answer in answers] == [False, False, True]


def test_a_lost_answer_is_done_all_the_same(shopify: Shopify, token: str) -> None:
    order = shopify.order()
    shopify.http.post("/_faults", json={"kind": "lost_answer"})
    with pytest.raises(httpx.RemoteProtocolError):
        call(shopify, token, GRAPHQL["tag_order"], order=order["admin_graphql_api_id"], tags=["written"])
    assert "written" in shopify.http.get(shopify.path(f"admin/orders/{order['id']}")).text


def test_an_unknown_fault_is_refused(shopify: Shopify) -> None:
    assert shopify.http.post("/_faults", json={"kind": "earthquake"}).status_code == 422
