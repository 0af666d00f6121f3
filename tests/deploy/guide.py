"""A guide's code blocks. After ``` stands what a block is: `sh` runs as it is, `sh account` needs somebody's account,
`sh docker` needs Docker, and `toml wrangler.toml` is a piece of that file."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from tests.sources import ROOT

BLOCK = re.compile(r"^```(\S[^\n]*)\n(.*?)^```$", re.M | re.S)
CAPTURED = re.compile(r"export \w+=\$\((.*)\)")


@dataclass(frozen=True)
class Block:
    kind: str
    text: str

    @property
    def commands(self) -> list[list[str]]:
        """Each command's words; those of a pipe one by one, and of `export NAME=$(…)` what stands inside."""
        lines = self.text.replace("\\\n", " ").splitlines()
        words = [shlex.split(inner[1] if (inner := CAPTURED.fullmatch(line)) else line) for line in lines]
        return [command for line in words for command in _pipe(line)]


@dataclass(frozen=True)
class Guide:
    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def blocks(self) -> list[Block]:
        return [Block(kind, text) for kind, text in BLOCK.findall(self.text)]

    def of(self, kind: str) -> list[Block]:
        return [block for block in self.blocks if block.kind == kind]

    @property
    def account_commands(self) -> list[list[str]]:
        return [command for block in self.of("sh account") for command in block.commands]


CLOUDFLARE = Guide(ROOT / "docs" / "deploy-cloudflare.md")
AWS = Guide(ROOT / "docs" / "deploy-aws.md")
INSTALL = Guide(ROOT / "docs" / "install.md")


def _pipe(words: list[str]) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            commands.append([])
        elif word == ">":
            break
        else:
            commands[-1].append(word)
    return commands
