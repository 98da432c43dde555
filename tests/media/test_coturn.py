"""coturn on the sample configuration: real browsers through it over UDP, TCP and TLS; who and what it refuses."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from media.face import Wanted
from media.notices import PeerConnected
from server.identity.turn import TurnServers
from tests.kit import coturn as turn
from tests.kit.browser import chromium, person
from tests.kit.call_site import call_site, decoded, energy, join, stats, way
from tests.kit.media_room import SETTINGS, media_room

pytestmark = pytest.mark.skipif(turn.path() is None, reason="coturn is not installed")

#: The media server of these tests is on loopback, which no real configuration allows.
LOOPBACK = ("allow-loopback-peers", "allowed-peer-ip=127.0.0.1", "cli-password=unused-but-asked-for")
#: Peers that a relay must never reach: own and other private machines, clouds' metadata, groups, and IPv4 in IPv6 dress.
FORBIDDEN_4 = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "8.8.8.8",
]  # fmt: skip
FORBIDDEN_6 = [
    "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:203.0.113.10", "64:ff9b::7f00:1", "2002:7f00:1::", "fc00::1",
    "fd12:3456::1", "fe80::1", "ff02::1", "2606:4700::1",
]  # fmt: skip


def _credential(name: str, at_s: float | None = None, secret: str = turn.SECRET) -> tuple[str, str]:
    return TurnServers(("turn:127.0.0.1",), secret).credential(name, round(time.time() if at_s is None else at_s))


@pytest.mark.browser
@pytest.mark.parametrize("relay", ["udp", "tcp", "tls"])
async def test_chromium_publishes_and_plays_through_the_relay_alone(relay: str, tmp_path: Path) -> None:
    settings = replace(SETTINGS, turn_ips=("127.0.0.1",))
    async with turn.coturn(tmp_path, *LOOPBACK) as server, media_room(settings) as room, call_site(room) as url:
        where = {
            "udp": f"turn:127.0.0.1:{server.port}?transport=udp",
            "tcp": f"turn:127.0.0.1:{server.port}?transport=tcp",
            "tls": f"turns:127.0.0.1:{server.tls_port}?transport=tcp",
        }[relay]
        # The test's certificate is nobody's; at a school it is the one of its name.
        async with chromium("--ignore-certificate-errors") as browser:
            lecturer, student = (await person(browser, "giảng viên")).page, (await person(browser, "học viên")).page
            for peer, page in ((1, lecturer), (2, student)):
                username, credential = _credential(f"p{peer}")
                config = {
                    "iceServers": [{"urls": [where], "username": username, "credential": credential}],
                    "iceTransportPolicy": "relay",
                }
                await page.goto(url)
                await join(page.evaluate, peer, publish=peer == 1, config=config)
            room.router.set_view(2, [Wanted(1, "camera", 640, 360)], None, False)
            await stats(student.evaluate, "inbound-rtp", lambda r: decoded(r) >= 50 and energy(r) > 0)
            for page in (lecturer, student):
                used = await way(page.evaluate)
                assert (used["type"], used["relay"]) == ("relay", relay)
            assert {n.path for n in room.told(PeerConnected)} == {"relay"}


async def test_private_mapped_and_foreign_peers_are_refused_by_the_configuration_as_it_stands(tmp_path: Path) -> None:
    async with turn.coturn(tmp_path, "allowed-peer-ip=203.0.113.10", "allowed-peer-ip=2001:db8::10") as server:
        with turn.TurnClient(server.port, *_credential("p1")) as client:
            assert client.allocate() == 0
            assert {ip: client.permit(ip) for ip in FORBIDDEN_4} == dict.fromkeys(FORBIDDEN_4, 403)
            assert client.permit("203.0.113.10") == 0
        with turn.TurnClient(server.port, *_credential("p2")) as client:
            assert client.allocate(ipv6=True) == 0
            assert {ip: client.permit(ip) for ip in FORBIDDEN_6} == dict.fromkeys(FORBIDDEN_6, 403)
            assert client.permit("2001:db8::10") == 0


async def test_only_fresh_credentials_of_the_school_open_relays_and_strangers_are_not_answered(tmp_path: Path) -> None:
    async with turn.coturn(tmp_path, *LOOPBACK) as server:
        for credential in (_credential("p1", secret="somebody-elses"), _credential("p1", at_s=time.time() - 7200)):
            with turn.TurnClient(server.port, *credential) as client:
                assert client.allocate() == 401
        with turn.TurnClient(server.port, *_credential("p1")) as client:
            assert client.binding() == 0
            assert client.allocate() == 0


async def test_one_credential_opens_only_so_many_relays(tmp_path: Path) -> None:
    async with turn.coturn(tmp_path, *LOOPBACK) as server:
        credential = _credential("p1")
        clients = [turn.TurnClient(server.port, *credential) for _ in range(8)]
        assert [client.allocate() for client in clients] == [0] * 6 + [486] * 2
        for client in clients:
            client.__exit__()


async def test_the_container_relays_to_the_announced_addresses_alone_and_keeps_the_secret(tmp_path: Path) -> None:
    async with turn.coturn_of_compose(tmp_path, GD_ANNOUNCED_IPS="203.0.113.10, 203.0.113.11") as server:
        with turn.TurnClient(server.port, *_credential("p1")) as client:
            assert client.allocate() == 0
            assert {ip: client.permit(ip) for ip in FORBIDDEN_4} == dict.fromkeys(FORBIDDEN_4, 403)
            assert [client.permit(ip) for ip in ("203.0.113.10", "203.0.113.11", "203.0.113.12")] == [0, 0, 403]
        with turn.TurnClient(server.port, *_credential("p1", secret="somebody-elses")) as client:
            assert client.allocate() == 401
        assert (tmp_path / "turnserver.conf").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("env", [{"GD_TURN_SECRET": ""}, {"GD_TURN_SECRET": "short"}, {"GD_ANNOUNCED_IPS": ""}])
async def test_the_container_does_not_start_without_secret_and_addresses(env: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="did not start"):
        async with turn.coturn_of_compose(tmp_path, **{"GD_ANNOUNCED_IPS": "203.0.113.10", **env}):
            pass
