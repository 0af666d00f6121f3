"""A print worker calls no address because an app says so: files are on the internet, or where the operator said.

Requests go through real sockets. The app and its storages listen on loopback, which only an app on loopback may name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.core.ports.files import UploadTicket
from app.core.signed_calls import HEADER
from app.core.times import SystemClock
from handlers.cli import file_addresses, main, render_worker
from handlers.cli.file_addresses import FileAddresses, NotCalled, is_public
from handlers.cli.render_client import Refused, RenderClient, Unreachable
from tests.devstore.conftest import serving
from tests.fakes.ports import START
from tests.integration.print_worker import KEY, KEY_TEXT

pytestmark = pytest.mark.anyio
PUBLIC_APP = "https://artify.example.com"
PRIVATE = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"),
]
"""The IANA's special-purpose registry, and groups."""
PRIVATE_6 = [
    *("::/128", "::1/128", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16"),
    *("3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "::/96"),
]


def within(network: str) -> st.SearchStrategy[Any]:
    whole = ipaddress.ip_network(network)
    return st.integers(int(whole[0]), int(whole[-1])).map(type(whole[0]))


private = st.one_of(map(within, PRIVATE))
embedded = st.sampled_from(["::ffff:0:0", "64:ff9b::", "64:ff9b:1::", "::", "2002::"])


@given(private | st.one_of(map(within, PRIVATE_6)))
def test_no_address_of_a_special_network_is_public(address: file_addresses.Address) -> None:
    assert not is_public(address)


@given(private, embedded)
def test_no_address_is_public_that_has_a_private_one_in_it(inner: ipaddress.IPv4Address, prefix: str) -> None:
    shift = 80 if prefix == "2002::" else 0
    assert not is_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(inner) << shift))


@pytest.mark.parametrize("address", ["1.1.1.1", "52.216.0.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::101:101"])
def test_addresses_of_storages_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("https://127.0.0.1/x", "https://127.1/x", "https://2130706433/x", "https://0x7f000001/x"),
        *("https://0177.0.0.1/x", "https://0/x", "https://localhost/x", "https://127.0.0.1:8443/x"),
        *("https://[::1]/x", "https://[::]/x", "https://[::ffff:127.0.0.1]/x", "https://[::ffff:7f00:1]/x"),
        *("https://[::ffff:a00:1]/x", "https://[64:ff9b::a00:1]/x", "https://[64:ff9b:1::101:101]/x"),
        *("https://[fe80::1]/x", "https://[fd00:ec2::254]/x", "https://[ff02::1]/x", "https://[2002:a00:1::]/x"),
        *("https://10.0.0.1/x", "https://167772161/x", "https://192.168.1.1/x", "https://172.31.255.255/x"),
        *("https://169.254.169.254/latest/meta-data/", "https://2852039166/x", "https://100.64.0.1/x"),
        *("https://224.0.0.1/x", "https://255.255.255.255/x", "http://1.1.1.1/x", "HTTP://1.1.1.1/x"),
        *("https://key@1.1.1.1/x", "https://a:b@1.1.1.1/x", "https://1.1.1.1\\@10.0.0.1/x"),
        *("ftp://1.1.1.1/x", "file:///etc/passwd", "gopher://1.1.1.1/x", "//1.1.1.1/x", "1.1.1.1", ""),
    ],
)
async def test_such_an_address_is_not_called(address: str) -> None:
    with pytest.raises((NotCalled, httpx.InvalidURL)):
        await FileAddresses(PUBLIC_APP).places(address)


async def test_a_public_address_is_called_by_its_number_and_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["52.216.0.1", "2606:4700::1111"])
    first, second = await FileAddresses(PUBLIC_APP).places("https://bucket.example/key?X-Amz-Signature=1%2F2")
    assert str(first.url) == "https://52.216.0.1/key?X-Amz-Signature=1%2F2"
    assert str(second.url) == "https://[2606:4700::1111]/key?X-Amz-Signature=1%2F2"
    assert (first.headers["Host"], first.extensions) == ("bucket.example", {"sni_hostname": "bucket.example"})


