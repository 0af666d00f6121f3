"""A print worker, and apps that are slow, away, wrong or hostile: it reports, waits or stops, and never crashes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.core.errors import AppError
from app.core.pictures import PrintFile, PrintSpec
from app.core.ports.files import UploadTicket
from app.core.ports.imaging import Upscaler
from app.core.times import SystemClock
from app.render_workers import UploadRequest
from app.wiring import print_engine
from handlers.cli import main, render_client, render_worker
from handlers.cli.render_client import RenderClient, Unreachable
from handlers.cli.render_worker import RenderWorker
from tests.devstore.conftest import serving
from tests.fakes.ports import START, PlainImaging
from tests.integration.print_worker import KEY, KEY_TEXT, picture

pytestmark = pytest.mark.anyio
NOTHING = Response(status_code=204)
PRINT = "personalization.finalize"


@dataclass
class FakeApp:
    """Answers by the last word of the path, each answer once and the last one ever after; notes what it was asked."""

    url: str = ""
    answers: dict[str, list[Response]] = field(default_factory=dict)
    asked: list[tuple[str, bytes]] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        self.asked.append((name, await request.body()))
        waiting = self.answers.get(name, [NOTHING])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def told(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(body) for asked, body in self.asked if asked == name]

    def order(self, **changes: Any) -> Response:
        spec = {"width": 600, "height": 400, "dpi": 300, "format": "jpg", "quality": 95}
        task = {"picture_url": f"{self.url}/master", "spec": spec | changes.pop("spec", {})}
        return as_json(
            {"job_id": "0193-a", "token": "t", "lease_s": 60, "kind": PRINT, "task": task | changes.pop("task", {})}
            | changes
        )

    def ticket(self, **changes: Any) -> Response:
        about = {"method": "PUT", "url": f"{self.url}/file", "headers": {}, "expires_at": "2026-11-21T12:00:00.000Z"}
        return as_json(about | changes)

    def has_a_print(self, **changes: Any) -> None:
        self.answers["jobs"] = [self.order(**changes), NOTHING]
        self.answers["master"] = [Response(picture(300, 200))]
        self.answers["ticket"] = [self.ticket()]


class Engine(PlainImaging):
    """Prints once its gate is open, or raises what it was given."""

    def __init__(self, fault: Exception | None = None, *, shut: bool = False):
        super().__init__()
        self._raised, self._gate = fault, asyncio.Event()
        if not shut:
            self._gate.set()

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        await self._gate.wait()
        if self._raised:
            raise self._raised
        return await super().print_file(master, spec, upscaler)


def as_json(value: Any, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(value), status, headers, "application/json")


def error(status: int, code: str) -> Response:
    return as_json({"error": {"code": code, "message": f"It is {code}."}}, status)


@pytest.fixture(scope="module")
def shopify_auth() -> Iterator[FakeApp]:
    fake = FakeApp()
    routes = [Route("/{path:path}", fake.answer, methods=["GET", "POST", "PUT"])]
    with serving(Starlette(routes=routes)) as fake.url:
        yield fake


@pytest.fixture
def there(shopify_auth: FakeApp) -> FakeApp:
    shopify_auth.answers, shopify_auth.asked = {}, []
    return shopify_auth


@pytest.fixture
async def client(there: FakeApp) -> AsyncIterator[RenderClient]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield RenderClient(there.url, KEY, http, SystemClock())


async def ran_once(client: RenderClient, engine: Engine | None = None) -> int:
    worker = RenderWorker(client, asyncio.Event(), (engine or Engine(), print_engine()[1]))
    return await worker.run(once=True)


SENSELESS: list[Response] = [
    Response(b"<html>not ours</html>"),
    as_json([]),
    as_json({"job_id": 1}),
    Response(b"[" * 60_000),
    Response(b" " * 70_000),
    Response(b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}),
    Response(status_code=500),
    Response(b"[]", 503),
    as_json({}, 429, **{"Retry-After": "9" * 5000}),
]
UNWANTED: list[dict[str, Any]] = [
    {"spec": {"width": 10**9}},
    {"spec": {"height": 0}},
    {"spec": {"width": 30_000, "height": 30_000}},
    {"spec": {"format": "bmp"}},
    {"spec": {"quality": 1000}},
    {"lease_s": 0},
    {"kind": "personalization.preview"},
    {"job_id": "../../healthz"},
    {"task": {"picture_url": 7}},
]


@pytest.mark.parametrize("answer", SENSELESS)
async def test_an_answer_that_makes_no_sense_is_no_work(there: FakeApp, client: RenderClient, answer: Response) -> None:
    there.answers["jobs"] = [answer]
    with pytest.raises(Unreachable) as fault:
        await client.lease()
    assert fault.value.wait_s <= 60


@pytest.mark.parametrize("changes", UNWANTED)
async def test_an_order_beyond_reason_is_no_work(there: FakeApp, client: RenderClient, changes: dict[str, Any]) -> None:
    there.answers["jobs"] = [there.order(**changes)]
    with pytest.raises(Unreachable):
        await client.lease()


@pytest.mark.parametrize("status", [302, 400, 418])
@pytest.mark.parametrize("body", [b"", b"[]", b'{"error": []}', b'{"error": {}}', b"[" * 60_000])
async def test_a_refusal_in_any_words_is_a_refusal(
    there: FakeApp, client: RenderClient, status: int, body: bytes
) -> None:
    there.answers["jobs"] = [Response(body, status, {"Location": "/elsewhere"})]
    with pytest.raises(AppError) as fault:
        await client.lease()
    assert (fault.value.status, len(there.asked)) == (status, 1)


async def test_an_app_that_never_ends_its_answer_is_left(
    there: FakeApp, client: RenderClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    monkeypatch.setattr(render_client, "CALL_S", 0.3)
    there.answers["jobs"] = [StreamingResponse(endless())]
    with pytest.raises(Unreachable):
        await client.lease()


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "", "http://", "http://[", "http://127.0.0.1:1/", "//x", "http://\x00"]
)
async def test_an_address_that_leads_nowhere_is_reported(client: RenderClient, url: str) -> None:
    with pytest.raises(Unreachable):
        await client.fetch(url)


@pytest.mark.parametrize(
    ("method", "headers"), [("P UT", {}), ("PUT", {"X": "a\nb"}), ("PUT", {"X": "é"}), ("PUT", {"é": "x"})]
)
async def test_a_ticket_that_cannot_be_sent_is_reported(
    there: FakeApp, client: RenderClient, method: str, headers: dict[str, str]
) -> None:
    with pytest.raises(Unreachable):
        await client.send(UploadTicket(method, f"{there.url}/file", headers, START), b"data")


@pytest.mark.parametrize("where", ["picture_url", "profile_url"])
async def test_an_order_that_leads_into_a_private_network_fails_at_once(
    there: FakeApp, client: RenderClient, where: str
) -> None:
    """It is not tried for half a minute like a storage that is away."""
    there.has_a_print(task={where: "https://10.0.0.1/x"})
    started = time.monotonic()
    assert await ran_once(client) == 1
    assert time.monotonic() - started < 5
    [report] = there.told("fail")
    assert (report["code"], "--storage" in report["message"]) == ("bad_address", True)


async def test_a_ticket_that_leads_into_a_private_network_fails_at_once(there: FakeApp, client: RenderClient) -> None:
    there.has_a_print()
    there.answers["ticket"] = [there.ticket(url="https://169.254.169.254/latest/api/token")]
    assert await ran_once(client) == 1
    assert [each["code"] for each in there.told("fail")] == ["bad_address"]


async def test_a_picture_that_is_too_big_is_not_taken(
    there: FakeApp, client: RenderClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_client, "MOST_MASTER_BYTES", 100)
    there.answers["master"] = [Response(b"x" * 101)]
    with pytest.raises(Unreachable):
        await client.fetch(f"{there.url}/master")


async def test_a_print_is_made_sent_and_reported(there: FakeApp, client: RenderClient) -> None:
    there.has_a_print()
    assert await ran_once(client) == 0
    assert [name for name, _ in there.asked] == ["jobs", "master", "ticket", "file", "finish"]
    [report], [_, _, _, (_, file), _] = there.told("finish"), there.asked
    assert (report["files"]["print"]["bytes"], report["token"]) == (len(file), "t")
    assert there.told("jobs") == [{"kinds": [PRINT]}]


async def test_a_report_that_meets_a_busy_app_is_sent_again(there: FakeApp, client: RenderClient) -> None:
    there.has_a_print()
    there.answers["finish"] = [error(503, "unavailable"), NOTHING]
    assert await ran_once(client) == 0
    assert there.told("finish")[0] == there.told("finish")[1]


async def test_a_picture_that_cannot_be_printed_is_reported_for_good(there: FakeApp, client: RenderClient) -> None:
    there.has_a_print()
    there.answers["master"] = [Response(b"no picture")]
    worker = RenderWorker(client, asyncio.Event())
    assert await worker.run(once=True) == 1
    [report] = there.told("fail")
    assert (report["retryable"], report["message"].endswith(".")) == (False, True)


async def test_a_crash_is_reported_without_its_words(there: FakeApp, client: RenderClient) -> None:
    there.has_a_print()
    assert await ran_once(client, Engine(ZeroDivisionError("secret"))) == 1
    [report] = there.told("fail")
    assert (report["code"], report["retryable"], "secret" in report["message"]) == ("crashed", True, False)


async def test_a_file_that_was_refused_may_be_tried_again(there: FakeApp, client: RenderClient) -> None:
    there.has_a_print()
    there.answers["finish"] = [error(422, "wrong_print")]
    assert await ran_once(client) == 1
    assert there.told("fail")[0]["retryable"] is True


async def test_a_lease_that_is_lost_stops_the_work(
    there: FakeApp, client: RenderClient, capsys: pytest.CaptureFixture[str]
) -> None:
    there.has_a_print(lease_s=1)
    there.answers["extend"] = [error(409, "lease_lost")]
    assert await ran_once(client, Engine(shut=True)) == 1
    assert [name for name, _ in there.asked] == ["jobs", "master", "extend"]
    assert "lost: It is lease_lost." in capsys.readouterr().out


async def test_a_worker_waits_for_an_app_that_is_away(there: FakeApp, client: RenderClient) -> None:
    stop = asyncio.Event()
    there.answers["jobs"] = [as_json({}, 429, **{"Retry-After": "1"}), NOTHING]
    running = asyncio.create_task(RenderWorker(client, stop, (Engine(), print_engine()[1])).run(once=False))
    async with asyncio.timeout(20):
        while len(there.asked) < 2:  # noqa: ASYNC110  # another thread answers, and sets no event
            await asyncio.sleep(0.01)
    stop.set()
    assert await running == 0


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (error(401, "unauthorized"), render_worker.REFUSED[401]),
        (error(401, "clock_skew"), render_worker.CLOCK),
        (error(404, "not_found"), render_worker.REFUSED[404]),
        (error(403, "blocked"), "It is blocked."),
    ],
)
async def test_a_worker_that_is_refused_ends(
    there: FakeApp, client: RenderClient, answer: Response, sentence: str
) -> None:
    there.answers["jobs"] = [answer]
    worker = RenderWorker(client, asyncio.Event(), (Engine(), print_engine()[1]))
    with pytest.raises(AppError) as fault:
        await worker.run(once=False)
    assert fault.value.message == sentence


@pytest.mark.parametrize(
    ("arguments", "environ", "sentence"),
    [
        (["--remote", "http://127.0.0.1:1", "--once"], {"JOBS_KEY": KEY_TEXT}, "The app cannot be reached."),
        (["--remote", "http://127.0.0.1:1"], {}, "JOBS_KEY is missing"),
        (["--once"], {}, "--once needs --remote APP_URL."),
    ],
)
def test_what_is_wrong_at_the_start_is_one_sentence(
    arguments: list[str],
    environ: dict[str, str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("JOBS_KEY", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert main(["jobs", "run", *arguments]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("address", ["artify.example.com", "ftp://artify.example.com", "https://", "https://a?b"])
def test_an_address_that_is_none_is_refused(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["jobs", "run", "--remote", address])
    assert "must look like https://artify.example.com" in capsys.readouterr().err


async def test_a_ticket_is_asked_for_by_type_and_size(there: FakeApp, client: RenderClient) -> None:
    there.has_a_print()
    order = await client.lease()
    assert order
    assert (await client.ticket(order, UploadRequest("print", "image/jpeg", 12))).url == f"{there.url}/file"
    assert there.told("ticket") == [{"token": "t", "name": "print", "mime": "image/jpeg", "bytes": 12}]
