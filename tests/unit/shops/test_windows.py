"""In no window of any counter is more granted than it has, whatever is asked for and released in whatever order."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import select

from app import shops
from app.core.errors import TooMany
from app.core.rate_limit_cache import RateLimitCache
from app.shops import Hit
from app.shops.tables import rate_limits
from tests.apps import clock_of, close, make_app

LIMITS = {"visitor": 3, "address": 5, "units": 12}
WINDOWS = {"visitor": 60, "address": 60, "units": 600}
KEYS = st.lists(st.sampled_from(sorted(LIMITS)), unique=True, min_size=1)


@dataclass
class Counter:
    """What one key should have counted, and when its window ends."""

    ends: datetime
    began: datetime
    count: int = 0


class Windows(RuleBasedStateMachine):
    """Two processes with a memory each, on one database."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.app = make_app(Path(self.folder.name))
        self.processes = [RateLimitCache(), RateLimitCache()]
        self.counters: dict[str, Counter] = {}
        self.taken: list[tuple[str, datetime]] = []

    def teardown(self) -> None:
        self.runner.run(close(self.app))
        self.runner.close()
        self.folder.cleanup()

    @rule(keys=KEYS, amount=st.integers(1, 13), process=st.integers(0, 1))
    def hit(self, keys: list[str], amount: int, process: int) -> None:
        """It is granted exactly when every key has room; a refusal counts for none of them."""
        now = self.app.clock.now()
        hits = [self.wanted(key, amount if key == "units" else 1, now) for key in keys]
        open_ = {key: self.running(key, now) for key in keys}
        room = all((open_[each.key].count if open_[each.key] else 0) + each.amount <= each.limit for each in hits)
        granted = self.granted(hits, self.processes[process])
        assert granted == room
        for each in hits if granted else []:
            counter = open_[each.key] or Counter(each.ends, now)
            counter.count += each.amount
            self.counters[each.key] = counter
            if each.returnable:
                self.taken.append((each.key, now))

    def granted(self, hits: list[Hit], process: RateLimitCache) -> bool:
        try:
            self.runner.run(shops.hit(self.app, hits, process))
        except TooMany:
            return False
        return True

    @rule(place=st.integers(0, 10))
    def release(self, place: int) -> None:
        if not self.taken:
            return
        key, counted_at = self.taken.pop(place % len(self.taken))
        self.runner.run(shops.release(self.app, [key], counted_at))
        counter = self.running(key, self.app.clock.now())
        if counter and counter.began <= counted_at:
            counter.count = max(0, counter.count - 1)

    @rule(seconds=st.sampled_from([1, 20, 59, 60, 600]))
    def time_passes(self, seconds: int) -> None:
        clock_of(self.app).move(seconds=seconds)

    @invariant()
    def counters_are_as_told_and_within_their_limits(self) -> None:
        rows = self.runner.run(self.app.db.all(select(rate_limits.c.key, rate_limits.c.count)))
        found = {row["key"]: row["count"] for row in rows}
        assert found == {key: counter.count for key, counter in self.counters.items()}
        assert all(0 <= count <= LIMITS[key] for key, count in found.items())

    def wanted(self, key: str, amount: int, now: datetime) -> Hit:
        ends = now + timedelta(seconds=WINDOWS[key])
        return Hit(key, LIMITS[key], ends, amount, returnable=key == "visitor")

    def running(self, key: str, now: datetime) -> Counter | None:
        counter = self.counters.get(key)
        return counter if counter and counter.ends > now else None


TestWindows = Windows.TestCase
TestWindows.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