@pytest.mark.parametrize("hidden", ["10.0.0.1", "::1", "169.254.169.254", "127.0.0.1"])
async def test_a_name_is_not_called_if_one_of_its_addresses_is_private(
    monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    resolving(monkeypatch, ["52.216.0.1", hidden])
    with pytest.raises(NotCalled):
        await FileAddresses(PUBLIC_APP).places("https://bucket.example/key")


async def test_an_app_on_a_private_network_has_its_files_there() -> None:
    addresses = FileAddresses("http://10.0.0.5:8000")
    assert [str(each.url) for each in await addresses.places("http://10.0.0.5:8000/files/x")]
    for other in ("http://10.0.0.5:9000/x", "https://10.0.0.5:8000/x", "http://10.0.0.6:8000/x", "https://10.0.0.5/x"):
        with pytest.raises(NotCalled):
            await addresses.places(other)


async def test_a_storage_on_a_private_network_is_named_by_the_operator() -> None:
    addresses = FileAddresses(PUBLIC_APP, "http://10.0.0.7:9000")
    [place] = await addresses.places("http://10.0.0.7:9000/artify/x?sig=1")
    assert (str(place.url), place.headers) == ("http://10.0.0.7:9000/artify/x?sig=1", {})
    with pytest.raises(NotCalled):
        await addresses.places("http://10.0.0.7:22/x")


@pytest.mark.parametrize("app", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"])
async def test_loopback_is_called_for_an_app_that_is_there(app: str) -> None:
    assert await FileAddresses(app).places("http://127.0.0.1:8333/artify/x")
    for other in ("http://10.0.0.1/x", "http://1.1.1.1/x", "https://169.254.169.254/x"):
        with pytest.raises(NotCalled):
            await FileAddresses(app).places(other)


class Machine:
    """Something that listens, and notes who came: method, path and headers."""

    def __init__(self) -> None:
        self.url, self.heard = "", list[tuple[str, str, dict[str, str]]]()
        self.answer = Response(b"a file")

    async def __call__(self, request: Request) -> Response:
        self.heard.append((request.method, request.url.path, dict(request.headers)))
        await request.body()
        return self.answer


def listening() -> Iterator[Machine]:
    machine = Machine()
    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    with serving(Starlette(routes=[Route("/{path:path}", machine.__call__, methods=every)])) as machine.url:
        yield machine


machine = pytest.fixture(listening)
victim = pytest.fixture(listening)


@asynccontextmanager
async def connected(app_url: str, storage: str | None = None, **options: Any) -> AsyncIterator[RenderClient]:
    async with httpx.AsyncClient(trust_env=False, **options) as http:
        yield RenderClient(app_url, KEY, http, SystemClock(), storage)


def put(url: str, method: str = "PUT", **headers: str) -> UploadTicket:
    return UploadTicket(method, url, {name.replace("_", "-"): value for name, value in headers.items()}, START)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
async def test_a_machine_beside_the_print_worker_is_not_reached(victim: Machine, host: str) -> None:
    address = victim.url.replace("127.0.0.1", host)
    async with connected(PUBLIC_APP) as asked:
        for url in (address, address.replace("http:", "https:")):
            with pytest.raises(Refused):
                await asked.fetch(f"{url}/admin")
            with pytest.raises(Refused):
                await asked.send(put(f"{url}/admin"), b"data")
    assert victim.heard == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(machine: Machine, victim: Machine, status: int) -> None:
    machine.answer = RedirectResponse(victim.url + "/admin", status)
    async with connected("http://127.0.0.1:1", follow_redirects=True) as asked:
        with pytest.raises(Unreachable):
            await asked.fetch(f"{machine.url}/file")
        with pytest.raises(Unreachable):
            await asked.send(put(f"{machine.url}/file"), b"data")
    assert (len(machine.heard), victim.heard) == (2, [])


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "GET", "put", "PUT ", "CONNECT", "P UT", ""])
async def test_a_file_is_sent_by_put_alone(machine: Machine, method: str) -> None:
    async with connected(machine.url) as asked:
        with pytest.raises(Refused):
            await asked.send(put(f"{machine.url}/file", method), b"data")
    assert machine.heard == []


