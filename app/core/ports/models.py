"""The ports of generative models."""

from __future__ import annotations

from typing import Protocol

from app.core.pictures import (
    ImageAnswer,
    ImageRequest,
)
from app.core.ports.compute import Compute as Compute


class ImageModel(Protocol):
    """Makes pictures from a prompt and other pictures. `service` is who runs the model, `name` the model's."""

    service: str
    name: str

    async def render(self, request: ImageRequest) -> ImageAnswer:
        """At least one picture. Raises Unavailable (try later), or Unprocessable (never will): `ai_refused` when the
        model declines the request, `picture_needed` when it cannot work from a prompt alone."""
