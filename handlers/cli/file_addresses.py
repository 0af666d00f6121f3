"""The file addresses that a render worker may call, and the IP addresses they resolve to.

The app alone is not trusted: an attacker who takes it over must not reach the print shop's network through its print
workers.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

_PORTS = {"http": 80, "https": 443}
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address is in the last 32 bits
_GLOBAL_UNICAST = ip_network("2000::/3")  # all of IPv6 that IANA has allocated
_SPECIAL = (
    ip_network("192.0.0.0/24"),  # RFC 6890, IETF protocol assignments
    ip_network("192.88.99.0/24"),  # RFC 7526, former 6to4 relays
    ip_network("2002::/16"),  # RFC 3056, 6to4: contains any IPv4 address
    ip_network("3fff::/20"),  # RFC 9637, documentation
)
"""Special networks that not every Python version excludes from `is_global`."""

Address = IPv4Address | IPv6Address


class NotCalled(ValueError):
    """An address that a render worker does not call."""


@dataclass(frozen=True)
class Place:
    """One way to reach a file. If its name was resolved and checked, `named` is the original address, and `url`
    contains the IP address instead of the name, because a second look-up could return another one.
    """

    url: httpx.URL
    named: httpx.URL | None = None

    @property
    def headers(self) -> dict[str, str]:
        """A connection to an IP address is used once: it must not serve another name with the same address."""
        return {"Host": self.named.netloc.decode("ascii"), "Connection": "close"} if self.named else {}

    @property
    def extensions(self) -> dict[str, str]:
        """The name that the certificate must match."""
        return {"sni_hostname": self.named.raw_host.decode("ascii")} if self.named else {}


class FileAddresses:
    """`trusted` are addresses that the operator typed in addition to the app's: a storage on a private network."""

    def __init__(self, app_url: str, *trusted: str):
        self._trusted = {_origin(httpx.URL(each)) for each in (app_url, *trusted)}
        self._in_development = _is_loopback_name(httpx.URL(app_url).host)

    async def places(self, address: str) -> list[Place]:
        """Return the ways to reach a file, in order of preference. Raises NotCalled, httpx.InvalidURL, and OSError if a
        name is not found.
        """
        url = httpx.URL(address)
        if url.scheme not in _PORTS or not url.host or url.userinfo:
            raise NotCalled(address)
        if _origin(url) in self._trusted:
            return [Place(url)]
        found = await resolve(url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme])
        local = self._in_development and all(each.is_loopback for each in found)
        if not local and (url.scheme != "https" or not all(map(is_public, found))):
            raise NotCalled(address)
        return [Place(url.copy_with(host=str(each)), url) for each in found]


async def resolve(host: str, port: int) -> list[Address]:
    """Return all IP addresses of a name, the preferred one first. An IP address in any notation resolves to itself."""
    entries = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(place[0])) for *_, place in entries))


def is_public(address: Address) -> bool:
    """Return whether an address is public: not private, loopback, multicast or for special use."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _GLOBAL_UNICAST:
            return False
    special = any(address in network for network in _SPECIAL if network.version == address.version)
    return address.is_global and not (special or address.is_multicast or address.is_reserved)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host.lower(), url.port or _PORTS.get(url.scheme)


def _is_loopback_name(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
