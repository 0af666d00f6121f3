"""The ports of generative models."""

from __future__ import annotations

from typing import Protocol

from app.core.pictures import (
    ImageAnswer,
    ImageRequest,
)
from app.core.ports.compute import Compute as Compute


class ImageModel(Protocol):
    """Makes pictures from a prompt and other pictures. `service` is the provider of the model, `name` its name."""

    service: str
    name: str

    async def render(self, request: ImageRequest) -> ImageAnswer:
        """Return at least one picture.

        Raises Unavailable if a retry may succeed, and Unprocessable if it cannot: `ai_refused` if the model declines
        the request, `picture_needed` if it cannot work from a prompt alone.
        """
