"""The script and the stylesheet of the admin pages.

Starlette's StaticFiles reads files in threads, which Cloudflare workers do not have.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import NotFound

STATIC = Path(__file__).parents[1] / "static"
TYPES = {".css": "text/css", ".js": "text/javascript"}


async def page_file(request: Request) -> Response:
    """Serve a file with an ETag. Browsers revalidate it each time, so a new page is never used with an old script."""
    path = STATIC / request.path_params["name"]
    if path not in STATIC.iterdir() or path.suffix not in TYPES:
        raise NotFound()
    data = path.read_bytes()
    etag = f'"{hashlib.sha256(data).hexdigest()}"'
    headers = {"Cache-Control": "no-cache", "ETag": etag}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=TYPES[path.suffix])
