"""What is listened on and what is announced: both families, both protocols, machines without IPv6, containers."""

from __future__ import annotations

import pytest

from media import addresses
from media.addresses import Candidate, candidates, listening, own_addresses
from media.config import MediaSettings

ANYWHERE = [("udp", "0.0.0.0", 40000), ("udp", "::", 40000), ("tcp", "0.0.0.0", 40000), ("tcp", "::", 40000)]


def test_everything_listens_on_one_port_number() -> None:
    udp, tcp = listening(MediaSettings(bind_ips=("127.0.0.1", "::1")), 40000)
    assert udp == tcp == [("127.0.0.1", 40000), ("::1", 40000)]
    assert listening(MediaSettings(bind_ips=("127.0.0.1",), tcp=False), 7) == ([("127.0.0.1", 7)], [])


def test_a_machine_without_ipv6_listens_on_ipv4_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "has_ipv6", lambda: False)
    assert listening(MediaSettings(), 40000)[0] == [("0.0.0.0", 40000)]
    named = MediaSettings(bind_ips=("::1",))
    assert listening(named, 40000)[0] == [("::1", 40000)], "an address that the school named is an error, not left out"


def test_announced_addresses_stand_for_what_is_bound_udp_first() -> None:
    settings = MediaSettings(announced_ips=("203.0.113.5", "2001:db8::5"), announced_tcp_port=443)
    assert candidates(ANYWHERE, settings) == (
        Candidate("udp", "203.0.113.5", 40000),
        Candidate("udp", "2001:db8::5", 40000),
        Candidate("tcp", "203.0.113.5", 443),
        Candidate("tcp", "2001:db8::5", 443),
    )


def test_each_shard_announces_its_own_forwarded_tcp_port() -> None:
    settings = MediaSettings(announced_ips=("203.0.113.5",), announced_tcp_port=8443)
    for shard in range(4):
        bound = [("udp", "0.0.0.0", 40000 + shard), ("tcp", "0.0.0.0", 40000 + shard)]
        assert candidates(bound, settings, shard) == (
            Candidate("udp", "203.0.113.5", 40000 + shard),
            Candidate("tcp", "203.0.113.5", 8443 + shard),
        )


def test_a_family_that_is_not_listened_on_is_not_announced() -> None:
    settings = MediaSettings(announced_ips=("203.0.113.5", "2001:db8::5"))
    assert candidates(ANYWHERE[:1], settings) == (Candidate("udp", "203.0.113.5", 40000),)
    with pytest.raises(ValueError):
        candidates(ANYWHERE[:1], MediaSettings(announced_ips=("2001:db8::5",)))


def test_bound_to_all_addresses_a_machine_announces_one_of_its_own_and_never_all() -> None:
    found = candidates(ANYWHERE, MediaSettings())
    assert found
    assert not {"0.0.0.0", "::"} & {c.ip for c in found}
    assert own_addresses("192.0.2.7") == ("192.0.2.7",)
