"""Builds the App of a Cloudflare worker. Only this module and app.wiring import adapters."""

from __future__ import annotations

import sys
from typing import Any

from app.adapters.compute_inline import InlineCompute
from app.adapters.database.d1 import D1Database
from app.adapters.database.d1_binding import run_on
from app.adapters.files.js_stream import pieces as pieces  # with which the HTTP handlers read request bodies
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
    """Return the app for the worker's JavaScript `env`, whose strings are settings.

    DB, FILES, IMAGES and JOBS are its bindings.
    """
    settings, log = Settings.load(_strings(env)), Log(sys.stdout)  # Cloudflare records stderr as errors
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
        mailer=None,  # a worker has no SMTP
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
    """Return the Gemini model, because the local model does not run here.

    Without the operator's choice of Gemini it has no key, so that no photos are sent to Google.
    """
    key = settings.gemini_api_key if settings.ai_provider == "gemini" else None
    return GeminiImages(key or "", settings.gemini_image_model, base_url=settings.gemini_base_url)


def _strings(env: Any) -> dict[str, str]:
    import js

    return {name: value for name, value in js.Object.entries(env) if isinstance(value, str)}
