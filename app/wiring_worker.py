"""The App of a Cloudflare worker, as app.wiring makes that of a machine. Together they are all that names adapters."""

from __future__ import annotations

import sys
from typing import Any

from app.adapters.compute_inline import InlineCompute
from app.adapters.database.d1 import D1Database
from app.adapters.database.d1_binding import run_on
from app.adapters.files.js_stream import pieces as pieces  # what HTTP reads its requests with
from app.adapters.files.r2 import R2Files
from app.adapters.imaging.cloudflare import CloudflareImages
from app.adapters.imaging.images_binding import make_by
from app.adapters.imaging.upscaler_resample import Resample
from app.adapters.models.gemini import GeminiImages
from app.adapters.queue.cloudflare import CloudflareQueue
from app.adapters.shopify import Admin, Auth
from app.adapters.vault.webcrypto import WebCryptoVault
from app.capabilities import CAPABILITIES
from app.core.app import App
from app.core.log import Log
from app.core.settings import Settings
from app.core.times import SystemClock


def build_worker(env: Any) -> App:
    """The app for JavaScript's `env`: settings are its texts; DB, FILES, IMAGES and JOBS its bindings."""
    settings, log = Settings.load(_texts(env)), Log(sys.stdout)  # what goes to stderr is an error there
    return App(
        settings=settings,
        capabilities=CAPABILITIES,
        db=D1Database(run_on(env.DB)),
        files=R2Files(env.FILES, settings.app_url, settings.link_key),
        queue=CloudflareQueue(env.JOBS, log),
        image_model=_image_model(settings),
        imaging=CloudflareImages(make_by(env.IMAGES)),
        upscaler=Resample(),
        vault=WebCryptoVault(settings.token_key, settings.old_token_key),
        shopify_auth=Auth(
            settings.shopify_api_key,
            settings.shopify_api_secret,
            settings.shopify_old_api_secret,
            base_url=settings.shopify_base_url,
            cdn_url=settings.shopify_cdn_url,
        ),
        shopify=Admin(settings.shopify_api_version, base_url=settings.shopify_base_url),
        compute=InlineCompute(),
        clock=SystemClock(),
        log=log,
    )


def _image_model(settings: Settings) -> GeminiImages:
    """The local model does not run here. Photos go to Google only where the operator has chosen that."""
    key = settings.gemini_api_key if settings.ai_provider == "gemini" else None
    return GeminiImages(key or "", settings.gemini_image_model, base_url=settings.gemini_base_url)


def _texts(env: Any) -> dict[str, str]:
    import js

    return {name: value for name, value in js.Object.entries(env) if isinstance(value, str)}
