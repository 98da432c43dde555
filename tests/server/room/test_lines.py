"""What lines were like stands in the record: measured by the relay, claimed by browsers, each under its own name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.notices import PeerStats
from server.events import device, room
from server.events.base import Origin
from server.ids import DeviceId, PersonId
from server.ledger import lesson_log
from server.room.lines import GATHER_US, MOST_SAMPLES, Lines
from server.room.participant import QualityClaim
from server.room.room import Room
from tests.kit.lesson_client import LessonClient
from tests.kit.live_school import LiveSchool, live_school

S = 1_000_000
AN, BINH, CAMERA = PersonId("an"), PersonId("binh"), DeviceId("camera-1")


def stats(peer: int = 1, n: int = 0) -> PeerStats:
    return PeerStats(
        peer, 1, 1, 500 + n, 2_000 + n, loss_in_ppm=-1, loss_out_ppm=1_000 * n, rtt_ms=40 + n,
        audio_in_packets=0, video_in_packets=0, sends=(("camera", "f"),),
        shown=((2, "screen", "stills"), (3, "camera", "h"), (4, "camera", "q"), (5, "camera", "q")),
    )  # fmt: skip


def test_every_ten_seconds_of_five_minutes_stand_in_one_event() -> None:
    lines = Lines()
    for n in range(30):
        lines.measured(AN, 7 * S + n * 10 * S, stats(n=n))
    assert lines.take_due(7 * S + GATHER_US - 1, lambda _: True) == []
    ((event, origin),) = lines.take_due(7 * S + GATHER_US, lambda _: True)
    assert origin is Origin.MEDIA
    assert isinstance(event, room.LineMeasured)
    assert (event.person, event.from_us, event.at_ms) == (AN, 7 * S, [n * 10_000 for n in range(30)])
    assert event.loss_down_ppm == [1_000 * n for n in range(30)]
    assert event.loss_up_ppm == [-1] * 30
    assert (event.packets_up[3], event.packets_down[3], event.rtt_ms[3]) == (503, 2_003, 43)
    assert event.watched[0] == "screen:stills camera:h +2"
    assert event.sent[0] == "camera:f"
    assert lines.take_all() == []


def test_a_claim_is_an_event_of_its_own_that_says_that_it_is_one() -> None:
    lines = Lines()
    lines.measured(AN, 0, stats())
    lines.claimed(AN, QualityClaim(1 * S, 20_000, 9_800, 1, 400))
    lines.claimed(AN, QualityClaim(2 * S, 999_999, 1, 99, 99))
    measured, claimed = lines.take_all()
    assert (measured[1], claimed[1]) == (Origin.MEDIA, Origin.CLIENT_CLAIM)
    assert isinstance(claimed[0], room.LineClaimed)
    assert claimed[0].concealed_ppm == [20_000], "who reports more often than asked is not heard more often"


def test_who_has_gone_is_written_at_once_and_nobody_else() -> None:
    lines = Lines()
    lines.measured(AN, 0, stats())
    lines.measured(BINH, 0, stats())
    lines.measured(CAMERA, 0, stats(), is_device=True)
    found = [event for event, _ in lines.take_due(S, lambda who: who == BINH)]
    assert [type(each) for each in found] == [room.LineMeasured, device.DeviceLineMeasured]


def test_an_event_has_an_end_though_the_clock_stands_still() -> None:
    lines = Lines()
    for n in range(3 * MOST_SAMPLES):
        lines.measured(AN, 0, stats(n=n))
    ((event, _),) = lines.take_due(0, lambda _: True)
    assert isinstance(event, room.LineMeasured)
    assert len(event.at_ms) == MOST_SAMPLES


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[LiveSchool]:
    async with live_school(tmp_path) as made:
        yield made


async def sampled(school: LiveSchool, who: str) -> tuple[LessonClient, str, Room]:
    """Somebody in the lesson of whom the relay and the browser have told ten seconds."""
    client = await school.join(who)
    person = (await client.until("joined"))["me"]
    (live,) = school.services.live.open_rooms()
    live.noticed(stats(live.hall.media.peer_of(PersonId(person))))
    await client.do("report_quality", concealed_ppm=30_000, audio_ms=9_900, freezes=0, frozen_ms=0)
    return client, person, live


async def test_after_five_minutes_the_class_manager_reads_both_in_the_students_events(school: LiveSchool) -> None:
    _, person, _ = await sampled(school, "student1")
    await school.pass_time(290)
    assert await school.bodies("room.line_measured") == []
    await school.pass_time(15)
    desk = await school.browser("class_manager")
    page = await desk.get(f"/lessons/{school.lesson}/events?person={person}")
    found = {row["type"]: row for row in page["events"] if row["type"].startswith("room.line_")}
    assert {kind: row["origin"] for kind, row in found.items()} == {
        "room.line_measured/1": "media",
        "room.line_claimed/1": "client_claim",
    }
    assert found["room.line_measured/1"]["body"]["rtt_ms"] == [40]
    assert found["room.line_claimed/1"]["body"]["concealed_ppm"] == [30_000]


async def test_who_leaves_takes_no_measurement_along(school: LiveSchool) -> None:
    client, person, _ = await sampled(school, "student1")
    await client.do("leave")
    await school.pass_time(1)
    assert [each["person"] for each in await school.bodies("room.line_measured")] == [person]


async def test_the_end_of_a_lesson_writes_lines_before_the_seal(school: LiveSchool) -> None:
    lecturer, _, _ = await sampled(school, "lecturer")
    await lecturer.do("start_lesson")
    await lecturer.do("end_lesson")
    browser = await school.browser("lecturer")
    while (await browser.get(f"/lessons/{school.lesson}"))["card"]["state"] != "sheet_open":
        pass
    assert len(await school.bodies("room.line_measured")) == len(await school.bodies("room.line_claimed")) == 1
    seals = await school.services.ledger.seals(lesson_log(school.lesson))
    assert seals[-1].last_seq == (await school.events())[-1].seq


async def test_a_server_that_stops_writes_what_it_knows_of_lines(school: LiveSchool) -> None:
    await sampled(school, "student1")
    await school.restart()
    assert len(await school.bodies("room.line_measured")) == 1
