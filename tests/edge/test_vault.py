"""A database may move between a worker and a machine: both read each other's secrets."""

from __future__ import annotations

import pytest

from app.adapters.vault.cryptography import CryptographyVault
from tests.edge.adapter_worker import WebCrypto

pytestmark = pytest.mark.anyio
KEY = bytes(range(32))


async def test_what_a_machine_sealed_opens_on_the_worker() -> None:
    assert await WebCrypto(KEY).open(await CryptographyVault(KEY).seal("ü secret")) == "ü secret"


async def test_what_the_worker_sealed_opens_on_a_machine() -> None:
    assert await CryptographyVault(KEY).open(await WebCrypto(KEY).seal("ü secret")) == "ü secret"
