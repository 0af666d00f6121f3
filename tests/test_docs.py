"""Every file and every make target that a document names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.sources import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SUFFIXES = (".py", ".md", ".sql", ".toml", ".yaml", ".txt", ".liquid", ".js", ".graphql")
TOPICS = re.findall(r'"(app/\w+)"', (ROOT / "shopify.app.toml").read_text("utf-8"))
"""Webhook topics that look like paths."""
MADE_BY_RUNNING = (
    ".venv/",
    "var/",
    "bench/results.json",
    "bench/results_scale.json",
    "python_modules/",
    "node_modules/",
    "shopify.app.production.toml",
    "shopify.app.dev.toml",
)


def test_there_are_documents_that_name_files() -> None:
    assert [path for document in DOCUMENTS for path in _paths(document)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_files_that_exist(document: Path) -> None:
    assert [path for path in _paths(document) if not _exists(path)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_commands_of_the_makefile(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"`make ([a-z-]+)", document.read_text("utf-8")))
    assert named <= targets


def _paths(document: Path) -> list[str]:
    """Names in backticks that look like paths: they begin with a folder of this repository, or end like a file."""
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    quoted = re.findall(r"`([\w.][\w./-]*)`", document.read_text("utf-8"))
    return [
        name
        for name in quoted
        if (("/" in name and name.split("/")[0] in folders) or name.endswith(SUFFIXES))
        and not name.startswith(MADE_BY_RUNNING)
        and name not in TOPICS
    ]


def _exists(path: str) -> bool:
    return (ROOT / path).exists()
