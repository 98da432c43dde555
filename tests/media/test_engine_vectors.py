"""The vectors of the Rust tests are libsrtp's: written by `python -m tests.media.test_engine_vectors`, checked here."""

from __future__ import annotations

from pathlib import Path

from tests.kit.rtp_packets import RtpPacket, receiver_report, sender_report
from tests.media.engine_world import CM80, GCM128, GCM256, libsrtp

FILE = Path(__file__).parents[2] / "media/core/forward/tests/vectors/srtp.txt"
LENGTHS = {CM80: (16, 14), GCM128: (16, 12), GCM256: (32, 12)}
HEAD = """# SRTP and SRTCP as libsrtp seals them. Lines: profile, key, salt, kind, index, plaintext, sealed (hex).
# Written by: python -m tests.media.test_engine_vectors
"""


def vectors() -> str:
    lines = []
    for profile, (key_len, salt_len) in LENGTHS.items():
        key, salt = bytes(range(key_len)), bytes(range(100, 100 + salt_len))
        session = libsrtp(profile, key, salt, inbound=False)
        head = f"{profile} {key.hex()} {salt.hex()}"
        for index in range(65533, 65540):
            extensions = {3: index.to_bytes(4, "big")[2:], 4: b"mid"} if index % 2 else {}
            payload = bytes(i * index & 0xFF for i in range(index % 50))
            packet = RtpPacket(96, index & 0xFFFF, index * 3000, 0xCAFE0000 + profile, payload, True, extensions)
            plain = packet.to_bytes()
            lines.append(f"{head} rtp {index} {plain.hex()} {session.protect(plain).hex()}")
        compounds = [sender_report(7, 1 << 63, 5, 6, 7), receiver_report(7, 8, 9, 10), receiver_report(7, 8)]
        for index, plain in enumerate(compounds, 1):
            lines.append(f"{head} rtcp {index} {plain.hex()} {session.protect_rtcp(plain).hex()}")
    return HEAD + "\n".join(lines) + "\n"


def test_the_vectors_of_the_rust_tests_are_what_libsrtp_makes() -> None:
    assert FILE.read_text() == vectors()


if __name__ == "__main__":
    FILE.write_text(vectors())
