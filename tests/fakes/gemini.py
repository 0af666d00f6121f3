"""A small Gemini over real HTTP: generateContent, as far as pictures in and one picture out."""

from __future__ import annotations

import base64
import contextlib
import io
import socket
import threading
from collections.abc import Iterator

import uvicorn
from PIL import Image, ImageOps
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

KEY = "test-key-7c1f"


class FakeGemini:
    """Answers as `mode` says: ok, refuse, blocked, 429, 500 or slow. `asked` keeps what came in.

    `next` are modes that come first, one a call.
    """

    def __init__(self) -> None:
        self.mode = "ok"
        self.next: list[str] = []
        self.asked: list[dict[str, object]] = []
        self.app = Starlette(routes=[Route("/v1beta/models/{call}", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> JSONResponse:
        if request.headers.get("x-goog-api-key") != KEY:
            return _error(400, "INVALID_ARGUMENT", "API key not valid.")
        body = await request.json()
        self.asked.append(body)
        mode = self.next.pop(0) if self.next else self.mode
        if mode.isdigit():
            return _error(int(mode), "UNAVAILABLE", f"Refusing key {KEY} of project 12345.")
        if mode == "slow":
            await request.receive()  # nothing comes but the caller hanging up
            return _error(499, "CANCELLED", "The caller hung up.")
        if mode == "blocked":
            return JSONResponse({"promptFeedback": {"blockReason": "SAFETY"}})
        if mode == "refuse":
            return JSONResponse({"candidates": [{"finishReason": "IMAGE_SAFETY", "content": {"role": "model"}}]})
        photos = [part["inlineData"]["data"] for part in body["contents"][0]["parts"] if "inlineData" in part]
        picture = {"mimeType": "image/png", "data": _inverted(photos[0]) if photos else _plain()}
        parts = [{"text": "Here it is."}, {"inlineData": picture}]
        counted = {"promptTokenCount": 1290, "candidatesTokenCount": 1120}
        candidates = [{"finishReason": "STOP", "content": {"role": "model", "parts": parts}}]
        return JSONResponse({"candidates": candidates, "usageMetadata": counted})

    @contextlib.contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """The address while a real server runs on this port, or on a free one."""
        config = uvicorn.Config(self.app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # it may have served here before
            listener.bind(("127.0.0.1", port))
            listener.listen()  # from here on the system takes calls, before the server has started
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join(10)


def _error(code: int, status: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "status": status, "message": message}}, status_code=code)


def _plain() -> str:
    """A picture for a prompt that came without one."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "navy").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def _inverted(encoded: str) -> str:
    """The photo in negative, so that a test sees that it went there and back."""
    with Image.open(io.BytesIO(base64.urlsafe_b64decode(encoded))) as photo:
        negative = ImageOps.invert(photo.convert("RGB"))
    out = io.BytesIO()
    negative.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()
