"""`make demo` ends whole: whoever stops it finds both ports free again."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.browser.demo import running


def test_ending_the_demo_ends_the_simulated_shop(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        assert httpx.get(demo.shop_url).status_code == 200
        demo.process.terminate()
        demo.process.wait(30)
        with pytest.raises(httpx.TransportError):
            httpx.get(demo.shop_url)
