"""`artify doctor`: report what is configured, missing or unreachable, and how to fix it."""

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
    """`look` returns a sentence about what works; `advice` follows the message of an error."""

    about: str
    look: Callable[[App], Awaitable[str]]
    advice: str


CHECKS = (
    Check(
        "database", checks.database, "Check DATABASE_URL, and that the server accepts connections from this machine."
    ),
    Check("files", checks.files, "FILES_URL must name a folder or bucket that this process can write to."),
    Check(
        "file permissions", checks.privacy_of_files, "Check the permissions of the database file and the files folder."
    ),
    Check("browser uploads", checks.uploads, "The bucket must allow PUT from any origin (CORS)."),
    Check("queue", checks.queue, "Check QUEUE_URL, and that the credentials in the environment can use it."),
    Check("render workers", checks.render_workers, "Check the database first."),
    Check("time zones", checks.time_zones, "Reinstall the package tzdata."),
    Check("Shopify", checks.shopify, "This machine must reach Shopify over HTTPS."),
    Check("image model", checks.image_model, "Check AI_PROVIDER."),
    Check(
        "photo decoder",
        checks.photo_decoder,
        "Use Linux on x86_64 or aarch64, and a container profile that allows seccomp, such as Docker's default.",
    ),
    Check("print engine", checks.print_engine, "Prints are made with Pillow, which needs more memory."),
    Check(
        "upscaler",
        checks.upscaler,
        "Prints are resampled. Read the licence note in the README before you install span.",
    ),
)


def add_parser(commands: Any) -> None:
    commands.add_parser("doctor", help="report what is configured, missing or unreachable").set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each finding. Return exit status 1 if one of them needs attention."""
    marks = []
    for finding in _findings():
        print(finding, flush=True)
        marks.append(finding.mark)
    bad = marks.count(Mark.BAD)
    print("no problems found" if not bad else f"{bad} of these need attention")
    return 1 if bad else 0


def _findings() -> Iterator[Finding]:
    try:
        app = wiring.build(Settings.load(os.environ))
    except SettingsError as fault:
        problems = {problem.partition(" ")[0]: problem for problem in fault.problems}
        yield from _settings(problems)
        yield Finding(Mark.LACKING, "everything else", "can be checked when the settings are valid")
        return
    yield from _settings({})
    with asyncio.Runner() as runner:
        for check in CHECKS:
            yield runner.run(_finding(app, check))
        runner.run(wiring.close(app))


def _settings(problems: dict[str, str]) -> Iterator[Finding]:
    """A finding for each setting, without its value."""
    for name in (each.name.upper() for each in fields(Settings)):
        if name in problems:
            yield Finding(Mark.BAD, name, problems[name].removeprefix(name).strip())
        else:
            yield Finding(
                Mark.WELL, name, "set" if os.environ.get(name, "").strip() else "not set, so the default applies"
            )


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
            return Finding(
                Mark.BAD, check.about, f"There was no answer within {PATIENCE_S:.0f} seconds. {check.advice}"
            )
        except Exception as fault:  # noqa: BLE001  # the check's boundary: a message may hold a password
            return Finding(Mark.BAD, check.about, f"The check failed ({type(fault).__name__}). {check.advice}")


class _progress:
    """Show the running check on a terminal, and erase it afterwards."""

    def __init__(self, about: str):
        self._text = f"checking {about} …" if sys.stderr.isatty() else ""

    def __enter__(self) -> None:
        print(self._text, end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        print("\r\033[K" if self._text else "", end="", file=sys.stderr, flush=True)
