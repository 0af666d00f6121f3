"""Finds a Chromium that starts on this machine. `python -m tests.browser.chromium` prints its path."""

from __future__ import annotations

import functools
import shutil
import sys
from collections.abc import Iterator

from tests import processes

ABSENT = "no Chromium that starts here; `make browser` installs one"


@functools.cache
def path() -> str | None:
    """The executable's path, or None when there is none that can start."""
    return next((candidate for candidate in _candidates() if _starts(candidate)), None)


def _candidates() -> Iterator[str]:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            yield found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _starts(executable: str) -> bool:
    # A browser that lacks a shared library is found, but cannot start.
    try:
        answer = processes.run([executable, "--version"], capture_output=True, timeout=60, check=False)
    except OSError:
        return False
    return answer.returncode == 0


if __name__ == "__main__":
    found = path()
    print(found or ABSENT)
    sys.exit(found is None)
