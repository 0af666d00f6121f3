"""The Admin GraphQL API's records, for exactly the operations in the app's `.graphql` files."""

from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLResolveInfo, build_schema, graphql_sync, parse, print_ast

from devstore.catalog import PRODUCTS, SEED
from devstore.config import PROJECT
from devstore.state import Record, State

Info = GraphQLResolveInfo[Any]
VERSION = "2026-10"
SDL = Path(__file__).parent / f"admin_{VERSION}.graphqls"


def operations(project: Path = PROJECT) -> dict[str, DocumentNode]:
    """The app's own GraphQL documents, by their paths in the project."""
    paths = sorted((project / "app").rglob("*.graphql"))
    return {str(path.relative_to(project)): parse(path.read_text()) for path in paths}


class AdminApi:
    """Executes the app's own operations; it does not know others."""

    def __init__(self, project: Path, state: State) -> None:
        self._schema = build_schema(SDL.read_text())
        self._known = {print_ast(document) for document in operations(project).values()}
        self._state = state

    def knows(self, query: str) -> bool:
        try:
            return print_ast(parse(query)) in self._known
        except GraphQLError:
            return False

    def execute(self, shop: str, query: str, variables: Record | None) -> Record:
        result = graphql_sync(self._schema, query, Root(self._state, shop), variable_values=variables)
        return {"data": result.data} | dict(result.formatted)


class Root:
    """The root fields, under the schema's names."""

    def __init__(self, state: State, shop: str) -> None:
        self._state, self._shop = state, shop

    def shop(self, _: Info) -> Record:
        shop = SEED["shop"]
        return {**shop, "currencyCode": shop["currency"], "ianaTimezone": shop["timezone"]}

    def metafieldsSet(self, _: Info, metafields: list[Record]) -> Record:
        """All or nothing, as Shopify has it."""
        lost = [index for index, wish in enumerate(metafields) if not self._exists(wish["ownerId"])]
        if lost:
            path, message = ["metafields", str(lost[0]), "ownerId"], "Owner does not exist."
            return {"userErrors": [{"field": path, "message": message, "code": "INVALID"}]}
        for wish in metafields:
            self._set(wish)
        return {"userErrors": []}

    def tagsAdd(self, _: Info, id: str, tags: list[str]) -> Record:
        if not self._exists(id):
            return {"userErrors": [{"field": ["id"], "message": "Resource does not exist."}]}
        marks = marks_of(self._state, self._shop, id)
        marks["tags"] = sorted({*marks["tags"], *tags})
        self._state.put("marks", self._shop, id, marks)
        return {"userErrors": []}

    def _exists(self, gid: str) -> bool:
        kind, _, number = gid.removeprefix("gid://shopify/").partition("/")
        if kind == "Product":
            return any(str(product["id"]) == number for product in PRODUCTS)
        return kind == "Order" and self._state.get("order", self._shop, number) is not None

    def _set(self, wish: Record) -> None:
        marks = marks_of(self._state, self._shop, wish["ownerId"])
        name = f"{wish.get('namespace') or '$app'}.{wish['key']}"

        marks["metafields"][name] = wish
        self._state.put("marks", self._shop, wish["ownerId"], marks)


def marks_of(state: State, shop: str, gid: str) -> Record:
    """The metafields and tags that apps have put on an order or a product."""
    return state.get("marks", shop, gid) or {"metafields": {}, "tags": []}
