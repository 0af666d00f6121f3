"""What one package adds to the app as a whole, as texts: reading a record imports none of the package's code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.core.lazy import load


@dataclass(frozen=True)
class Subscriber:
    """Who works on a webhook topic: the name of a job kind, and the function that reads the payload.

    `fields` names a function of the payload that returns what is kept of it. It raises ValueError, KeyError or
    TypeError for a payload that does not have the shape of its topic: the header that names the topic is not signed,
    so a true payload of one topic may be sent as another.
    """

    job: str
    fields: str


@dataclass(frozen=True)
class Count:
    """A figure for operators: the metric's name, its help text and labels, and the query that counts since a time."""

    metric: str
    about: str
    labels: tuple[str, ...]
    query: str


@dataclass(frozen=True)
class NavLink:
    """A link in the navigation of the admin pages."""

    path: str
    text: str


@dataclass(frozen=True)
class Capability:
    """A package that registers with the app. Code is named as `package.module:attribute`, and imported when used.

    `tables` names a module, `job_kinds` a tuple of JobKind, `personal_data` a PersonalData of app.privacy, and each of
    `sweeps` a function that the upkeep calls every minute. Each of `notices` names a function of an App and a Shop that
    returns what a merchant should be told by mail (Notice of app.notifications). `scopes` are the access scopes that it
    needs of a shop.
    """

    name: str
    tables: str | None = None
    job_kinds: str | None = None
    topics: Mapping[str, Subscriber] = field(default_factory=dict)
    sweeps: tuple[str, ...] = ()
    personal_data: str | None = None
    notices: tuple[str, ...] = ()
    counts: tuple[Count, ...] = ()
    nav: tuple[NavLink, ...] = ()
    scopes: tuple[str, ...] = ()


def load_tables(capabilities: Iterable[Capability]) -> None:
    """Import the tables of these, so that the metadata knows them all."""
    for each in capabilities:
        if each.tables:
            load(each.tables)
