"""Whatever happens in whatever order, counters are never negative and never over their limit."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select, update

from app import quotas
from app.core.errors import Refused
from app.quotas.tables import quotas as quotas_table
from tests.apps import SHOP, close, make_app, open_shop

PERIODS = ["2026-11", "2026-12"]
MONTHLY, CONCURRENT, STORAGE = 3, 2, 100
LANES = st.sampled_from(quotas.Lane)


class Counters(RuleBasedStateMachine):
    """A shop with small limits beside what it should have counted; months only move on."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.app = make_app(Path(self.folder.name))
        self.period = 0
        self.held = dict.fromkeys(PERIODS, 0)
        self.running = dict.fromkeys(quotas.Lane, 0)
        self.stored = 0

    def teardown(self) -> None:
        self.runner.run(close(self.app))
        self.runner.close()
        self.folder.cleanup()

    def passed(self, *statements: Any) -> bool:
        try:
            self.runner.run(self.app.db.batch(*statements))
        except Refused:
            return False
        return True

    @initialize()
    def open(self) -> None:
        self.runner.run(open_shop(self.app))
        now = self.app.clock.now()
        assert self.passed(*quotas.reserve_storage(SHOP, 0, PERIODS[0], now))
        limits = {"max_concurrent": CONCURRENT, "merchant_max_concurrent": CONCURRENT, "storage_quota_bytes": STORAGE}
        assert self.passed(update(quotas_table).values(monthly_generation_limit=MONTHLY, **limits))

    @rule(units=st.integers(1, MONTHLY + 1))
    def hold(self, units: int) -> None:
        period = PERIODS[self.period]
        room = self.held[period] + units <= MONTHLY
        assert self.passed(*quotas.hold(SHOP, period, self.app.clock.now(), units)) == room
        self.held[period] += units * room

    @rule(period=st.sampled_from([*PERIODS, None]), units=st.integers(1, 2))
    def refund(self, period: str | None, units: int) -> None:
        """Nothing is returned of a month that is over, or in which fewer were held."""
        assert self.passed(quotas.refund(SHOP, period, self.app.clock.now(), units))
        if period == self.counted_period() and self.held[period] >= units:
            self.held[period] -= units

    @rule()
    def next_month(self) -> None:
        self.period = min(self.period + 1, len(PERIODS) - 1)

    @rule(lane=LANES)
    def take_slot(self, lane: quotas.Lane) -> None:
        room = self.running[lane] < CONCURRENT
        assert self.passed(quotas.SLOTS[lane].take(SHOP)) == room
        self.running[lane] += room

    @rule(lane=LANES)
    def free_slot(self, lane: quotas.Lane) -> None:
        assert self.passed(quotas.SLOTS[lane].free(SHOP))
        self.running[lane] = max(0, self.running[lane] - 1)

    @rule(size=st.integers(0, 60))
    def reserve(self, size: int) -> None:
        room = self.stored + size <= STORAGE
        assert self.passed(*quotas.reserve_storage(SHOP, size, PERIODS[0], self.app.clock.now())) == room
        self.stored += size * room

    @invariant()
    def counters_are_as_told_and_within_their_limits(self) -> None:
        row = self.runner.run(self.app.db.one(select(quotas_table)))
        if row is None:
            return
        assert 0 <= row["current_generations"] <= MONTHLY
        running = {quotas.Lane.SHOPPER: row["running"], quotas.Lane.MERCHANT: row["merchant_running"]}
        assert all(0 <= count <= CONCURRENT for count in running.values())
        assert 0 <= row["current_storage_bytes"] <= STORAGE
        assert row["current_generations"] == self.held[row["period"]]
        assert (running, row["current_storage_bytes"]) == (self.running, self.stored)
        assert row["total_generations"] == sum(self.held.values())

    def counted_period(self) -> str:
        row = self.runner.run(self.app.db.one(select(quotas_table.c.period)))
        assert row is not None
        return str(row["period"])


TestCounters = Counters.TestCase
TestCounters.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
