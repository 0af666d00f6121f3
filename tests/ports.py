"""Ports of loopback for servers that must be told theirs, be it that they are killed and start again."""

from __future__ import annotations

import random
import socket

BELOW_OUTGOING = range(10_000, 32_000)
"""Linux gives ports from 32768 on to outgoing connections: one could take a server's while it is not there."""


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now, all different."""
    found: list[int] = []
    while len(found) < count:
        port = random.choice(BELOW_OUTGOING)
        if port not in found and _is_free(port):
            found.append(port)
    return found


def free_port() -> int:
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
