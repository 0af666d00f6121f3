"""The generated rows of each capability. A capability that is added gets a module here and an entry in FILLERS."""

from __future__ import annotations

FILLERS = {
    "shops": "bench.scale.rows.shops:fill",
    "catalog": "bench.scale.rows.catalog:fill",
    "personalization": "bench.scale.rows.personalization:fill",
    "privacy": "bench.scale.rows.privacy:fill",
}
"""The function that adds the rows of each capability, in order: a later one may refer to the rows of earlier ones."""

NO_ROWS = {
    "media": "a file is added by the capability that it belongs to",
    "quotas": "a shop's quota is added with the shop",
    "generation": "a call to a model is added by the capability that makes it",
    "jobs": "a job is added by the capability whose kind it is",
    "notifications": "it has no table",
    "render_workers": "it has no table",
}
"""Capabilities without a filler, and why."""
