"""The engine on real sockets: two peers, forwarding, switching, repairing, moving, and what it refuses."""

from __future__ import annotations

import os
import select
import struct
import time
from itertools import pairwise

import pytest

from media.engine import (
    AudioLevels,
    DownlinkFeedback,
    DtlsReceived,
    LayerChanged,
    PathChanged,
    PeerResumed,
    PeerStalled,
    SenderReport,
    SlotSwitched,
    TapGap,
    Tapped,
)
from tests.kit.rtp_packets import RtpPacket, generic_nack, nacked, picture_loss, sender_report
from tests.media.engine_world import (
    EXT,
    RTX_PT,
    SLOT_RTX_PT,
    SLOT_VP8_PT,
    Peer,
    World,
    audio,
    engine_world,
    is_pli,
    video,
)

Q, H, Q_RTX = 11, 12, 21


def _classroom(world: World) -> tuple[Peer, Peer]:
    """A lecturer with a camera (1) and a microphone (2); a student with slots 5 (video) and 6 (audio)."""
    lecturer, student = world.peer(), world.peer()
    lecturer.camera(1)
    lecturer.microphone(2)
    student.slot(5, "video")
    student.slot(6, "audio")
    world.core.route(5, 1, "q")
    world.core.route(6, 2)
    return lecturer, student


def test_sound_and_picture_arrive_in_the_slots_own_numbers() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        for seq in range(10):
            lecturer.send(video(1, "q", 700 + seq, Q, key=seq == 0))
            lecturer.send(audio(2, 40 + seq, 33))
        got = student.got(20)
        pictures = [p for p in got if p.ssrc == 5000]
        assert [p.seq for p in pictures] == list(range(1001, 1011))
        assert {p.pt for p in pictures} == {SLOT_VP8_PT}
        assert {p.extensions[EXT["mid"]] for p in pictures} == {b"s5"}
        numbers = [struct.unpack("!H", p.extensions[EXT["twcc"]])[0] for p in got]
        assert sorted(numbers) == list(range(20))
        sounds = [p for p in got if p.ssrc == 6000]
        assert {p.extensions[EXT["audio_level"]] for p in sounds} == {b"\xa8"}
        assert world.notice(LayerChanged, src=1, rid="q", up=True).codec == "vp8"
        world.notice(LayerChanged, src=1, width=640, height=360)
        assert (2, 40) in world.notice(AudioLevels).levels
        world.notice(AudioLevels, levels=((2, 127),))


def test_a_layer_switch_waits_for_the_keyframe_it_asks_for() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        for seq in range(5):
            lecturer.send(video(1, "q", seq, Q, key=seq == 0))
            lecturer.send(video(1, "h", 9000 + seq, H))
        student.got(5)
        world.core.route(5, 1, "h")
        wanted = lecturer.got_rtcp(lambda p: is_pli(p) and struct.unpack_from("!I", p.body, 4)[0] == H)
        assert wanted
        for seq in range(5, 8):
            lecturer.send(video(1, "q", seq, Q))
            lecturer.send(video(1, "h", 9000 + seq, H, key=seq == 7))
            lecturer.send(video(1, "h", 9010 + seq, H))
        got = student.got(9)
        assert [p.seq for p in got][:8] == list(range(1001, 1009))
        ids = [struct.unpack_from("!H", p.payload, 2)[0] & 0x7FFF for p in got]
        assert ids[:9] == [*range(8), 8]
        assert all(0 < (b.timestamp - a.timestamp) % 2**32 < 2**31 for a, b in pairwise(got[:9]))
        assert world.notice(SlotSwitched, slot=5, rid="h").src == 1


def test_an_upstream_gap_is_asked_for_and_mended_by_the_publishers_rtx() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        for seq in [0, 1, 2, 5]:
            lecturer.send(video(1, "q", 100 + seq, Q, key=seq == 0))
        asked = lecturer.got_rtcp(lambda p: (p.pt, p.count) == (205, 1))
        assert nacked(asked.body) == [103, 104]
        for i, seq in enumerate([103, 104, 104]):
            lost = video(1, "q", seq, Q)
            names = {EXT["mid"]: b"v1", EXT["rrid"]: b"q"}
            payload = struct.pack("!H", seq) + lost.payload
            rtx = RtpPacket(RTX_PT, 500 + i, lost.timestamp, Q_RTX, payload, True, names)
            lecturer.send(rtx)
        got = student.got(6)
        assert sorted(p.seq for p in got) == list(range(1001, 1007))
        world.until(lambda: world.source(lecturer.handle).get("recovered") == 2)
        assert world.source(lecturer.handle)["duplicates"] == 1


