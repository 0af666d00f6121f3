"""Pages and fragments: Jinja2 templates, rendered with the values that every page needs."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.capabilities import CAPABILITIES
from app.core.app import App
from app.core.paging import Cursor
from handlers.http.status_badges import status_badge
from handlers.http.uploads import ACCEPTED_FILES

if TYPE_CHECKING:
    from jinja2 import Environment

NAV = [link for each in CAPABILITIES for link in each.nav]
TEMPLATES = Path(__file__).parents[1] / "templates"


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a page, or a fragment if the template's name starts with an underscore."""
    app: App = request.app.state.app
    html = (
        template_environment()
        .get_template(template)
        .render(
            settings={"cdn": app.settings.shopify_cdn_url, "api_key": app.settings.shopify_api_key},
            path="/" + request.scope["path"].lstrip("/\\"),  # a link to //host would lead to another site
            **values,
        )
    )
    headers = dict(getattr(request.state, "page_headers", {}))
    return HTMLResponse(html, status, {"Cache-Control": "no-store", **headers})


@cache
def template_environment() -> Environment:
    """The Jinja2 environment of all pages. Jinja2 is imported with the first page: webhooks and storefront calls do not
    need it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["nav"] = NAV
    environment.filters |= {"day": _day, "minute": _minute, "dollars": _dollars, "megabytes": _megabytes}
    environment.filters["page_link"] = _page_link
    environment.globals |= {"badge_of": status_badge, "accepted_files": ACCEPTED_FILES}
    return environment


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _page_link(cursor: Cursor | None, address: str) -> str | None:
    """The address of the page at a cursor, for `pagination`; `address` is that of the first page."""
    if cursor is None:
        return None
    where = {"before": cursor.before} if cursor.before else {"after": cursor.after}
    return f"{address}{'&' if '?' in address else '?'}{urlencode(where)}"


def _minute(moment: datetime) -> str:
    return f"{_day(moment)}, {moment:%H:%M} UTC"


def _dollars(micros: int) -> str:
    """An amount in micro-dollars, to the cent."""
    return f"${micros / 1_000_000:,.2f}"


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"
