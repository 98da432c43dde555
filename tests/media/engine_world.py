"""Peers on real loopback UDP for engine tests: ICE by aioice's messages, SRTP by libsrtp, keys set without a handshake."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from aioice import stun
from pylibsrtp import Policy, Session

from media._core import Engine
from media.engine import EngineNotice, notice_of
from tests.kit.rtp_packets import RtcpPacket, RtpPacket, read_rtcp, read_rtp

T = TypeVar("T")
CM80, GCM128, GCM256 = 1, 7, 8
_LIBSRTP = {
    CM80: (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
    GCM128: (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    GCM256: (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
}
EXT = {"audio_level": 1, "twcc": 3, "mid": 4, "rid": 5, "rrid": 6}
VP8_PT, RTX_PT, OPUS_PT = 96, 97, 111
SLOT_VP8_PT, SLOT_RTX_PT, SLOT_OPUS_PT = 120, 121, 109


def libsrtp(profile: int, key: bytes, salt: bytes, inbound: bool) -> Session:
    kind = Policy.SSRC_ANY_INBOUND if inbound else Policy.SSRC_ANY_OUTBOUND
    policy = Policy(key=key + salt, ssrc_type=kind, srtp_profile=_LIBSRTP[profile][0])
    policy.window_size = 1024
    return Session(policy=policy)


class World:
    """An engine and what it said so far."""

    def __init__(self, ips: Sequence[str] = ("127.0.0.1",), tcp: bool = False) -> None:
        self.core = Engine()
        anywhere = [(ip, 0) for ip in ips]
        self.bound = self.core.bind(anywhere, anywhere if tcp else ())
        self.port = self.bound[0][2]
        self.notices: list[EngineNotice] = []
        self._handles = iter(range(1, 1000))

    def poll(self) -> None:
        self.notices += [notice_of(e) for e in self.core.poll_events()]

    def until(self, condition: Callable[[], Any], timeout_s: float = 10.0) -> Any:
        """Take in notices until something is true; it."""
        end = time.monotonic() + timeout_s
        while True:
            self.poll()
            if found := condition():
                return found
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain; last notices: {self.notices[-10:]}")
            time.sleep(0.002)

    def notice(self, kind: type[T], **fields: Any) -> T:
        """Wait for a notice of this kind with these fields."""
        found: list[T] = self.until(lambda: self.of(kind, **fields))
        return found[-1]

    def of(self, kind: type[T], **fields: Any) -> list[T]:
        return [
            n for n in self.notices if isinstance(n, kind) and all(getattr(n, name) == v for name, v in fields.items())
        ]

    def stats(self, peer: int = 0) -> dict[str, Any]:
        """The engine's (0) or a peer's counters; all 0 before they are there."""
        found = self.core.stats(peer)
        return defaultdict(int, found[0] if found else {})

    def source(self, peer: int) -> dict[str, Any]:
        """Counters of a peer's first source; all 0 before they are there."""
        found: list[dict[str, Any]] = self.stats(peer).get("sources", [])
        return defaultdict(int, found[0] if found else {})

    def settle(self) -> None:
        """Everything commanded and sent so far has been seen to: counters stopped moving for two snapshots."""
        before: Any = None
        for _ in range(100):
            time.sleep(0.12)
            self.poll()
            now = [{k: v for k, v in s.items() if k not in ("cpu_us", "waited_us", "wakes")} for s in self.core.stats()]
            if now == before:
                return
            before = now

    def peer(self, profile: int = GCM128, keys: bool = True, path: bool = True) -> Peer:
        peer = Peer(self, next(self._handles), profile)
        if path:
            peer.check(nominate=True)
        if keys:
            peer.give_keys()
        return peer


@contextmanager
def engine_world(ips: Sequence[str] = ("127.0.0.1",), tcp: bool = False) -> Iterator[World]:
    """An engine on these addresses, all with one port number."""
    world = World(ips, tcp)
    try:
        yield world
    finally:
        world.core.close()


class FramedSocket:
    """Datagrams over a TCP connection (RFC 4571), with the calls of a connected, non-blocking UDP socket."""

    def __init__(self, port: int, ip: str = "127.0.0.1", receive_buffer: int = 4 << 20) -> None:
        self.stream = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM)
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.stream.connect((ip, port))
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""

    def send(self, data: bytes) -> int:
        self.stream.sendall(struct.pack("!H", len(data)) + data)
        return len(data)

    def recv(self, _: int = 0) -> bytes:
        """The next frame; b"" once the far end closed; BlockingIOError: none is there."""
        while len(self._got) < 2 or len(self._got) < 2 + self._length():
            try:
                more = self.stream.recv(65536, socket.MSG_DONTWAIT)
            except ConnectionResetError:
                more = b""
            if not more:
                return b""
            self._got += more
        frame, self._got = self._got[2 : 2 + self._length()], self._got[2 + self._length() :]
        return frame

    def is_closed(self) -> bool:
        """The far end closed; frames that came before are passed over."""
        try:
            while self.recv():
                continue
            return True
        except BlockingIOError:
            return False

    def close(self) -> None:
        self.stream.close()

    def getsockname(self) -> tuple[str, int]:
        return self.stream.getsockname()[:2]  # type: ignore[no-any-return]

    def _length(self) -> int:
        return int.from_bytes(self._got[:2], "big")


