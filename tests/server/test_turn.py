"""TURN credentials as coturn computes them, and the settings they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.identity.turn import LIFETIME_S, TurnServers, turn_ips
from server.services.live_parts import media_addresses
from server.settings import SettingsError, load
from tests.kit.live_school import live_school


def test_a_credential_is_the_hmac_of_expiry_and_name() -> None:
    servers = TurnServers(("turn:turn.school.vn:3478?transport=udp",), "north")
    username, password = servers.credential("p1", 1_700_000_000)
    assert username == f"{1_700_000_000 + LIFETIME_S}:p1"
    # printf '1700003600:p1' | openssl dgst -sha1 -hmac north -binary | base64
    assert password == "4EEMVinF9VQKZF50YH25G6+f6lw="
    assert LIFETIME_S <= 3600


def test_relays_are_known_by_the_addresses_in_their_urls() -> None:
    urls = (
        "turn:192.0.2.4:3478?transport=udp",
        "turns:[2001:db8::4]:443",
        "turn:192.0.2.4?transport=tcp",
        "turns:turn.vn:443",
    )
    assert turn_ips(urls) == ("192.0.2.4", "2001:db8::4")


def test_media_are_listened_for_where_browsers_are_told_to_send_them() -> None:
    everywhere = ("0.0.0.0", "::")
    assert media_addresses("127.0.0.1") == media_addresses("localhost", ["127.0.0.1"]) == ("127.0.0.1",)
    assert media_addresses("127.0.0.1", ["203.0.113.7"]) == media_addresses("::") == everywhere
    assert media_addresses("192.0.2.1") == ("192.0.2.1",)


def test_urls_and_secret_come_together_and_none_by_default() -> None:
    plain = load(environment={})
    assert (plain.turn_urls, plain.turn_secret) == ((), "")
    urls = "turn:192.0.2.4:3478?transport=udp, turns:turn.school.vn:443"
    both = load(environment={"GD_TURN_URLS": urls, "GD_TURN_SECRET": "a7f0" * 8})
    assert both.turn_urls == ("turn:192.0.2.4:3478?transport=udp", "turns:turn.school.vn:443")
    for wrong in ({"GD_TURN_URLS": urls}, {"GD_TURN_SECRET": "x"}, {"GD_TURN_URLS": "stun:a.b", "GD_TURN_SECRET": "x"}):
        with pytest.raises(SettingsError):
            load(environment=wrong)


async def test_a_browser_is_told_the_schools_relays_before_its_offer_and_again_before_they_expire(
    tmp_path: Path,
) -> None:
    urls = ("turn:192.0.2.4:3478?transport=udp", "turns:turn.school.vn:443")
    async with live_school(tmp_path, turn_urls=urls, turn_secret="a7f0" * 8) as school:
        browser = await school.browser("student1")
        await browser.consent(school.lesson)
        [before] = (await browser.ticket(school.lesson))["ice_servers"]
        client = await school.join("student1")
        joined = await client.until("joined")
        [server] = joined["ice_servers"]
        now_s = int(school.clock.now().timestamp())
        turn = TurnServers(urls, "a7f0" * 8)
        for told in (before, server):
            assert (told["username"], told["credential"]) == turn.credential(joined["me"], now_s)
            assert told["urls"] == list(urls)
        await school.pass_time(1801)
        [renewed] = (await client.until("ice_servers_changed"))["ice_servers"]
        assert int(renewed["username"].split(":")[0]) > int(server["username"].split(":")[0])


async def test_without_turn_servers_no_outside_server_is_named(tmp_path: Path) -> None:
    async with live_school(tmp_path) as school:
        client = await school.join("student1")
        assert (await client.until("joined"))["ice_servers"] == []