def test_a_downstream_nack_is_answered_with_the_slots_rtx() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        for seq in range(6):
            lecturer.send(video(1, "q", seq, Q, key=seq == 0))
        sent = {p.seq: p for p in student.got(6)}
        student.send_rtcp(generic_nack(1, 5000, [1003, 1004, 1999]))
        again = student.got(8)[6:]
        assert {p.ssrc for p in again} == {5001}
        assert {p.pt for p in again} == {SLOT_RTX_PT}
        mended = {struct.unpack_from("!H", p.payload)[0]: p.payload[2:] for p in again}
        assert mended == {seq: sent[seq].payload for seq in (1003, 1004)}


def test_many_keyframe_requests_cost_the_publisher_one_per_half_second() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        lecturer.send(video(1, "q", 0, Q, key=True))
        student.got(1)
        first = time.monotonic()
        while time.monotonic() < first + 1.3:
            student.send_rtcp(picture_loss(1, 5000))
            world.poll()
            lecturer.receive()
            time.sleep(0.02)
        assert 2 <= len([p for p in lecturer.rtcp if is_pli(p)]) <= 3
        lecturer.send(video(1, "q", 1, Q, key=True))
        student.got(2)
        before = len([p for p in lecturer.rtcp if is_pli(p)])
        world.settle()
        lecturer.receive()
        assert len([p for p in lecturer.rtcp if is_pli(p)]) <= before + 1, "answered: no more is asked"


def test_a_sender_report_is_sent_on_in_the_slots_time_and_again_after_a_switch() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        lecturer.send(video(1, "q", 50, Q, key=True))
        lecturer.send(video(1, "h", 90, H, key=True))
        [first] = student.got(1)
        ntp = 0xE000_0000_0000_0000
        lecturer.send_rtcp(sender_report(Q, ntp, 50 * 3000, 1, 500))
        lecturer.send_rtcp(sender_report(H, ntp, 90 * 3000, 1, 500))
        report = student.got_rtcp(lambda p: p.pt == 200)
        assert struct.unpack_from("!IQII", report.body) == (5000, ntp, first.timestamp, 1)
        assert b"\x01\x03sfu" in student.got_rtcp(lambda p: p.pt == 202).body
        world.core.route(5, 1, "h")
        lecturer.got_rtcp(is_pli)
        seen = len([p for p in student.rtcp if p.pt == 200])
        lecturer.send(video(1, "h", 91, H, key=True))
        # 91 is one frame after the report of both layers, hence one frame after `first` in the slot's time.
        assert student.got(2)[1].timestamp == first.timestamp + 3000
        world.until(lambda: (student.receive(), len([p for p in student.rtcp if p.pt == 200]) > seen)[1])
        later = [p for p in student.rtcp if p.pt == 200][-1]
        _, at_ntp, at_rtp = struct.unpack_from("!IQI", later.body)
        seconds = (at_ntp - ntp) / 2**32
        assert 0 < seconds < 5
        assert abs((at_rtp - first.timestamp) / 90000 - seconds) < 0.001


def test_the_path_follows_a_nominated_check_only() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        assert world.notice(PathChanged, peer=student.handle).port == student.socket.getsockname()[1]
        old, student.socket = student.socket, student.new_socket()
        student.check()
        world.settle()
        assert len(world.of(PathChanged, peer=student.handle)) == 1, "not nominated"
        answer = student.check(nominate=True)
        assert answer.attributes["XOR-MAPPED-ADDRESS"][1] == student.socket.getsockname()[1]
        world.until(lambda: len(world.of(PathChanged, peer=student.handle)) == 2)
        lecturer.send(video(1, "q", 0, Q, key=True))
        assert len(student.got(1)) == 1
        old.close()


def test_an_ice_restart_keeps_streams_and_is_idempotent() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        lecturer.send(video(1, "q", 0, Q, key=True))
        student.got(1)
        world.core.restart_peer(student.handle, 1, "fresh", "the-new-password", f"far{student.handle}")
        world.core.restart_peer(student.handle, 1, "other", "ignored-password", f"far{student.handle}")
        student.check(nominate=True, ufrag="fresh", pwd="the-new-password")
        world.notice(PathChanged, peer=student.handle, gen=1)
        lecturer.send(video(1, "q", 1, Q))
        assert student.got(2)[1].seq == 1002
        student.socket.send(student.request())
        world.until(lambda: world.stats()["bad_stun"] == 1)  # the old credentials are over


