"""`artify db backup` and `artify db restore`: all rows in one file, from and to either kind of database."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from app import media, wiring
from app.core.app import App
from app.core.settings import Settings
from handlers.cli.database_url import database_url

NO_FILES = "Stored files are not included: back them up separately."


def add_parsers(actions: Any) -> None:
    backup_parser = actions.add_parser("backup", help="write every row to a new file while the app is running")
    backup_parser.add_argument("file", metavar="FILE", type=Path)
    backup_parser.set_defaults(run=backup)
    restore_parser = actions.add_parser("restore", help="restore a backup into a migrated, empty database")
    restore_parser.add_argument("file", metavar="FILE", type=Path)
    restore_parser.add_argument(
        "--replace", action="store_true", help="first delete the rows of a database that is not empty"
    )
    restore_parser.set_defaults(run=restore)


def backup(arguments: argparse.Namespace) -> int:
    _say(f"writing {arguments.file} …")
    rows = wiring.backup(database_url(), arguments.file)
    print(f"wrote {arguments.file}: {_counted(rows)}. {NO_FILES}")
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Return exit status 1 if all rows were restored but files are missing from storage."""
    app = wiring.build(Settings.load(os.environ))
    _say(f"reading {arguments.file} …")
    rows = wiring.restore(arguments.file, app.settings.database_url, replace=arguments.replace)
    print(f"restored {_counted(rows)}")
    _say("checking the files …")
    missing = asyncio.run(_missing(app))
    print("\n".join(f"missing from storage: {key}" for key in missing) or "all files are in storage")
    return 1 if missing else 0


async def _missing(app: App) -> list[str]:
    try:
        return await media.missing_objects(app)
    finally:
        await wiring.close(app)


def _counted(rows: dict[str, int]) -> str:
    return f"{sum(rows.values())} rows of {len(rows)} tables"


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)
