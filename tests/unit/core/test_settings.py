"""Settings: all of them at once, and every problem at once."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from app.core.settings import Settings, SettingsError, jobs_key
from tests.apps import environ

NEEDED = ["APP_URL", "SHOPIFY_API_KEY", "SHOPIFY_API_SECRET", "TOKEN_KEY", "LINK_KEY"]
GOOD = environ(Path("/srv"))


def problems(names: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as fault:
        Settings.load(names)
    return fault.value.problems


def test_the_least_that_is_told_is_enough() -> None:
    settings = Settings.load({name: GOOD[name] for name in NEEDED})
    assert settings.token_key == b"t" * 32
    assert settings.link_key == b"l" * 32
    assert (settings.database_url, settings.files_url) == ("sqlite:///var/artify.db", "file:var/files")
    assert (settings.queue_url, settings.ai_provider, settings.shopify_api_version) == ("embedded:", "local", "2026-10")


def test_everything_that_is_missing_is_named_at_once() -> None:
    assert problems({}) == [f"{name} is missing" for name in NEEDED]


def test_what_is_empty_is_missing() -> None:
    assert problems(GOOD | {"APP_URL": ""}) == ["APP_URL is missing"]


@pytest.mark.parametrize("blank", [" ", " " * 40, "\n", "\t \r\n"])
def test_what_is_blank_is_missing_and_no_secret_that_could_be_guessed(blank: str) -> None:
    assert problems(GOOD | dict.fromkeys(NEEDED, blank)) == [f"{name} is missing" for name in NEEDED]
    optional = ("SHOPIFY_OLD_API_SECRET", "OLD_TOKEN_KEY", "JOBS_KEY", "METRICS_TOKEN")
    settings = Settings.load(GOOD | dict.fromkeys(optional, blank))
    assert [getattr(settings, name.lower()) for name in optional] == [None] * 4
    assert problems(GOOD | {"AI_PROVIDER": "gemini", "GEMINI_API_KEY": blank}) == [
        "GEMINI_API_KEY is missing: AI_PROVIDER=gemini requires it"
    ]


def test_a_secret_read_from_a_file_loses_its_last_line_break() -> None:
    assert Settings.load(GOOD | {"SHOPIFY_API_SECRET": "shpss_1\n"}).shopify_api_secret == "shpss_1"


def test_an_empty_choice_is_the_default() -> None:
    assert Settings.load(GOOD | {"AI_PROVIDER": "", "SHOPIFY_BASE_URL": ""}).shopify_base_url is None


def test_everything_that_is_malformed_is_named_at_once() -> None:
    bad = {
        "APP_URL": "artify.example.com",
        "SHOPIFY_BASE_URL": "ftp://shop",
        "GEMINI_BASE_URL": "https://",
        "AI_PROVIDER": "oracle",
        "TOKEN_KEY": "short",
        "LINK_KEY": base64.b64encode(b"k" * 31).decode(),
        "JOBS_KEY": "short",
        "JOB_LEASE_S": "a minute",
    }
    assert {line.partition(" ")[0] for line in problems(GOOD | bad)} == set(bad)


def test_missing_and_malformed_are_told_together_and_readably() -> None:
    with pytest.raises(SettingsError) as fault:
        Settings.load({"APP_URL": "nowhere"} | {name: GOOD[name] for name in NEEDED[1:4]})
    assert str(fault.value).splitlines() == [
        "Settings need attention:",
        "  APP_URL is not valid: it must look like https://artify.example.com",
        "  LINK_KEY is missing",
    ]


def test_gemini_needs_its_key() -> None:
    assert problems(GOOD | {"AI_PROVIDER": "gemini"}) == ["GEMINI_API_KEY is missing: AI_PROVIDER=gemini requires it"]
    assert Settings.load(GOOD | {"AI_PROVIDER": "gemini", "GEMINI_API_KEY": "g"}).gemini_api_key == "g"


def test_a_wrong_choice_is_told_the_right_ones() -> None:
    assert problems(GOOD | {"AI_PROVIDER": "oracle"}) == ["AI_PROVIDER is not valid: it must be one of local, gemini"]


@pytest.mark.parametrize("seconds", ["0", "-5"])
def test_a_lease_lasts_some_seconds(seconds: str) -> None:
    assert problems(GOOD | {"JOB_LEASE_S": seconds}) == ["JOB_LEASE_S is not valid: it must be 1 or more"]


def test_a_problem_never_tells_a_secret() -> None:
    secret = "c2VjcmV0LXNlY3JldA=="
    assert secret not in "".join(problems(GOOD | {"TOKEN_KEY": secret, "LINK_KEY": secret + "!"}))


def test_settings_printed_tell_no_secret() -> None:
    secrets = {"SHOPIFY_API_SECRET": "top-s", "SHOPIFY_OLD_API_SECRET": "old-s", "GEMINI_API_KEY": "gem-k"}
    shown = repr(Settings.load(GOOD | secrets))
    assert [secret for secret in (*secrets.values(), "tttt", "llll") if secret in shown] == []


def test_addresses_lose_their_last_slash() -> None:
    assert Settings.load(GOOD | {"APP_URL": "https://artify.example.com/"}).app_url == "https://artify.example.com"


def test_what_the_page_loads_comes_from_shopify_or_from_its_stand_in() -> None:
    assert Settings.load(GOOD).shopify_cdn_url == "https://cdn.shopify.com/shopifycloud"
    stand_in = Settings.load(GOOD | {"SHOPIFY_BASE_URL": "http://127.0.0.1:8001"})
    assert stand_in.shopify_cdn_url == "http://127.0.0.1:8001/cdn/shopifycloud"


@pytest.mark.parametrize("token", ["short", "\u00e9" * 20])
def test_a_metrics_token_cannot_be_guessed_and_fits_a_header(token: str) -> None:
    assert problems(GOOD | {"METRICS_TOKEN": token}) == [
        "METRICS_TOKEN is not valid: it must have at least 16 ASCII characters"
    ]


def test_print_workers_are_let_in_by_a_key_alone() -> None:
    key = base64.b64encode(b"j" * 32).decode()
    assert Settings.load(GOOD).jobs_key is None
    assert Settings.load(GOOD | {"JOBS_KEY": key}).jobs_key == b"j" * 32
    assert "jobs_key" not in repr(Settings.load(GOOD | {"JOBS_KEY": key}))


def test_a_print_worker_needs_its_key_and_nothing_else() -> None:
    assert jobs_key({"JOBS_KEY": base64.b64encode(b"j" * 32).decode()}) == b"j" * 32
    with pytest.raises(SettingsError, match="JOBS_KEY is missing"):
        jobs_key({})
    with pytest.raises(SettingsError, match="JOBS_KEY is not valid: it must be 32 bytes in base64"):
        jobs_key({"JOBS_KEY": "c2hvcnQ="})
