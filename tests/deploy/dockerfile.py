"""A Dockerfile's steps without Docker: the same files and commands in a folder, with this machine's Python as the base.

What that leaves out is the base image itself: its operating system, and its version of Python.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests import processes
from tests.sources import ROOT

STEP_S = 300


@dataclass
class Image:
    """What the steps made: a folder of files, an environment, and the command that a container starts with."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    workdir: Path = Path("/")
    entrypoint: list[str] = field(default_factory=list)
    cmd: list[str] = field(default_factory=list)

    @property
    def here(self) -> Path:
        return self.root / self.workdir.relative_to("/")

    @property
    def command(self) -> list[str]:
        first, *rest = self.entrypoint + self.cmd
        return [str(self.root / "venv" / "bin" / first), *rest]

    def run(self, script: str, **more: str) -> str:
        """What a shell in the image prints."""
        done = processes.run(
            ["bash", "-euc", script],
            cwd=self.here,
            env=self.environ | more,
            capture_output=True,
            text=True,
            timeout=STEP_S,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done.stdout


def built(dockerfile: Path, folder: Path, pip_environ: Mapping[str, str]) -> Image:
    """The image of the steps. `pip_environ` says where packages come from here."""
    image = Image(folder)
    _base(image, pip_environ)
    text = re.sub(r"^#.*\n", "", dockerfile.read_text("utf-8"), flags=re.M).replace("\\\n", " ")
    for line in filter(None, text.splitlines()):
        step, _, rest = line.partition(" ")
        _STEPS[step](image, rest.strip())
    for name in pip_environ:
        image.environ.pop(name, None)
    return image


def _base(image: Image, pip_environ: Mapping[str, str]) -> None:
    """An empty environment with pip, as the official images of Python have it."""
    made = image.root / "venv"
    venv.create(made, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(made / "bin" / "python"), "install", "--quiet"]
    locked = ["--require-hashes", "--only-binary=:all:", "-r", str(ROOT / "requirements" / "build.txt")]
    processes.run([*pip, *locked], check=True, capture_output=True, timeout=STEP_S)
    image.environ = {"PATH": f"{made / 'bin'}:{os.defpath}", "HOME": str(image.root), **pip_environ}


def _env(image: Image, rest: str) -> None:
    image.environ |= dict(pair.split("=", 1) for pair in rest.split())


def _workdir(image: Image, rest: str) -> None:
    image.workdir = Path(rest)
    image.here.mkdir(parents=True, exist_ok=True)


def _copy(image: Image, rest: str) -> None:
    """A folder's content goes into the target, a file to it, or below it when it ends with a slash."""
    *sources, target = rest.split()
    for source in (ROOT / name for name in sources):
        to = image.here / target
        if source.is_dir():
            shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            to = to / source.name if target.endswith("/") else to
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, to)


def _run(image: Image, rest: str) -> None:
    image.run(rest)


def _entrypoint(image: Image, rest: str) -> None:
    image.entrypoint = json.loads(rest)


def _cmd(image: Image, rest: str) -> None:
    image.cmd = json.loads(rest)


_STEPS = {
    "FROM": lambda image, rest: None,
    "ENV": _env,
    "WORKDIR": _workdir,
    "COPY": _copy,
    "RUN": _run,
    "ENTRYPOINT": _entrypoint,
    "CMD": _cmd,
}
