"""A process that is killed at any moment of a paid order's way: the next one ends it well, with one print a line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests import processes, soak
from tests.integration.processes.bookkeeping import check_counted_once, check_printed_once, orphans, sweep_days_later
from tests.integration.processes.installation import Installation
from tests.integration.storefront import MUG_VARIANT
from tests.sources import ROOT

pytestmark = pytest.mark.anyio
CUSTOMER = 4711
SIGKILL = -9
RECORD = "after db.batch jobs assets"


async def test_a_death_at_any_moment_leaves_one_print_a_line(
    installation: Installation, design: str, say: Callable[[str], None]
) -> None:
    story = enumerated(installation, design)
    moments, deaths = story["moments"], story["deaths"]
    assert story["clean"]["status"] == 0
    check_whole_way(moments)
    for death in deaths:
        assert death["first"]["status"] == SIGKILL, death["moment"]
        assert death["first"]["moments"][-1] == f"died {death['moment']}"
        assert death["second"]["status"] == 0, death["moment"]
    names = list(dict.fromkeys(moments))
    here = soak.share(names, int(installation.is_on_postgres), 2)
    assert {death["moment"] for death in deaths} == set(here)
    assert len(here) >= 5
    orders = [story["order"], *[death["order"] for death in deaths]]
    check_printed_once(installation, orders)
    check_counted_once(installation, orders, events=len(orders))
    left = orphans(installation)
    say(f"{len(deaths)} deaths, {len(orders)} orders, {len(left)} files of attempts that died before they counted")
    assert len(left) == sum(is_unrecorded(death["first"]["moments"]) for death in deaths)
    await sweep_days_later(installation)
    assert orphans(installation) == set()
    check_printed_once(installation, orders)


def check_whole_way(moments: Sequence[str]) -> None:
    """The enumeration has every write of the way, so that a process dies at each of them."""
    after = [moment.removeprefix("after ") for moment in moments if moment.startswith("after ")]
    writes = {" ".join(moment.split()[:2]) for moment in after}
    assert {"db.batch webhook_deliveries", "db.batch jobs", "db.batch order_items"} <= writes
    calls = {moment.split()[0] for moment in after}
    assert calls == {"db.batch", "queue.wake", "files.put", "shopify.note_print", "shopify.tag_order"}


def is_unrecorded(moments: Sequence[str]) -> bool:
    """Whether a life ended between a file and the batch that records it."""
    told = [moment.removeprefix("died ") for moment in moments]
    stored = sum(moment.startswith("after files.put") for moment in told)
    return stored > sum(moment.startswith(RECORD) for moment in told)


def enumerated(installation: Installation, design: str) -> dict[str, Any]:
    line = {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": design}}
    command = [sys.executable, "-m", "tests.integration.processes.deaths", json.dumps(line), str(CUSTOMER)]
    environ = os.environ | installation.environ | {"JOB_LEASE_S": "20"}
    done = processes.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))
