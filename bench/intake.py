"""The app as a webhook door alone, for uvicorn: the real routes, without the job loops, which the peer lacks."""

from __future__ import annotations

import os

from app.core.settings import Settings
from app.wiring import build
from handlers.routes import create

app = create(build(Settings.load(os.environ)))
