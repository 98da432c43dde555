"""ICE-TCP: the same protocols over accepted connections, who may hold one, what a slow one loses, what a closed one leaves."""

from __future__ import annotations

import socket
import struct

import pytest

from media.engine import DtlsReceived, PathChanged
from tests.kit.rtp_packets import RtpPacket
from tests.media.engine_world import SLOT_OPUS_PT, FramedSocket, Peer, World, audio, engine_world, video


def _tcp_peer(world: World, ip: str = "127.0.0.1", receive_buffer: int = 4 << 20) -> Peer:
    peer = world.peer(keys=False, path=False)
    peer.socket.close()
    peer.socket = FramedSocket(world.port, ip, receive_buffer)
    peer.check(nominate=True)
    peer.give_keys()
    return peer


def _raw(world: World) -> FramedSocket:
    return FramedSocket(world.port)


def test_udp_and_tcp_of_both_families_share_one_port_number() -> None:
    with engine_world(("127.0.0.1", "::1"), tcp=True) as world:
        assert [(proto, ip) for proto, ip, _ in world.bound] == [
            ("udp", "127.0.0.1"), ("udp", "::1"), ("tcp", "127.0.0.1"), ("tcp", "::1"),
        ]  # fmt: skip
        assert {port for _, _, port in world.bound} == {world.port}


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1"])
def test_a_peer_over_tcp_is_heard_and_hears_over_udp_and_back(ip: str) -> None:
    with engine_world(("127.0.0.1", "::1"), tcp=True) as world:
        tcp, udp = _tcp_peer(world, ip), world.peer()
        path = world.notice(PathChanged, peer=tcp.handle)
        assert (path.proto, path.ip, path.port) == ("tcp", ip, tcp.socket.getsockname()[1])
        for me, other, src in ((tcp, udp, 1), (udp, tcp, 2)):
            me.microphone(src)
            other.slot(10 + src, "audio")
            world.core.route(10 + src, src)
        for seq in range(20):
            tcp.send(audio(1, seq, 111))
            udp.send(audio(2, seq, 222))
        assert [p.payload for p in udp.got(20)] == [p.payload for p in tcp.got(20)]
        world.until(lambda: world.stats()["tcp_open"] == 1 and world.stats(tcp.handle)["proto"] == "tcp")
        tcp.socket.send(b"\x16\xfe\xfd!")
        assert world.notice(DtlsReceived).peer == tcp.handle
        world.core.send_dtls(tcp.handle, b"\x16\xfe\xfdanswer")
        assert world.until(lambda: [d for d in tcp.receive() if d[0] == 0x16]) == [b"\x16\xfe\xfdanswer"]


def test_a_peer_over_ipv6_is_answered_from_the_ipv6_socket() -> None:
    with engine_world(("127.0.0.1", "::1")) as world:
        six, four = world.peer(keys=False, path=False), world.peer()
        six.socket = six.new_socket("::1")
        answer = six.check(nominate=True)
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == six.socket.getsockname()[:2]
        six.give_keys()
        four.camera(1)
        six.slot(11, "video")
        world.core.route(11, 1, "q")
        four.send(video(1, "q", 0, 5, key=True))
        for seq in range(1, 40):
            four.send(video(1, "q", seq, 5))
        assert len(six.got(40)) == 40


def test_a_connection_that_proves_no_password_carries_nothing_and_is_closed_in_five_seconds() -> None:
    with engine_world(tcp=True) as world:
        peer = _tcp_peer(world)
        silent, chatty, wrong = _raw(world), _raw(world), _raw(world)
        chatty.send(b"\x16\xfe\xfd hello")
        wrong.send(peer.request(pwd="another-password-entirely"))
        world.until(lambda: world.stats()["bad_integrity"] == 1 and world.stats()["unknown_address"] == 1)
        slow = _raw(world)
        request = peer.request()
        slow.stream.sendall(struct.pack("!H", len(request)) + request[:30])
        world.until(lambda: all(s.is_closed() for s in (silent, chatty, wrong, slow)), 15)
        assert not world.of(DtlsReceived)
        world.until(lambda: world.stats()["tcp_overdue"] == 4 and world.stats()["tcp_open"] == 1)
        peer.check()


def test_bytes_before_the_password_are_limited_and_a_frame_too_long_ends_the_connection() -> None:
    with engine_world(tcp=True) as world:
        peer = _tcp_peer(world)
        flood, overlong = _raw(world), _raw(world)
        for _ in range(5):
            flood.send(bytes(1000))
        overlong.stream.sendall(b"\xff\xff" + bytes(100))
        world.until(lambda: flood.is_closed() and overlong.is_closed())
        assert isinstance(peer.socket, FramedSocket)
        peer.socket.stream.sendall(struct.pack("!H", 1501) + bytes(1501))
        world.until(peer.socket.is_closed)
        world.until(lambda: world.stats()["tcp_malformed"] == 3 and world.stats()["tcp_open"] == 0)


