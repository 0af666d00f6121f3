"""What every Vault does: secrets that only their key opens, and that nobody can alter unseen."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from app.core.errors import Unauthorized
from app.core.ports.vault import Vault
from tests.contract.adapters import VAULTS

pytestmark = pytest.mark.anyio
KEY, NEXT_KEY = bytes(range(32)), bytes(range(32, 64))
Make = Callable[..., Vault]


@pytest.fixture(params=VAULTS)
async def make(request: pytest.FixtureRequest, anyio_backend: str) -> Make:
    return VAULTS[request.param]


async def refused(vault: Vault, sealed: str) -> bool:
    try:
        await vault.open(sealed)
    except Unauthorized:
        return True
    return False


@pytest.mark.parametrize("secret", ["shpat_0123456789abcdef", "", "ü😀\x00", "x" * 10_000], ids=range(4))
async def test_what_was_sealed_opens_again(make: Make, secret: str) -> None:
    sealed = await make(KEY).seal(secret)
    assert await make(KEY).open(sealed) == secret
    assert sealed.isascii()
    assert not secret or secret not in sealed


async def test_the_same_secret_is_sealed_differently_each_time(make: Make) -> None:
    vault = make(KEY)
    assert len({await vault.seal("secret") for _ in range(100)}) == 100


async def test_another_key_opens_nothing(make: Make) -> None:
    sealed = await make(KEY).seal("secret")
    assert await refused(make(bytes(32)), sealed)


async def test_any_altered_byte_is_refused(make: Make) -> None:
    vault = make(KEY)
    mark, _, body = (await vault.seal("secret")).rpartition(":")
    raw = base64.b64decode(body)
    for at in range(len(raw)):
        altered = bytes(byte ^ 1 if place == at else byte for place, byte in enumerate(raw))
        assert await refused(vault, f"{mark}:{base64.b64encode(altered).decode()}")


@pytest.mark.parametrize("cut", range(1, 40, 3))
async def test_a_part_of_a_sealed_text_is_refused(make: Make, cut: int) -> None:
    vault = make(KEY)
    sealed = await vault.seal("secret")
    assert await refused(vault, sealed[:-cut])


@pytest.mark.parametrize(
    "text", ["", "v2", "v2:", "v2:AAAA", "v2::AAAA", "v2:not base64", "plain text", "v1:AAAA", "ü:ü", "v2:ü"]
)
async def test_what_was_never_sealed_is_refused(make: Make, text: str) -> None:
    assert await refused(make(KEY), text)


async def test_another_version_of_the_format_is_refused(make: Make) -> None:
    vault = make(KEY)
    sealed = await vault.seal("secret")
    assert await refused(vault, "v3" + sealed[2:])


async def test_while_keys_change_the_old_one_opens_and_the_new_one_seals(make: Make) -> None:
    before, during, after = make(KEY), make(NEXT_KEY, KEY), make(NEXT_KEY)
    sealed = await before.seal("secret")
    assert await during.open(sealed) == "secret"
    resealed = await during.seal("secret")
    assert await after.open(resealed) == "secret"
    assert await refused(after, sealed)
    assert await refused(before, resealed)


async def test_a_sealed_text_names_its_key(make: Make) -> None:
    sealed = await make(KEY).seal("secret")
    assert sealed.startswith(make(KEY).mark + ":")
    assert not sealed.startswith(make(NEXT_KEY, KEY).mark)
    assert KEY.hex()[:8] not in make(KEY).mark


async def test_a_text_cannot_be_passed_off_as_sealed_by_another_key(make: Make) -> None:
    vault = make(NEXT_KEY, KEY)
    mark, _, body = (await make(KEY).seal("secret")).rpartition(":")
    assert mark != vault.mark
    assert await refused(vault, f"{vault.mark}:{body}")


async def test_a_refusal_tells_nothing_of_the_secret_or_the_key(make: Make) -> None:
    sealed = await make(KEY).seal("shpat_0123456789")
    with pytest.raises(Unauthorized) as fault:
        await make(bytes(32)).open(sealed)
    assert "shpat_0123456789" not in str(fault.value)
    assert sealed not in str(fault.value)
    assert fault.value.code == "sealed_unreadable"
