"""Real browsers on lines that let no plain UDP through: over TCP to the media port, over IPv6."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from media.addresses import has_ipv6, own_addresses
from media.face import Wanted
from media.notices import PeerConnected
from tests.kit import firefox
from tests.kit.browser import chromium, person
from tests.kit.call_site import call_site, decoded, energy, frozen_s, join, stats, way
from tests.kit.media_room import SETTINGS, media_room

BOTH = replace(SETTINGS, bind_ips=("127.0.0.1", "::1"), tcp=True)


@pytest.mark.browser
@pytest.mark.parametrize("ip", ["127.0.0.1", "::1"])
async def test_chromium_publishes_and_plays_over_tcp_alone(ip: str) -> None:
    settings = replace(BOTH, bind_ips=(ip,))
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        room = await enter(media_room(settings))
        url = await enter(call_site(room, candidates=lambda line: " tcp " in line))
        browser = await enter(chromium())
        lecturer, student = (await person(browser, "giảng viên")).page, (await person(browser, "học viên")).page
        await lecturer.goto(url)
        await student.goto(url)
        await join(lecturer.evaluate, 1, publish=True)
        await join(student.evaluate, 2, publish=False)
        room.router.set_view(2, [Wanted(1, "camera", 640, 360)], None, False)
        seen = await stats(student.evaluate, "inbound-rtp", lambda r: decoded(r) >= 100 and energy(r) > 0)
        used = await way(student.evaluate)
        assert (used["protocol"], used["far"]) == ("tcp", ip)
        assert {n.path for n in room.told(PeerConnected)} == {"tcp"}
        assert frozen_s(seen) < 1
        counters = room.relay.counters()
        assert counters["tcp_open"] == 2 and counters["tcp_malformed"] == 0


@pytest.mark.browser
@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
async def test_chromium_publishes_and_plays_over_ipv6() -> None:
    async with (
        media_room(BOTH) as room,
        chromium() as browser,
        call_site(room, candidates=lambda line: " udp " in line and " ::1 " in line) as url,
    ):
        lecturer, student = (await person(browser, "giảng viên")).page, (await person(browser, "học viên")).page
        await lecturer.goto(url)
        await student.goto(url)
        await join(lecturer.evaluate, 1, publish=True)
        await join(student.evaluate, 2, publish=False)
        await stats(student.evaluate, "inbound-rtp", lambda r: decoded(r) >= 50 and energy(r) > 0)
        assert (await way(student.evaluate))["far"] == "::1"


@pytest.mark.browser
async def test_given_all_ways_chromium_takes_udp() -> None:
    async with media_room(BOTH) as room, call_site(room) as url, chromium() as browser:
        student = (await person(browser, "học viên")).page
        await student.goto(url)
        await join(student.evaluate, 2, publish=False)
        assert (await room.until_told(PeerConnected, 2)).path == "udp"
        await stats(student.evaluate, "transport", lambda r: any(t.get("selectedCandidatePairId") for t in r))
        assert (await way(student.evaluate))["protocol"] == "udp"


@pytest.mark.browser
@pytest.mark.skipif(firefox.path() is None, reason="Firefox is not installed")
async def test_firefox_plays_over_tcp_alone() -> None:
    # Firefox sends nothing to 127.0.0.1 from its other addresses, so the relay stands on one of those.
    settings = replace(BOTH, bind_ips=own_addresses("0.0.0.0"))
    async with (
        media_room(settings) as room,
        call_site(room, candidates=lambda line: " tcp " in line) as url,
        chromium() as browser,
        firefox.firefox() as fox,
    ):
        chrome = (await person(browser, "giảng viên")).page
        await fox.goto(url)
        await chrome.goto(url)
        await join(chrome.evaluate, 1, publish=True)
        await join(fox.evaluate, 2, publish=True)
        await stats(fox.evaluate, "inbound-rtp", lambda r: decoded(r) >= 50 and energy(r) > 0)
        assert (await room.until_told(PeerConnected, 2)).path == "tcp"
