"""The minimal Starlette application as a Lambda function."""

from __future__ import annotations

import asyncio

from mangum import Mangum

from bench.bare import app

asyncio.set_event_loop(asyncio.new_event_loop())
handler = Mangum(app, lifespan="off")
