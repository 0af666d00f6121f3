"""What the storefront's block sends, signed as the app proxy signs it."""

from __future__ import annotations

import time
from typing import Any

import httpx

from devstore.config import Config
from devstore.signatures import proxy_signature
from tests.integration.servers import SHOP
from tests.pictures import Sample, good

MUG = "7700000000002"
MUG_VARIANT = "7800000000021"
POSTER = "7700000000001"
A4_VARIANT = "7800000000011"
SECRET = Config.api_secret


def signed(query: dict[str, str], *, shop: str = SHOP, customer: str = "", secret: str = SECRET) -> dict[str, str]:
    """A query with what the app proxy adds; a name that is there already stays as it is."""
    ours = {
        "shop": shop,
        "logged_in_customer_id": customer,
        "path_prefix": "/apps/artify",
        "timestamp": str(int(time.time())),
    }
    whole = ours | query
    return {"signature": proxy_signature(whole.items(), secret)} | whole


class Storefront:
    """One browser on the product page of a shop; it keeps the guest's token as the block does."""

    def __init__(self, http: httpx.AsyncClient, shop: str = SHOP, customer: str = ""):
        self.http, self.shop, self.customer = http, shop, customer
        self.guest_token: str | None = None

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.http.get(f"/proxy/{path}", params=signed(query, shop=self.shop, customer=self.customer))

    async def post(self, path: str, body: Any) -> httpx.Response:
        query = signed({}, shop=self.shop, customer=self.customer)
        if self.guest_token and isinstance(body, dict):
            body = {"guest_token": self.guest_token} | body
        return await self.http.post(f"/proxy/{path}", params=query, json=body)

    async def offer(self, product: str = MUG) -> dict[str, Any]:
        answer = await self.get(f"products/{product}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ticket(self, photo: Sample, **changes: Any) -> httpx.Response:
        wish = {"filename": photo.filename, "content_type": photo.mime, "bytes": len(photo.data)}
        return await self.post("uploads", wish | changes)

    async def ticket_of(self, size: int) -> httpx.Response:
        """A ticket for a JPEG of so many bytes."""
        return await self.ticket(Sample(b"", "a.jpg", "image/jpeg"), bytes=size)

    async def send(self, ticket: dict[str, Any], data: bytes) -> httpx.Response:
        return await self.http.request(ticket["method"], ticket["url"], headers=ticket["headers"], content=data)

    async def upload(self, photo: Sample | None = None) -> str:
        """A photo that has arrived; its id."""
        photo = photo or good("jpeg")
        ticket = await self.ticket(photo)
        assert ticket.status_code == 201, ticket.text
        sent = await self.send(ticket.json(), photo.data)
        assert sent.status_code == 200, sent.text
        return str(ticket.json()["upload_id"])

    async def wish(self, **changes: Any) -> dict[str, Any]:
        """The body of a preview request for the mug, with an upload of its own; None leaves a field out."""
        style = changes.get("style_id") or (await self.offer())["styles"][0]["id"]
        wish = {"product_id": MUG, "variant_id": MUG_VARIANT, "style_id": style} | changes
        if "upload_id" not in wish:
            wish["upload_id"] = await self.upload()
        return {name: value for name, value in wish.items() if value is not None}

    async def ask(self, **changes: Any) -> httpx.Response:
        """Ask for a preview of the mug."""
        answer = await self.post("previews", await self.wish(**changes))
        if answer.is_success:
            self.guest_token = answer.json()["guest_token"] or self.guest_token
        return answer

    async def asked(self, **changes: Any) -> dict[str, Any]:
        """A preview that was accepted."""
        answer = await self.ask(**changes)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def look(self, preview: dict[str, Any]) -> dict[str, Any]:
        answer = await self.get(f"previews/{preview['id']}", view_token=preview["view_token"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def cancel(self, preview: dict[str, Any]) -> httpx.Response:
        return await self.post(f"previews/{preview['id']}/cancel", {})
