"""The Admin API's schema, cut down to what the app's own operations use.

    python -m tests.admin_schema PACKAGE            writes the SDL
    python -m tests.admin_schema PACKAGE --compare  exits with 1 and a diff when the committed SDL differs

PACKAGE is the unpacked npm package @shopify/dev-mcp, which carries Shopify's whole schema.
"""

import difflib
import gzip
import json
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import graphql as gql

from devstore.admin_api import SDL, VERSION, operations

KEYWORDS = {gql.GraphQLObjectType: "type", gql.GraphQLInterfaceType: "interface"}


def subset(introspection: Any, documents: Iterable[gql.DocumentNode]) -> str:
    """SDL of the types and fields that the documents reach, without descriptions."""
    full = gql.build_client_schema(introspection)
    selection = _Selection(gql.TypeInfo(full))
    for document in documents:
        gql.visit(document, gql.TypeInfoVisitor(selection.info, selection))

    kept = _reachable(full, selection.used)
    for type_ in kept.values():  # what is selected on an interface is selected on the types that implement it
        for face in getattr(type_, "interfaces", ()):
            selection.used[type_.name] |= selection.used.get(face.name, set())
    roots = f"schema {{\n  query: {full.query_type}\n  mutation: {full.mutation_type}\n}}\n"
    return "\n".join([roots, *(_printed(kept[name], kept, selection.used) for name in sorted(kept))])


class _Selection(gql.Visitor):
    """Collects the fields that a document selects, by their parent type."""

    def __init__(self, info: gql.TypeInfo) -> None:
        super().__init__()
        self.info, self.used = info, defaultdict[str, set[str]](set)

    def enter_field(self, node: gql.FieldNode, *_: Any) -> None:
        parent = self.info.get_parent_type()
        if self.info.get_field_def() is None:
            raise ValueError(f"{parent} has no field {node.name.value}")
        self.used[str(parent)].add(node.name.value)


def _reachable(full: gql.GraphQLSchema, used: dict[str, set[str]]) -> dict[str, Any]:
    """The selected types, and the scalars, enums and inputs behind their fields and arguments."""
    found: dict[str, Any] = {}
    names = list(used)
    while names:
        name = names.pop()
        if name not in found:
            found[name] = full.type_map[name]
            for field in _fields(found[name], used).values():
                values = [field, *getattr(field, "args", {}).values()]
                names += [gql.get_named_type(value.type).name for value in values]
    return {name: type_ for name, type_ in found.items() if not gql.is_specified_scalar_type(type_)}


def _fields(type_: Any, used: dict[str, set[str]]) -> dict[str, Any]:
    fields = getattr(type_, "fields", {})
    if gql.is_input_object_type(type_):
        return dict(fields)
    return {name: fields[name] for name in sorted(used.get(type_.name, ()))}


def _printed(type_: Any, kept: dict[str, Any], used: dict[str, set[str]]) -> str:
    if gql.is_scalar_type(type_):
        return f"scalar {type_.name}\n"
    if gql.is_enum_type(type_):  # in running lines: the world's currencies need not be a page long
        values = textwrap.indent(textwrap.fill(" ".join(type_.values), 108), "  ")
        return f"enum {type_.name} {{\n{values}\n}}\n"
    interfaces = " & ".join(face.name for face in getattr(type_, "interfaces", ()) if face.name in kept)
    head = f"{KEYWORDS.get(type(type_), 'input')} {type_.name}{interfaces and f' implements {interfaces}'}"
    lines = [f"  {name}{_arguments(field)}: {field.type}\n" for name, field in _fields(type_, used).items()]
    return f"{head} {{\n{''.join(lines)}}}\n"


def _arguments(field: Any) -> str:
    arguments = ", ".join(f"{name}: {value.type}" for name, value in getattr(field, "args", {}).items())
    return f"({arguments})" if arguments else ""


def main(package: str, *flags: str) -> int:
    with gzip.open(Path(package) / f"dist/data/admin_{VERSION}.json.gz") as file:
        fresh = subset(json.load(file)["data"], operations().values())
    if "--compare" not in flags:
        SDL.write_text(fresh)
        return 0
    committed = SDL.read_text().splitlines()
    difference = list(difflib.unified_diff(committed, fresh.splitlines(), "committed", "fresh", lineterm=""))
    print("\n".join(difference) or "The committed schema is current.")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
