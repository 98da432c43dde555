"""The link's bytes: whatever comes, a frame or a LinkError, never anything else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.framing import FrameReader, LinkError, control, decode_down, decode_media, decode_up, frame, media
from recorder.link_messages import KIND_CONTROL, KIND_MEDIA, OpenTap, Ping, StartRecording

PACKETS = st.lists(st.tuples(st.integers(0, 2**63), st.binary(max_size=1_500)), max_size=40)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), PACKETS)
def test_media_batches_come_out_as_they_went_in(publication: int, packets: list[tuple[int, bytes]]) -> None:
    [(kind, payload)] = FrameReader().feed(media(publication, packets))
    assert kind == KIND_MEDIA
    assert decode_media(payload) == (publication, packets)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 64))
def test_frames_are_found_however_the_stream_is_cut(payloads: list[bytes], step: int) -> None:
    stream = b"".join(frame(KIND_MEDIA, p) for p in payloads)
    reader = FrameReader()
    found = [f for at in range(0, len(stream), step) for f in reader.feed(stream[at : at + step])]
    assert found == [(KIND_MEDIA, p) for p in payloads]


@settings(deadline=None)
@given(st.binary(max_size=2_000))
def test_foreign_bytes_are_frames_or_a_link_error(data: bytes) -> None:
    try:
        for kind, payload in FrameReader().feed(data):
            decode_down(payload) if kind == KIND_CONTROL else decode_media(payload)
    except LinkError:
        pass


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_a_damaged_media_batch_is_a_link_error_or_a_batch(payload: bytes) -> None:
    with contextlib.suppress(LinkError):
        decode_media(payload)


@settings(deadline=None)
@given(PACKETS.filter(bool), st.data())
def test_a_batch_cut_short_is_refused(packets: list[tuple[int, bytes]], data: st.DataObject) -> None:
    payload = media(7, packets)[5:]
    cut = data.draw(st.integers(0, len(payload) - 1))
    with pytest.raises(LinkError):
        decode_media(payload[:cut])


@pytest.mark.parametrize(
    "header", [b"\x00\x00\x00\x00", b"\x00\x40\x00\x01", b"\xff\xff\xff\xff", b"\x00\x00\x00\x02\x09"]
)
def test_a_frame_that_is_empty_too_long_or_of_unknown_kind_is_refused_by_its_first_bytes(header: bytes) -> None:
    with pytest.raises(LinkError):
        FrameReader().feed(header)


def test_ids_that_could_leave_the_folder_are_refused() -> None:
    for lesson in ("../../etc", "a/b", "", ".", "x" * 65, "a\n"):
        with pytest.raises(LinkError):
            decode_down(control(StartRecording(lesson=lesson, origin_us=0))[5:])


def test_a_role_is_checked_like_an_id() -> None:
    tap = OpenTap(lesson="l", publication=1, person="p", role="../camera", codec="vp8", clock_hz=90_000, record=True)
    with pytest.raises(LinkError):
        decode_down(control(tap)[5:])


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"t":"nothing"}', b"[1]", b'{"t":"ping","n":"x"}', b"\xff\xfe"])
def test_unknown_control_messages_are_refused(payload: bytes) -> None:
    with pytest.raises(LinkError):
        decode_down(payload)
    with pytest.raises(LinkError):
        decode_up(payload)


def test_control_messages_come_out_as_they_went_in() -> None:
    assert decode_down(control(Ping(n=3))[5:]) == Ping(n=3)
