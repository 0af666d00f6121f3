"""Whatever is kept, refused, deleted or redacted: the counter is the bytes of the rows, and each object has its row."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from app import media, personalization, privacy, quotas, shops
from app.core.app import App
from app.core.errors import Refused
from app.core.ids import new_id
from app.core.pictures import Picture
from app.core.ports.database import Expect
from app.core.ports.shopify import ProxyVisit
from app.media.tables import assets
from app.personalization import ProductBase
from handlers import jobs as runner
from tests.apps import OTHER_SHOP, SHOP, clock_of, close, make_app, open_shop
from tests.sources import Source, sources

pytestmark = pytest.mark.anyio
CUSTOMER = "9001"


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 3):
        yield data[at : at + 3]


async def one(app: App, file: Any, **changes: Any) -> media.Stored:
    """A file of a shop, written and not yet recorded."""
    about: dict[str, Any] = {"folder": "tests", "subject": "s", "attempt": new_id(), "owner": ("test", "s")}
    return await media.store(app, SHOP, {"file": file}, **about | {"person": None} | changes)


async def test_a_file_is_recorded_as_it_was_written(app: App) -> None:
    await open_shop(app)
    picture = Picture(b"a picture", "image/webp", 30, 20)
    stored = await one(app, picture, attempt="7", filename="cat.webp")
    await app.db.batch(*stored.rows(app.clock.now()))
    asset = await media.asset(app.db, SHOP, stored.ids["file"])
    assert asset is not None
    assert (asset.key, asset.purpose, asset.filename) == (f"{SHOP}/tests/s/file_7.webp", "file", "cat.webp")
    assert (asset.width, asset.height, asset.bytes) == (30, 20, 9)
    assert asset.sha256 == hashlib.sha256(b"a picture").hexdigest()
    assert await app.files.get(asset.key) == b"a picture"


async def test_what_streams_in_is_measured_on_its_way(app: App) -> None:
    stored = await one(app, media.Stream(chunks(b"an archive"), "application/zip"))
    asset = stored.assets["file"]
    assert (asset.bytes, asset.sha256) == (10, hashlib.sha256(b"an archive").hexdigest())
    assert asset.key.endswith(".zip")


async def test_a_file_that_arrived_by_itself_is_not_written_again(app: App) -> None:
    key = media.object_key(SHOP, "tests", "s", "file", "7", "image/png")
    await app.files.put(key, b"sent by a worker", "image/png")
    stored = await one(app, media.ArrivedFile("image/png", 16, "0" * 64, 8, 8), attempt="7")
    assert (stored.assets["file"].key, stored.bytes) == (key, 16)
    assert await app.files.get(key) == b"sent by a worker"


async def test_an_attempt_is_discarded_unless_it_was_recorded(app: App) -> None:
    await open_shop(app)
    place: dict[str, Any] = {"folder": "tests", "subject": "s"}
    for attempt in ("won", "lost"):
        stored = await one(app, media.File(attempt.encode(), "text/plain"), attempt=attempt)
        if attempt == "won":
            await app.db.batch(*stored.rows(app.clock.now()))
    assert await media.discard_attempt(app, SHOP, **place, attempt="lost")
    assert not await media.discard_attempt(app, SHOP, **place, attempt="won")
    assert not await media.discard_attempt(app, SHOP, **place, attempt="won")
    assert await media.discard_attempt(app, OTHER_SHOP, **place, attempt="won")
    assert [each.key for each in await app.files.list("")] == [f"{SHOP}/tests/s/file_won.bin"]


async def test_an_attempt_is_found_among_however_many_files(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.media.storage.LISTED_AT_ONCE", 3)
    for place in range(6):
        await one(app, media.File(b"x", "text/plain"), attempt=f"other{place}")
    files = {f"part{place}": media.File(b"x", "text/plain") for place in range(6)}
    place: dict[str, Any] = {"folder": "tests", "subject": "s", "attempt": "mine"}
    await media.store(app, SHOP, files, **place, owner=("test", "s"), person=None)
    assert await media.discard_attempt(app, SHOP, **place)
    assert {each.key[-10:-5] for each in await app.files.list("")} == {"other"}


MAY: dict[str, dict[str, str]] = {
    "files.put": {
        "app.media.storage": "store",
        "handlers.cli.checks": "the doctor's probe, which it deletes at once",
    },
    "files.write": {"app.media.storage": "store"},
    "files.upload_ticket": {
        "app.media.uploads": "its row and its reservation come first",
        "app.render_workers.protocol": "what arrives is recorded by store, or discarded",
        "handlers.cli.checks": "the doctor asks whether a browser could upload, and sends nothing",
    },
    "insert_asset": {"app.media.storage": "store", "app.media.uploads": "an upload, with its reservation"},
    "assets": {"app.media.queries": "insert_asset"},
}
"""What keeps a file or makes its row, and which modules may call it."""


def test_nothing_else_keeps_a_file() -> None:
    called: dict[str, set[str]] = {name: set() for name in MAY}
    for source in sources("app", "handlers"):
        if source.package != "app.adapters":
            for name in calls(source):
                called[name].add(source.name)
    assert called == {name: set(modules) for name, modules in MAY.items()}


def calls(source: Source) -> Iterator[str]:
    """Those of the names in MAY that a module calls; `assets` where it inserts rows of the table."""
    for call in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
        words = ast.unparse(call.func).split(".")
        if ".".join(words[-2:]) in MAY:
            yield ".".join(words[-2:])
        elif words[-1] in MAY:
            yield words[-1]
        elif words == ["assets", "insert"] or (words[-1] in ("insert", "upsert") and _names_assets(call)):
            yield "assets"


def _names_assets(call: ast.Call) -> bool:
    return any(ast.unparse(each) == "assets" for each in call.args)


class StoredFiles(RuleBasedStateMachine):
    """One shop, which may be filled before its merchant has come, and one customer in it."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.app = make_app(Path(self.folder.name))

    def teardown(self) -> None:
        self.runner.run(close(self.app))
        self.runner.close()
        self.folder.cleanup()

    @initialize(is_installed=st.booleans())
    def open(self, is_installed: bool) -> None:
        self.is_installed = is_installed
        self.runner.run(open_shop(self.app) if is_installed else shops.expect_install(self.app, SHOP))

    @rule()
    def the_merchant_comes(self) -> None:
        self.is_installed = True
        self.runner.run(open_shop(self.app))

    @rule(
        sizes=st.lists(st.integers(0, 50), min_size=1, max_size=3),
        streams=st.booleans(),
        is_a_customers=st.booleans(),
        lives=st.sampled_from([None, timedelta(hours=1), timedelta(days=7)]),
        is_refused=st.booleans(),
    )
    def files_are_stored(
        self, sizes: list[int], streams: bool, is_a_customers: bool, lives: timedelta | None, is_refused: bool
    ) -> None:
        self.runner.run(self.store(sizes, streams, is_a_customers, lives, is_refused))

    async def store(
        self, sizes: list[int], streams: bool, is_a_customers: bool, lives: timedelta | None, is_refused: bool
    ) -> None:
        app = self.app
        visit = ProxyVisit(SHOP, CUSTOMER)
        person = await shops.visitor(app, visit, None) if is_a_customers and self.is_installed else None
        files: dict[str, Any] = {
            f"file{place}": media.Stream(chunks(b"x" * size), "text/plain")
            if streams
            else media.File(b"x" * size, "text/plain")
            for place, size in enumerate(sizes)
        }
        now, subject = app.clock.now(), new_id()
        stored = await media.store(
            app,
            SHOP,
            files,
            folder="tests",
            subject=subject,
            attempt="1",
            owner=("test", subject),
            person=person,
            expires_at=now + lives if lives else None,
        )
        never = Expect(assets.update().where(assets.c.id == "nothing").values(bytes=0), "refused")
        try:
            await app.db.batch(*stored.rows(now), *([never] if is_refused else []))
        except Refused:
            await stored.discard()

    @rule()
    def a_blank_is_saved_with_its_profile(self) -> None:
        base = ProductBase(new_id(), "Card", [])
        self.runner.run(personalization.save_base(self.app, SHOP, base, [], b"a printer's profile"))

    @rule(kind=st.sampled_from(["export", "redaction"]))
    def the_customer_asks(self, kind: str) -> None:
        self.runner.run(privacy.ask(self.app, SHOP, kind, CUSTOMER))
        self.runner.run(runner.run_due(self.app))

    @rule(days=st.sampled_from([0.1, 1, 8, 31]))
    def time_passes(self, days: float) -> None:
        clock_of(self.app).move(days=days)
        for _ in range(2):
            self.runner.run(runner.sweep(self.app))

    @invariant()
    def the_counter_is_the_bytes_of_the_rows(self) -> None:
        held = select(func.coalesce(func.sum(assets.c.bytes), 0).label("held")).where(assets.c.deleted_at.is_(None))
        quota = self.runner.run(quotas.quota(self.app.db, SHOP))
        assert self.runner.run(self.app.db.one(held)) == {"held": quota.current_storage_bytes if quota else 0}

    @invariant()
    def each_object_has_its_row(self) -> None:
        rows = self.runner.run(self.app.db.all(select(assets.c.key).where(assets.c.deleted_at.is_(None))))
        found = self.runner.run(self.app.files.list("", limit=1000))
        assert {each.key for each in found} == {row["key"] for row in rows}


TestStoredFiles = StoredFiles.TestCase
TestStoredFiles.settings = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each try has a database: shrinking would take minutes
)
