"""The Admin GraphQL API, limited to the operations in the app's `.graphql` files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLResolveInfo, build_schema, graphql_sync, parse, print_ast

from devstore.catalog import PRODUCTS, shop_details
from devstore.config import PROJECT
from devstore.products import gid, node, product_by_id
from devstore.state import Record, State

Info = GraphQLResolveInfo[Any]
VERSION = "2026-10"
SDL = Path(__file__).parent / f"admin_{VERSION}.graphqls"


def operations() -> dict[str, DocumentNode]:
    """The app's GraphQL documents, by path relative to the project."""
    paths = sorted((PROJECT / "app").rglob("*.graphql"))
    return {str(path.relative_to(PROJECT)): parse(path.read_text()) for path in paths}


SCHEMA = build_schema(SDL.read_text())
KNOWN_OPERATIONS = {print_ast(document) for document in operations().values()}


def is_known(query: str) -> bool:
    try:
        return print_ast(parse(query)) in KNOWN_OPERATIONS
    except GraphQLError:
        return False


def execute(state: State, shop: str, query: str, variables: Record | None) -> Record:
    """Run one of the app's operations. Returns a record with `data`, and with `errors` if there are any."""
    return dict(graphql_sync(SCHEMA, query, Root(state, shop), variable_values=variables).formatted)


@dataclass(frozen=True)
class Root:
    """Resolvers of the root fields, which therefore have the schema's names."""

    state: State
    shop_domain: str

    def shop(self, _: Info) -> Record:
        return shop_details(self.shop_domain)

    def order(self, _: Info, id: str) -> Record | None:
        order = self.state.get("order", self.shop_domain, id.removeprefix(gid("Order", "")))
        if order is None:
            return None
        total = {"shopMoney": {"amount": order["total_price"], "currencyCode": order["currency"]}}
        shown = {"updatedAt": order["updated_at"], "cancelledAt": order["cancelled_at"], "totalPriceSet": total}
        lines = {"lineItems": _page([_line(line) for line in order["line_items"]])}
        return order | shown | lines | {"displayFinancialStatus": order["financial_status"].upper()}

    def products(self, _: Info, **page: Any) -> Record:
        return _page([node(product) for product in PRODUCTS])

    def product(self, _: Info, id: str) -> Record | None:
        return product_by_id(id)

    def metafieldsSet(self, _: Info, metafields: list[Record]) -> Record:
        """Set all metafields or, if an owner does not exist, none, as Shopify does."""
        missing = [index for index, metafield in enumerate(metafields) if not self._exists(metafield["ownerId"])]
        if missing:
            path, message = ["metafields", str(missing[0]), "ownerId"], "Owner does not exist."
            return {"userErrors": [{"field": path, "message": message, "code": "INVALID"}]}
        for metafield in metafields:
            marks = marks_of(self.state, self.shop_domain, metafield["ownerId"])
            marks["metafields"][f"{metafield.get('namespace') or '$app'}.{metafield['key']}"] = metafield
            self.state.put("marks", self.shop_domain, metafield["ownerId"], marks)
        return {"userErrors": []}

    def tagsAdd(self, _: Info, id: str, tags: list[str]) -> Record:
        if not self._exists(id):
            return {"userErrors": [{"field": ["id"], "message": "Resource does not exist."}]}
        marks = marks_of(self.state, self.shop_domain, id)
        marks["tags"] = sorted({*marks["tags"], *tags})
        self.state.put("marks", self.shop_domain, id, marks)
        return {"userErrors": []}

    def _exists(self, owner: str) -> bool:
        return self.state.get("order", self.shop_domain, owner.removeprefix(gid("Order", ""))) is not None


def _line(line: Record) -> Record:
    ids = {"id": gid("LineItem", line["id"]), "product": {"id": gid("Product", line["product_id"])}}
    ids |= {"variant": {"id": gid("ProductVariant", line["variant_id"])}, "currentQuantity": line["current_quantity"]}
    return line | ids | {"customAttributes": [{"key": e["name"], "value": e["value"]} for e in line["properties"]]}


def _page(nodes: list[Record]) -> Record:
    return {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}


def marks_of(state: State, shop: str, owner: str) -> Record:
    """The metafields and tags that apps have set on an order."""
    return state.get("marks", shop, owner) or {"metafields": {}, "tags": []}
