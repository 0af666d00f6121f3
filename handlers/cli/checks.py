"""The checks of `artify doctor`. Each returns a sentence about what works, or raises Trouble, Lack or AppError."""

from __future__ import annotations

import asyncio
import shlex
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app import wiring
from app.core.app import App
from app.core.ids import new_id
from app.core.ports.connections import CanBeAsked
from app.core.ports.files import AnswersLinks
from app.core.ports.queue import WaitsForWakeUps
from app.render_workers import unattended
from handlers.jobs import KINDS

PROBE = b"artify"
ORIGIN = "https://some-shop.myshopify.com"


class Trouble(Exception):
    """Something does not work; the message says what to do."""


class Lack(Exception):
    """Something optional is missing."""


async def database(app: App) -> str:
    """Connect, and compare the tables with those that the code expects."""
    differences = await asyncio.to_thread(wiring.schema_differences, app.settings.database_url)
    if differences:
        raise Trouble(f"The schema is out of date ({len(differences)} tables differ). Run: artify db migrate")
    return "answers and has the current schema"


async def files(app: App) -> str:
    """Write, read and delete a test file."""
    key = f"doctor/{new_id()}.txt"
    await app.files.put(key, PROBE, "text/plain")
    read = await app.files.get(key)
    await app.files.delete(key)
    if read != PROBE:
        raise Trouble("A test file could not be read back as it was written. Check the storage in FILES_URL.")
    return "can be written, read and deleted"


async def privacy_of_files(app: App) -> str:
    """Check whether other users of this machine can read the database or the files on it."""
    if paths := wiring.open_to_others(app.settings):
        named = " ".join(shlex.quote(str(path)) for path in paths)
        raise Trouble(f"Other users of this machine can read the database or the files. Run: chmod -R o-rwx {named}")
    return "can be read only by this user, if they are on this machine"


async def uploads(app: App) -> str:
    """Send the CORS preflight request that a browser sends before it uploads a photo."""
    if isinstance(app.files, AnswersLinks):
        return "go to the app itself"
    import httpx

    soon = app.clock.now() + timedelta(minutes=1)
    ticket = app.files.upload_ticket(f"doctor/{new_id()}.txt", mime="image/png", size=len(PROBE), expires_at=soon)
    wanted = {"Origin": ORIGIN, "Access-Control-Request-Method": ticket.method}
    async with httpx.AsyncClient(timeout=5) as http:
        answer = await http.options(ticket.url, headers=wanted | {"Access-Control-Request-Headers": "content-type"})
    if not answer.is_success or "access-control-allow-origin" not in answer.headers:
        raise Trouble(
            "The storage does not allow uploads from browsers. Add a CORS rule to the bucket: PUT, any origin."
        )
    return "are allowed by the storage"


async def queue(app: App) -> str:
    if isinstance(app.queue, CanBeAsked):
        await app.queue.ask()
        return "answers"
    return "is the database" if isinstance(app.queue, WaitsForWakeUps) else "sends wake-ups and cannot be tested"


async def time_zones(app: App) -> str:
    """Look up a time zone, as the app does for a shop's month."""
    try:
        ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError as fault:
        raise Trouble(
            "This machine has no time-zone data, so every shop's month is counted in UTC. Run: pip install tzdata"
        ) from fault
    return "are available"


async def shopify(app: App) -> str:
    """Fetch the script that every page of the app loads, which needs no account."""
    import httpx

    async with httpx.AsyncClient(timeout=5) as http:
        answer = await http.get(f"{app.settings.shopify_cdn_url}/app-bridge.js")
    if not answer.is_success:
        raise Trouble(
            f"Shopify answered with status {answer.status_code}. Check SHOPIFY_BASE_URL, which is for tests and demos."
        )
    return "can be reached"


async def image_model(app: App) -> str:
    if app.settings.ai_provider == "gemini":
        return f"is {app.image_model.name}; its key is set but was not tested"
    if not wiring.installed()["local-ai"]:
        raise Trouble(
            "The local model is not installed. Run: pip install 'artify[local-ai]', or set AI_PROVIDER=gemini"
        )
    return "is local"


async def photo_decoder(app: App) -> str:
    """Start a process with the same restrictions as the photo decoders."""
    held_by = await asyncio.to_thread(wiring.decoder_protections)
    if not held_by:
        raise Lack("Photos are decoded in the app's own process.")
    if "seccomp" not in held_by:
        raise Lack(f"A malicious photo that takes over the decoder is restricted only by {held_by}.")
    return f"is restricted by {held_by}"


async def print_engine(app: App) -> str:
    if not wiring.installed()["print"]:
        raise Lack("libvips is not installed. Run: pip install 'artify[print]'.")
    return "is libvips"


async def render_workers(app: App) -> str:
    """Looks for heavy jobs that no render worker has come for."""
    if app.settings.jobs_key is None:
        return "are not let in: this app does its heavy jobs itself"
    if waiting := await unattended(app, KINDS):
        named = ", ".join(f"{count} {kind}" for kind, count in sorted(waiting.items()))
        raise Trouble(
            f"None has come for an hour, and jobs wait for one: {named}. "
            f"Run on a machine with the print engine: artify jobs run --remote {app.settings.app_url}"
        )
    return "keep up with the heavy jobs"


async def upscaler(app: App) -> str:
    if not wiring.installed()["span"]:
        raise Lack("No upscaling network is installed.")
    return f"is {app.upscaler.name}"
