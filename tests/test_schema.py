"""One schema in three places: the table metadata, schema.sql, and what the migrations make."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint, PrimaryKeyConstraint, Table, UniqueConstraint

from app import wiring
from app.adapters.database import sqlite_schema
from app.core.tables import Json, metadata
from app.schema import CAPABILITIES
from handlers.cli.db import HEADER, SCHEMA
from handlers.webhooks import TOPICS
from tests.apps import migrated

TABLES = list(metadata.tables.values())
NAMES = [table.name for table in TABLES]


def test_the_metadata_holds_the_tables_of_every_capability() -> None:
    assert len(CAPABILITIES) >= 6
    assert {"shops", "products", "assets", "quotas", "jobs", "generations", "order_items"} <= set(NAMES)


def test_schema_sql_is_what_the_metadata_says() -> None:
    assert SCHEMA.read_text("utf-8") == HEADER + wiring.schema(), "run `artify db schema`"


def test_replaying_the_migrations_gives_the_schema(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'artify.db'}"
    applied = wiring.migrate(url)
    assert applied == sorted(path.name for path in sqlite_schema.MIGRATIONS.glob("*.sql"))
    assert len(applied) >= 1
    assert wiring.schema_differences(url) == []


def test_migrating_again_applies_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{migrated(tmp_path)}"
    assert wiring.migrate(url) == []
    assert wiring.schema_differences(url) == []


def test_migrations_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in sqlite_schema.MIGRATIONS.iterdir())
    assert [name[:5] for name in names] == [f"{number:04}_" for number in range(1, len(names) + 1)]


def test_a_migration_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    folder, path = tmp_path / "migrations", tmp_path / "artify.db"
    folder.mkdir()
    (folder / "0001_create_pets.sql").write_text("CREATE TABLE pets (name TEXT);")
    (folder / "0002_break.sql").write_text("CREATE TABLE half (name TEXT); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(sqlite3.OperationalError):
        sqlite_schema.migrate(path, folder)
    assert tables_of(path) == {"pets", sqlite_schema.LEDGER}
    (folder / "0002_break.sql").write_text("CREATE TABLE half (name TEXT);")
    assert sqlite_schema.migrate(path, folder) == ["0002_break.sql"]


DRIFTS = {
    "a table less": ("DROP TABLE watermarks", "watermarks: missing"),
    "a table more": ("CREATE TABLE pets (name TEXT)", "pets: unknown"),
    "a column more": ("ALTER TABLE shops ADD COLUMN mood TEXT", "shops: different"),
    "a column less": ("ALTER TABLE shops DROP COLUMN plan_name", "shops: different"),
    "a column of another name": ("ALTER TABLE shops RENAME COLUMN plan_name TO plan", "shops: different"),
    "an index less": ("DROP INDEX ix_jobs_open", "jobs: different"),
    "an index more": ("CREATE INDEX ix_jobs_kind ON jobs (kind)", "jobs: different"),
    "a unique index more": ("CREATE UNIQUE INDEX uq_jobs_kind ON jobs (kind)", "jobs: different"),
    "an index on other rows": (
        "DROP INDEX ix_jobs_open; CREATE INDEX ix_jobs_open ON jobs (priority, run_at)",
        "jobs: different",
    ),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_database_that_was_altered_differs(tmp_path: Path, drift: str) -> None:
    sql, difference = DRIFTS[drift]
    path = migrated(tmp_path)
    with closing(sqlite3.connect(path)) as handle:
        handle.executescript(sql)
    assert wiring.schema_differences(f"sqlite:///{path}") == [difference]


def test_statistics_are_no_difference(tmp_path: Path) -> None:
    path = migrated(tmp_path)
    with closing(sqlite3.connect(path)) as handle:
        handle.executescript("INSERT INTO rate_limits VALUES ('a', '', 1, ''); ANALYZE")
        assert handle.execute("SELECT count(*) FROM sqlite_stat1").fetchone()[0]
    assert wiring.schema_differences(f"sqlite:///{path}") == []


REWRITES = {
    "another type": ("sha256 TEXT", "sha256 INTEGER", "assets"),
    "another default": ("DEFAULT 'starter'", "DEFAULT 'pro'", "shops"),
    "a value that may be missing": ("priority BIGINT DEFAULT '0' NOT NULL", "priority BIGINT DEFAULT '0'", "jobs"),
    "other values": ("'done', 'failed', 'dead'", "'done', 'failed'", "jobs"),
    "no check of JSON": ("json_valid(settings)", "json_valid('1')", "shops"),
    "no unique key": ("UNIQUE (dedupe_key)", "CHECK (1)", "jobs"),
    "another way to delete": (
        "REFERENCES orders (id) ON DELETE CASCADE",
        "REFERENCES orders (id) ON DELETE RESTRICT",
        "order_items",
    ),
}


@pytest.mark.parametrize("rewrite", REWRITES)
def test_a_table_that_was_made_otherwise_differs(tmp_path: Path, rewrite: str) -> None:
    words, others, table = REWRITES[rewrite]
    path, schema = tmp_path / "artify.db", wiring.schema()
    assert words in schema
    with closing(sqlite3.connect(path)) as handle:
        handle.executescript(schema.replace(words, others, 1))
    assert wiring.schema_differences(f"sqlite:///{path}") == [f"{table}: different"]


def test_an_empty_database_lacks_every_table(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    found = wiring.schema_differences(f"sqlite:///{path}")
    assert found == [f"{name}: missing" for name in sorted(NAMES)]


@pytest.mark.parametrize("table", TABLES, ids=NAMES)
def test_every_foreign_key_has_an_index(table: Table) -> None:
    first = {next(iter(each.columns)).name for each in table.indexes}
    first |= {
        next(iter(each.columns)).name
        for each in table.constraints
        if isinstance(each, UniqueConstraint | PrimaryKeyConstraint)
    }
    assert [column.name for column in table.columns if column.foreign_keys and column.name not in first] == []


@pytest.mark.parametrize("table", TABLES, ids=NAMES)
def test_every_foreign_key_says_what_a_delete_does(table: Table) -> None:
    assert [key.parent.name for key in table.foreign_keys if not key.ondelete] == []


@pytest.mark.parametrize("table", TABLES, ids=NAMES)
def test_every_json_column_is_checked_to_be_json(table: Table) -> None:
    wanted = {f"ck_{table.name}_{column.name}_json" for column in table.columns if isinstance(column.type, Json)}
    assert wanted <= checks(table)


@pytest.mark.parametrize("table", TABLES, ids=NAMES)
def test_every_status_is_one_of_a_list(table: Table) -> None:
    closed = {"status", "state", "upscale_status"} & set(table.columns.keys())
    assert {f"ck_{table.name}_{name}_known" for name in closed} <= checks(table)


def test_the_checks_are_in_the_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(migrated(tmp_path))) as handle:
        made = "".join(row[0] or "" for row in handle.execute("SELECT sql FROM sqlite_master"))
    names = sorted(name for table in TABLES for name in checks(table))
    assert len(names) >= 10
    assert [name for name in names if f"CONSTRAINT {name} CHECK" not in made] == []


@pytest.mark.parametrize("table", TABLES, ids=NAMES)
def test_every_constraint_has_a_name(table: Table) -> None:
    assert [each for each in (*table.constraints, *table.indexes) if not getattr(each, "name", None)] == []


@pytest.mark.parametrize("table", TABLES, ids=NAMES)
def test_a_row_of_a_shop_says_which(table: Table) -> None:
    assert "shop_id" in table.columns or table.name in ("shops", "rate_limits", "sweeps")


CUSTOMER_FIELDS = [
    ('{"customer_id":"90017001","order_id":"1"}', "90017001"),
    ('{"customer_id":null,"order_id":"1"}', None),
    ('{"title":"says \\"customer_id\\":\\"1\\""}', None),
    ('{"order_id":"1"}', None),
    (None, None),
]
"""The recorded fields of webhooks, and the customer whom they name."""


def checks(table: Table) -> set[str]:
    return {str(each.name) for each in table.constraints if isinstance(each, CheckConstraint)}


def tables_of(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as handle:
        return {row[0] for row in handle.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_webhooks_of_earlier_versions_belong_to_their_topics_subscriber(tmp_path: Path) -> None:
    folder, path = tmp_path / "migrations", tmp_path / "artify.db"
    shutil.copytree(sqlite_schema.MIGRATIONS, folder)
    later = [folder / name for name in sorted(each.name for each in folder.iterdir()) if name >= "0012"]
    texts = {file: file.read_text("utf-8") for file in later}
    for file in later:
        file.unlink()
    sqlite_schema.migrate(path, folder)
    topics = [*TOPICS, "themes/publish"]
    with closing(sqlite3.connect(path)) as handle, handle:
        handle.executemany(
            "INSERT INTO webhook_deliveries (id, shop_id, topic, event_id, status, fields, created_at, updated_at) "
            "VALUES (?, 'a.myshopify.com', ?, 'e1', 'failed', '{}', 'then', 'then')",
            [(str(number), topic) for number, topic in enumerate(topics)],
        )
    for file, text in texts.items():
        file.write_text(text, "utf-8")
    sqlite_schema.migrate(path, folder)
    with closing(sqlite3.connect(path)) as handle:
        kept = handle.execute(
            "SELECT topic, job_kind, status, fields, created_at FROM webhook_deliveries ORDER BY id + 0"
        )
        jobs = {topic: subscribers[0].job for topic, subscribers in TOPICS.items()}
        assert kept.fetchall() == [(topic, jobs.get(topic, ""), "failed", "{}", "then") for topic in topics]


def test_webhooks_of_earlier_versions_name_their_customer(tmp_path: Path) -> None:
    folder, path = tmp_path / "migrations", tmp_path / "artify.db"
    shutil.copytree(sqlite_schema.MIGRATIONS, folder)
    [file] = folder.glob("0015_*.sql")
    text = file.read_text("utf-8")
    file.unlink()
    sqlite_schema.migrate(path, folder)
    with closing(sqlite3.connect(path)) as handle, handle:
        handle.executemany(
            "INSERT INTO webhook_deliveries (id, shop_id, topic, event_id, fields, created_at, updated_at) "
            "VALUES (?, 'a.myshopify.com', 't', ?, ?, 'then', 'then')",
            [(str(number), str(number), fields) for number, (fields, _) in enumerate(CUSTOMER_FIELDS)],
        )
    file.write_text(text, "utf-8")
    sqlite_schema.migrate(path, folder)
    with closing(sqlite3.connect(path)) as handle:
        found = handle.execute("SELECT customer_id FROM webhook_deliveries ORDER BY id + 0").fetchall()
    assert found == [(customer,) for _, customer in CUSTOMER_FIELDS]