class Peer:
    """A client: one socket, its ends of SRTP, what it received (plaintext)."""

    def __init__(self, world: World, handle: int, profile: int) -> None:
        self.world, self.handle, self.profile = world, handle, profile
        self.ufrag, self.pwd = f"server{handle}", f"a-long-password-{handle}"
        world.core.add_peer(handle, self.ufrag, self.pwd, f"far{handle}")
        _, key, salt = _LIBSRTP[profile]
        self.rx = (os.urandom(key), os.urandom(salt))
        self.tx = (os.urandom(key), os.urandom(salt))
        self.protect = libsrtp(profile, *self.rx, inbound=False)
        self.unprotect = libsrtp(profile, *self.tx, inbound=True)
        self.socket: socket.socket | FramedSocket = self.new_socket()
        self.rtp: list[RtpPacket] = []
        self.rtcp: list[RtcpPacket] = []
        self.sealed: list[bytes] = []

    def new_socket(self, ip: str = "127.0.0.1") -> socket.socket:
        sock = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind((ip, 0))
        sock.connect((ip, self.world.port))
        sock.setblocking(False)
        return sock

    def request(self, pwd: str | None = None, nominate: bool = False, ufrag: str | None = None) -> bytes:
        message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{ufrag or self.ufrag}:far{self.handle}"
        message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 7
        if nominate:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity((pwd or self.pwd).encode())
        message.add_fingerprint()
        return bytes(message)

    def check(self, nominate: bool = False, **how: Any) -> stun.Message:
        """An ICE check that is answered; the answer, its integrity verified."""
        self.socket.send(self.request(nominate=nominate, **how))
        answers: list[bytes] = []

        def answered() -> bool:
            answers.extend(d for d in self.receive() if d[0] < 4)
            return bool(answers)

        self.world.until(answered)
        answer = stun.parse_message(answers[0])
        answer.check_message_integrity((how.get("pwd") or self.pwd).encode())
        return answer

    def give_keys(self) -> None:
        core = self.world.core
        core.set_srtp(self.handle, self.profile, *self.rx, *self.tx)
        core.set_ext(self.handle, EXT)

    def receive(self) -> list[bytes]:
        """Datagrams that are here now; RTP and RTCP among them are opened and kept."""
        found: list[bytes] = []
        while True:
            try:
                data = self.socket.recv(2048)
            except BlockingIOError:
                return found
            found.append(data)
            if data[0] < 128:
                continue
            self.sealed.append(data)
            if 192 <= data[1] <= 223:
                self.rtcp += read_rtcp(self.unprotect.unprotect_rtcp(data))
            else:
                self.rtp.append(read_rtp(self.unprotect.unprotect(data)))

    def send(self, packet: RtpPacket) -> bytes:
        """Seal and send; what was sent."""
        data: bytes = self.protect.protect(packet.to_bytes())
        self.socket.send(data)
        return data

    def send_rtcp(self, compound: bytes) -> None:
        self.socket.send(self.protect.protect_rtcp(compound))

    def got(self, count: int) -> list[RtpPacket]:
        """Wait for this many RTP packets in all; them."""
        self.world.until(lambda: (self.receive(), len(self.rtp) >= count)[1])
        return self.rtp

    def got_rtcp(self, condition: Callable[[RtcpPacket], Any]) -> RtcpPacket:
        """Wait for an RTCP packet; it."""
        found = self.world.until(lambda: (self.receive(), [p for p in self.rtcp if condition(p)])[1])
        packet: RtcpPacket = found[0]
        return packet

    def microphone(self, src: int) -> None:
        codecs = [(OPUS_PT, "opus", 0, 48000)]
        self.world.core.add_source(src, self.handle, f"a{src}", "audio", codecs)

    def camera(self, src: int, rids: tuple[str, ...] = ("q", "h")) -> None:
        codecs = [(VP8_PT, "vp8", RTX_PT, 90000)]
        self.world.core.add_source(src, self.handle, f"v{src}", "video", codecs, rids)

    def slot(self, slot: int, kind: str) -> None:
        codecs = {"opus": (SLOT_OPUS_PT, 0), "vp8": (SLOT_VP8_PT, SLOT_RTX_PT)}
        rtx = slot * 1000 + 1 if kind == "video" else 0
        self.world.core.add_slot(slot, self.handle, f"s{slot}", kind, slot * 1000, rtx, codecs)


def audio(src: int, seq: int, ssrc: int, level: int = 40, size: int = 60) -> RtpPacket:
    extensions = {EXT["mid"]: f"a{src}".encode(), EXT["audio_level"]: bytes([0x80 | level])}
    return RtpPacket(OPUS_PT, seq & 0xFFFF, seq * 960, ssrc, bytes(i & 0xFF for i in range(size)), False, extensions)


def video(src: int, rid: str, seq: int, ssrc: int, key: bool = False, twcc: int | None = None) -> RtpPacket:
    """A VP8 frame of one packet; picture id and TL0PICIDX follow `seq`."""
    extensions = {EXT["mid"]: f"v{src}".encode(), EXT["rid"]: rid.encode()}
    if twcc is not None:
        extensions[EXT["twcc"]] = struct.pack("!H", twcc & 0xFFFF)
    head = struct.pack("!BBHBB", 0x90, 0xE0, 0x8000 | seq & 0x7FFF, seq & 0xFF, 0)
    frame = b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", 640, 360) if key else b"\x11"
    return RtpPacket(VP8_PT, seq & 0xFFFF, seq * 3000, ssrc, head + frame + bytes(500), True, extensions)


def is_pli(packet: RtcpPacket) -> bool:
    return (packet.pt, packet.count) == (206, 1)
