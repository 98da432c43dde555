"""Payloads to frames: whole ones only, and after a loss nothing before the next keyframe."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder import rtp
from recorder.depacketise import Frame, annex_b_kinds, depacketiser, opus_duration_us, starts_keyframe
from tests.recorder.studio import Sent, audio, packets, video


def frames_of(codec: str, sent: list[Sent], missing: frozenset[int] = frozenset()) -> list[Frame]:
    order, whole = rtp.Reordering(wait_us=0), depacketiser(codec)
    found = []
    for number, each in enumerate(sent):
        if number in missing:
            continue
        packet = rtp.parse(each.data, each.arrival_us)
        assert packet is not None
        for lost, ready in order.push(packet):
            found += whole.push(lost, ready)
    return found


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_every_frame_comes_out_as_it_was_encoded(codec: str) -> None:
    take = video(codec, seconds=2, size=(640, 360))
    found = frames_of(codec, list(packets(codec, take, 0)))
    assert len(found) == len(take) == 60
    assert [f.key for f in found] == [e.key for e in take]
    if codec == "vp8":
        assert [f.data for f in found] == [e.data for e in take]
        assert {(f.width, f.height) for f in found if f.key} == {(640, 360)}


def test_h264_keyframes_carry_their_parameter_sets() -> None:
    key = next(f for f in frames_of("h264", list(packets("h264", video("h264", seconds=1), 0))) if f.key)
    assert {7, 8, 5} <= set(annex_b_kinds(key.data))


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_after_a_lost_packet_nothing_comes_before_the_next_keyframe(codec: str) -> None:
    take = video(codec, seconds=3, key_every=30)
    sent = list(packets(codec, take, 0))
    found = frames_of(codec, sent, missing=frozenset({len(sent) // 6}))
    keys = [i for i, f in enumerate(found) if f.key]
    assert len(found) < len(take)
    gap = next(i for i in range(1, len(found)) if (found[i].timestamp - found[i - 1].timestamp) % 2**32 > 3_100)
    assert gap in keys


@settings(deadline=None)
@given(
    st.sampled_from(["vp8", "h264", "opus"]),
    st.lists(st.tuples(st.integers(0, 2), st.binary(max_size=60), st.booleans()), max_size=30),
)
def test_any_payloads_are_survived(codec: str, parts: list[tuple[int, bytes, bool]]) -> None:
    whole = depacketiser(codec)
    for number, (lost, payload, marker) in enumerate(parts):
        whole.push(lost, rtp.Packet(number, number // 2, 1, marker, payload, 0))


@settings(deadline=None)
@given(st.sampled_from(["vp8", "h264", "opus"]), st.binary(max_size=80))
def test_any_bytes_may_be_asked_whether_they_start_a_keyframe(codec: str, data: bytes) -> None:
    assert starts_keyframe(codec, data) in (True, False)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_the_first_packet_of_a_keyframe_is_recognised(codec: str) -> None:
    take = video(codec, seconds=1, size=(640, 360))
    sent = list(packets(codec, take, 0))
    assert starts_keyframe(codec, sent[0].data)
    assert not starts_keyframe(codec, sent[-1].data)


def test_opus_packets_of_our_encoder_last_20_ms() -> None:
    assert {opus_duration_us(e.data) for e in audio(0.2)} == {20_000}


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=3))
def test_opus_durations_are_never_longer_than_120_ms(packet: bytes) -> None:
    assert 0 <= opus_duration_us(packet) <= 120_000
