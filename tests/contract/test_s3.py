"""Files in S3, beyond what every storage does: whose keys sign, which host a link names, and storages that fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.adapters.files.s3 import S3Files
from app.core.errors import Unavailable
from app.core.ports.files import Files
from tests.aws import servers
from tests.contract.adapters import FILES
from tests.ports import free_port

pytestmark = pytest.mark.anyio
KEY = "a-shop.myshopify.com/personalization/0001/preview_1.webp"


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)


def keyed(monkeypatch: pytest.MonkeyPatch, *, endpoint: str | None = None, region: str = servers.REGION) -> Files:
    """Files with keys that no storage here knows."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", servers.ENVIRON["AWS_ACCESS_KEY_ID"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-a-function")
    return S3Files("a-bucket", endpoint=endpoint, region=region)


async def test_a_link_signed_with_another_key_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with FILES["s3"](tmp_path) as files:
        await files.put(KEY, b"data", "image/webp")
        link = httpx.URL(files.link(KEY, expires_at=soon()))
        other = S3Files(link.path.split("/")[1], endpoint=servers.seaweedfs(), region=servers.REGION)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-key")
        async with httpx.AsyncClient() as client:
            assert (await client.get(other.link(KEY, expires_at=soon()))).status_code == 403
            assert (await client.get(link)).status_code == 200


async def test_a_storage_that_refuses_our_keys_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    files = keyed(monkeypatch, endpoint=servers.seaweedfs())
    with pytest.raises(Unavailable) as fault:
        await files.get(KEY)
    assert fault.value.code == "files_unavailable"


async def test_a_storage_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = free_port()
    files = keyed(monkeypatch, endpoint=f"http://127.0.0.1:{nobody}")
    with pytest.raises(Unavailable):
        await files.put(KEY, b"data", "image/webp")
    with pytest.raises(Unavailable):
        await files.stat(KEY)


async def test_a_link_names_the_host_of_the_buckets_region(monkeypatch: pytest.MonkeyPatch) -> None:
    link = httpx.URL(keyed(monkeypatch, region="eu-west-1").link(KEY, expires_at=soon()))
    assert (link.scheme, link.host) == ("https", "a-bucket.s3.eu-west-1.amazonaws.com")
    assert link.params["X-Amz-Security-Token"] == "of-a-function"


async def test_a_ticket_signs_length_and_type_and_asks_for_no_other_header(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = keyed(monkeypatch).upload_ticket(KEY, mime="image/png", size=12, expires_at=soon())
    assert httpx.URL(ticket.url).params["X-Amz-SignedHeaders"] == "content-length;content-type;host"
    assert ticket.headers == {"Content-Type": "image/png"}


async def test_without_keys_the_storage_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Unavailable):
        S3Files("a-bucket", region=servers.REGION).link(KEY, expires_at=soon())