def test_checks_with_a_wrong_password_or_from_strangers_are_not_answered() -> None:
    with engine_world() as world:
        peer = world.peer(path=False)
        peer.socket.send(peer.request(pwd="guess"))
        peer.socket.send(peer.request(ufrag="nobody"))
        peer.socket.send(b"\x16\xfe\xfd" + bytes(40))
        peer.socket.send(bytes([0x80, 96]) + bytes(40))
        world.until(lambda: world.stats()["unknown_address"] == 2)
        assert (world.stats()["bad_integrity"], world.stats()["bad_stun"]) == (1, 1)
        assert peer.receive() == []
        assert not world.of(PathChanged)
        assert not world.of(DtlsReceived)


def test_dtls_passes_both_ways_and_media_before_keys_is_dropped() -> None:
    with engine_world() as world:
        peer = world.peer(keys=False)
        peer.microphone(1)
        peer.socket.send(b"\x16\xfe\xfdhello")
        assert world.notice(DtlsReceived, peer=peer.handle).data == b"\x16\xfe\xfdhello"
        world.core.send_dtls(peer.handle, b"\x16\xfe\xfdback")
        world.until(lambda: b"\x16\xfe\xfdback" in peer.receive())
        peer.send(audio(1, 1, 9))
        peer.send_rtcp(sender_report(9, 1, 1, 1, 1))
        world.until(lambda: world.stats(peer.handle)["before_keys"] == 2)
        peer.give_keys()
        peer.send(audio(1, 2, 9))
        world.notice(LayerChanged, src=1, up=True)


def test_a_publication_that_is_not_permitted_is_dropped() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        lecturer.send(video(1, "q", 0, Q, key=True))
        student.got(1)
        world.core.enable_source(1, False)
        world.notice(SlotSwitched, slot=5, src=0)
        for seq in range(1, 6):
            lecturer.send(video(1, "q", seq, Q, key=True))
        world.until(lambda: world.source(lecturer.handle).get("dropped_disabled") == 5)
        assert student.receive() == []
        world.core.enable_source(1, True)
        lecturer.got_rtcp(is_pli)
        lecturer.send(video(1, "q", 6, Q, key=True))
        assert student.got(2)[1].seq == 1002, "no gap"


def test_a_tap_hands_out_the_best_layer_in_order_with_its_sender_reports() -> None:
    with engine_world() as world:
        lecturer, _ = _classroom(world)
        world.core.tap(1, True)
        world.core.tap(2, True)
        sent = [video(1, "h", seq, H, key=seq == 65530) for seq in range(65530, 65540)]
        for i, packet in enumerate(sent):
            lecturer.send(video(1, "q", 10 + i, Q, key=i == 0))
            lecturer.send(packet)
            lecturer.send(audio(2, i, 33))
        lecturer.send_rtcp(sender_report(H, 5 << 32, 1234, 1, 1))
        world.until(lambda: sum(len(n.packets) for n in world.of(Tapped)) >= 20)
        packets = [p for n in world.of(Tapped) for p in n.packets]
        best = [p for p in packets if p.src == 1 and p.rid == "h"]
        assert [p.data for p in best] == [p.to_bytes() for p in sent]
        assert [p.ext_seq for p in best] == list(range(65530, 65540))
        assert len([p for p in packets if p.src == 2]) == 10
        now_us = time.monotonic_ns() // 1000
        assert all(now_us - 5_000_000 < p.at_us <= now_us for p in packets)
        report = world.notice(SenderReport, src=1)
        assert (report.rid, report.ntp, report.rtp) == ("h", 5 << 32, 1234)


