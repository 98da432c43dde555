"""A room on the real relay: synthetic browsers offer, connect and send; the room tells what the server itself saw."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media.notices import PeerMoved, PeerStats, ProfileChanged
from server.ids import PersonId
from server.services.live_board import Board
from tests.kit.lesson_client import LessonClient, Refusal
from tests.kit.live_school import LiveSchool, live_school
from tests.kit.rtc_client import RtcClient

MICROPHONE_CAMERA: Mapping[str, Sequence[str]] = {"microphone": (), "camera": ("q", "h", "f")}


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[LiveSchool]:
    async with live_school(tmp_path, with_media=True) as made:
        yield made


async def with_media(
    school: LiveSchool, who: str, publish: Mapping[str, Sequence[str]] = MICROPHONE_CAMERA, seed: int = 1
) -> tuple[LessonClient, RtcClient]:
    """Somebody in the room whose packets flow."""
    rtc = RtcClient(publish, audio_slots=2, video_slots=3, seed=seed)
    media = [{"mid": each.mid, "role": each.role} for each in rtc.publish]
    client = await school.join(who, offer=rtc.offer(), media=media)
    answer = (await client.until("joined"))["answer"]
    assert answer.startswith("v=0")
    rtc.accept(answer)
    await rtc.connect()
    return client, rtc


async def state_of(watcher: LessonClient, person: str, state: str) -> dict[str, Any]:
    return await watcher.until(
        "roster_changed",
        lambda p: any(each["participant"] == person and each["state"] == state for each in p["people"]),
    )


async def test_a_connected_peer_is_learning_and_its_slots_name_people(school: LiveSchool) -> None:
    lecturer, lecturer_rtc = await with_media(school, "lecturer")
    student, rtc = await with_media(school, "student1", seed=2)
    me, teacher = (await student.until("joined"))["me"], (await lecturer.until("joined"))["me"]
    await state_of(lecturer, me, "learning")
    stop = asyncio.create_task(_talk(lecturer_rtc))
    shown = await student.until(
        "slots_changed", lambda p: any(s["participant"] == teacher and s["role"] == "microphone" for s in p["slots"])
    )
    assert {slot["role"] for slot in shown["slots"]} <= {None, "microphone", "camera", "screen", "screen_audio"}
    stop.cancel()
    changed = await school.bodies("room.media_changed")
    assert {"person": teacher, "role": "microphone", "on": True}.items() <= changed[0].items()
    await rtc.close()
    await lecturer_rtc.close()


async def _talk(rtc: RtcClient) -> None:
    while True:
        rtc.send_audio("microphone")
        await asyncio.sleep(0.02)


async def test_a_bad_offer_is_told_and_takes_no_seat(school: LiveSchool) -> None:
    await school.browser("student1")
    with pytest.raises(Refusal, match=r"room\.bad_offer"):
        await school.join("student1", offer="v=0\r\nnonsense", media=[])
    assert await school.bodies("room.person_knocked") == []


async def test_an_ice_restart_is_answered_and_the_same_number_gets_the_same_answer(school: LiveSchool) -> None:
    student, rtc = await with_media(school, "student1")
    offer = rtc.offer()
    await student.do("restart_ice", gen=1, sdp=offer)
    first = await student.until("ice_answered")
    await student.do("restart_ice", gen=1, sdp=offer)
    await student.until("ice_answered", lambda p: p["seq"] > first["seq"])
    answers = student.seen("ice_answered")
    assert answers[0]["sdp"] == answers[1]["sdp"]
    await rtc.close()


async def test_nobody_is_lost_while_media_flows_though_the_socket_is_gone(school: LiveSchool) -> None:
    student, rtc = await with_media(school, "student1")
    await student.vanish()
    await school.pass_time(8)
    assert await school.bodies("room.person_lost") == []
    await rtc.close()


async def test_without_media_a_negotiation_is_refused(school: LiveSchool) -> None:
    student = await school.join("student1")
    with pytest.raises(Refusal, match=r"room\.no_media"):
        await student.do("offer", n=1, sdp="v=0", media=[])


async def test_a_person_is_told_of_their_own_line_and_of_what_it_no_longer_carries(school: LiveSchool) -> None:
    student, rtc = await with_media(school, "student1")
    other = await school.join("student2")
    (room,) = school.services.live.open_rooms()
    peer = room.hall.media.peer_of(PersonId((await student.until("joined"))["me"]))
    counted = PeerStats(
        peer, 1, 1, 9, 9, loss_in_ppm=-1, loss_out_ppm=12_000, rtt_ms=85, audio_in_packets=5, video_in_packets=4
    )
    room.noticed(replace(counted, path="tcp", level="weak", reason="loss_down"))
    room.noticed(ProfileChanged(peer, "audio_and_stills", automatic=True))
    line = await student.until("line_changed")
    assert (line["path"], line["rtt_ms"], line["loss_up_ppm"], line["loss_down_ppm"]) == ("tcp", 85, -1, 12_000)
    assert (line["level"], line["reason"]) == ("weak", "loss_down")
    assert (await student.until("profile_changed"))["automatic"] is True
    await other.until("roster_changed", lambda p: any(each["line"] == "loss" for each in p["people"]))
    await other.do("hears", hears=True)
    assert other.seen("line_changed") == other.seen("profile_changed") == []
    await rtc.close()


async def test_a_person_may_ask_for_sound_and_stills(school: LiveSchool) -> None:
    student, rtc = await with_media(school, "student1")
    await student.do("set_view", rev=1, tiles=[], profile="audio_and_stills")
    told = await student.until("profile_changed")
    assert (told["profile"], told["automatic"]) == ("audio_and_stills", False)
    with pytest.raises(Refusal, match=r"room\.malformed"):
        await student.do("set_view", rev=2, tiles=[], profile="everything")
    await rtc.close()


async def test_how_somebodys_media_come_is_recorded_and_shown_at_the_desk(school: LiveSchool) -> None:
    student, rtc = await with_media(school, "student1")
    await school.until_recorded("room.path_changed")
    (room,) = school.services.live.open_rooms()
    person = (await student.until("joined"))["me"]
    peer = room.hall.media.peer_of(PersonId(person))
    for path, ipv6 in [("tcp", True), ("tcp", True), *[("udp", False), ("relay", False)] * 20]:
        room.noticed(PeerMoved(peer, 1, path, ipv6))
    found = await school.until_recorded("room.path_changed", 20)
    told = [(each["person"], each["path"], each["ipv6"]) for each in found]
    assert told[:3] == [(person, "udp", False), (person, "tcp", True), (person, "udp", False)]
    assert len(told) == 20, "a line that flaps fills no record"
    board = Board(room.hall.plan, school.services.ledger)
    await board.read_on()
    (row,) = [each for each in board._rows(room.hall.now_us) if each.participant == person]
    assert (row.path, row.ipv6) == (told[-1][1], told[-1][2])
    await rtc.close()
