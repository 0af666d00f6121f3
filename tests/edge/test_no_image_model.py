"""A worker whose operator has chosen no model that runs there sends no photo anywhere."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.edge import workerd
from tests.edge.conftest import deployed, offers
from tests.edge.test_first_way import ENDED
from tests.integration.merchant import Merchant
from tests.integration.servers import SHOP
from tests.integration.storefront import Storefront

pytestmark = pytest.mark.anyio


async def test_a_key_of_gemini_is_not_used_where_the_local_model_is_chosen(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    workerd.needed()
    folder = tmp_path_factory.mktemp("local")
    rows = await asyncio.to_thread(asyncio.run, offers(folder))
    with deployed(folder, rows, AI_PROVIDER="local") as edge:
        async with httpx.AsyncClient(base_url=edge.url, timeout=60, trust_env=False) as http:
            assert (await Merchant(http, SHOP).document()).status_code == 200
            preview = await Storefront(http).asked()
            [made] = await edge.settled(ENDED, preview["id"])
    assert (made["status"], made["error_code"]) == ("failed", "no_image_model")
