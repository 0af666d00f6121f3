"""A guide's blocks as a person types them: one shell, in a fresh copy of the project."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests import processes
from tests.deploy.guide import Block
from tests.sources import ROOT

MADE = shutil.ignore_patterns(".*", "var", "build", "python_modules", "node_modules", "__pycache__", "*.egg-info")
"""What commands have made, or what belongs to git and to tools."""
RUN_S = 300


@dataclass(frozen=True)
class Typed:
    """The folder as the blocks left it, and what they printed."""

    folder: Path
    printed: str

    def read(self, path: str) -> str:
        return (self.folder / path).read_text("utf-8")


def run(blocks: list[Block], folder: Path, environ: Mapping[str, str], instead: Mapping[str, str]) -> Typed:
    """Run them in order, with the guide's examples replaced by `instead`; a block that fails ends the test."""
    project = folder / "project"
    shutil.copytree(ROOT, project, ignore=MADE)
    for made in (".venv", "python_modules"):
        (project / made).symlink_to(ROOT / made)
    script = "set -euo pipefail\n" + "\n".join(block.text for block in blocks)
    for example, ours in instead.items():
        assert example in script
        script = script.replace(example, ours)
    done = processes.run(
        ["bash", "-c", script],
        cwd=project,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=RUN_S,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return Typed(project, done.stdout)
