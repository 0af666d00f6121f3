"""Mail as files in a folder, for the demo and for tests. Each can be opened with any mail program."""

from __future__ import annotations

from pathlib import Path

from app.adapters.mail.message import written
from app.core.ports.clock import Clock
from app.core.ports.mailer import Mail


class FolderMailer:
    def __init__(self, folder: Path, sender: str, clock: Clock):
        self.folder, self.sender, self.clock = folder, sender, clock

    async def send(self, mail: Mail) -> None:
        message = written(mail, self.sender, self.clock)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = "".join(letter if letter.isalnum() else "-" for letter in mail.key)
        (self.folder / f"{name}.eml").write_bytes(bytes(message))
