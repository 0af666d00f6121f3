"""A shop and its app, small and scripted: the page and the proxy on one origin, storage on another."""

import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.storefront.rendering import A3, A4, EXTENSION, PRODUCT, SQUARE, render_cart, render_page

DONE: dict[str, Any] = {"status": "completed", "progress": 100}
MAKING: dict[str, Any] = {"status": "processing", "progress": 40}
Answer = tuple[int, dict[str, Any]]


def error(status: int, message: str, code: str = "refused") -> Answer:
    """An answer as the app's errors look."""
    return status, {"error": {"code": code, "message": message, "request_id": "r1"}}


@dataclass
class Shop:
    """What the shop answers, and what it was asked. Tests change the first and read the second."""

    root: str = "/"
    enabled: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, Answer] = field(default_factory=dict)  # by path's end, each given once
    looks: list[dict[str, Any]] = field(default_factory=lambda: [DONE])  # one a poll; the last one stays
    mockups: bool = True
    wait: int = 2  # seconds of Retry-After
    storage: str = ""
    safe: dict[str, float] = field(default_factory=lambda: {"x": 0.0, "y": 0.0})  # shares of a print
    guest_token: str = ""  # the browser's own unless the shop gives another
    tickets: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[bytes] = field(default_factory=list)
    wishes: list[dict[str, Any]] = field(default_factory=list)
    sizes_asked: list[str | None] = field(default_factory=list)  # one a look
    cancelled: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def pages(self) -> Starlette:
        """The shop's origin: product page, theme assets, app proxy, cart."""
        proxy = [
            Route("/products/{product}", self.product),
            Route("/uploads", self.ticket, methods=["POST"]),
            Route("/previews", self.preview, methods=["POST"]),
            Route("/previews/{id}", self.look),
            Route("/previews/{id}/cancel", self.cancel, methods=["POST"]),
            Route("/previews/{id}/delete", self.delete, methods=["POST"]),
        ]
        local = [
            Route("/products/poster", self.page),
            Route("/cart/add.js", self.add, methods=["POST"]),
            Route("/cart/add", self.blank, methods=["POST"]),
            Route("/cart", self.cart),
            Route("/cart.js", self.cart_by_script),
            *[Route(f"/{name}.png", picture) for name in ("picture", "mockup", "plain")],
            Mount("/apps/artify", routes=proxy),
        ]
        assets = Mount("/assets", StaticFiles(directory=EXTENSION / "assets"))
        return Starlette(routes=[assets, Mount(self.root.rstrip("/"), routes=local)])

    @property
    def bucket(self) -> Starlette:
        """Storage's origin, which lets a browser on another origin PUT."""
        cors = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["PUT"], allow_headers=["x-ticket"])
        return Starlette(routes=[Route("/photo", self.store, methods=["PUT"])], middleware=[cors])

    async def page(self, _: Request) -> Response:
        return HTMLResponse(render_page(self.root, **self.settings))

    async def product(self, request: Request) -> Response:
        if not self.enabled or request.path_params["product"] != str(PRODUCT):
            return self._answer(error(404, "This product is not personalised."))
        styles = [
            {"id": name.lower(), "name": name, "example_url": self._picture} for name in ("Watercolour", "Pencil")
        ]
        sizes = [("A4", A4, 2480, 3508, 700), ("A3", A3, 3508, 4961, 990), ("Square", SQUARE, 2480, 2480, 700)]
        keys = ("name", "variant_id", "width_px", "height_px", "good_width_px")
        return JSONResponse(
            {
                "product_id": str(PRODUCT),
                "styles": styles,
                "sizes": [
                    {
                        "id": size[0],
                        "aspect": size[2] / size[3],
                        "safe": self.safe,
                        **dict(zip(keys, (size[0], str(size[1]), *size[2:]), strict=True)),
                    }
                    for size in sizes
                ],
                "limits": {
                    "max_bytes": 5 * 2**20,
                    "content_types": ["image/jpeg", "image/png", "image/heic"],
                    "min_side_px": 200,
                },
                "texts": {"consent": "Your photo is used for this design only."},
            }
        )

    async def ticket(self, request: Request) -> Response:
        self.tickets.append(await request.json())
        made = {"upload_id": f"u{len(self.tickets)}", "method": "PUT", "url": f"{self.storage}/photo"}
        return self._answer(self._refusal("uploads") or (201, made | {"headers": {"x-ticket": "signed"}}))

    async def store(self, request: Request) -> Response:
        body = await request.body()
        if refused := self._refusal("photo"):
            return self._answer(refused)
        assert request.headers["x-ticket"] == "signed"
        self.uploads.append(body)
        return Response()

    async def preview(self, request: Request) -> Response:
        self.wishes.append(wish := await request.json())
        token = self.guest_token = self.guest_token or wish["guest_token"]
        made = {"id": f"p{len(self.wishes)}", "status": "pending", "view_token": "see", "guest_token": token}
        return self._answer(self._refusal("previews") or (202, made))

    async def look(self, request: Request) -> Response:
        assert request.query_params["view_token"] == "see"
        if refused := self._refusal(request.path_params["id"]):
            return self._answer(refused)
        self.sizes_asked.append(request.query_params.get("size_id"))
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        pictures = {"preview_url": self._picture} | ({"mockup_url": f"{self.root}mockup.png"} if self.mockups else {})
        return JSONResponse({"id": request.path_params["id"]} | pictures | look)

    async def cancel(self, request: Request) -> Response:
        assert (await request.json())["guest_token"] == self.guest_token
        self.cancelled.append(request.path_params["id"])
        return JSONResponse({"id": request.path_params["id"], "status": "cancelled"})

    async def delete(self, request: Request) -> Response:
        assert (await request.json())["guest_token"] == self.guest_token
        if refused := self._refusal("delete"):
            return self._answer(refused)
        self.deleted.append(request.path_params["id"])
        return JSONResponse({"deleted": self.deleted})

    async def add(self, request: Request) -> Response:
        self.lines += (await request.json())["items"]
        return self._answer(self._refusal("add.js") or (200, {"items": self.lines}))

    async def blank(self, request: Request) -> Response:
        """The theme's own form, without a design."""
        form = await request.form()
        assert set(form) == {"id", "properties[Gift note]", "quantity", "add"}, "the block's own fields leaked"
        self.lines.append({"id": int(str(form["id"])), "properties": {}})
        return HTMLResponse("<h1>Cart</h1>")

    async def cart(self, _: Request) -> Response:
        return HTMLResponse(render_cart(self.root, [line["id"] for line in self.lines]))

    async def cart_by_script(self, _: Request) -> Response:
        lines = [
            line | {"variant_id": line["id"], "key": f"{line['id']}:{place}", "product_title": "Poster"}
            for place, line in enumerate(self.lines)
        ]
        return JSONResponse({"items": lines})

    @property
    def _picture(self) -> str:
        return f"{self.root}picture.png"

    def _refusal(self, name: str) -> Answer | None:
        return self.refusals.pop(name, None)

    def _answer(self, answer: Answer) -> Response:
        status, body = answer
        return JSONResponse(body, status, headers={"Retry-After": str(self.wait)} if status == 429 else None)


async def picture(_: Request) -> Response:
    """Any picture."""
    return Response(png(40, 56), media_type="image/png")


def png(width: int, height: int) -> bytes:
    """A plain picture of that many pixels."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, "png")
    return out.getvalue()
