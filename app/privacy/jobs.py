"""The kinds of job that privacy runs."""

from __future__ import annotations

from app import shops
from app.jobs import JobKind
from app.privacy import exports, leaving, people, requests

KINDS = (
    JobKind(requests.TAKE, requests.take_request, shops.give_up, patient=True),
    JobKind("privacy.export", exports.export, requests.give_up, patient=True),
    JobKind("privacy.redact", people.redact, requests.give_up, patient=True),
    JobKind("privacy.redact_shop", leaving.redact_shop, shops.give_up, patient=True),
)
