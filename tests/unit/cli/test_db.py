"""`artify db`: the migrations that are new, the snapshot, and how a database differs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from handlers.cli import db, main


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "new" / "artify.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


def test_migrate_makes_the_database_and_names_what_it_applied(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["db", "migrate"]) == 0
    assert "applied 0001_create_core" in capsys.readouterr().out
    assert database.exists()
    assert main(["db", "check"]) == 0


def test_migrate_again_applies_nothing(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["db", "migrate"])
    capsys.readouterr()
    assert main(["db", "migrate"]) == 0
    assert capsys.readouterr().out == "nothing to apply\n"


def test_check_names_what_differs_and_fails(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["db", "migrate"])
    with sqlite3.connect(database) as handle:
        handle.execute("ALTER TABLE shops ADD COLUMN surprise TEXT")
    handle.close()
    capsys.readouterr()
    assert main(["db", "check"]) == 1
    assert "shops" in capsys.readouterr().out


def test_check_of_a_database_that_is_not_there_makes_none(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "check"]) == 1
    assert capsys.readouterr().out == f"{database}: missing\n"
    assert not database.exists()


def test_schema_writes_the_snapshot_that_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    committed = db.SCHEMA.read_text()
    monkeypatch.setattr(db, "SCHEMA", tmp_path / "schema.sql")
    assert main(["db", "schema"]) == 0
    assert (tmp_path / "schema.sql").read_text() == committed
    assert capsys.readouterr().out == "wrote schema.sql\n"
