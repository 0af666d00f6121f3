"""Wake-ups through Cloudflare Queues. Each message is a job ID."""

from __future__ import annotations

import math
from typing import Any

from app.core.log import Log

BATCH = 100
"""The maximum number of messages per call: https://developers.cloudflare.com/queues/platform/limits/"""


class CloudflareQueue:
    """Queue on Cloudflare Queues. `binding` is the JavaScript binding object."""

    def __init__(self, binding: Any, log: Log):
        self._binding = binding
        self._log = log

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        import js
        from pyodide.ffi import JsException, to_js

        for start in range(0, len(job_ids), BATCH):
            ids = job_ids[start : start + BATCH]
            messages = [{"body": job_id, "delaySeconds": math.ceil(after_s)} for job_id in ids]
            try:
                await self._binding.sendBatch(to_js(messages, dict_converter=js.Object.fromEntries))
            except JsException:  # the cron trigger sends it again
                self._log.warning("wake_up_lost", jobs=len(messages))
