"""Wake-ups through Amazon SQS. Each message is a job ID, and the platform invokes a function that runs the job."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from app.core.errors import Unavailable
from app.core.log import Log

BATCH = 10
"""The maximum number of messages per call."""
CONNECT_S = 2
READ_S = 5


class SqsQueue:
    """Queue on SQS. `url` is the queue's URL; `endpoint` is the URL of another SQS server, for tests."""

    def __init__(self, url: str, log: Log, *, endpoint: str | None = None, region: str | None = None):
        self._url = url
        self._log = log
        self._endpoint = endpoint
        self._region = region

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        """Send wake-ups. One that fails is logged; the scheduled function sends it again."""
        ids = list(dict.fromkeys(each for each in job_ids if each))
        for start in range(0, len(ids), BATCH):
            if not await asyncio.to_thread(self._send, ids[start : start + BATCH], math.ceil(after_s)):
                return  # SQS is not responding, and the request that created the jobs must not wait again

    async def ask(self) -> None:
        """Check that the queue responds, with its cheapest call. Raises Unavailable."""
        await asyncio.to_thread(self._ask)

    def _ask(self) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        except (BotoCoreError, ClientError) as fault:
            raise Unavailable("The queue does not answer.", code="queue_unavailable") from fault

    def _send(self, ids: Sequence[str], delay_s: int) -> bool:
        """Send one batch. Returns False if SQS did not respond."""
        entries = [{"Id": str(at), "MessageBody": each, "DelaySeconds": delay_s} for at, each in enumerate(ids)]
        try:
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        except Exception as fault:  # noqa: BLE001  # no error may fail the request: the jobs are already in the database
            self._log.warning("wake_ups_lost", count=len(ids), fault=type(fault).__name__)
            return False
        if failed := answer.get("Failed"):
            self._log.warning("wake_ups_lost", count=len(failed), fault=failed[0]["Code"])
        return True

    @cached_property
    def _client(self) -> Any:
        """Created on first use, since importing boto3 and creating a client take 0.2 s."""
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"mode": "standard", "total_max_attempts": 2}
        )
        # Not boto3's default session, which is not thread-safe.
        session = boto3.session.Session(region_name=self._region)
        return session.client("sqs", endpoint_url=self._endpoint, config=config)
