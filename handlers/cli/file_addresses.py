"""The file addresses that a render worker calls when an app names them, and where exactly each of them is.

The app's word is not enough: whoever takes over an app must not reach the print shop's own network through its print
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
_GLOBAL_UNICAST = ip_network("2000::/3")  # all that IANA has given out of IPv6
_SPECIAL = (
    ip_network("192.0.0.0/24"),  # RFC 6890, IETF's own
    ip_network("192.88.99.0/24"),  # RFC 7526, 6to4 relays of old
    ip_network("2002::/16"),  # RFC 3056, 6to4: any IPv4 address is in it
    ip_network("3fff::/20"),  # RFC 9637, documentation
)
"""Networks that no storage is in, and that not every Python's `is_global` leaves out."""

Address = IPv4Address | IPv6Address


class NotCalled(ValueError):
    """An address that a render worker does not call, whoever names it."""


@dataclass(frozen=True)
class Place:
    """One way to a file. Where its address was looked up and checked, `named` is that address, and `url` has the IP
    address in it instead of the name: whoever looks the name up again could be told another one.
    """

    url: httpx.URL
    named: httpx.URL | None = None

    @property
    def headers(self) -> dict[str, str]:
        """A connection to an IP address is used once: it must not serve another name that is there too."""
        return {"Host": self.named.netloc.decode("ascii"), "Connection": "close"} if self.named else {}

    @property
    def extensions(self) -> dict[str, str]:
        """The name that the certificate must be for."""
        return {"sni_hostname": self.named.raw_host.decode("ascii")} if self.named else {}


class FileAddresses:
    """`trusted` are addresses that the operator typed beside the app's: a storage's on a private network, if any."""

    def __init__(self, app_url: str, *trusted: str):
        self._trusted = {_origin(httpx.URL(each)) for each in (app_url, *trusted)}
        self._in_development = _is_loopback_name(httpx.URL(app_url).host)

    async def places(self, address: str) -> list[Place]:
        """Where the file is, to be tried in order. Raises NotCalled, httpx.InvalidURL, and OSError for a name that is
        not found.
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
    """All IP addresses of a name, the most promising first. An IP address in any notation has itself."""
    entries = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(place[0])) for *_, place in entries))


def is_public(address: Address) -> bool:
    """Whether it is somebody's on the internet: not private, not this machine, not a group, not for special use."""
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
