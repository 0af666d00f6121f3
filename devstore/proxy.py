"""The app proxy: the shop's own path, signed and handed on to the app."""

import time

import httpx
from starlette.requests import Request
from starlette.responses import Response

from devstore.pages import page
from devstore.session import customer_id
from devstore.signatures import proxy_signature
from devstore.store import Store, shop_of, store_of

PATIENCE = 30.0  # seconds
FORWARDED = ("accept", "accept-language", "content-type", "user-agent")
RETURNED = ("cache-control", "content-type", "location", "retry-after")
OURS = ("shop", "logged_in_customer_id", "path_prefix", "timestamp", "signature")


async def app_proxy(request: Request) -> Response:
    """Forward to `{APP_URL}/proxy/…`. Cookies are stripped both ways."""
    store, shop = store_of(request), shop_of(request)
    url = f"{store.config.app_url}{store.manifest.proxy_url}/{request.path_params['rest']}"
    try:
        answer = await store.client.request(
            request.method,
            url,
            params=_signed(request, store, shop),
            content=await request.body(),
            headers={name: request.headers[name] for name in FORWARDED if name in request.headers},
            timeout=PATIENCE,
        )
    except httpx.HTTPError:
        return page(request, "proxy_error.html", 502, shop=shop)
    headers = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
    return Response(answer.content, answer.status_code, headers)


def _signed(request: Request, store: Store, shop: str) -> list[tuple[str, str]]:
    params = [(name, value) for name, value in request.query_params.multi_items() if name not in OURS]
    params += [
        ("shop", shop),
        ("logged_in_customer_id", customer_id(request) or ""),
        ("path_prefix", store.manifest.proxy_prefix),
        ("timestamp", str(int(time.time()))),
    ]
    return [*params, ("signature", proxy_signature(params, store.config.api_secret))]
