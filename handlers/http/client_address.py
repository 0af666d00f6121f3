"""Where a request came from, behind Shopify's proxy and perhaps one of our own, and what counts as one sender.

An IPv4 address is one sender. An IPv6 subscriber is given a whole /64, so the /64 is one sender: counting full
addresses would give every subscriber 2^64 allowances. Providers and hosters hand out up to a /48 (RFC 6177), so that
network is counted too, with a multiple of one sender's allowance. There is no such wider counter for IPv4: neighbouring
IPv4 addresses are often one carrier's NAT with thousands of shoppers behind each, while whoever rents addresses gets
them from scattered networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request

from app.core.app import App
from app.core.signed_links import sign

SENDER_BITS, NETWORK_BITS = 64, 48
_NAT64 = IPv6Network("64:ff9b::/96")
"""The well-known prefix by which IPv6-only networks reach IPv4; the last 32 bits are the IPv4 address (RFC 6052)."""


@dataclass(frozen=True)
class Sender:
    """Two keyed hashes: of the sender, and of the network around it, which is empty for IPv4."""

    address: str
    network: str


def of_shopper(app: App, request: Request, shop: str) -> Sender:
    """A shopper who comes through Shopify's proxy; the same address is another sender in each shop."""
    forwarded, peer = ",".join(request.headers.getlist("x-forwarded-for")), _peer(request)
    return _hidden_sender(app, shop, bucket(shopper_address(forwarded, peer), peer), shopper_address(forwarded, peer))


def of_caller(app: App, request: Request) -> Sender:
    """A browser that comes without Shopify between: whom the connection, or a proxy of ours, names."""
    return _hidden_sender(app, "", peer_bucket(request), _peer(request))


def peer_bucket(request: Request) -> str:
    """The sender at the other end of the connection, in clear: for counters that live in memory alone."""
    return bucket(_peer(request))


def bucket(address: str, peer: str = "") -> str:
    """The sender that an address counts as: "203.0.113.7" for IPv4, "2001:db8:1:2::/64" for IPv6.

    Text that is no address counts as one sender for each peer that sends it, whatever the text says: made-up text must
    not make a fresh sender.
    """
    match parsed(address):
        case IPv4Address() as known:
            return str(known)
        case IPv6Address() as known:
            return _around(known, SENDER_BITS)
        case None:
            return f"unknown by {bucket(peer)}" if peer else "unknown"


def network(address: str) -> str:
    """The network around an IPv6 address, "2001:db8:1::/48"; empty for everything else."""
    known = parsed(address)
    return _around(known, NETWORK_BITS) if isinstance(known, IPv6Address) else ""


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address that a proxy's text names, however it is written; None when it names none.

    Takes brackets, a port and a zone. An IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4, Teredo) is that:
    it is one subscriber's, reached another way.
    """
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        known = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (_carried(known) or known) if isinstance(known, IPv6Address) else known


def hidden(app: App, *words: str) -> str:
    """A keyed hash, new every day: it limits, and cannot be turned back."""
    return sign(app.settings.link_key, f"{app.clock.now():%Y-%m-%d}", *words)[:24]


def shopper_address(forwarded: str, peer: str) -> str:
    """The shopper's address, by X-Forwarded-For and the address that the connection came from.

    Shopify's proxy adds the shopper's address
    (https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies), and a proxy of ours adds
    Shopify's behind it. What stands before the shopper's was sent by the shopper, who may have made it up.
    """
    chain = [each.strip() for each in forwarded.split(",") if each.strip()]
    if len(chain) > 1 and _same(chain[-1], peer):
        chain.pop()
    return chain[-1] if chain else peer


def _hidden_sender(app: App, shop: str, sender: str, address: str) -> Sender:
    around = network(address)
    return Sender(
        hidden(app, "address", shop, sender),
        hidden(app, "network", shop, around) if around else "",
    )


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _same(one: str, other: str) -> bool:
    return one == other or (parsed(one) is not None and parsed(one) == parsed(other))


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _around(address: IPv6Address, bits: int) -> str:
    return str(ip_network((int(address), bits), strict=False))