def test_a_slow_tap_reader_loses_video_up_to_a_keyframe_but_no_sound() -> None:
    with engine_world() as world:
        lecturer, _ = _classroom(world)
        world.core.tap(1, True)
        world.core.tap(2, True)
        world.notice(PathChanged, peer=lecturer.handle)
        body = bytes(640)
        count = 12_000
        for seq in range(count):
            packet = video(1, "q", seq, Q, key=seq == 0)
            packet.payload += body
            lecturer.send(packet)
            if seq % 20 == 0:
                lecturer.send(audio(2, seq // 20, 33))
            if seq % 200 == 0:
                # Not read on purpose; but the socket must not overflow either, so the engine gets its turn.
                while world.stats(lecturer.handle).get("rx_packets", 0) < seq:
                    time.sleep(0.001)
        dropped = world.until(lambda: world.source(lecturer.handle).get("tap_dropped"))
        assert dropped > 1000

        def sound() -> list[int]:
            return [p.ext_seq for n in world.of(Tapped) for p in n.packets if p.src == 2]

        world.until(lambda: len(sound()) >= count // 20)
        assert sound() == list(range(count // 20))
        lecturer.got_rtcp(is_pli)
        lecturer.send(video(1, "q", count, Q))
        lecturer.send(video(1, "q", count + 1, Q, key=True))
        gap = world.notice(TapGap, src=1)
        assert gap.packets >= dropped
        assert gap.from_us < gap.to_us
        after = world.until(lambda: [p for n in world.of(Tapped) for p in n.packets if p.ext_seq > count])
        assert after[0].ext_seq == count + 1


def test_steady_media_wakes_python_at_most_fifty_times_a_second() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        world.core.tap(1, True)
        world.core.tap(2, True)
        wakes: list[tuple[float, int]] = []
        begin = time.monotonic()
        for seq in range(150):
            lecturer.send(video(1, "q", seq, Q, key=seq == 0))
            lecturer.send(audio(2, seq, 33, level=seq % 100))
            while time.monotonic() < begin + seq * 0.01:
                if select.select([world.core.fileno()], [], [], 0.002)[0]:
                    os.eventfd_read(world.core.fileno())
                    world.poll()
            wakes.append((time.monotonic(), world.stats()["wakes"]))
        student.got(300)
        (from_s, before), (to_s, after) = wakes[49], wakes[-1]
        assert 5 < (after - before) / (to_s - from_s) <= 50


def test_the_publisher_gets_transport_feedback_and_the_ceiling_it_is_set() -> None:
    with engine_world() as world:
        lecturer, _ = _classroom(world)
        world.core.set_remb(lecturer.handle, 800_000)
        for seq in range(10):
            lecturer.send(video(1, "q", seq, Q, key=seq == 0, twcc=65530 + seq))
        feedback = lecturer.got_rtcp(lambda p: (p.pt, p.count) == (205, 15))
        base, count = struct.unpack_from("!HH", feedback.body, 8)
        assert (base, count) == (65530, 10) or count < 10
        remb = lecturer.got_rtcp(lambda p: (p.pt, p.count) == (206, 15))
        word = struct.unpack_from("!I", remb.body, 12)[0]
        assert abs(((word & 0x3FFFF) << (word >> 18 & 0x3F)) - 800_000) < 4


def test_downlink_feedback_is_reported_with_loss_and_rate() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        for seq in range(40):
            lecturer.send(video(1, "q", seq, Q, key=seq == 0))
        student.got(40)
        # Numbers 0…39; every fourth reported lost: 2-bit symbols 1 1 1 0, deltas of 1 ms.
        symbols = [0 if i % 4 == 3 else 1 for i in range(42)]
        chunks = b"".join(
            struct.pack("!H", 0xC000 | sum(s << 2 * (6 - j) for j, s in enumerate(symbols[i : i + 7])))
            for i in range(0, 42, 7)
        )
        body = struct.pack("!IIHHI", 1, 5000, 0, 40, 1 << 8) + chunks + bytes([4] * 30)
        body += bytes(-len(body) % 4)
        student.send_rtcp(struct.pack("!BBH", 0x80 | 15, 205, len(body) // 4) + body)
        [peer] = world.notice(DownlinkFeedback).peers
        assert peer.peer == student.handle
        assert peer.loss == pytest.approx(0.25, abs=0.03)
        assert peer.acked_bps > 10_000
        assert peer.owd_ms >= 0


def test_silence_is_reported_with_the_last_sign_of_life_and_its_end() -> None:
    with engine_world() as world:
        peer = world.peer()
        alive_us = time.monotonic_ns() // 1000
        stalled = world.notice(PeerStalled, peer=peer.handle, ms=1500)
        assert abs(stalled.last_us - alive_us) < 1_000_000
        peer.check()
        resumed = world.notice(PeerResumed, peer=peer.handle)
        assert resumed.last_us == stalled.last_us
        assert resumed.ms >= 1500


def test_removing_a_publisher_silences_its_slots() -> None:
    with engine_world() as world:
        lecturer, student = _classroom(world)
        lecturer.send(video(1, "q", 0, Q, key=True))
        student.got(1)
        world.core.remove_peer(lecturer.handle)
        world.notice(SlotSwitched, slot=5, src=0)
        world.until(lambda: world.stats()["peers"] == 1)
        lecturer.send(video(1, "q", 1, Q, key=True))
        world.until(lambda: world.stats()["unknown_address"] == 1)
