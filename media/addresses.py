"""Where the relay listens and where it is reached: both address families, UDP and TCP on one port number. Not here: SDP text."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from media.config import MediaSettings

Address = tuple[str, int]
#: Destinations that ask the routing table for our address towards the world; nothing is sent (RFC 5737, RFC 3849).
_ELSEWHERE = {4: ("192.0.2.1", 9), 6: ("2001:db8::1", 9)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to reach the relay. proto ∈ udp, tcp (passive, RFC 6544)."""

    proto: str
    ip: str
    port: int


def listening(settings: MediaSettings, port: int) -> tuple[list[Address], list[Address]]:
    """What an engine binds: (UDP, TCP). IPv6 is left out where this machine has none; an address that is named stays."""
    found = [ip for ip in settings.bind_ips if _family(ip) == 4 or not _is_any(ip) or has_ipv6()]
    udp = [(ip, port) for ip in found]
    return udp, udp if settings.tcp else []


def candidates(bound: Sequence[tuple[str, str, int]], settings: MediaSettings, shard: int = 0) -> tuple[Candidate, ...]:
    """How browsers reach what a shard has bound, best first: UDP before TCP, each in the order of the addresses.

    Announced addresses stand for the bound ones of their family; families that are not bound are not announced.
    TCP ports that are forwarded lie in a row like the bound ones, a shard's at its place.
    """
    found: list[Candidate] = []
    for wanted in ("udp", "tcp"):
        ports = {_family(ip): port for proto, ip, port in bound if proto == wanted}
        own = [address for proto, ip, _ in bound if proto == wanted for address in own_addresses(ip)]
        for ip in settings.announced_ips or own:
            if (port := ports.get(_family(ip))) is not None:
                announced = settings.announced_tcp_port if wanted == "tcp" else 0
                found.append(Candidate(wanted, ip, announced + shard if announced else port))
    if not found:
        raise ValueError("none of the announced addresses is of a family that is listened on")
    return tuple(found)


def path_of(proto: str, ip: str, settings: MediaSettings) -> tuple[str, bool]:
    """What a peer's path is called, and whether it is IPv6: relay (a TURN server of the school), else udp or tcp."""
    return ("relay" if ip in settings.turn_ips else proto), _family(ip) == 6


def own_addresses(bound: str) -> tuple[str, ...]:
    """Addresses to announce for a bound one: itself, or the one this machine would send from when bound to all.

    Bound to all of IPv6, nothing is announced where no route leads out; of IPv4, then, the loopback address.
    """
    if not _is_any(bound):
        return (bound,)
    family = _family(bound)
    with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE[family])
            found = str(probe.getsockname()[0])
        except OSError:
            return ("127.0.0.1",) if family == 4 else ()
    return () if ipaddress.ip_address(found).is_link_local else (found,)


def has_ipv6() -> bool:
    """Whether this machine lets us listen on IPv6 at all."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


def _family(ip: str) -> int:
    return ipaddress.ip_address(ip).version


def _is_any(ip: str) -> bool:
    return ipaddress.ip_address(ip).is_unspecified
