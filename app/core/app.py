"""App: everything that a use case may use, built once by app.wiring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing the ports would slow down a worker's start
    from app.core import ports
    from app.core.capability import Capability
    from app.core.log import Log
    from app.core.settings import Settings


@dataclass(frozen=True)
class App:
    settings: Settings
    capabilities: tuple[Capability, ...]
    db: ports.Database
    files: ports.Files
    queue: ports.Queue
    image_model: ports.ImageModel
    imaging: ports.Imaging
    upscaler: ports.Upscaler
    vault: ports.Vault
    door: ports.ShopifyDoor
    shopify: ports.ShopifyAdmin
    compute: ports.Compute
    clock: ports.Clock
    log: Log
