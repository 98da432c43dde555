"""Real browsers publish simulcast and play what others publish: the proof that all of this is WebRTC."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from media.addresses import own_addresses
from media.face import Wanted
from tests.kit import firefox
from tests.kit.browser import chromium, person
from tests.kit.call_site import call_site, concealed, decoded, energy, frozen_s, join, layers_sent, stats, width
from tests.kit.media_room import SETTINGS, media_room
from tests.kit.udp_relay import Link, UdpRelay


@pytest.mark.browser
async def test_chromium_publishes_simulcast_and_a_second_one_plays_sound_and_picture() -> None:
    async with media_room() as room, call_site(room) as url, chromium() as browser:
        lecturer, student = (await person(browser, "giảng viên")).page, (await person(browser, "học viên")).page
        await lecturer.goto(url)
        await student.goto(url)
        await join(lecturer.evaluate, 1, publish=True)
        await join(student.evaluate, 2, publish=False)

        await stats(student.evaluate, "inbound-rtp", lambda r: decoded(r) >= 50 and energy(r) > 0)
        await stats(lecturer.evaluate, "outbound-rtp", lambda r: layers_sent(r) == {"q", "h", "f"}, 60)

        room.router.set_view(2, [Wanted(1, "camera", 320, 180)], None, False)
        await stats(student.evaluate, "inbound-rtp", lambda r: width(r) == 320)
        room.router.set_view(2, [Wanted(1, "camera", 1280, 720)], None, False)
        seen = await stats(student.evaluate, "inbound-rtp", lambda r: width(r) == 1280)

        before = decoded(seen)
        await student.evaluate("restart(2)")
        seen = await stats(student.evaluate, "inbound-rtp", lambda r: decoded(r) > before + 50)
        assert max(r.get("freezeCount", 0) for r in seen if r["kind"] == "video") <= 2


@pytest.mark.browser
@pytest.mark.skipif(firefox.path() is None, reason="Firefox is not installed")
async def test_firefox_and_chromium_see_and_hear_each_other() -> None:
    # Firefox sends nothing to 127.0.0.1 from its other addresses, so the relay stands on one of those.
    settings = replace(SETTINGS, bind_ips=own_addresses("0.0.0.0"))
    async with media_room(settings) as room, call_site(room) as url, chromium() as browser, firefox.firefox() as fox:
        chrome = (await person(browser, "học viên")).page
        await fox.goto(url)
        await chrome.goto(url)
        await join(fox.evaluate, 1, publish=True)
        await join(chrome.evaluate, 2, publish=True)
        await stats(chrome.evaluate, "inbound-rtp", lambda r: decoded(r) >= 50 and energy(r) > 0)
        room.router.set_view(1, [Wanted(2, "camera", 640, 360)], None, False)
        await stats(fox.evaluate, "inbound-rtp", lambda r: decoded(r) >= 50 and energy(r) > 0)


@pytest.mark.browser
async def test_a_lesson_goes_on_when_every_tenth_packet_is_lost_both_ways() -> None:
    bad = [Link(loss=0.1, delay_s=0.02, jitter_s=0.01) for _ in range(4)]
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        room = await enter(media_room())
        target = ("127.0.0.1", room.relay.port)
        there = await enter(UdpRelay(target, bad[0], bad[1], seed=1))
        here = await enter(UdpRelay(target, bad[2], bad[3], seed=2))
        url = await enter(call_site(room, {1: there.address, 2: here.address}))
        browser = await enter(chromium())
        lecturer, student = (await person(browser, "giảng viên")).page, (await person(browser, "học viên")).page
        await lecturer.goto(url)
        await student.goto(url)
        await join(lecturer.evaluate, 1, publish=True)
        await join(student.evaluate, 2, publish=False)
        seen = await stats(student.evaluate, "inbound-rtp", lambda r: decoded(r) >= 200 and energy(r) > 0, 60)
    assert min(link.lost for link in bad) > 0
    assert frozen_s(seen) < 4
    assert concealed(seen) < 0.25


@pytest.mark.browser
async def test_behind_a_narrow_line_the_picture_gets_smaller_instead_of_standing_still() -> None:
    narrow = Link(rate_bps=700_000, delay_s=0.02, queue_bytes=35_000)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        room = await enter(media_room())
        net = await enter(UdpRelay(("127.0.0.1", room.relay.port), Link(delay_s=0.02), narrow))
        url = await enter(call_site(room, {2: net.address}))
        browser = await enter(chromium())
        lecturer, student = (await person(browser, "giảng viên")).page, (await person(browser, "học viên")).page
        await lecturer.goto(url)
        await student.goto(url)
        await join(lecturer.evaluate, 1, publish=True)
        await stats(lecturer.evaluate, "outbound-rtp", lambda r: layers_sent(r) == {"q", "h", "f"}, 60)
        await join(student.evaluate, 2, publish=False)
        room.router.set_view(2, [Wanted(1, "camera", 1280, 720)], None, False)
        seen = await stats(student.evaluate, "inbound-rtp", lambda r: decoded(r) >= 200 and width(r) in (320, 640), 60)
    assert frozen_s(seen) < 4
    assert concealed(seen) < 0.2