def test_idle_connections_from_one_address_cannot_keep_a_peer_out() -> None:
    with engine_world(tcp=True) as world:
        waiting = [_raw(world) for _ in range(200)]
        world.until(lambda: world.stats()["tcp_refused"] > 0 and sum(w.is_closed() for w in waiting) == 72)
        world.until(lambda: world.stats()["tcp_open"] == 0, 15)
        _tcp_peer(world)


def test_when_the_connection_closes_the_peer_goes_on_over_its_other_address_or_falls_silent() -> None:
    with engine_world(tcp=True) as world:
        peer = world.peer()
        over_udp = peer.socket
        peer.socket = FramedSocket(world.port)
        peer.check(nominate=True)
        assert world.notice(PathChanged, peer=peer.handle, proto="tcp")
        peer.socket.close()
        world.until(lambda: len(world.of(PathChanged, peer=peer.handle, proto="udp")) == 2)
        peer.socket = over_udp
        world.core.send_dtls(peer.handle, b"\x16\xfe\xfdback")
        world.until(lambda: b"\x16\xfe\xfdback" in peer.receive())
        alone = _tcp_peer(world)
        alone.socket.close()
        world.until(lambda: world.stats(alone.handle)["path"] == "" and world.stats()["tcp_open"] == 0)


def test_a_removed_peers_connection_is_closed_after_its_last_words() -> None:
    with engine_world(tcp=True) as world:
        peer = _tcp_peer(world)
        world.core.send_dtls(peer.handle, b"\x15\xfe\xfdgoodbye")
        world.core.remove_peer(peer.handle)
        got: list[bytes] = []

        def has_ended() -> bool:
            try:
                got.append(peer.socket.recv(0))
            except BlockingIOError:
                return False
            return got[-1] == b""

        world.until(has_ended)
        assert b"\x15\xfe\xfdgoodbye" in got


def test_a_slow_connection_loses_pictures_and_no_sound_and_never_half_a_frame() -> None:
    with engine_world(tcp=True) as world:
        lecturer, slow = world.peer(), _tcp_peer(world, receive_buffer=4096)
        lecturer.camera(1, ("q",))
        lecturer.microphone(2)
        slow.slot(11, "video")
        slow.slot(12, "audio")
        world.core.route(11, 1)
        world.core.route(12, 2)
        pictures = 0
        while world.stats()["tcp_dropped"] == 0:
            for _ in range(50):
                packet = video(1, "q", pictures, 5, key=pictures == 0)
                packet.payload += bytes(600)
                lecturer.send(packet)
                if pictures % 50 == 0:
                    lecturer.send(audio(2, pictures // 50, 6))
                pictures += 1
            world.until(lambda at=pictures: world.stats(lecturer.handle)["rx_packets"] >= at)  # type: ignore[misc]
            assert pictures < 20_000
        spoken = (pictures - 1) // 50 + 1
        heard = world.until(lambda: (slow.receive(), len(_heard(slow)) == spoken)[1] and _heard(slow), 20)
        assert [p.seq for p in heard] == [(heard[0].seq + n) & 0xFFFF for n in range(spoken)]
        assert len(slow.rtp) - spoken < pictures


def _heard(peer: Peer) -> list[RtpPacket]:
    return [p for p in peer.rtp if p.pt == SLOT_OPUS_PT]


def test_a_connection_that_takes_nothing_is_closed_and_others_are_served_meanwhile() -> None:
    with engine_world(tcp=True) as world:
        lecturer, stuck, fine = world.peer(), _tcp_peer(world, receive_buffer=4096), _tcp_peer(world)
        lecturer.camera(1, ("q",))
        for peer, slot in ((stuck, 11), (fine, 12)):
            peer.slot(slot, "video")
            world.core.route(slot, 1, "q")
        seq = 0

        def goes_on() -> bool:
            nonlocal seq
            for _ in range(20):
                lecturer.send(video(1, "q", seq, 5, key=seq == 0))
                seq += 1
            fine.receive()
            return bool(world.stats()["tcp_stuck"])

        world.until(goes_on, 30)
        assert len(fine.got(seq)) == seq
        assert isinstance(stuck.socket, FramedSocket)
        world.until(lambda: world.stats()["tcp_open"] == 1)


def test_a_peer_whose_connection_was_reset_does_not_disturb_the_engine() -> None:
    with engine_world(tcp=True) as world:
        lecturer, gone = world.peer(), _tcp_peer(world)
        lecturer.microphone(1)
        gone.slot(11, "audio")
        world.core.route(11, 1)
        assert isinstance(gone.socket, FramedSocket)
        gone.socket.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.socket.close()
        for seq in range(50):
            lecturer.send(audio(1, seq, 9))
        world.until(lambda: world.stats(lecturer.handle)["rx_packets"] == 50 and world.stats()["tcp_open"] == 0)
        assert world.stats()["faults"] == 0
