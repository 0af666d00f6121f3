"""The command `artify`: one subcommand a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app.core.errors import AppError
from app.core.settings import SettingsError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand. A fault that a person can mend is one plain sentence, and exit status 2."""
    from handlers.cli import db, doctor, jobs, print_image, try_photo

    parser = argparse.ArgumentParser(prog="artify", description="An AI studio for goods made to order.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (try_photo, print_image, db, jobs, doctor):
        module.add_parser(commands)
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (AppError, SettingsError) as fault:
        print(getattr(fault, "message", None) or str(fault), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
