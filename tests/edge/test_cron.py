"""Cron on Cloudflare."""

from __future__ import annotations

import httpx
import pytest

from tests.edge.conftest import Edge

pytestmark = pytest.mark.anyio


async def test_cron_runs_what_no_message_names(delegating: Edge) -> None:
    """The first test of its worker: a message of another test would run the job that waits longest."""
    assert delegating.rows("SELECT status FROM jobs WHERE id = 'lost'") == [{"status": "pending"}]
    async with httpx.AsyncClient(base_url=delegating.url, timeout=60, trust_env=False) as http:
        assert (await http.get("/cdn-cgi/handler/scheduled")).status_code == 200
    await delegating.settled("SELECT id FROM jobs WHERE id = 'lost' AND status = 'done'")
