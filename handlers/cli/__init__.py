"""The command `artify`, with one file per subcommand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app.core.errors import AppError
from app.core.settings import SettingsError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand. An error that a person can fix is printed as a message, with exit status 2."""
    from handlers.cli import db, doctor, jobs, print_image, try_photo

    parser = argparse.ArgumentParser(prog="artify", description="An AI studio for made-to-order products on Shopify.")
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
