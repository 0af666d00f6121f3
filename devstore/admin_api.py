"""The Admin GraphQL API, for exactly the operations that the app has in its `.graphql` files."""

from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema, graphql_sync, parse, print_ast
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstore import faults
from devstore.catalog import PRODUCTS
from devstore.schema import SDL, operations
from devstore.state import Record
from devstore.store import Store, shop_of, store_of
from devstore.tokens import is_access_token


class AdminApi:
    """The schema, and the operations that it answers."""

    def __init__(self, project: Path) -> None:
        self.schema: GraphQLSchema = build_schema(SDL.read_text())
        self.operations = {print_ast(document) for document in operations(project).values()}

    def knows(self, query: str) -> bool:
        try:
            return print_ast(parse(query)) in self.operations
        except GraphQLError:
            return False


async def graphql_endpoint(request: Request) -> Response:
    """POST /{shop}/admin/api/{version}/graphql.json"""
    store, shop, api = store_of(request), shop_of(request), request.app.state.admin_api
    fault = faults.next_fault(request)
    if fault and fault != "lost_answer":
        return faults.faulty(fault)
    if not is_access_token(store, shop, request.headers.get("x-shopify-access-token", "")):
        return JSONResponse({"errors": "[API] Invalid API key or access token (unrecognized login)"}, 401)
    if request.path_params["version"] != store.manifest.api_version:
        return JSONResponse({"errors": "Not Found"}, 404)
    wish = await request.json()
    if not api.knows(wish["query"]):
        return JSONResponse({"errors": "The app has no such operation in its .graphql files."}, 501)
    answer = _execute(api.schema, store, shop, wish)
    return faults.BrokenOff() if fault else JSONResponse(answer)


def _execute(schema: GraphQLSchema, store: Store, shop: str, wish: Record) -> Record:
    result = graphql_sync(schema, wish["query"], Root(store, shop), variable_values=wish.get("variables"))
    answer: Record = {"data": result.data, "extensions": faults.cost()}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return answer


class Root:
    """The root fields; their names are the schema's."""

    def __init__(self, store: Store, shop: str) -> None:
        self._state, self._shop = store.state, shop

    def shop(self, _: GraphQLResolveInfo) -> Record:
        return {
            "id": "gid://shopify/Shop/60000000001",
            "name": "Artify Demo",
            "email": "mona@artify-demo.example",
            "myshopifyDomain": self._shop,
            "currencyCode": "USD",
            "ianaTimezone": "America/New_York",
        }

    def metafieldsSet(self, _: GraphQLResolveInfo, metafields: list[Record]) -> Record:  # noqa: N802
        """All or nothing, as Shopify has it."""
        lost = [n for n, field in enumerate(metafields) if not self._exists(field["ownerId"])]
        if lost:
            errors = [_user_error(["metafields", str(n), "ownerId"], "Owner does not exist.", "INVALID") for n in lost]
            return {"metafields": None, "userErrors": errors}
        return {"metafields": [self._set(field) for field in metafields], "userErrors": []}

    def tagsAdd(self, _: GraphQLResolveInfo, id: str, tags: list[str]) -> Record:  # noqa: N802
        if not self._exists(id):
            return {"node": None, "userErrors": [_user_error(["id"], "Resource does not exist.")]}
        extras = self._extras(id)
        extras["tags"] = sorted({*extras["tags"], *tags})
        self._state.put("extras", self._shop, id, extras)
        return {"node": {"__typename": id.split("/")[-2], "id": id}, "userErrors": []}

    def _exists(self, gid: str) -> bool:
        kind, _, number = gid.removeprefix("gid://shopify/").partition("/")
        if kind == "Product":
            return any(str(product.id) == number for product in PRODUCTS)
        return kind == "Order" and self._state.get("order", self._shop, number) is not None

    def _extras(self, gid: str) -> Record:
        return self._state.get("extras", self._shop, gid) or {"metafields": {}, "tags": []}

    def _set(self, field: Record) -> Record:
        extras = self._extras(field["ownerId"])
        name = f"{field.get('namespace') or '$app'}.{field['key']}"
        old = extras["metafields"].get(name)
        gid = old["id"] if old else f"gid://shopify/Metafield/{self._state.new_id()}"
        extras["metafields"][name] = {"id": gid, "key": field["key"], "type": field.get("type"), "value": field["value"]}
        self._state.put("extras", self._shop, field["ownerId"], extras)
        return {"id": gid, "key": field["key"]}


def _user_error(field: list[str], message: str, code: str | None = None) -> dict[str, Any]:
    return {"field": field, "message": message, "code": code}
