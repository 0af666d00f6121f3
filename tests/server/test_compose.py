"""compose.yaml: services that fit each other, the image and the settings, and that only this machine reaches."""

from __future__ import annotations

import base64
import re
from dataclasses import fields
from typing import Any

import pytest
import yaml

from app.core.settings import Settings
from app.wiring import build
from handlers.cli import main
from tests.sources import ROOT

SETTINGS = {each.name.upper() for each in fields(Settings)}
OF_OTHERS = {"POSTGRES_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "artify"]
EXAMPLE = dict(
    line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line and line[0] != "#"
)


def filled() -> dict[str, str]:
    """.env as somebody fills it in."""
    key = base64.b64encode(b"k" * 32).decode()
    return {name: value or (key if name.endswith("_KEY") else "") for name, value in EXAMPLE.items()} | {
        "SHOPIFY_API_SECRET": "secret",
        "POSTGRES_PASSWORD": "words",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }


def resolved(text: str, values: dict[str, str]) -> str:
    """`${NAME:?why}` as compose reads it."""
    return re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: values[found[1]], text)


def test_the_example_names_every_setting_that_must_be_given_and_nothing_unknown() -> None:
    assert EXAMPLE.keys() <= SETTINGS | OF_OTHERS
    with_defaults = {"DATABASE_URL", "FILES_URL", "QUEUE_URL"}
    assert {
        "APP_URL",
        "SHOPIFY_API_KEY",
        "SHOPIFY_API_SECRET",
        "TOKEN_KEY",
        "LINK_KEY",
    } <= EXAMPLE.keys() - with_defaults


def test_the_example_holds_no_secret() -> None:
    secret = [name for name in EXAMPLE if name.endswith(("_KEY", "_SECRET", "_TOKEN", "_PASSWORD"))]
    assert len(secret) >= 7
    assert {name for name in secret if EXAMPLE[name]} == set()


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_the_app_starts_with_what_it_is_told(name: str) -> None:
    service, values = SERVICES[name], filled()
    told = {key: resolved(value, values) for key, value in service["environment"].items()}
    assert told.keys() <= SETTINGS
    app = build(Settings.load(values | told))
    assert app.settings.database_url == "postgresql://artify:words@database/artify"
    assert app.settings.files_url == "s3://artify?endpoint=http://files.localhost:8333&region=us-east-1"


def test_addresses_name_services_that_are_there() -> None:
    environment = SERVICES["app"]["environment"]
    assert "@database/" in environment["DATABASE_URL"]
    assert "//files.localhost:8333" in environment["FILES_URL"]
    assert SERVICES["files"]["networks"]["default"]["aliases"] == ["files.localhost"]
    assert "-s3.port=8333" in SERVICES["files"]["command"]


def test_a_service_waits_for_services_that_are_there_and_can_be_waited_for() -> None:
    waits = {(name, other) for name, service in SERVICES.items() for other in service.get("depends_on", ())}
    assert {other for _, other in waits} <= SERVICES.keys()
    assert {("app", "database"), ("app", "bucket"), ("jobs", "app"), ("bucket", "files")} == waits
    assert "healthcheck" in SERVICES["database"]


def test_every_port_is_open_to_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == 2
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_what_must_outlive_a_container_lies_in_a_volume() -> None:
    used = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert used == COMPOSE["volumes"].keys() == {"database", "files"}


def test_the_runner_is_a_command_that_there_is_and_may_give_its_jobs_back() -> None:
    assert SERVICES["jobs"]["command"] == ["python", "-m", "handlers.cli", "jobs", "run"]
    with pytest.raises(SystemExit) as asked:
        main(["jobs", "run", "--help"])
    assert asked.value.code == 0
    assert SERVICES["jobs"]["stop_grace_period"] == "40s"
    assert SERVICES["jobs"]["init"] is True


def test_the_bucket_is_made_by_python_that_compiles() -> None:
    python, option, text = SERVICES["bucket"]["command"]
    assert (python, option) == ("python", "-c")
    compile(text, "compose.yaml", "exec")
