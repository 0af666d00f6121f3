"""A process that is killed at any moment of a deletion: the next one ends it, and the books are as they would be."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest
from starlette.responses import Response

from tests import postgres, processes
from tests.integration import webhooks
from tests.integration.processes.installation import Installation
from tests.integration.servers import SHOP, Front, Shopify
from tests.integration.storefront import MUG_VARIANT, Storefront
from tests.integration.test_privacy import owned
from tests.integration.world import World
from tests.sources import ROOT

pytestmark = pytest.mark.anyio
ADA, BOB = 90017001, 90017002
SIGKILL = -9
AUDIT = {
    "customers/redact": ["customer_deleted"],
    "delete this customer": ["customer_deleted"],
    "delete my photo": ["photo_deleted"],
    "shop/redact": ["shop_deleted"],
    "retention": [],
}
OWN_PACE = {"sweeps", "rate_limits"}
"""Tables that have a row more when somebody asks twice, or a sweep has come."""


async def test_a_death_at_any_moment_of_a_deletion_leaves_nothing_of_it(
    installation: Installation, front: Front, shopify: Shopify, say: Callable[[str], None]
) -> None:
    plan = await planted(installation, front, shopify)
    told = enumerated(installation, plan)
    say(f"deaths: { {kind: len(story['deaths']) for kind, story in told.items()} }")
    for kind, story in told.items():
        check_clean(kind, story, plan)
        assert story["deaths"] != []
        for death in story["deaths"]:
            check_death(kind, story, death)


def check_clean(kind: str, story: dict[str, Any], plan: dict[str, Any]) -> None:
    """What a deletion comes to when nothing happens on its way."""
    state = story["state"]
    assert state["open"] == []
    gone = plan["gone"][kind]
    assert gone != []
    if kind != "retention":  # whose rows stay, emptied
        assert {word: tables for word, tables in kept_words(state).items() if word in gone} == {}, kind
    assert [file for file in state["files"] if file.removesuffix(".type") in gone] == []
    assert state["audit"] == AUDIT[kind]
    assert {counter["shop_id"]: counter["current_storage_bytes"] for counter in state["counters"]}.get(SHOP, 0) == (
        state["held"]
    )
    assert set(state["asked"]) <= {"done"}


def check_death(kind: str, story: dict[str, Any], death: dict[str, Any]) -> None:
    """After the second life everything is as it is after one that nothing happened to."""
    where = f"{kind}: {death['died']}"
    assert death["status"] == [SIGKILL, 0], where
    clean, state = story["state"], death["state"]
    assert kept_words(state) == kept_words(clean), where
    for what in ("files", "counters", "held", "audit", "open"):
        assert state[what] == clean[what], f"{where}: {what}"
    assert set(state["asked"]) <= {"done"}, where
    assert counts(state, "privacy_requests", "jobs") == counts(clean, "privacy_requests", "jobs"), where


def kept_words(state: dict[str, Any]) -> dict[str, list[str]]:
    """Where the words of the plan still are, but for the lines that say what was done."""
    kept = {word: [table for table in tables if table != "audit_log"] for word, tables in state["words"].items()}
    return {word: tables for word, tables in kept.items() if tables}


def counts(state: dict[str, Any], *apart: str) -> dict[str, int]:
    """How many rows each table has; who presses a button twice asks twice."""
    return {table: count for table, count in state["counts"].items() if table not in {*OWN_PACE, *apart}}


async def planted(installation: Installation, front: Front, shopify: Shopify) -> dict[str, Any]:
    """Ada, who bought signed in and as a guest and tried something else; Bob, who bought; and a guest with a photo."""
    world = World.open(installation.folder, front, shopify, **installation.environ)
    front.app = Response()  # Shopify's own webhooks: the tests deliver theirs
    guest, other = world.storefront(), world.storefront()
    hers = [(await world.design(each))["id"] for each in (world.storefront(customer=str(ADA)), guest, guest)]
    his = (await world.design(world.storefront(customer=str(BOB))))["id"]
    photo = await upload_once_used_twice(world, other)
    order = await bought(world, shopify, ADA, *hers[:2])
    await bought(world, shopify, BOB, his)
    await world.close()
    words = {
        name: owned(installation, *designs) for name, designs in {"ada": hers, "bob": [his], "photo": photo}.items()
    }
    unordered = [word for word in owned(installation, hers[2], *photo) if "/" in word]
    ada = [*words["ada"], str(ADA)]
    return {
        "customer": str(ADA),
        "order": order["id"],
        "photo": photo[0],
        "guest_token": other.guest_token,
        "words": [*ada, *words["bob"], *words["photo"]],
        "gone": {
            "customers/redact": ada,
            "delete this customer": ada,
            "delete my photo": words["photo"],
            "shop/redact": [*ada, *words["bob"], *words["photo"]],
            "retention": unordered,
        },
    }


async def upload_once_used_twice(world: World, storefront: Storefront) -> list[str]:
    upload = await storefront.upload()
    return [(await world.design(storefront, upload_id=upload))["id"] for _ in range(2)]


async def bought(world: World, shopify: Shopify, customer: int, *designs: str) -> dict[str, Any]:
    """An order of the customer's, printed and told to Shopify."""
    lines = [
        {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": design}} for design in designs
    ]
    order = shopify.order(*lines, customer_id=customer)
    await webhooks.deliver(world.http, order)
    await world.run_jobs()
    return order


def enumerated(installation: Installation, plan: dict[str, Any]) -> dict[str, Any]:
    environ = os.environ | installation.environ | {"JOB_LEASE_S": "20"}
    if environ["DATABASE_URL"].startswith("postgresql"):
        environ["TEST_POSTGRES_URL"] = postgres.server()
    command = [sys.executable, "-m", "tests.integration.processes.deletions", json.dumps(plan)]
    done = processes.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))
