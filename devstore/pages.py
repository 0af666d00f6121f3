"""Pages from the templates beside this file."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from devstore.catalog import money
from devstore.store import store_of

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["money"] = money


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    store = store_of(request)
    known = {"path": request.url.path, "app": store.manifest, "app_url": store.config.app_url}
    return HTMLResponse(_environment.get_template(template).render(known | values), status)
