"""The shopper's address: the last one that Shopify's proxy has added, whatever was sent before it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.http.client_address import bucket, network, parsed, shopper_address

SHOPPER, SHOPIFY = "203.0.113.7", "198.51.100.1"
IPV6, ITS_64, ITS_48 = "2001:db8:1:2::7", "2001:db8:1:2::/64", "2001:db8:1::/48"
EMBEDDED = (IPv6Address("::ffff:0:0"), IPv6Address("64:ff9b::"))


@pytest.mark.parametrize(
    ("forwarded", "peer"),
    [
        pytest.param(SHOPPER, SHOPIFY, id="straight from Shopify"),
        pytest.param(f"10.0.0.1, {SHOPPER}", SHOPIFY, id="the shopper made one up"),
        pytest.param(f"{SHOPPER},{SHOPIFY}", SHOPIFY, id="our proxy added Shopify's"),
        pytest.param(f"{SHOPPER},{SHOPIFY}:443", SHOPIFY, id="our proxy added Shopify's with its port"),
        pytest.param(f"{SHOPPER},::FFFF:{SHOPIFY}", SHOPIFY, id="our proxy listens by IPv6"),
        pytest.param(f"10.0.0.1, {SHOPIFY}, {SHOPPER}, {SHOPIFY}", SHOPIFY, id="both"),
        pytest.param(SHOPPER, SHOPPER, id="the server has looked at it already"),
        pytest.param("", SHOPPER, id="no proxy at all"),
        pytest.param(" , ", SHOPPER, id="nothing in it"),
    ],
)
def test_the_shoppers_address_is_found(forwarded: str, peer: str) -> None:
    assert shopper_address(forwarded, peer) == SHOPPER


@pytest.mark.parametrize(
    "written",
    [
        "203.0.113.7",
        " 203.0.113.7 ",
        "203.0.113.7:51234",
        '"203.0.113.7:51234"',
        "::ffff:203.0.113.7",
        "[::FFFF:CB00:7107]:443",
        "64:ff9b::203.0.113.7",
        "64:ff9b::cb00:7107%eth0",
        "2002:cb00:7107::1",
        "2002:cb00:7107:1234:5678::1",
        "2001:0:4136:e378:8000:63bf:34ff:8ef8",
    ],
)
def test_every_way_to_write_an_ipv4_address_is_one_sender(written: str) -> None:
    assert (bucket(written), network(written)) == (SHOPPER, "")


@pytest.mark.parametrize(
    "written",
    [
        IPV6,
        "2001:DB8:1:2::7",
        "2001:0db8:0001:0002:0000:0000:0000:0007",
        "[2001:db8:1:2::7]",
        "[2001:db8:1:2:ffff:ffff:ffff:ffff]:8443",
        "2001:db8:1:2:3:4:5:6%eth0",
        "2001:db8:1:2::203.0.113.7",
    ],
)
def test_every_address_of_an_ipv6_subscriber_is_one_sender_in_one_network(written: str) -> None:
    assert (bucket(written), network(written)) == (ITS_64, ITS_48)


def test_subscribers_of_one_network_are_counted_apart_and_together() -> None:
    assert (bucket("2001:db8:1:3::7"), network("2001:db8:1:3::7")) == ("2001:db8:1:3::/64", ITS_48)
    assert network("2001:db8:2::7") != ITS_48


@given(subscriber=st.integers(0, 2**64 - 1), host=st.integers(0, 2**64 - 1), other=st.integers(0, 2**64 - 1))
def test_no_choice_of_the_lower_half_makes_a_fresh_ipv6_sender(subscriber: int, host: int, other: int) -> None:
    one, another = (IPv6Address(subscriber << 64 | low) for low in (host, other))
    if isinstance(parsed(str(one)), IPv6Address) and isinstance(parsed(str(another)), IPv6Address):
        assert bucket(str(one)) == bucket(f"[{str(another).upper()}]:1")
        assert network(str(one)) == network(str(another))


@given(value=st.integers(0, 2**32 - 1), around=st.sampled_from(EMBEDDED))
def test_an_ipv4_address_within_an_ipv6_one_is_the_ipv4_sender(value: int, around: IPv6Address) -> None:
    assert bucket(str(IPv6Address(int(around) | value))) == str(IPv4Address(value))
    assert bucket(str(IPv6Address(0x2002 << 112 | value << 80))) == str(IPv4Address(value))


@given(text=st.text(), more=st.text())
def test_text_that_is_no_address_never_makes_a_fresh_sender(text: str, more: str) -> None:
    if parsed(text) is None and parsed(more) is None:
        assert bucket(text, SHOPIFY) == bucket(more, SHOPIFY) != bucket(text, "198.51.100.2")
        assert network(text) == ""


@pytest.mark.parametrize("text", ["", "unknown", "203.0.113", "203.0.113.7.8", "999.1.1.1", "::g", "[", "[]", ":", "%"])
def test_what_is_no_address_counts_as_one_sender(text: str) -> None:
    assert bucket(text) == "unknown"
