"""`artify db`: migrate, schema, check, backup, restore."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app import wiring
from handlers.cli import backups
from handlers.cli.database_url import database_url

SCHEMA = Path(__file__).parents[2] / "schema.sql"
HEADER = "-- Generated from the table metadata by `artify db schema`. Change the tables, then run it again.\n\n"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("db", help="manage the database: migrate, schema, check, backup, restore")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, run, about in (
        ("migrate", migrate, "apply new migrations"),
        ("schema", schema, "write schema.sql from the table metadata"),
        ("check", check, "compare the database with the table metadata"),
    ):
        actions.add_parser(name, help=about).set_defaults(run=run)
    backups.add_parsers(actions)


def migrate(arguments: argparse.Namespace) -> int:
    applied = wiring.migrate(database_url())
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
    return 0


def schema(arguments: argparse.Namespace) -> int:
    SCHEMA.write_text(HEADER + wiring.schema())
    print(f"wrote {SCHEMA.name}")
    return 0


def check(arguments: argparse.Namespace) -> int:
    differences = wiring.schema_differences(database_url())
    print("\n".join(differences) or "the database has the schema that the code expects")
    return 1 if differences else 0
