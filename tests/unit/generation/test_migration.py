"""A database of an earlier version keeps its figures, and its waiting previews are woken, when the lifecycle comes."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from app.adapters.database import sqlite_schema

TIME = "2026-11-01T00:00:00.000Z"


def test_what_was_there_before_is_kept_and_waiting_previews_get_their_lane(tmp_path: Path) -> None:
    path, earlier = tmp_path / "artify.db", tmp_path / "earlier"
    earlier.mkdir()
    for file in sorted(sqlite_schema.MIGRATIONS.glob("*.sql")):
        if file.name < "0011":
            shutil.copy(file, earlier)
    sqlite_schema.migrate(path, earlier)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "INSERT INTO generations (id, shop_id, product_id, ai_style_id, generation_type, ai_prompt_used, "
            "processing_time_ms, ai_model_used, created_at, updated_at) "
            f"VALUES ('g', 's', 'p', 'a', 'preview', '', 1234, 'local', '{TIME}', '{TIME}')"
        )
        for kind, status in (("personalization.preview", "pending"), ("personalization.finalize", "pending")):
            database.execute(
                "INSERT INTO jobs (id, shop_id, kind, subject_id, dedupe_key, status, run_at, created_at, updated_at) "
                f"VALUES ('{kind}', 's', '{kind}', 'g', '{kind}', '{status}', '{TIME}', '{TIME}', '{TIME}')"
            )
        database.execute(
            "INSERT INTO quotas (shop_id, period, running, last_reset_at, created_at, updated_at) "
            f"VALUES ('s', '2026-11', 1, '{TIME}', '{TIME}', '{TIME}')"
        )
    sqlite_schema.migrate(path)
    with closing(sqlite3.connect(path)) as database:
        generation = database.execute(
            "SELECT duration_ms, model_used, cost_micros, started_at FROM generations"
        ).fetchall()
        lanes = database.execute("SELECT kind, lane FROM jobs ORDER BY kind").fetchall()
        slots = database.execute(
            "SELECT running, max_concurrent, merchant_running, merchant_max_concurrent FROM quotas"
        ).fetchall()
    assert generation == [(1234, "local", None, None)]
    assert lanes == [("personalization.finalize", None), ("personalization.preview", "shopper")]
    assert slots == [(1, 3, 0, 2)]
