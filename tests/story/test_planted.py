"""The scan of the logs finds what it looks for."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest

from devstore.config import Config
from tests.story import planted
from tests.story.photos import photo

SECRET = Config.api_secret
TOKEN = "a-token-of-this-run-_0123456789"


@pytest.mark.parametrize("secret", [SECRET, TOKEN, "ada.planted@shopper.example"])
@pytest.mark.parametrize("before", ["", "1", "22", "333"])
def test_a_secret_is_found_in_every_form(secret: str, before: str) -> None:
    around = f"{before}{secret} and more".encode()
    for form in (
        around.decode(),
        around.hex(),
        base64.b64encode(around).decode(),
        base64.urlsafe_b64encode(around).decode(),
        urlencode({"q": around}),
        json.dumps({"q": around.decode()}),
    ):
        assert secret in planted.leaks(f"a line\n{form}\n", {TOKEN})


def test_a_photo_is_found() -> None:
    assert planted.leaks(str(photo("photo")), set()) != []
    assert planted.leaks(base64.b64encode(photo("photo")).decode(), set()) != []


def test_a_log_without_secrets_is_clean() -> None:
    line = {"event": "request", "path": "/proxy/previews", "shop": "artify-demo.myshopify.com", "status": 202}
    assert planted.leaks(json.dumps(line), {TOKEN}) == []
