"""`artify doctor`: what is configured, what is missing, what is unreachable, and what to do about it."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from app import wiring
from app.core.app import App
from app.core.errors import AppError
from app.core.settings import Settings, SettingsError
from handlers.cli import checks
from handlers.cli.checks import Lack, Trouble

PATIENCE_S = 15.0
"""How long one check may take."""


class Mark(StrEnum):
    """How a finding stands: well, not there and not needed, or in need of attention."""

    WELL = "ok"
    LACKING = "--"
    BAD = "NO"


@dataclass(frozen=True)
class Finding:
    mark: Mark
    about: str
    says: str

    def __str__(self) -> str:
        return f"{self.mark:3} {self.about:27} {self.says}"


@dataclass(frozen=True)
class Check:
    """`look` gives a sentence about what is well; `advice` follows the sentence of a fault."""

    about: str
    look: Callable[[App], Awaitable[str]]
    advice: str


CHECKS = (
    Check("database", checks.database, "Look at DATABASE_URL, and whether the server takes connections from here."),
    Check("files", checks.files, "FILES_URL must name a folder, or a bucket, that this process may write to."),
    Check("who can read them", checks.privacy_of_files, "Look at the modes of the database's file and the folder."),
    Check("uploads by browsers", checks.uploads, "The bucket must let browsers PUT from any origin (CORS)."),
    Check("queue", checks.queue, "Look at QUEUE_URL, and whether the keys in the environment may use it."),
    Check("render workers", checks.render_workers, "Look at the database first."),
    Check("time zones", checks.time_zones, "Install the package tzdata again."),
    Check("Shopify", checks.shopify, "This machine must reach Shopify over HTTPS."),
    Check("image model", checks.image_model, "Look at AI_PROVIDER."),
    Check(
        "photo decoder",
        checks.photo_decoder,
        "Run it on Linux on x86_64 or aarch64, in a container whose profile allows seccomp, as Docker's does.",
    ),
    Check("print engine", checks.print_engine, "Prints are made all the same, by Pillow, with more memory."),
    Check("upscaler", checks.upscaler, "Prints are resampled: see the README's licence note before installing span."),
)


def add_parser(commands: Any) -> None:
    commands.add_parser("doctor", help="say what is configured, missing or unreachable").set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each finding; 1 when one of them needs attention."""
    marks = []
    for finding in _findings():
        print(finding, flush=True)
        marks.append(finding.mark)
    bad = marks.count(Mark.BAD)
    print("all is well" if not bad else f"{bad} of these need attention")
    return 1 if bad else 0


def _findings() -> Iterator[Finding]:
    try:
        app = wiring.build(Settings.load(os.environ))
    except SettingsError as fault:
        problems = {problem.partition(" ")[0]: problem for problem in fault.problems}
        yield from _settings(problems)
        yield Finding(Mark.LACKING, "everything else", "can be looked at when the settings are right")
        return
    yield from _settings({})
    with asyncio.Runner() as runner:
        for check in CHECKS:
            yield runner.run(_finding(app, check))
        runner.run(wiring.close(app))


def _settings(problems: dict[str, str]) -> Iterator[Finding]:
    """A line for each name; never its value."""
    for name in (each.name.upper() for each in fields(Settings)):
        if name in problems:
            yield Finding(Mark.BAD, name, problems[name].removeprefix(name).strip())
        else:
            yield Finding(Mark.WELL, name, "set" if os.environ.get(name, "").strip() else "not set, the default holds")


async def _finding(app: App, check: Check) -> Finding:
    with _progress(check.about):
        try:
            async with asyncio.timeout(PATIENCE_S):
                return Finding(Mark.WELL, check.about, await check.look(app))
        except Lack as lack:
            return Finding(Mark.LACKING, check.about, f"{lack} {check.advice}")
        except Trouble as trouble:
            return Finding(Mark.BAD, check.about, str(trouble))
        except AppError as fault:
            return Finding(Mark.BAD, check.about, f"{fault.message} {check.advice}")
        except TimeoutError:
            return Finding(Mark.BAD, check.about, f"It did not answer in {PATIENCE_S:.0f} seconds. {check.advice}")
        except Exception as fault:  # noqa: BLE001  # the check's boundary: a message may hold a password
            return Finding(Mark.BAD, check.about, f"It failed ({type(fault).__name__}). {check.advice}")


class _progress:
    """Say on a terminal what is being looked at, and take it back."""

    def __init__(self, about: str):
        self._text = f"looking at: {about} …" if sys.stderr.isatty() else ""

    def __enter__(self) -> None:
        print(self._text, end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        print("\r\033[K" if self._text else "", end="", file=sys.stderr, flush=True)
