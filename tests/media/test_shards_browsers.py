"""Two browsers of one room on two shards: sound, picture and layer switches cross between the engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from media import placement
from media.face import Wanted
from tests.kit.browser import chromium, person
from tests.kit.call_site import call_site, decoded, energy, frozen_s, join, stats, width
from tests.kit.media_room import SETTINGS, media_room


@pytest.mark.browser
async def test_browsers_on_different_shards_see_and_hear_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "SPREAD_PEERS", 1)
    async with (
        media_room(replace(SETTINGS, shards=2)) as room,
        call_site(room) as url,
        chromium() as browser,
    ):
        lecturer, student = (await person(browser, "giảng viên")).page, (await person(browser, "học viên")).page
        await lecturer.goto(url)
        await student.goto(url)
        await join(lecturer.evaluate, 1, publish=True)
        await join(student.evaluate, 2, publish=True)
        assert [shard.peers for shard in room.relay.shards()] == [1, 1]
        room.router.set_view(1, [Wanted(2, "camera", 320, 180)], None, False)
        room.router.set_view(2, [Wanted(1, "camera", 320, 180)], None, False)
        await stats(
            student.evaluate, "inbound-rtp", lambda r: decoded(r) >= 50 and energy(r) > 0 and width(r) == 320, 60
        )
        await stats(lecturer.evaluate, "inbound-rtp", lambda r: decoded(r) >= 50 and energy(r) > 0, 60)
        room.router.set_view(2, [Wanted(1, "camera", 640, 360)], None, False)
        seen = await stats(student.evaluate, "inbound-rtp", lambda r: width(r) == 640, 60)
        before = decoded(seen)
        seen = await stats(student.evaluate, "inbound-rtp", lambda r: decoded(r) > before + 50, 60)
        assert frozen_s(seen) < 4
        assert room.relay.counters()["export_dropped"] == 0
