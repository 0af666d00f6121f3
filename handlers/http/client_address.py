"""Client addresses behind Shopify's proxy and an optional proxy of ours, grouped into senders for rate limiting.

An IPv4 address is one sender. An IPv6 subscriber is assigned a whole /64, so a /64 is one sender: counting single
addresses would give every subscriber 2^64 allowances. Access and hosting providers assign up to a /48 (RFC 6177), so
that network is counted as well, with a multiple of one sender's allowance. IPv4 has no such wider counter: neighbouring
IPv4 addresses often belong to one carrier's NAT, with thousands of shoppers behind each, while rented addresses come
from scattered networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request

from app.core.app import App
from app.core.signed_links import sign

SENDER_BITS, NETWORK_BITS = 64, 48
_NAT64 = IPv6Network("64:ff9b::/96")
"""The well-known prefix through which IPv6-only networks reach IPv4. It precedes the IPv4 address (RFC 6052)."""


@dataclass(frozen=True)
class Sender:
    """Two keyed hashes: one of the sender, and one of the network around it, which is empty for IPv4."""

    address: str
    network: str


def of_shopper(app: App, request: Request, shop: str) -> Sender:
    """The sender of a request through Shopify's proxy. The same address is a different sender in each shop."""
    forwarded, peer = ",".join(request.headers.getlist("x-forwarded-for")), _peer(request)
    return _hashed_sender(app, shop, bucket(shopper_address(forwarded, peer), peer), shopper_address(forwarded, peer))


def of_caller(app: App, request: Request) -> Sender:
    """The sender of a request that did not pass through Shopify, as named by the connection or by our own proxy."""
    return _hashed_sender(app, "", peer_bucket(request), _peer(request))


def peer_bucket(request: Request) -> str:
    """The sender at the other end of the connection, not hashed. Use it only for counters that are kept in memory."""
    return bucket(_peer(request))


def bucket(address: str, peer: str = "") -> str:
    """The sender that an address counts as: "203.0.113.7" for IPv4, "2001:db8:1:2::/64" for IPv6.

    Text that is not an address counts as one sender per peer, whatever the text is: otherwise made-up text would give
    its sender a fresh allowance.
    """
    match parsed(address):
        case IPv4Address() as known:
            return str(known)
        case IPv6Address() as known:
            return _enclosing_network(known, SENDER_BITS)
        case None:
            return f"unknown by {bucket(peer)}" if peer else "unknown"


def network(address: str) -> str:
    """The network around an IPv6 address, such as "2001:db8:1::/48"; an empty string for everything else."""
    known = parsed(address)
    return _enclosing_network(known, NETWORK_BITS) if isinstance(known, IPv6Address) else ""


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a proxy's header value, or None if there is none.

    Accepts brackets, a port and a zone. An IPv6 address that embeds an IPv4 one (mapped, NAT64, 6to4, Teredo) is
    returned as the IPv4 address, because it belongs to the same subscriber.
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
    return (_embedded_ipv4(known) or known) if isinstance(known, IPv6Address) else known


def keyed_hash(app: App, *words: str) -> str:
    """A keyed hash of the words. It changes every day (UTC), and the words cannot be recovered from it."""
    return sign(app.settings.link_key, f"{app.clock.now():%Y-%m-%d}", *words)[:24]


def shopper_address(forwarded: str, peer: str) -> str:
    """The shopper's address, from X-Forwarded-For and the address of the connection's peer.

    Shopify's proxy appends the shopper's address
    (https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies), and a proxy of ours appends
    Shopify's after it. Entries before the shopper's address were sent by the shopper, who may have made them up.
    """
    chain = [each.strip() for each in forwarded.split(",") if each.strip()]
    if len(chain) > 1 and _is_same(chain[-1], peer):
        chain.pop()
    return chain[-1] if chain else peer


def _hashed_sender(app: App, shop: str, sender: str, address: str) -> Sender:
    around = network(address)
    return Sender(
        keyed_hash(app, "address", shop, sender),
        keyed_hash(app, "network", shop, around) if around else "",
    )


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _is_same(one: str, other: str) -> bool:
    return one == other or (parsed(one) is not None and parsed(one) == parsed(other))


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _enclosing_network(address: IPv6Address, bits: int) -> str:
    return str(ip_network((int(address), bits), strict=False))
