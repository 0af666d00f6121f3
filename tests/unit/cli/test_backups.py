"""`artify db backup` and `restore`, on both databases: all rows or none, and never over what is there unasked."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import media
from app.adapters.database.sqlite_backup import LEDGER
from app.core.tables import metadata
from app.media.queries import insert_asset
from handlers.cli import main
from tests import postgres
from tests.apps import SHOP, close, environ, make_app, migrated, open_shop, stock

Install = Callable[[str], Path]
Out = pytest.CaptureFixture[str]


@pytest.fixture(params=["sqlite", "postgres"])
def install(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Makes an installation with an empty database, and lets the commands mean it."""

    def install(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        url = postgres.database(folder) if request.param == "postgres" else f"sqlite:///{migrated(folder)}"
        for key, value in (environ(folder) | {"DATABASE_URL": url}).items():
            monkeypatch.setenv(key, value)
        return folder

    return install


@pytest.fixture
def kept(install: Install, tmp_path: Path) -> Path:
    """The backup of an installation with a shop and a product."""
    filled(install("first"))
    assert main(["db", "backup", str(tmp_path / "kept.db")]) == 0
    return tmp_path / "kept.db"


def test_a_backup_restores_every_row(install: Install, kept: Path, tmp_path: Path, capsys: Out) -> None:
    install("second")
    assert main(["db", "restore", str(kept)]) == 0
    assert "all files are in storage" in capsys.readouterr().out
    assert main(["db", "backup", str(tmp_path / "again.db")]) == 0
    rows = rows_of(kept)
    assert rows_of(tmp_path / "again.db") == rows
    assert [row["id"] for row in rows["shops"]] == [SHOP]
    assert len(rows["ai_styles"]) == 2


def test_a_backup_says_what_is_not_in_it(install: Install, tmp_path: Path, capsys: Out) -> None:
    install("first")
    main(["db", "backup", str(tmp_path / "kept.db")])
    assert "Stored files are not included" in capsys.readouterr().out


def test_a_backup_is_its_owners_alone(kept: Path) -> None:
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_backup_stands_alone(kept: Path) -> None:
    assert [path.name for path in kept.parent.glob("kept.db*")] == ["kept.db"]


def test_a_backup_replaces_no_file(install: Install, tmp_path: Path, capsys: Out) -> None:
    install("first")
    taken = tmp_path / "taken.db"
    taken.write_text("mine")
    assert main(["db", "backup", str(taken)]) == 2
    assert "already exists" in capsys.readouterr().err
    assert taken.read_text() == "mine"


def test_a_restore_keeps_what_is_there_unless_it_is_told_to_replace_it(
    install: Install, kept: Path, tmp_path: Path, capsys: Out
) -> None:
    filled(install("second"), "another.myshopify.com")
    assert main(["db", "restore", str(kept)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert shops_now(tmp_path) == ["another.myshopify.com"]
    assert main(["db", "restore", str(kept), "--replace"]) == 0
    assert shops_now(tmp_path) == [SHOP]


def test_a_backup_of_another_version_is_refused(install: Install, kept: Path, tmp_path: Path, capsys: Out) -> None:
    changed(kept, f"INSERT INTO {LEDGER} VALUES ('9999_rename_everything.sql', '')")
    install("second")
    assert main(["db", "restore", str(kept)]) == 2
    assert "9999_rename_everything.sql" in capsys.readouterr().err
    assert shops_now(tmp_path) == []


def test_a_backup_with_a_row_that_points_nowhere_is_refused(
    install: Install, kept: Path, tmp_path: Path, capsys: Out
) -> None:
    changed(kept, "DELETE FROM shops")
    install("second")
    assert main(["db", "restore", str(kept)]) == 2
    assert "damaged" in capsys.readouterr().err
    assert shops_now(tmp_path) == []


def test_a_row_that_the_database_refuses_undoes_the_whole_restore(
    install: Install, kept: Path, tmp_path: Path, capsys: Out
) -> None:
    changed(kept, "PRAGMA ignore_check_constraints = ON", "UPDATE access_tokens SET kind = 'stolen'")
    filled(install("second"), "another.myshopify.com")
    assert main(["db", "restore", str(kept), "--replace"]) == 2
    assert "ck_access_tokens_kind_known" in capsys.readouterr().err
    assert shops_now(tmp_path) == ["another.myshopify.com"]


@pytest.mark.parametrize("content", [b"", b"not a database at all, and longer than a header" * 9])
def test_what_is_no_backup_is_refused(content: bytes, install: Install, tmp_path: Path, capsys: Out) -> None:
    install("first")
    other = tmp_path / "other.db"
    other.write_bytes(content)
    assert main(["db", "restore", str(other)]) == 2
    assert capsys.readouterr().err
    assert main(["db", "restore", str(tmp_path / "nowhere.db")]) == 2
    assert "There is no file" in capsys.readouterr().err


def test_a_restore_names_the_files_that_storage_does_not_have(install: Install, tmp_path: Path, capsys: Out) -> None:
    filled(install("first"), asset="a-shop/personalization/one/print_1.jpg")
    main(["db", "backup", str(tmp_path / "kept.db")])
    install("second")
    assert main(["db", "restore", str(tmp_path / "kept.db")]) == 1
    assert "missing from storage: a-shop/personalization/one/print_1.jpg" in capsys.readouterr().out


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    assert main(["db", "backup", str(tmp_path / "kept.db")]) == 2
    assert list(tmp_path.iterdir()) == []


def filled(folder: Path, shop_id: str = SHOP, asset: str | None = None) -> None:
    """A shop with a product, and the row of a file that nobody ever stored."""

    async def fill() -> None:
        app = make_app(folder, {"DATABASE_URL": os.environ["DATABASE_URL"]})
        shop = await open_shop(app, shop_id)
        await stock(app, shop.id)
        if asset:
            lost = media.Asset("asset-1", shop.id, asset, "print", None, "image/jpeg", 1)
            await app.db.batch(insert_asset(lost, app.clock.now()))
        await close(app)

    asyncio.run(fill())


def changed(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as handle, handle:
        for statement in statements:
            handle.execute(statement)


def rows_of(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as handle:
        handle.row_factory = sqlite3.Row
        return {
            table.name: [dict(row) for row in handle.execute(f"SELECT * FROM {table.name} ORDER BY 1, 2")]
            for table in metadata.sorted_tables
        }


def shops_now(folder: Path) -> list[str]:
    """The shops in the database that the commands mean, as another backup has them."""
    path = folder / f"now-{len(list(folder.glob('now-*')))}.db"
    assert main(["db", "backup", str(path)]) == 0
    return [row["id"] for row in rows_of(path)["shops"]]
