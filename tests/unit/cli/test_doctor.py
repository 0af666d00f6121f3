"""`artify doctor`: a line for each part, what to do about each fault, and no secret."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.responses import Response

from app import jobs, wiring
from handlers.cli import main
from handlers.jobs import KINDS
from tests import processes
from tests.apps import close, environ, make_app, migrated
from tests.aws import servers
from tests.devstore.conftest import serving
from tests.fakes.ports import SetClock
from tests.ports import free_port


@pytest.fixture(scope="module")
def shopify() -> Iterator[str]:
    """A server that answers everything."""
    with serving(Response()) as url:
        yield url


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shopify: str) -> Path:
    """One that is well."""
    migrated(tmp_path)
    for name, value in (environ(tmp_path) | {"SHOPIFY_BASE_URL": shopify}).items():
        monkeypatch.setenv(name, value)
    return tmp_path


def doctor(capsys: pytest.CaptureFixture[str], status: int) -> dict[str, str]:
    """Each line's mark and text, by what it is about."""
    assert main(["doctor"]) == status
    said = capsys.readouterr()
    assert said.err == ""
    assert [
        secret
        for name, secret in environ(Path("x")).items()
        if name.endswith(("_SECRET", "_KEY")) and name != "SHOPIFY_API_KEY" and secret in said.out
    ] == []
    *lines, _ = said.out.splitlines()
    return {line[4:31].strip(): f"{line[:3].strip()} {line[32:]}" for line in lines}


def test_an_installation_that_is_well_gets_a_line_for_each_setting_and_part(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = doctor(capsys, 0)
    assert {text.partition(" ")[0] for text in said.values()} <= {"ok", "--"}
    assert said["TOKEN_KEY"] == "ok set"
    assert said["METRICS_TOKEN"] == "ok not set, so the default applies"
    assert said["database"] == "ok answers and has the current schema"
    assert said["files"] == "ok can be written, read and deleted"
    assert said["browser uploads"] == "ok go to the app itself"
    assert said["queue"] == "ok is the database"
    assert said["time zones"] == "ok are available"
    assert said["Shopify"] == "ok can be reached"


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_the_protections_of_a_photos_decoder_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(capsys, 0)["photo decoder"] == "ok is restricted by resource limits, seccomp"


def test_a_decoder_without_the_filter_is_a_lack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wiring, "decoder_protections", lambda: "resource limits")
    said = doctor(capsys, 0)["photo decoder"]
    assert said.startswith(
        "-- A malicious photo that takes over the decoder is restricted only by resource limits. Use Linux"
    )


def test_where_no_render_workers_are_let_in_none_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(capsys, 0)["render workers"] == "ok are not let in: this app does its heavy jobs itself"


@pytest.mark.parametrize(
    ("hours", "is_taken", "said"),
    [
        (2, False, "NO None has come for an hour, and jobs wait for one: 2 personalization.finalize. Run on a machine"),
        (2, True, "ok keep up with the heavy jobs"),
        (0.5, False, "ok keep up with the heavy jobs"),
    ],
)
def test_heavy_jobs_that_no_render_worker_comes_for_are_counted(
    installation: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hours: float,
    is_taken: bool,
    said: str,
) -> None:
    monkeypatch.setenv("JOBS_KEY", base64.b64encode(b"j" * 32).decode())
    asyncio.run(queued(installation, timedelta(hours=hours), is_taken=is_taken))
    assert doctor(capsys, int(said.startswith("NO")))["render workers"].startswith(said)


async def queued(folder: Path, waiting: timedelta, *, is_taken: bool) -> None:
    """Two prints that wait, and one that a render worker has just taken; another kind waits for no worker."""
    app = make_app(folder, clock=SetClock(datetime.now(UTC) - waiting))
    kinds = ("personalization.finalize", "personalization.finalize", "personalization.preview")
    waits = [jobs.new(kind, "a", str(place), at=app.clock.now()) for place, kind in enumerate(kinds)]
    taken = jobs.new("personalization.finalize", "a", "taken", at=app.clock.now())
    await app.db.batch(*[jobs.insert(job, app.clock.now()) for job in [*waits, *([taken] if is_taken else [])]])
    if is_taken:
        await jobs.take(app, jobs.Lease(taken, "token", KINDS[taken.kind]))
    await close(app)


