"""FILES_URL and QUEUE_URL: which adapter an address means, and what is said of one that means none."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.adapters.files.folder import FolderFiles
from app.adapters.files.s3 import S3Files
from app.adapters.queue.embedded import EmbeddedQueue
from app.adapters.queue.sqs import SqsQueue
from app.core.settings import Settings, SettingsError
from app.wiring import build
from tests.apps import environ

S3 = "s3://a-bucket?region=eu-central-1"
SQS = "sqs://sqs.eu-central-1.amazonaws.com/123456789012/jobs"


def settings(**changes: str) -> Settings:
    return Settings.load(environ(Path("var")) | changes)


@pytest.mark.parametrize(
    ("url", "kind"), [("file:var/files", FolderFiles), ("file:///srv/files", FolderFiles), (S3, S3Files)]
)
def test_an_address_of_files_means_its_adapter(url: str, kind: type) -> None:
    assert isinstance(build(settings(FILES_URL=url)).files, kind)


@pytest.mark.parametrize(("url", "kind"), [("embedded:", EmbeddedQueue), (SQS, SqsQueue)])
def test_an_address_of_a_queue_means_its_adapter(url: str, kind: type) -> None:
    assert isinstance(build(settings(QUEUE_URL=url)).queue, kind)


@pytest.mark.parametrize("url", ["s3:a-bucket", "s3://a-bucket/folder", "ftp://files", "file:", "file://host/files"])
def test_an_address_that_means_no_files_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="FILES_URL must look like"):
        build(settings(FILES_URL=url))


@pytest.mark.parametrize("url", ["sqs://", "sqs://sqs.eu-central-1.amazonaws.com", "embedded", "redis://queue"])
def test_an_address_that_means_no_queue_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="QUEUE_URL must be"):
        build(settings(QUEUE_URL=url))
