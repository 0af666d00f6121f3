"""The kinds of job that privacy runs."""

from __future__ import annotations

from app import shops
from app.jobs import JobKind
from app.privacy import exports, leaving, people, photos, requests

TRIES = 48
"""A day and more: what somebody asked to have deleted is not kept because the storage had its bad hours."""

KINDS = (
    JobKind(requests.TAKE, requests.take_request, shops.give_up, patient=True),
    JobKind("privacy.export", exports.export, requests.give_up, patient=True),
    JobKind("privacy.redact", people.redact, requests.give_up, max_attempts=TRIES, patient=True),
    JobKind("privacy.redact_shop", leaving.redact_shop, shops.give_up, max_attempts=TRIES, patient=True),
    JobKind(photos.JOB, photos.empty_photo, photos.give_up, max_attempts=TRIES, patient=True),
)
