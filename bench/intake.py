"""The app for the webhook benchmark: the real routes for uvicorn, without job loops, because the peer has none."""

from __future__ import annotations

import os

from app.core.settings import Settings
from app.wiring import build
from handlers.routes import create

app = create(build(Settings.load(os.environ)))
