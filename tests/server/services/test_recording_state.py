"""What the strip says about the recording, and what the record keeps of it."""

from __future__ import annotations

from server.events.base import Event
from server.events.lesson import (
    RecordingFailed,
    RecordingFinished,
    RecordingGap,
    RecordingRestored,
    RecordingStarted,
    SegmentClosed,
)
from server.ids import PersonId
from server.services.recording_state import RecordingState

S = 1_000_000
SEGMENT = SegmentClosed(
    publication=1, person=PersonId("p"), role="camera", codec="vp8", file_name="00001-camera.mkv", sha256="0" * 64, size=1,
    from_us=0, to_us=1, end_reason="ended",
)  # fmt: skip


def begun(recorded: list[Event] | None = None) -> RecordingState:
    state = RecordingState(record=True, recorded=recorded or [])
    state.begin(0)
    return state


def test_the_first_confirmed_write_is_the_start() -> None:
    state = begun()
    assert state.info(0).state == "starting"
    assert state.writing(0, True, 1 * S) == []
    assert state.writing(2 * S, True, 3 * S) == [RecordingStarted()]
    assert state.writing(3 * S, True, 4 * S) == []
    assert state.info(4 * S).state == "recording"


def test_a_school_that_does_not_record_is_off() -> None:
    state = RecordingState(record=False, recorded=[])
    state.begin(0)
    assert state.info(0).state == "off"
    assert state.writing(5, True, 5) == []


def test_a_lost_recorder_is_a_failure_since_the_last_confirmed_write_and_its_return_is_told() -> None:
    state = begun()
    state.writing(10 * S, True, 10 * S)
    assert state.recorder_gone(12 * S) == [RecordingFailed(since_us=10 * S, reason="recorder_down")]
    assert state.info(15 * S).lost_ms == 5_000
    assert state.writing(0, True, 14 * S) == []
    assert state.writing(15 * S, True, 16 * S) == [RecordingRestored(lost_ms=6_000)]
    assert state.info(16 * S).lost_ms == 0


def test_a_recorder_that_returns_while_nobody_sends_is_no_failure() -> None:
    state = begun()
    state.writing(10 * S, True, 10 * S)
    state.recorder_gone(12 * S)
    assert state.writing(0, False, 13 * S) == [RecordingRestored(lost_ms=3_000)]


def test_silence_of_the_recorder_is_a_failure() -> None:
    state = begun()
    state.writing(10 * S, True, 10 * S)
    assert state.watch(13 * S) == []
    [failed] = state.watch(14 * S)
    assert failed == RecordingFailed(since_us=10 * S, reason="recorder_down")
    assert state.watch(15 * S) == []


def test_writes_that_are_never_confirmed_are_a_failure() -> None:
    state = begun()
    state.writing(10 * S, True, 10 * S)
    events: list[Event] = []
    for second in range(11, 25):
        events += state.writing(10 * S, True, second * S)
    assert events[0] == RecordingFailed(since_us=10 * S, reason="io")


def test_a_recorder_that_never_comes_is_a_failure_of_the_start() -> None:
    state = begun()
    assert state.watch(10 * S) == []
    assert state.watch(11 * S) == [RecordingFailed(since_us=11 * S, reason="recorder_down")]


def test_facts_told_twice_are_recorded_once() -> None:
    state = begun()
    gap = RecordingGap(publication=None, from_us=1, to_us=2, reason="recorder_down")
    finished = RecordingFinished(manifest_sha256="0" * 64, segments=1, gaps=1)
    for fact in (SEGMENT, gap, finished):
        assert state.observe(fact, S) == [fact]
        assert state.observe(fact, S) == []
    assert state.info(S).state == "finished"


def test_a_restarted_server_goes_on_from_the_record() -> None:
    state = begun([RecordingStarted(), SEGMENT, RecordingFailed(since_us=5 * S, reason="disk_full")])
    assert state.observe(SEGMENT, 0) == []
    assert state.writing(8 * S, True, 9 * S) == [RecordingRestored(lost_ms=4_000)]
    assert begun([RecordingStarted()]).writing(8 * S, True, 9 * S) == []
