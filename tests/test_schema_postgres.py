"""The same schema on PostgreSQL, from the same migrations."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app import wiring
from app.adapters.database import postgres_schema
from app.adapters.database.sqlite_schema import LEDGER, MIGRATIONS
from app.core.settings import SettingsError
from app.core.tables import metadata
from handlers import cli
from tests.postgres import database, execute, made, rows
from tests.test_schema import CUSTOMER_FIELDS

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
NAMES = sorted(path.name for path in MIGRATIONS.glob("*.sql"))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return database(tmp_path)


@pytest.mark.parametrize(
    ("sql", "theirs"),
    [
        (
            "CONSTRAINT ck_a_json CHECK (settings IS NULL OR json_valid(settings)),",
            "CONSTRAINT ck_a_json CHECK (settings IS NULL OR (settings) IS JSON),",
        ),
        ("opacity DOUBLE DEFAULT '0.3' NOT NULL,", "opacity DOUBLE PRECISION DEFAULT '0.3' NOT NULL,"),
        ("opacity DOUBLE PRECISION,", "opacity DOUBLE PRECISION,"),
        ("doubled TEXT, DOUBLES TEXT", "doubled TEXT, DOUBLES TEXT"),
        ("is_active BIGINT DEFAULT '1' NOT NULL,", "is_active BIGINT DEFAULT '1' NOT NULL,"),
        ("SET a = json_extract(fields, '$.customer_id')", "SET a = (fields::json ->> 'customer_id')"),
    ],
)
def test_what_postgresql_spells_otherwise_is_translated(sql: str, theirs: str) -> None:
    assert postgres_schema.translate(sql) == theirs


def test_replaying_the_migrations_gives_the_schema() -> None:
    url = made()
    assert wiring.migrate(url) == NAMES
    assert {row["relname"] for row in rows(url, TABLES)} == {*metadata.tables, LEDGER}
    assert wiring.schema_differences(url) == []


def test_migrating_again_applies_nothing(url: str) -> None:
    assert wiring.migrate(url) == []
    assert wiring.schema_differences(url) == []


def test_processes_that_migrate_at_once_apply_each_file_once() -> None:
    url = made()
    with ThreadPoolExecutor(4) as threads:
        applied = list(threads.map(wiring.migrate, [url] * 4))
    assert sorted(name for names in applied for name in names) == NAMES
    assert [row["name"] for row in rows(url, f"SELECT name FROM {LEDGER} ORDER BY name")] == NAMES


def test_a_migration_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    url = made()
    (tmp_path / "0001_create_pets.sql").write_text("CREATE TABLE pets (name TEXT);")
    (tmp_path / "0002_break.sql").write_text("CREATE TABLE half (name TEXT); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(Exception, match="nowhere"):
        postgres_schema.migrate(url, tmp_path)
    assert {row["relname"] for row in rows(url, TABLES)} == {"pets", LEDGER}
    (tmp_path / "0002_break.sql").write_text("CREATE TABLE half (name TEXT);")
    assert postgres_schema.migrate(url, tmp_path) == ["0002_break.sql"]


DRIFTS = {
    "a table less": ("DROP TABLE watermarks CASCADE", ["watermarks: missing"]),
    "a table more": ("CREATE TABLE pets (name TEXT)", ["pets: unknown"]),
    "a column more": ("ALTER TABLE shops ADD COLUMN mood TEXT", ["shops: different"]),
    "a column less": ("ALTER TABLE shops DROP COLUMN plan_name", ["shops: different"]),
    "a column of another name": ("ALTER TABLE shops RENAME COLUMN plan_name TO plan", ["shops: different"]),
    "another type": ("ALTER TABLE shops ALTER plan_name TYPE VARCHAR(9)", ["shops: different"]),
    "another default": ("ALTER TABLE shops ALTER plan_name SET DEFAULT 'pro'", ["shops: different"]),
    "a value that may be missing": ("ALTER TABLE jobs ALTER priority DROP NOT NULL", ["jobs: different"]),
    "no check of JSON": ("ALTER TABLE shops DROP CONSTRAINT ck_shops_settings_json", ["shops: different"]),
    "no unique key": ("ALTER TABLE jobs DROP CONSTRAINT uq_jobs_dedupe_key", ["jobs: different"]),
    "an index less": ("DROP INDEX ix_jobs_open", ["jobs: different"]),
    "an index more": ("CREATE INDEX ix_jobs_kind ON jobs (kind)", ["jobs: different"]),
    "an index on other rows": (
        "DROP INDEX ix_jobs_open; CREATE INDEX ix_jobs_open ON jobs (priority, run_at)",
        ["jobs: different"],
    ),
    "another way to delete": (
        "ALTER TABLE orders DROP CONSTRAINT fk_orders_shop_id,"
        " ADD CONSTRAINT fk_orders_shop_id FOREIGN KEY (shop_id) REFERENCES shops (id) ON DELETE RESTRICT",
        ["orders: different"],
    ),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_database_that_was_altered_differs(url: str, drift: str) -> None:
    sql, differences = DRIFTS[drift]
    execute(url, sql)
    assert wiring.schema_differences(url) == differences


def test_comparing_leaves_nothing_behind(url: str) -> None:
    before = rows(url, "SELECT nspname FROM pg_namespace ORDER BY nspname")
    wiring.schema_differences(url)
    assert rows(url, "SELECT nspname FROM pg_namespace ORDER BY nspname") == before


def test_an_empty_database_lacks_every_table() -> None:
    assert wiring.schema_differences(made()) == [f"{name}: missing" for name in sorted(metadata.tables)]


def test_the_commands_migrate_and_check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DATABASE_URL", made())
    assert cli.main(["db", "check"]) == 1
    assert cli.main(["db", "migrate"]) == 0
    assert cli.main(["db", "check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "the database has the schema that the code expects"
    assert [f"applied {name}" for name in NAMES] == [line for line in lines if line.startswith("applied")]


def test_a_server_that_is_not_there_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://artify:a-secret@127.0.0.1:1/artify")
    assert cli.main(["db", "migrate"]) == 2
    said = capsys.readouterr().err
    assert said == "The database does not answer. Try again.\n"


def test_an_address_of_another_kind_is_refused_without_its_password() -> None:
    with pytest.raises(SettingsError) as fault:
        wiring.migrate("mysql://artify:a-secret@db/artify")
    assert "postgresql://" in str(fault.value)
    assert "a-secret" not in str(fault.value)


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"artify\[postgres\]"):
        wiring.migrate("postgresql://db/artify")


def test_webhooks_of_earlier_versions_name_their_customer(tmp_path: Path) -> None:
    folder, url = tmp_path / "migrations", made()
    shutil.copytree(MIGRATIONS, folder)
    [file] = folder.glob("0015_*.sql")
    text = file.read_text("utf-8")
    file.unlink()
    postgres_schema.migrate(url, folder)
    values = ", ".join(
        f"('{number}', 'a', 't', '{number}', {quoted(fields)}, 'then', 'then')"
        for number, (fields, _) in enumerate(CUSTOMER_FIELDS)
    )
    columns = "id, shop_id, topic, event_id, fields, created_at, updated_at"
    execute(url, f"INSERT INTO webhook_deliveries ({columns}) VALUES {values}")
    file.write_text(text, "utf-8")
    postgres_schema.migrate(url, folder)
    found = rows(url, "SELECT customer_id FROM webhook_deliveries ORDER BY id")
    assert [row["customer_id"] for row in found] == [customer for _, customer in CUSTOMER_FIELDS]


def quoted(text: str | None) -> str:
    return "NULL" if text is None else f"'{text}'"
