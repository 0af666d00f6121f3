"""The Admin API's schema, cut down to what the app's own operations use.

    python -m devstore.schema PACKAGE            writes the SDL
    python -m devstore.schema PACKAGE --compare  exits with 1 and a diff when the committed SDL differs

PACKAGE is the unpacked npm package @shopify/dev-mcp, which carries Shopify's whole schema.
"""

import difflib
import gzip
import json
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    parse,
    print_schema,
    visit,
)

from devstore.config import PROJECT

VERSION = "2026-10"
SDL = Path(__file__).parent / f"admin_{VERSION}.graphqls"
KEPT = ("Order", "Product")  # what an interface can turn out to be here
Json = dict[str, Any]


def operations(project: Path = PROJECT) -> dict[str, DocumentNode]:
    """The app's own GraphQL documents, by file name, relative to the project."""
    paths = sorted((project / "app").rglob("*.graphql"))
    return {str(path.relative_to(project)): parse(path.read_text()) for path in paths}


def subset(introspection: Json, documents: Iterable[DocumentNode]) -> str:
    """SDL of the types, fields and arguments that the documents reach, without descriptions."""
    full = build_client_schema(introspection)  # type: ignore[arg-type]
    used = _used_fields(full, documents)
    source = introspection["__schema"]
    types = {entry["name"]: entry for entry in source["types"]}
    kept = {name: _pruned(types[name], fields) for name, fields in used.items()}
    for name in _reachable(kept, types):
        kept.setdefault(name, types[name])
    pruned = {**source, "types": [_local(kept[name], kept) for name in sorted(kept)], "directives": []}
    return _compact(print_schema(build_client_schema(_bare({"__schema": pruned}))))


class _Fields(Visitor):
    """Collects the fields, by their parent type, that a document selects."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.used: dict[str, set[str]] = defaultdict(set)

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self.info.get_parent_type()
        if parent is None:
            raise ValueError(f"the schema has no field {node.name.value}")
        self.used[parent.name].add(node.name.value)
        named = get_named_type(self.info.get_type())
        if named is not None and node.selection_set:
            self.used[named.name] |= set()


def _used_fields(full: GraphQLSchema, documents: Iterable[DocumentNode]) -> dict[str, set[str]]:
    info = TypeInfo(full)
    collector = _Fields(info)
    for document in documents:
        visit(document, TypeInfoVisitor(info, collector))
    for name in list(collector.used):
        for concrete in KEPT:
            if any(type_.name == concrete for type_ in _possible(full, name)):
                collector.used[concrete] |= collector.used[name]
    return collector.used


def _possible(full: GraphQLSchema, name: str) -> Iterable[Any]:
    named: Any = full.type_map[name]
    return full.get_possible_types(named) if hasattr(named, "resolve_type") else ()


def _pruned(entry: Json, fields: set[str]) -> Json:
    return {**entry, "fields": [field for field in entry["fields"] if field["name"] in fields]}


def _reachable(kept: dict[str, Json], types: dict[str, Json]) -> set[str]:
    """Names of the scalars, enums and inputs behind the kept fields and their arguments."""
    found: set[str] = set()
    entries = list(kept.values())
    while entries:
        for name in _names(entries.pop()) - found - kept.keys():
            found.add(name)
            entries.append(types[name])
    return found


def _names(entry: Json) -> set[str]:
    values = [*(entry["fields"] or ()), *(entry["inputFields"] or ())]
    values += [argument for field in entry["fields"] or () for argument in field["args"]]
    return {_innermost(value["type"]) for value in values}


def _innermost(type_: Json) -> str:
    return _innermost(type_["ofType"]) if type_["ofType"] else str(type_["name"])


def _local(entry: Json, kept: dict[str, Json]) -> Json:
    lists = {key: [item for item in entry[key] or () if item["name"] in kept] for key in ("interfaces", "possibleTypes")}
    return {**entry, **lists}


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _bare(item) for key, item in value.items() if key not in ("description", "specifiedByURL")}


def _compact(sdl: str) -> str:
    """Enums in running lines: a list of all the world's currencies need not be a page long."""

    def run_on(match: re.Match[str]) -> str:
        lines = textwrap.fill(" ".join(match[2].split()), 108, initial_indent="  ", subsequent_indent="  ")
        return f"{match[1]}\n{lines}\n}}"

    return re.sub(r"^(enum \w+ \{)\n([^}]*)\}", run_on, sdl, flags=re.MULTILINE) + "\n"


def main(package: str, *flags: str) -> int:
    with gzip.open(Path(package) / f"dist/data/admin_{VERSION}.json.gz") as file:
        fresh = subset(json.load(file)["data"], operations().values())
    if "--compare" not in flags:
        SDL.write_text(fresh)
        return 0
    difference = list(difflib.unified_diff(SDL.read_text().splitlines(), fresh.splitlines(), "committed", "fresh", lineterm=""))
    print("\n".join(difference) or "The committed schema is current.")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
