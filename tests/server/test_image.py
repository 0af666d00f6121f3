"""Dockerfile: what it installs, copies and runs, run here beside a copy of what it copies."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handlers.server import UVICORN
from tests import processes
from tests.apps import environ
from tests.ports import free_port
from tests.sources import ROOT

START_S = 60.0
TEXT = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
PINNED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def arguments(instruction: str) -> list[str]:
    """What follows each of these instructions."""
    return re.findall(rf"^{instruction} (.+)$", TEXT, re.MULTILINE)


def command(instruction: str) -> list[str]:
    """The last exec form that follows the instruction: no shell of Docker's own stands before it."""
    words: list[str] = json.loads(arguments(instruction)[-1].partition("CMD ")[2] or arguments(instruction)[-1])
    return words


def copied(folder: Path) -> None:
    for *sources, target in map(str.split, arguments("COPY")):
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (folder / target).mkdir(exist_ok=True)
                shutil.copy(ROOT / source, folder / target)


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert arguments("USER") == ["10001:10001"]
    assert "install -d -o 10001 -g 10001 var" in arguments("RUN")


def test_every_package_is_locked_with_hashes_at_the_version_that_tests_run_with() -> None:
    installs = [part for part in arguments("RUN")[0].split("&&") if "pip install" in part]
    assert len(installs) == 2
    assert all("--require-hashes --only-binary=:all:" in part for part in installs)
    dev, server = (dict(PINNED.findall((ROOT / f"requirements/{name}.txt").read_text())) for name in ("dev", "server"))
    assert {"asyncpg", "pyvips", "uvicorn", "uvloop"} <= server.keys()
    assert {name: version for name, version in server.items() if dev.get(name) != version} == {}


def test_its_command_migrates_serves_answers_its_own_health_check_and_ends_when_told(tmp_path: Path) -> None:
    copied(tmp_path)
    port = free_port()
    (tmp_path / "var").mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    told = environ(tmp_path / "var") | {"PATH": path, "PYTHONPATH": str(tmp_path)}
    run, ask = (json.loads(json.dumps(command(each)).replace("8000", str(port))) for each in ("CMD", "HEALTHCHECK"))
    output = tmp_path / "output.txt"
    with output.open("wb") as target:
        server = processes.start(run, cwd=tmp_path, env=told, stdout=target, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + START_S
        while processes.run(ask, cwd=tmp_path, env=told, capture_output=True).returncode:
            assert server.poll() is None, output.read_text()
            assert time.monotonic() < until, output.read_text()
        assert "applied 0001_create_core.sql" in output.read_text()
        server.terminate()
        server.wait(START_S)
    finally:
        server.kill()
        server.wait()
    assert "Finished server process" in output.read_text()


@pytest.mark.parametrize("secret", [".env", "var", ".git"])
def test_what_is_no_part_of_the_app_stays_out_of_the_build(secret: str) -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] != "#"]
    assert rules[0] == "**"
    assert not any(rule.startswith(f"!{secret}") for rule in rules)
    allowed = {rule.removeprefix("!").partition("/")[0] for rule in rules if rule.startswith("!")}
    assert allowed == {source.partition("/")[0] for line in arguments("COPY") for source in line.split()[:-1]}


@pytest.mark.parametrize("place", ["Dockerfile", "docs/deploy-server.md"])
def test_uvicorn_is_told_the_same_wherever_it_is_started(place: str) -> None:
    text = (ROOT / place).read_text("utf-8").replace("\\\n", " ")
    [command] = re.findall(r"uvicorn handlers\.server:app[^\n\"]*", text)
    told = dict(re.findall(r"--([a-z0-9-]+)\s+([a-z0-9.]+)", command))
    assert {name: told.get(name.replace("_", "-")) for name in UVICORN} == {k: str(v) for k, v in UVICORN.items()}
