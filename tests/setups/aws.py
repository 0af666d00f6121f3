"""AWS Lambda: its three functions under Lambda's own runtime, PostgreSQL, S3 in SeaweedFS, SQS in moto."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import postgres
from tests.aws import servers
from tests.aws.gateway import gateway
from tests.aws.runtime import Function, deployed, sqs_event
from tests.setups.base import Neighbours, neighbours
from tests.setups.machine import OnPostgres

MOST = 10
"""Messages that SQS hands out at once."""


@contextmanager
def opened(folder: Path, **settings: str) -> Iterator[OnPostgres]:
    """The set-up, running; the functions' output goes to files in the folder. Skips where a server is missing."""
    database, bucket, queue = postgres.migrated(), servers.bucket(), servers.queue()
    with gateway() as front, neighbours(front.url) as beside:
        setup = Lambda(front.url, beside, database, bucket, queue)
        setup.fill()
        settings = setup.environ | settings
        with (
            setup.http,
            deployed("http", folder, settings) as front.function,
            deployed("queue", folder, settings) as setup.jobs,
            deployed("schedule", folder, settings) as setup.schedule,
        ):
            setup.functions = [front.function, setup.jobs, setup.schedule]
            yield setup


class Lambda(OnPostgres):
    name = "lambda"
    functions: list[Function]
    jobs: Function
    schedule: Function

    def __init__(self, url: str, beside: Neighbours, database: str, bucket: str, queue: str):
        super().__init__(url, beside, database, bucket)
        self.environ = self.environ | servers.ENVIRON | {"QUEUE_URL": servers.queue_setting(queue)}
        self._queue, self._sqs = queue, servers.client("sqs", servers.moto())

    def cron(self) -> None:
        self.schedule({"source": "aws.events"})

    def pump(self) -> None:
        """What AWS does between SQS and the function: messages that did not fail are done with."""
        received = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=MOST, WaitTimeSeconds=1)
        for message in received.get("Messages", []):
            self._deliver(message)

    def log(self) -> str:
        return "".join(function.printed for function in self.functions)

    def _deliver(self, message: dict[str, Any]) -> None:
        if not self.jobs(sqs_event(message["Body"]))["batchItemFailures"]:
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
