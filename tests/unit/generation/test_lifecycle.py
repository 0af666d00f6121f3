"""Whatever happens to generations in whatever order, each is charged for what it delivered, and for nothing else."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select, update

from app import jobs
from app.core.errors import AppError, Conflict, Unavailable, Unprocessable
from app.media.tables import assets
from app.quotas.tables import quotas
from tests.apps import clock_of, close, make_app
from tests.sketches.capability import Sketch, sketches
from tests.unit.generation.desk import JOBS, PRICE, REFUSAL, Desk

LIMIT, MOST = 12, 2
OPEN, FINAL = ("pending", "processing"), ("completed", "failed", "cancelled")
PLACES = st.integers(0, 20)


class Lifecycle(RuleBasedStateMachine):
    """One shop with a small month: requests are repeated, made well or badly, and cancelled at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.app = make_app(Path(self.folder.name))
        self.opening = AsyncExitStack()
        self.asked: list[Sketch] = []
        self.ended: dict[str, str] = {}
        self.paid = 0

    def teardown(self) -> None:
        self.runner.run(self.opening.aclose())
        self.runner.run(close(self.app))
        self.runner.close()
        self.folder.cleanup()

    @initialize()
    def open(self) -> None:
        self.desk = self.runner.run(self.opening.enter_async_context(Desk.opened(self.app)))
        limits = {"monthly_generation_limit": LIMIT, "merchant_max_concurrent": MOST}
        self.runner.run(self.app.db.batch(update(quotas).values(**limits)))
        for wanted in (1, 2, 3):
            self.ask(wanted, 1)

    @rule(wanted=st.integers(1, 4), at_once=st.integers(1, 3))
    def ask(self, wanted: int, at_once: int) -> None:
        """The same request, so many times at the same moment."""
        key, room = f"key-{len(self.asked)}", self.charged() + wanted <= LIMIT
        asking = [self.desk.ask(idempotency_key=key, wanted=wanted) for _ in range(at_once)]
        answers = self.runner.run(_all(asking))
        if room:
            assert len({answer.id for answer in answers}) == 1
            self.asked.append(answers[0])
        else:
            assert {(answer.code, answer.message) for answer in answers} == {("quota_exhausted", REFUSAL)}

    @rule(place=PLACES, same=st.booleans())
    def repeat(self, place: int, same: bool) -> None:
        sketch = self.one_of(place)
        prompt = sketch.prompt if same else "another"
        repeated = self.desk.ask(idempotency_key=sketch.idempotency_key, wanted=sketch.wanted, prompt=prompt)
        (answer,) = self.runner.run(_all([repeated]))
        assert answer.id == sketch.id if same else isinstance(answer, Conflict)

    @rule(place=PLACES)
    def cancel(self, place: int) -> None:
        sketch = self.one_of(place)
        was_open = self.status(sketch) in OPEN
        assert self.runner.run(self.desk.cancel(sketch)) == was_open

    @rule(place=PLACES, most=st.integers(1, 4))
    def make(self, place: int, most: int) -> None:
        """It may deliver less than was wanted."""
        self.run_one(place, None, most)

    @rule(place=PLACES, fault=st.sampled_from([Unavailable(), Unprocessable("No.", code="ai_refused")]))
    def make_badly(self, place: int, fault: AppError) -> None:
        async def fails() -> None:
            raise fault

        self.run_one(place, fails, 0)

    @rule(place=PLACES, other=PLACES)
    def make_while_one_is_cancelled(self, place: int, other: int) -> None:
        async def click() -> None:
            await self.desk.cancel(self.one_of(other))

        self.run_one(place, click, 4)

    @rule(place=PLACES)
    def make_and_lose_the_answer(self, place: int) -> None:
        """The worker is stopped while the model is asked."""
        sketch = self.one_of(place)

        async def stopped() -> None:
            asked = asyncio.Event()

            async def hang() -> None:
                asked.set()
                await asyncio.Event().wait()

            self.desk.pencil.before = hang
            running = asyncio.ensure_future(jobs.run_one(self.desk.app, JOBS, (await self.desk.job(sketch)).id))
            entered = asyncio.ensure_future(asked.wait())
            await asyncio.wait([running, entered], return_when=asyncio.FIRST_COMPLETED)
            for task in (running, entered):
                task.cancel()
            await asyncio.wait([running, entered])

        self.runner.run(stopped())
        self.desk.pencil.before = None

    @rule(minutes=st.integers(1, 10))
    def wait(self, minutes: int) -> None:
        clock_of(self.app).move(minutes=minutes)

    @invariant()
    def the_month_counts_what_was_delivered_and_what_is_still_open(self) -> None:
        assert self.runner.run(self.desk.counted()) == (self.charged(), 0)

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        for sketch in self.asked:
            status = self.status(sketch)
            assert self.ended.get(sketch.id, status) == status
            if status in FINAL:
                self.ended[sketch.id] = status

    @invariant()
    def storage_is_the_bytes_of_completed_ones(self) -> None:
        completed = [sketch for sketch in self.asked if self.status(sketch) == "completed"]
        stored = self.one(select(func.coalesce(func.sum(assets.c.bytes), 0).label("found"), func.count().label("rows")))
        assert stored["rows"] == len(completed)
        assert stored["found"] == self.one(select(quotas.c.current_storage_bytes.label("bytes")))["bytes"]

    @invariant()
    def every_call_is_in_the_log_and_in_the_sums(self) -> None:
        calls, sums = self.runner.run(self.desk.calls()), self.runner.run(self.desk.sums())
        assert len(calls) == len(self.desk.pencil.asked) == sum(each["calls"] for each in sums)
        assert sum(not call["success"] for call in calls) == sum(each["failures"] for each in sums)
        assert sum(call["cost_micros"] for call in calls) == sum(each["cost_micros"] for each in sums) == self.paid
        ended = self.runner.run(self.app.db.all(select(sketches).where(sketches.c.status.in_(("completed", "failed")))))
        for row in ended:
            cost = sum(call["cost_micros"] for call in calls if call["subject_id"] == row["id"])
            assert row["cost_micros"] == cost

    def run_one(self, place: int, before: Any, most: int) -> None:
        sketch = self.one_of(place)
        self.desk.pencil.before, self.desk.pencil.most = before, most
        answered = len(self.desk.pencil.asked)
        self.runner.run(self._run(sketch))
        if len(self.desk.pencil.asked) > answered:
            self.paid += PRICE * min(sketch.wanted, most)
        self.desk.pencil.before, self.desk.pencil.most = None, 4

    async def _run(self, sketch: Sketch) -> None:
        await jobs.run_one(self.desk.app, JOBS, (await self.desk.job(sketch)).id)

    def charged(self) -> int:
        """What the rows say: their wanted units while they are open, the delivered ones once they are completed."""
        calls = self.runner.run(self.desk.calls())
        delivered = {call["subject_id"]: call["images_returned"] for call in calls if call["success"]}
        units = {"pending": "wanted", "processing": "wanted", "completed": "delivered"}
        total = 0
        for sketch in self.asked:
            counted = units.get(self.status(sketch))
            total += sketch.wanted if counted == "wanted" else delivered[sketch.id] if counted else 0
        return total

    def one_of(self, place: int) -> Sketch:
        return self.asked[place % len(self.asked)]

    def status(self, sketch: Sketch) -> str:
        return self.runner.run(self.desk.found(sketch)).status

    def one(self, statement: Any) -> Any:
        return self.runner.run(self.app.db.one(statement))


async def _all(asking: list[Any]) -> list[Any]:
    return await asyncio.gather(*asking, return_exceptions=True)


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
