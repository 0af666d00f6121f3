"""A load generator for webhooks, as a process of its own: `python -m bench.load_generator PORT FIRST COUNT`.

It sends signed requests over a few keep-alive connections, and prints {"seconds", "statuses"}. The requests are signed
before the clock starts.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator

from bench.orders import deliveries

CONNECTIONS = 16
STREAM_LIMIT = 2**20  # bytes


async def send_all(port: int, requests: list[bytes]) -> dict[str, object]:
    """Send the requests, and return the total seconds and the number of responses by status."""
    statuses: Counter[str] = Counter()
    pending = iter(requests)
    started = time.perf_counter()
    await asyncio.gather(*[_connection(port, pending, statuses) for _ in range(CONNECTIONS)])
    return {"seconds": time.perf_counter() - started, "statuses": statuses}


async def _connection(port: int, pending: Iterator[bytes], statuses: Counter[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=STREAM_LIMIT)
    for request in pending:
        writer.write(request)
        statuses[await _status(reader)] += 1
    writer.close()
    await writer.wait_closed()


async def _status(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if "transfer-encoding: chunked" in head:
        await reader.readuntil(b"0\r\n\r\n")
    elif "content-length: " in head:
        await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
    return head.split(" ")[1]


if __name__ == "__main__":
    port, first, count = (int(argument) for argument in sys.argv[1:])
    print(json.dumps(asyncio.run(send_all(port, deliveries(first, count, os.environ["SHOPIFY_API_SECRET"])))))