def test_the_probe_leaves_no_file(installation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doctor(capsys, 0)
    assert [path for path in (installation / "files").rglob("*") if path.is_file()] == []


def test_settings_that_are_missing_or_malformed_are_named_together(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SHOPIFY_API_SECRET")
    monkeypatch.setenv("LINK_KEY", "bm90LWEta2V5")
    said = doctor(capsys, 1)
    assert said["SHOPIFY_API_SECRET"] == "NO is missing"
    assert said["LINK_KEY"] == "NO is not valid: it must be 32 bytes in base64"
    assert said["TOKEN_KEY"] == "ok set"
    assert said["everything else"].startswith("--")


@pytest.mark.parametrize("name", ["DATABASE_URL", "FILES_URL", "QUEUE_URL"])
def test_an_address_that_names_nothing_is_told_what_it_must_look_like(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv(name, "nothing:nowhere")
    assert doctor(capsys, 1)[name].startswith("NO must ")


def test_a_database_without_tables_is_to_be_migrated(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{installation / 'new.db'}")
    assert doctor(capsys, 1)["database"].endswith("Run: artify db migrate")


def test_a_database_that_is_no_database_is_no_traceback(installation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (installation / "artify.db").write_bytes(b"not a database" * 100)
    assert doctor(capsys, 1)["database"].startswith("NO The check failed (DatabaseError). Check DATABASE_URL")


def test_a_database_server_that_does_not_answer_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = free_port()
    monkeypatch.setenv("DATABASE_URL", f"postgresql://artify:planted-password@127.0.0.1:{nobody}/artify")
    said = doctor(capsys, 1)
    assert said["database"].startswith("NO The database does not answer.")
    assert "planted-password" not in str(said)


def test_files_that_cannot_be_written_are_named(installation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (installation / "files").write_text("not a folder")
    assert doctor(capsys, 1)["files"].startswith("NO The file storage does not answer. FILES_URL must name")


def test_a_database_and_files_that_others_can_read_are_named(
    installation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (installation / "artify.db").chmod(0o644)
    shop = installation / "files" / "a-shop.myshopify.com"
    shop.mkdir(parents=True)
    for folder in (installation / "files", shop):
        folder.chmod(0o755)
    said = doctor(capsys, 1)["file permissions"]
    assert said.startswith("NO Other users of this machine can read the database or the files. Run: chmod -R o-rwx ")
    named = said.partition("o-rwx ")[2]
    assert named == f"{installation / 'artify.db'} {installation / 'files'}"
    processes.run(f"chmod -R o-rwx {named}", shell=True, check=True)
    assert doctor(capsys, 0)["file permissions"].startswith("ok can be read only by this user")


def test_a_folder_that_others_can_see_is_well_while_shops_are_closed_to_them(
    installation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (installation / "files").mkdir(mode=0o755)
    doctor(capsys, 0)


def test_a_bucket_that_browsers_may_not_send_to_needs_a_rule(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint, bucket = servers.seaweedfs(), f"doctor-{uuid.uuid4().hex[:8]}"
    client = servers.client("s3", endpoint)
    client.create_bucket(Bucket=bucket)
    rule = {"AllowedMethods": ["PUT"], "AllowedOrigins": ["https://elsewhere.example"], "AllowedHeaders": ["*"]}
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    monkeypatch.setenv("FILES_URL", f"s3://{bucket}?endpoint={endpoint}&region={servers.REGION}")
    said = doctor(capsys, 1)
    assert said["files"] == "ok can be written, read and deleted"
    assert said["browser uploads"].startswith("NO The storage does not allow uploads from browsers.")
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [servers.bucket_cors()]})
    assert doctor(capsys, 0)["browser uploads"] == "ok are allowed by the storage"


def test_a_queue_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moto = servers.moto()
    queue = f"sqs://sqs.{servers.REGION}.amazonaws.com/1/nobody?endpoint={moto}&region={servers.REGION}"
    monkeypatch.setenv("QUEUE_URL", queue)
    assert doctor(capsys, 1)["queue"].startswith("NO The queue does not answer. Check QUEUE_URL")


def test_a_machine_without_time_zone_data_is_told_what_to_install(
    no_zone_data: None, capsys: pytest.CaptureFixture[str]
) -> None:
    said = doctor(capsys, 1)["time zones"]
    assert said.startswith("NO This machine has no time-zone data")
    assert said.endswith("Run: pip install tzdata")


def test_a_shopify_that_cannot_be_reached_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = free_port()
    monkeypatch.setenv("SHOPIFY_BASE_URL", f"http://127.0.0.1:{nobody}")
    assert doctor(capsys, 1)["Shopify"].startswith("NO The check failed (ConnectError). This machine must reach")


def test_the_local_model_that_is_not_installed_is_told_how_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.wiring.installed", lambda: {"local-ai": False, "print": False, "span": False})
    said = doctor(capsys, 1)
    assert "pip install 'artify[local-ai]'" in said["image model"]
    assert said["print engine"].startswith("-- libvips is not installed")
    assert said["upscaler"].startswith("-- No upscaling network")


def test_as_a_command_it_ends_with_its_finding(installation: Path) -> None:
    done = processes.run(
        [sys.executable, "-m", "handlers.cli", "doctor"], env=os.environ, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (0, "", "no problems found")