@pytest.mark.parametrize(
    "header",
    [
        *("Authorization", "Cookie", "Host", "Transfer-Encoding", "Connection", "X-Forwarded-For", "Expect", "Upgrade"),
        *("X-HTTP-Method-Override", "Metadata-Flavor", "X-aws-ec2-metadata-token", "x-amz-", "x-amz-a b", HEADER, ""),
    ],
)
async def test_no_other_header_is_sent_than_those_that_storages_sign(machine: Machine, header: str) -> None:
    async with connected(machine.url) as asked:
        with pytest.raises(Refused):
            await asked.send(put(f"{machine.url}/file", **{header.replace("-", "_"): "x"}), b"data")
    assert machine.heard == []


async def test_a_file_is_sent_with_what_a_storage_signs_and_no_signature_of_ours(machine: Machine) -> None:
    ticket = put(f"{machine.url}/file", Content_Type="image/jpeg", X_Amz_Server_Side_Encryption="AES256")
    async with connected("http://127.0.0.1:1") as asked:
        await asked.send(ticket, b"data")
        await asked.fetch(f"{machine.url}/master")
    (method, path, sent), (_, _, asked_with) = machine.heard
    assert (method, path) == ("PUT", "/file")
    assert (sent["content-type"], sent["content-length"]) == ("image/jpeg", "4")
    assert sent["x-amz-server-side-encryption"] == "AES256"
    assert HEADER.lower() not in {**sent, **asked_with}


async def test_a_storage_that_the_operator_named_is_reached_and_no_other(machine: Machine, victim: Machine) -> None:
    async with connected(PUBLIC_APP, machine.url) as asked:
        assert await asked.fetch(f"{machine.url}/file") == b"a file"
        with pytest.raises(Refused):
            await asked.fetch(f"{victim.url}/file")
    assert victim.heard == []


async def test_a_name_that_changes_its_address_is_looked_up_once(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups = resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.9"])
    port = urlsplit(machine.url).port
    async with connected("http://localhost:1") as asked:
        assert await asked.fetch(f"http://storage.test:{port}/file") == b"a file"
    assert lookups == ["storage.test"]
    assert machine.heard[0][2]["host"] == f"storage.test:{port}"


async def test_the_next_address_is_tried_when_one_takes_no_connection(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["127.0.0.9", "127.0.0.1"])
    async with connected("http://localhost:1") as asked:
        assert await asked.fetch(f"http://storage.test:{urlsplit(machine.url).port}/file") == b"a file"


@pytest.mark.parametrize("name", ["storage.test", "other.test"])
async def test_a_certificate_must_be_for_the_name_and_not_for_the_number(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["127.0.0.1"])
    async with (
        https(tmp_path, "storage.test") as port,
        connected("http://localhost:1", verify=trusting(tmp_path)) as asked,
    ):
        if name == "storage.test":
            assert await asked.fetch(f"https://{name}:{port}/file") == b"a file"
        else:
            with pytest.raises(Unreachable):
                await asked.fetch(f"https://{name}:{port}/file")


def test_a_storage_is_named_for_a_remote_app_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "run", "--storage", "http://10.0.0.7:9000"]) == 2
    assert "--storage needs --remote APP_URL." in capsys.readouterr().err


def test_the_command_hands_the_storage_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(render_worker, "work", lambda url, key, **options: asked.append((url, options)) or 0)
    monkeypatch.setenv("JOBS_KEY", KEY_TEXT)
    assert main(["jobs", "run", "--remote", PUBLIC_APP, "--storage", "http://10.0.0.7:9000"]) == 0
    assert asked == [(PUBLIC_APP, {"storage": "http://10.0.0.7:9000", "once": False})]


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names have these addresses, one answer after the other; gives the names that are asked for."""
    waiting, names = list(answers), list[str]()

    async def resolve(host: str, port: int) -> list[file_addresses.Address]:
        names.append(host)
        return [ipaddress.ip_address(each) for each in waiting.pop(0)]

    monkeypatch.setattr(file_addresses, "resolve", resolve)
    return names


@asynccontextmanager
async def https(folder: Path, name: str) -> AsyncIterator[int]:
    """The port of a server on loopback with a certificate for the name, which is in the folder."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    building = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    building = building.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    building = building.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    building = building.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "certificate").write_bytes(building.sign(key, hashes.SHA256()).public_bytes(pem))
    (folder / "key").write_bytes(secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\na file")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=folder / "certificate")
