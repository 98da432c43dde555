"""Outbox, schedule and seat: the small parts of a room."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from server.attendance.policy import Policy
from server.ids import PersonId
from server.room.outbox import Outbox, encoded
from server.room.participant import SETTLE_US, Participant
from server.room.pushes import HandsChanged, MuteRequested
from server.room.schedule import next_picture, pictures, roll_call_moments
from server.school.permissions import Role

MINUTE_US = 60_000_000


def test_pushes_are_numbered_without_holes_and_the_missed_ones_come_again_in_order() -> None:
    outbox = Outbox()
    sent = [json.loads(outbox.put(encoded(HandsChanged(hands=[])))) for _ in range(5)]
    assert [push["seq"] for push in sent] == [1, 2, 3, 4, 5]
    assert sent[0] == {"t": "hands_changed", "hands": [], "seq": 1}
    missed = outbox.since(2)
    assert missed is not None
    assert [json.loads(frame)["seq"] for frame in missed] == [3, 4, 5]
    assert outbox.since(5) == []


def test_a_push_without_fields_gets_its_number_too() -> None:
    assert json.loads(Outbox().put(encoded(MuteRequested()))) == {"t": "mute_requested", "seq": 1}


@given(kept=st.integers(1, 20), put=st.integers(0, 60), asked=st.integers(-3, 70))
def test_what_is_not_kept_any_more_is_never_handed_out_with_a_hole(kept: int, put: int, asked: int) -> None:
    outbox = Outbox(kept)
    for _ in range(put):
        outbox.put(encoded(MuteRequested()))
    missed = outbox.since(asked)
    if missed is None:
        assert asked > put or asked < put - kept
    else:
        assert [json.loads(frame)["seq"] for frame in missed] == list(range(asked + 1, put + 1))


@given(
    minutes=st.integers(1, 300),
    count=st.integers(0, 6),
    chances=st.lists(st.floats(0, 1, exclude_max=True), min_size=6, max_size=6),
)
def test_roll_calls_are_spread_in_order_over_the_lesson(minutes: int, count: int, chances: list[float]) -> None:
    end_us = minutes * MINUTE_US
    moments = roll_call_moments(0, end_us, count, chances[:count])
    assert len(moments) == count
    assert moments == sorted(moments)
    assert all(0 <= each <= end_us for each in moments)
    if count > 1:
        assert moments[0] <= 20 * MINUTE_US
        assert moments[-1] >= end_us - max(20 * MINUTE_US, end_us // count) - count


def test_a_lesson_that_ends_after_a_minute_still_has_three_pictures() -> None:
    plan = pictures(0, 180 * MINUTE_US, Policy())
    asked: list[str] = []
    for second in range(60):
        picture = next_picture(plan, asked, second * 1_000_000)
        if picture is not None:
            asked.append(picture.cause)
    assert [*asked, "end"] == ["start", "start_plus_20s", "end"]


def test_a_whole_lesson_has_every_planned_picture_once() -> None:
    plan = pictures(0, 180 * MINUTE_US, Policy())
    asked: list[str] = []
    for second in range(180 * 60):
        picture = next_picture(plan, asked, second * 1_000_000)
        if picture is not None:
            asked.append(picture.cause)
    assert asked == ["start", "start_plus_20s", "start_plus_10", "middle", "end_minus_10"]


def test_pictures_missed_during_an_outage_are_not_made_up_for_one_by_one() -> None:
    plan = pictures(0, 180 * MINUTE_US, Policy())
    assert next_picture(plan, ["start"], 100 * MINUTE_US) == plan[3]


def _gone(closed_for_us: int, media_ago_us: int | None) -> bool:
    held = Participant(PersonId("an"), Role.STUDENT)
    now_us = 1_000 * MINUTE_US
    held.socket_closed_us = now_us - closed_for_us
    media_us = None if media_ago_us is None else now_us - media_ago_us
    return held.is_gone(now_us, media_us, 30_000_000)


def test_a_closed_socket_loses_nobody_while_their_media_flows_for_half_a_minute() -> None:
    assert not _gone(29_000_000, media_ago_us=200_000)
    assert _gone(30_000_000, media_ago_us=200_000)


def test_a_closed_socket_without_media_is_a_loss_only_after_the_time_of_a_reload() -> None:
    assert not _gone(SETTLE_US - 1, None)
    assert _gone(SETTLE_US, None)
    assert _gone(SETTLE_US, media_ago_us=6_000_000)


def test_a_weak_line_does_not_flicker() -> None:
    held = Participant(PersonId("an"), Role.STUDENT, has_media=True, is_media_up=True)
    words = []
    for loss in (10_000, 60_000, 40_000, 20_000, 40_000, -1):
        held.heard_loss(loss)
        words.append(held.word())
    assert words == ["learning", "weak", "weak", "learning", "learning", "learning"]
