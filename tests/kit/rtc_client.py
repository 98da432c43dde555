"""A WebRTC client without a browser: offer, ICE checks, DTLS, SRTP by libsrtp; sends and receives RTP. For tests and the bench.

client = RtcClient(publish={"microphone": (), "camera": ("q", "h", "f")}, audio_slots=2, video_slots=3)
client.accept(router.add_peer(1, client.offer(), client.publish, admission))
await client.connect()
"""

from __future__ import annotations

import asyncio
import secrets
import struct
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import pylibsrtp
from aioice import stun

from media.aiortc_private import PROFILES, Handshake, SrtpKeys, new_certificate
from media.face import Publish
from tests.kit.rtc_offer import CHROMIUM, Dialect, Sender, new_sender, write_offer
from tests.kit.rtp_packets import (
    RtcpPacket,
    RtpPacket,
    generic_nack,
    nacked,
    read_rtcp,
    read_rtp,
    sender_report,
    vp8_payloads,
)

CLOCK_HZ = {"audio": 48000, "video": 90000}
CHECK_EVERY_S = 0.2
_NTP_UNIX_S = 2_208_988_800


async def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Wait for something to become true. TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in other processes and threads
            await asyncio.sleep(0.005)


class _Wire(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._received(data)


class _DtlsPath:
    """What the handshake takes for an ICE transport."""

    role = "controlling"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._out = send

    async def _recv(self) -> bytes:
        return await self.queue.get()

    async def _send(self, data: bytes) -> None:
        self._out(data)


class RtcClient:
    """One peer. What it received is in `received` (by mid), `rtcp`, `asked_keyframes` (by SSRC), `nacked`."""

    def __init__(
        self,
        publish: Mapping[str, Sequence[str]] | None = None,
        audio_slots: int = 0,
        video_slots: int = 0,
        dialect: Dialect = CHROMIUM,
        seed: int = 1,
    ) -> None:
        self._random = Random(seed)
        self.dialect = dialect
        self.senders = {
            role: new_sender(str(i), role, rids, self._random) for i, (role, rids) in enumerate((publish or {}).items())
        }
        first = len(self.senders)
        kinds = ["audio"] * audio_slots + ["video"] * video_slots
        self.slots = [(str(first + i), kind) for i, kind in enumerate(kinds)]
        self.certificate, self.fingerprint = new_certificate()
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(12)
        self.remote_ufrag = self.remote_pwd = self.remote_fingerprint = ""
        self.address: tuple[str, int] = ("", 0)
        self.slot_of_ssrc: dict[int, str] = {}
        self.received: dict[str, list[RtpPacket]] = defaultdict(list)
        self.retransmitted: Counter[str] = Counter()
        self._seqs: defaultdict[str, set[int]] = defaultdict(set)
        self.rtcp: list[RtcpPacket] = []
        self.asked_keyframes: Counter[int] = Counter()
        self.nacked: dict[int, list[int]] = defaultdict(list)
        self.stun_answers = 0
        self.answer_text = ""
        self.keys: SrtpKeys | None = None
        self._sent_counts: Counter[int] = Counter()
        self._wire: asyncio.DatagramTransport | None = None
        self._path = _DtlsPath(self.send_raw)
        self._handshake: Handshake | None = None
        self._rx: pylibsrtp.Session | None = None
        self._tx: pylibsrtp.Session | None = None
        self._checks: asyncio.Task[None] | None = None
        self._transport_seq = 0

    # Signalling.

    @property
    def publish(self) -> list[Publish]:
        return [Publish(s.mid, s.role) for s in self.senders.values()]

    def slot_mids(self, kind: str) -> list[str]:
        return [mid for mid, k in self.slots if k == kind]

    def offer(self, fingerprint: str | None = None) -> str:
        return write_offer(
            self.dialect, list(self.senders.values()), self.slots, self.ufrag, self.pwd, fingerprint or self.fingerprint
        )

    def restart_offer(self) -> str:
        """An offer with new ICE credentials."""
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(12)
        return self.offer()

    def accept(self, answer: str) -> None:
        """Take credentials, the first candidate and the slots' SSRCs from an answer."""
        self.answer_text = answer
        mid = ""
        for line in answer.split("\r\n"):
            key, _, value = line.partition(":")
            if key == "a=mid":
                mid = value
            elif key == "a=ice-ufrag":
                self.remote_ufrag = value
            elif key == "a=ice-pwd":
                self.remote_pwd = value
            elif key == "a=fingerprint":
                self.remote_fingerprint = value.split(" ")[1]
            elif key == "a=candidate" and not self.address[0]:
                words = value.split(" ")
                self.address = (words[4], int(words[5]))
            elif key == "a=ssrc":
                self.slot_of_ssrc[int(value.split(" ")[0])] = mid

    # Transport.

    async def open(self, via: tuple[str, int] | None = None) -> None:
        """A socket of its own; `via` sends through a UDP relay."""
        target = via or self.address
        loop = asyncio.get_running_loop()
        self._wire, _ = await loop.create_datagram_endpoint(lambda: _Wire(self._datagram), remote_addr=target)

    async def connect(self, via: tuple[str, int] | None = None, timeout_s: float = 10.0) -> None:
        """ICE and DTLS. TimeoutError, HandshakeFailed."""
        if self._wire is None:
            await self.open(via)
        self._checks = asyncio.get_running_loop().create_task(self._check())
        async with asyncio.timeout(timeout_s):
            await self.until(lambda: self.stun_answers > 0)
            await self.shake_hands()

    async def shake_hands(self) -> None:
        self._handshake = Handshake(self._path, self.certificate, server=False)
        self.keys = await self._handshake.run((("sha-256", self.remote_fingerprint),))
        shape = PROFILES[self.keys.profile].libsrtp_profile
        rx = pylibsrtp.Policy(
            self.keys.rx_key + self.keys.rx_salt, ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND, srtp_profile=shape
        )
        rx.window_size, rx.allow_repeat_tx = 1024, True
        tx = pylibsrtp.Policy(
            self.keys.tx_key + self.keys.tx_salt, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=shape
        )
        tx.window_size, tx.allow_repeat_tx = 1024, True
        self._rx, self._tx = pylibsrtp.Session(rx), pylibsrtp.Session(tx)

    def stop_checks(self) -> None:
        if self._checks is not None:
            self._checks.cancel()

    def say_goodbye(self) -> None:
        """End the DTLS association, as a page does that is closed; the socket stays."""
        if self._handshake is not None and (goodbye := self._handshake.close()) and self._wire is not None:
            self.send_raw(goodbye)

    async def close(self) -> None:
        self.stop_checks()
        self.say_goodbye()
        if self._wire is not None:
            self._wire.close()

    async def until(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        await until(condition, timeout_s)

    def send_raw(self, data: bytes) -> None:
        assert self._wire is not None
        self._wire.sendto(data)

    def binding_request(self, pwd: str | None = None, nominate: bool = True) -> bytes:
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.remote_ufrag}:{self.ufrag}"
        request.attributes["PRIORITY"] = 1853824767
        request.attributes["ICE-CONTROLLING"] = 1
        if nominate:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity((pwd or self.remote_pwd).encode())
        request.add_fingerprint()
        return bytes(request)

    async def _check(self) -> None:
        while True:
            self.send_raw(self.binding_request())
            await asyncio.sleep(CHECK_EVERY_S)

    def _datagram(self, data: bytes) -> None:
        if data[0] < 4:
            message = stun.parse_message(data)
            if message.message_class == stun.Class.RESPONSE and message.check_message_integrity(
                self.remote_pwd.encode()
            ):
                self.stun_answers += 1
        elif 20 <= data[0] < 64:
            self._path.queue.put_nowait(data)
        elif self._rx is not None:
            try:
                self._media(data)
            except pylibsrtp.Error:
                return

    def _media(self, data: bytes) -> None:
        assert self._rx is not None
        if 192 <= data[1] < 224:
            for control in read_rtcp(self._rx.unprotect_rtcp(data)):
                self._control(control)
            return
        packet = read_rtp(self._rx.unprotect(data))
        mid = self.slot_of_ssrc.get(packet.ssrc, "?")
        if packet.pt == self.dialect.vp8_rtx:
            self.retransmitted[mid] += 1
            original = struct.unpack_from("!H", packet.payload)[0] if len(packet.payload) > 2 else None
            if original is None:
                return
            if original in self._seqs[mid]:
                return  # a probe's padding is packets sent again: a receiver drops what it has
            packet.seq, packet.payload, packet.pt = original, packet.payload[2:], self.dialect.vp8
        self._seqs[mid].add(packet.seq)
        self.received[mid].append(packet)

    def _control(self, packet: RtcpPacket) -> None:
        self.rtcp.append(packet)
        if packet.pt == 206 and packet.count == 1:
            self.asked_keyframes[struct.unpack_from("!I", packet.body, 4)[0]] += 1
        elif packet.pt == 205 and packet.count == 1:
            self.nacked[struct.unpack_from("!I", packet.body, 4)[0]] += nacked(packet.body)

    # Media.

    def send_audio(
        self, role: str = "microphone", payload: bytes = b"\xf8\xff\xfe", level: int = 30, samples: int = 960
    ) -> RtpPacket:
        """One Opus packet with its audio level (0 loud … 127 silence)."""
        sender = self.senders[role]
        sender.timestamp += samples
        packet = self._packet(sender, "", self.dialect.opus, payload, marker=False)
        packet.extensions = {**packet.extensions, self.dialect.level: bytes([0x80 | level])}
        self._send(packet)
        return packet

    def send_frame(
        self, frame: bytes, role: str = "camera", rid: str = "", ticks: int = 3000, tid: int = 0
    ) -> list[RtpPacket]:
        """One VP8 frame. `ticks` 0 keeps the time of the frame before: the same capture in another layer."""
        sender = self.senders[role]
        if ticks:
            sender.timestamp += ticks
            sender.picture_id += 1
        payloads = vp8_payloads(frame, sender.picture_id, sender.picture_id, tid)
        packets = [
            self._packet(sender, rid, self.dialect.vp8, p, marker=i == len(payloads) - 1)
            for i, p in enumerate(payloads)
        ]
        for packet in packets:
            self._send(packet)
        return packets

    def send_report(self, role: str, rid: str = "", at_unix_s: float | None = None) -> None:
        """A sender report: now is the sender's present RTP time."""
        sender = self.senders[role]
        ntp = round(((time.time() if at_unix_s is None else at_unix_s) + _NTP_UNIX_S) * (1 << 32))
        ssrc = sender.ssrcs[rid]
        self.send_rtcp(sender_report(ssrc, ntp, sender.timestamp, self._sent_counts[ssrc], 0))

    @property
    def sent(self) -> int:
        """RTP packets sent so far."""
        return self._sent_counts.total()

    def nack(self, mid: str, seqs: Sequence[int]) -> None:
        """Ask for packets of a slot again (RFC 4585 §6.2.1)."""
        ssrc = next(ssrc for ssrc, slot in self.slot_of_ssrc.items() if slot == mid)
        self.send_rtcp(generic_nack(1, ssrc, list(seqs)))

    def send_rtcp(self, compound: bytes) -> None:
        assert self._tx is not None
        self.send_raw(self._tx.protect_rtcp(compound))

    def protect(self, packet: RtpPacket) -> bytes:
        assert self._tx is not None
        return bytes(self._tx.protect(packet.to_bytes()))

    def _send(self, packet: RtpPacket) -> None:
        self._sent_counts[packet.ssrc] += 1
        self.send_raw(self.protect(packet))

    def _packet(self, sender: Sender, rid: str, pt: int, payload: bytes, *, marker: bool) -> RtpPacket:
        sender.seqs[rid] = seq = (sender.seqs[rid] + 1) & 0xFFFF
        self._transport_seq = (self._transport_seq + 1) & 0xFFFF
        extensions = {self.dialect.mid: sender.mid.encode(), self.dialect.twcc: struct.pack("!H", self._transport_seq)}
        if rid:
            extensions[self.dialect.rid] = rid.encode()
        return RtpPacket(pt, seq, sender.timestamp, sender.ssrcs[rid], payload, marker, extensions)
