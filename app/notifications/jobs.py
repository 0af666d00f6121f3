"""The kinds of job that notifications run."""

from __future__ import annotations

from app.jobs import JobKind
from app.notifications import mail

KINDS = (JobKind(mail.SEND, mail.send, mail.on_failure, first_wait_s=60),)
