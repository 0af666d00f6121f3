"""App: everything that a use case may use, built once by app.wiring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing the ports would slow down a worker's start
    from app.core.capability import Capability
    from app.core.log import Log
    from app.core.ports.clock import Clock
    from app.core.ports.compute import Compute
    from app.core.ports.database import Database
    from app.core.ports.files import Files
    from app.core.ports.imaging import Imaging, Upscaler
    from app.core.ports.mailer import Mailer
    from app.core.ports.models import ImageModel
    from app.core.ports.queue import Queue
    from app.core.ports.shopify import ShopifyAdmin, ShopifyAuth
    from app.core.ports.vault import Vault
    from app.core.settings import Settings


@dataclass(frozen=True)
class App:
    settings: Settings
    capabilities: tuple[Capability, ...]
    db: Database
    files: Files
    queue: Queue
    image_model: ImageModel
    imaging: Imaging
    upscaler: Upscaler
    vault: Vault
    mailer: Mailer | None
    shopify_auth: ShopifyAuth
    shopify: ShopifyAdmin
    compute: Compute
    clock: Clock
    log: Log
