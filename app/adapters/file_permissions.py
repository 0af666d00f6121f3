"""Files and folders that this process's user alone can read, whatever its umask: they hold photos, ids and keys.

What exists already keeps its mode: an operator may have shared it on purpose. `artify doctor` names what others can
read.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def make_folder(folder: Path) -> None:
    """Create a folder, and its parents where they are missing. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(FOLDER_MODE, exist_ok=True)


def opener(path: str, flags: int) -> int:
    """For open(): a file that is created by it is private."""
    return os.open(path, flags, FILE_MODE)


def is_open_to_others(path: Path) -> bool:
    """Whether users outside the owner's group can read a file, or look into a folder. False for what is not there."""
    try:
        return bool(path.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH))
    except FileNotFoundError:
        return False
