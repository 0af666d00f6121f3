"""Create files and folders that only the process's user can read, whatever its umask.

They hold photos, IDs and keys. Files and folders that already exist keep their mode, because an operator may have
shared them on purpose; `artify doctor` lists those that other users can read.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def make_folder(folder: Path) -> None:
    """Create a folder and any missing parents. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(FOLDER_MODE, exist_ok=True)


def opener(path: str, flags: int) -> int:
    """An `opener` argument for `open()` that gives new files FILE_MODE."""
    return os.open(path, flags, FILE_MODE)


def is_open_to_others(path: Path) -> bool:
    """Return True if users outside the owner's group can read the file or enter the folder; False if it is missing."""
    try:
        return bool(path.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH))
    except FileNotFoundError:
        return False
