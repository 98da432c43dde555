"""The engine's SRTP against libsrtp, byte for byte: what it opens, what it seals, RTP and RTCP, across roll-overs."""

from __future__ import annotations

import struct

import pytest

from media.engine import Tapped
from tests.kit.rtp_packets import RtcpPacket, read_rtp, sender_report
from tests.media.engine_world import CM80, GCM128, GCM256, Peer, World, audio, engine_world, libsrtp

PROFILES = pytest.mark.parametrize("profile", [CM80, GCM128, GCM256])
SSRC, SLOT_SSRC = 77, 2000


def _tapped(world: World) -> list[tuple[int, bytes]]:
    return [(p.ext_seq, p.data) for n in world.of(Tapped) for p in n.packets]


def _lesson(world: World, profile: int) -> tuple[Peer, Peer]:
    speaker, listener = world.peer(profile), world.peer(profile)
    speaker.microphone(1)
    listener.slot(2, "audio")
    world.core.route(2, 1)
    world.core.tap(1, True)
    return speaker, listener


@PROFILES
def test_what_libsrtp_sealed_is_opened_across_a_roll_over(profile: int) -> None:
    with engine_world() as world:
        speaker, listener = _lesson(world, profile)
        plain = [audio(1, seq, SSRC, size=40 + seq % 7) for seq in range(65530, 65546)]
        for packet in plain:
            speaker.send(packet)
        listener.got(len(plain))
        world.until(lambda: len(_tapped(world)) >= len(plain))
        assert _tapped(world) == [(65530 + i, p.to_bytes()) for i, p in enumerate(plain)]


@PROFILES
def test_what_the_engine_seals_is_what_libsrtp_seals_across_a_roll_over(profile: int) -> None:
    with engine_world() as world:
        speaker, listener = _lesson(world, profile)
        sent = 0
        # The slot's numbers begin near 1000 and follow the publisher's steps: five long ones and many short ones wrap them.
        for seq in [0, 20000, 40000, 60000, 64520, *range(64525, 64545), 84000]:
            speaker.send(audio(1, 500 + seq, SSRC))
            sent += 1
            listener.got(sent)
        seqs = [p.seq for p in listener.rtp]
        assert max(seqs) > 65000
        assert seqs[-1] < seqs[0] + 30000, "wrapped"
        opened = libsrtp(profile, *listener.tx, inbound=True)
        again = libsrtp(profile, *listener.tx, inbound=False)
        rtp = [d for d in listener.sealed if not 192 <= d[1] <= 223]
        assert len(rtp) == sent
        for data in rtp:
            plain = opened.unprotect(data)
            assert read_rtp(plain).ssrc == SLOT_SSRC
            assert again.protect(plain) == data


@PROFILES
def test_rtcp_is_opened_and_sealed_as_libsrtp_does(profile: int) -> None:
    with engine_world() as world:
        speaker, listener = _lesson(world, profile)
        speaker.send(audio(1, 5, SSRC))
        listener.got(1)
        ntp = 0x1234_5678_9ABC_DEF0
        speaker.send_rtcp(sender_report(SSRC, ntp, 5 * 960, 1, 60))
        # Opened: the report is sent on; sealed: the speaker gets receiver reports, which answer it.
        report = listener.got_rtcp(lambda p: p.pt == 200)
        assert struct.unpack_from("!IQ", report.body) == (SLOT_SSRC, ntp)

        def about_it(packet: RtcpPacket) -> bool:
            return packet.pt == 201 and struct.unpack_from("!I", packet.body, 20)[0] == ntp >> 16 & 0xFFFFFFFF

        speaker.got_rtcp(about_it)
        again = libsrtp(profile, *speaker.tx, inbound=False)
        opened = libsrtp(profile, *speaker.tx, inbound=True)
        rtcp = [d for d in speaker.sealed if 192 <= d[1] <= 223]
        for data in rtcp:
            assert again.protect_rtcp(opened.unprotect_rtcp(data)) == data


def test_a_forged_or_repeated_packet_is_dropped_and_counted() -> None:
    with engine_world() as world:
        speaker, listener = _lesson(world, GCM128)
        good = speaker.send(audio(1, 10, SSRC))
        listener.got(1)
        speaker.socket.send(good)
        forged = bytearray(speaker.protect.protect(audio(1, 11, SSRC).to_bytes()))
        forged[-1] ^= 1
        speaker.socket.send(bytes(forged))
        world.until(lambda: world.stats(speaker.handle).get("auth_failures") == 1)
        assert world.stats(speaker.handle)["replays"] == 1
        speaker.send(audio(1, 12, SSRC))
        assert [p.seq for p in listener.got(2)] == [1001, 1003]


def test_keys_are_taken_once_and_only_in_the_right_length() -> None:
    with engine_world() as world:
        peer = world.peer(GCM128)
        with pytest.raises(ValueError, match="length"):
            world.core.set_srtp(peer.handle, GCM256, *peer.rx, *peer.tx)
        with pytest.raises(ValueError, match="profile"):
            world.core.set_srtp(peer.handle, 5, *peer.rx, *peer.tx)
        peer.give_keys()
        world.until(lambda: any(n[0] == "set_srtp" and n[1] == peer.handle for n in world.notices))
