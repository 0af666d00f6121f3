"""Python on WebAssembly has no time-zone data of its own: the worker's package tzdata brings them."""

from __future__ import annotations

import pytest

from tests.edge import adapter_worker, workerd
from tests.edge.worker_clients import ask

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("zone", "period"),
    [("Europe/Berlin", "2026-12"), ("America/New_York", "2026-11"), ("America", "2026-11"), ("a" * 1000, "2026-11")],
)
async def test_the_worker_knows_a_shops_month_and_counts_an_unknown_zone_in_utc(zone: str, period: str) -> None:
    workerd.needed()
    answer = await ask(adapter_worker.served(), "/period", moment="2026-11-30T23:30:00+00:00", zone=zone)
    assert answer.json() == {"period": period}
