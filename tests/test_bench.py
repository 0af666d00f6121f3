"""The benchmarks can be run: each has its rows, and those of the deployments answer rightly, measured once."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFilter

from bench import __main__ as bench
from bench import cold_start, quality, setups, starts, webhooks
from bench.rows import Row
from tests.apps import environ, migrated


@pytest.mark.parametrize("name", bench.BENCHES)
def test_a_benchmark_can_be_loaded(name: str) -> None:
    assert callable(importlib.import_module(f"bench.{name}").run)


def test_rows_become_a_table_and_results(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [Row("start", 20.5, 10.0, "ms", 0.49, "floor: bare"), Row("not here", None, None, "ms", None, "not run")]
    monkeypatch.setattr(cold_start, "run", lambda: rows)
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    bench.main(["cold_start"])
    assert "start     20.5  10    ms    0.49   floor: bare" in capsys.readouterr().out
    assert [row["ours"] for row in json.loads(bench.RESULTS.read_text())] == [20.5, None]


def test_a_function_and_a_server_are_timed_from_start_to_first_answer(tmp_path: Path) -> None:
    function = starts.python("awslambdaric", "bench.bare_lambda.handler")
    assert starts.function(function, tmp_path, {}, cold_start.HEALTH, 200) > 0
    server = starts.python("uvicorn", "bench.bare:app", "--log-level", "warning", "--port")
    assert starts.server(server, {}, cold_start.HEALTH, 200) > 0


def test_an_answer_of_another_status_is_no_figure(tmp_path: Path) -> None:
    migrated(tmp_path)
    server = starts.python("uvicorn", "handlers.server:app", "--log-level", "warning", "--port")
    with pytest.raises(RuntimeError, match="404"):
        starts.server(server, environ(tmp_path), ("GET", "/nowhere", {}, b""), 200)


def test_requests_of_a_set_up_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setups, "DESCRIPTIONS", {"sqlite": "here"})
    monkeypatch.setattr(setups, "TURNS", 3)
    rows = setups.run()
    assert [row.name for row in rows] == ["webhook: here", "preview request: here", "status poll: here"]
    assert all(row.ours and row.peer for row in rows)


def test_photographs_that_lost_more_of_their_edges_deviate_more() -> None:
    photographs = list(quality.photographs())
    assert len(photographs) == 7
    sharp, soft, softer = (
        np.asarray(each, np.float64)
        for grey in [photographs[0].convert("L")]
        for each in (grey, grey.filter(ImageFilter.GaussianBlur(1)), grey.filter(ImageFilter.GaussianBlur(3)))
    )
    assert quality.gmsd(sharp, sharp) == 0
    assert 0.01 < quality.gmsd(sharp, soft) < quality.gmsd(sharp, softer) < 0.4


def test_webhooks_are_recorded_once_by_both_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in {"ROUNDS": 1, "WARM_UP": 10, "DELIVERIES": 40}.items():
        monkeypatch.setattr(webhooks, name, few)
    rows = webhooks.run()
    assert [row.name for row in rows] == ["webhook intake, one process", "webhook intake per core"]
    assert all(row.ours and row.peer for row in rows)
