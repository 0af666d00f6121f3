"""Every route that takes an id or a token, asked by a stranger with somebody else's: as if there were no such thing.

Routes and their inputs are the app's own: one that is new fails here until it is said whose its inputs are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from handlers.routes import ROUTES
from tests.integration.tenancy.belongings import PLAIN, Person
from tests.integration.tenancy.conftest import Town
from tests.integration.tenancy.inputs import inputs_of, names_something
from tests.integration.tenancy.unchanged import Row, changed, kept
from tests.integration.test_authentication import authentication_of
from tests.story.same import plain

pytestmark = pytest.mark.anyio
NOBODYS = "404404"
"""It could be an id of Shopify's or of ours, and nothing has it."""
INPUTS = {name for route in ROUTES if authentication_of(route.path) != "open" for name in inputs_of(route).names}
OF_A_SHOP = {name for name in INPUTS if names_something(name)}
"""Inputs that name something of one shop, or let its holder in."""
OF_A_SHOPPER = {"preview_id", "upload_id", "view_token", "idempotency_key"}
"""Those of them that are one shopper's own. A guest's token is not among them: whoever has it is that guest."""
STRANGERS = {
    "admin": [("merchant", "other merchant")],
    "proxy": [
        ("guest", "other shop's guest"),
        ("customer", "other shop's customer"),
        ("guest", "next customer"),
        ("customer", "next guest"),
    ],
    "print worker": [("worker", "other worker")],
    "GET": [("guest with a picture", "other shop's guest with a picture")],
    "PUT": [("guest with a ticket", "other shop's guest with a ticket")],
}
"""Holders and strangers, by authentication; links by method."""
OTHER_PROOF = {
    "webhook": "its ids are in payloads: test_webhooks_of_another_shop.py",
    "grant": "its state is one shop's: tests/integration/shops/test_oauth_grants.py",
    "open": "it takes nothing of anybody",
}
HELD_BY_ANOTHER = (409, "lease_lost")
"""A print worker prints for every shop, so it is told whether another one has a job. Nothing more."""
COUNTERS = ("quotas", "ai_styles", "api_usage_daily")
"""Tables whose rows the shoppers of a shop share."""


def calls() -> Iterator[Any]:
    """(holder, stranger, method, route, owned inputs) of each, as parameters of a test."""
    for route in ROUTES:
        authentication = authentication_of(route.path)
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            for holder, stranger in STRANGERS.get(method if authentication == "link" else authentication, []):
                owned = OF_A_SHOPPER if stranger.startswith("next") else OF_A_SHOP
                if names := [name for name in inputs_of(route).names if name in owned]:
                    yield pytest.param(holder, stranger, method, route, names, id=f"{stranger}, {method} {route.path}")


def test_it_is_known_whose_every_input_is() -> None:
    behind = {authentication_of(route.path) for route in ROUTES}
    assert behind == {"link", *STRANGERS, *OTHER_PROOF} - {"GET", "PUT"}
    assert len(OF_A_SHOP) >= 16
    assert set(PLAIN) == INPUTS - OF_A_SHOP


@pytest.mark.parametrize(("holder", "stranger", "method", "route", "names"), list(calls()))
async def test_what_is_somebody_elses_is_as_if_it_were_not_there(
    town: Town, holder: str, stranger: str, method: str, route: Route, names: list[str]
) -> None:
    world, owner, other = town.world, town.people[holder], town.people[stranger]
    shared = COUNTERS if owner.shop == other.shop else ()
    before = kept(world, owner.shop, but=shared)
    works = False
    for taken in takings(names, owner, other):
        theirs = {name: owner.having(route)[name] for name in taken}
        answer = await other.send(world, method, route, **theirs)
        none = await other.send(town.twin, method, route, **dict.fromkeys(taken, NOBODYS))
        if taken == ["job_id"]:
            assert (answer.status_code, answer.json()["error"]["code"]) == HELD_BY_ANOTHER
        else:
            assert seen(answer, theirs.values()) == seen(none, [NOBODYS]), taken
        works = works or none.is_success
        assert {secret for secret in secrets(before, owner) if secret in answer.text} <= set(theirs.values())
    await world.run_jobs()
    assert changed(before, kept(world, owner.shop, but=shared)) == set()
    assert (await owner.send(world, method, route)).is_success
    assert works or (await other.send(town.twin, method, route)).is_success


def takings(names: list[str], owner: Person, other: Person) -> list[list[str]]:
    """Each by itself; and all at once, where that does not make one the other: who has a link or a lease may use it."""
    all_at_once = other.shop != owner.shop and other.authentication in ("admin", "proxy")
    return [[name] for name in names] + ([names] if all_at_once else [])


def seen(answer: httpx.Response, given: Collection[str]) -> tuple[int, Any]:
    """Status and body, but for what was given, and what differs from run to run."""
    text = answer.text
    for each in given:
        text = text.replace(each, "<given>")
    return answer.status_code, plain(text)


def secrets(rows: dict[Row, Any], owner: Person) -> set[str]:
    """What the owner's answers may hold and the stranger's may not: ids, keys of files, tokens."""
    known = [row[name] for row in rows.values() if isinstance(row, dict) for name in ("id", "key") if name in row]
    return {str(value) for value in [*known, *owner.has.values()] if value not in PLAIN.values()}
