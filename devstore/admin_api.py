"""The Admin GraphQL API's records, for exactly the operations in the app's `.graphql` files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLResolveInfo, build_schema, graphql_sync, parse, print_ast

from devstore.catalog import SEED
from devstore.config import PROJECT
from devstore.state import Record, State

Info = GraphQLResolveInfo[Any]
VERSION = "2026-10"
SDL = Path(__file__).parent / f"admin_{VERSION}.graphqls"


def operations() -> dict[str, DocumentNode]:
    """The app's own GraphQL documents, by their paths in the project."""
    paths = sorted((PROJECT / "app").rglob("*.graphql"))
    return {str(path.relative_to(PROJECT)): parse(path.read_text()) for path in paths}


SCHEMA = build_schema(SDL.read_text())
KNOWN = {print_ast(document) for document in operations().values()}


def knows(query: str) -> bool:
    try:
        return print_ast(parse(query)) in KNOWN
    except GraphQLError:
        return False


def execute(state: State, shop: str, query: str, variables: Record | None) -> Record:
    """Run one of the app's own operations. Returns `data`, and `errors` where there are some."""
    return dict(graphql_sync(SCHEMA, query, Root(state, shop), variable_values=variables).formatted)


@dataclass(frozen=True)
class Root:
    """The root fields, under the schema's names."""

    state: State
    shop_domain: str

    def shop(self, _: Info) -> Record:
        return dict(SEED["shop"])

    def metafieldsSet(self, _: Info, metafields: list[Record]) -> Record:
        """All or nothing, as Shopify has it."""
        lost = [index for index, wish in enumerate(metafields) if not self._exists(wish["ownerId"])]
        if lost:
            path, message = ["metafields", str(lost[0]), "ownerId"], "Owner does not exist."
            return {"userErrors": [{"field": path, "message": message, "code": "INVALID"}]}
        for wish in metafields:
            marks = marks_of(self.state, self.shop_domain, wish["ownerId"])
            marks["metafields"][f"{wish.get('namespace') or '$app'}.{wish['key']}"] = wish
            self.state.put("marks", self.shop_domain, wish["ownerId"], marks)
        return {"userErrors": []}

    def tagsAdd(self, _: Info, id: str, tags: list[str]) -> Record:
        if not self._exists(id):
            return {"userErrors": [{"field": ["id"], "message": "Resource does not exist."}]}
        marks = marks_of(self.state, self.shop_domain, id)
        marks["tags"] = sorted({*marks["tags"], *tags})
        self.state.put("marks", self.shop_domain, id, marks)
        return {"userErrors": []}

    def _exists(self, gid: str) -> bool:
        return self.state.get("order", self.shop_domain, gid.removeprefix("gid://shopify/Order/")) is not None


def marks_of(state: State, shop: str, gid: str) -> Record:
    """The metafields and tags that apps have put on an order."""
    return state.get("marks", shop, gid) or {"metafields": {}, "tags": []}
