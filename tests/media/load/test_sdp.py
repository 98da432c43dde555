"""SDP of synthetic peers: what they offer is what the relay reads; what they read of others."""

from __future__ import annotations

import pytest

from media.config import MediaSettings
from media.face import Publish
from media.load.sdp import BadAnswer, Features, Medium, Near, extension, read, write_answer, write_offer
from media.negotiation import plan

NEAR = Near("abcd", "secretsecretsecretsecret", ":".join(["AB"] * 32), "127.0.0.1", 5000)
#: As Janus offers a subscriber its streams.
OFFERED = """v=0
o=- 1 1 IN IP4 10.99.0.1
s=VideoRoom 1
t=0 0
a=group:BUNDLE a 1 data
a=ice-ufrag:J1aN
a=ice-pwd:password-of-the-other-side
a=fingerprint:sha-256 ab:cd
a=setup:actpass
m=audio 9 UDP/TLS/RTP/SAVPF 0 111
a=mid:a
a=sendonly
a=rtpmap:0 PCMU/8000
a=rtpmap:111 opus/48000/2
a=candidate:1 2 udp 5 10.99.0.1 1111 typ host
a=candidate:2 1 tcp 5 10.99.0.1 2222 typ host
a=candidate:3 1 udp 5 fd00::1 3333 typ host
a=candidate:4 1 udp 5 10.99.0.1 4444 typ host
a=candidate:5 1 udp 5 10.99.0.2 5555 typ host
m=video 9 UDP/TLS/RTP/SAVPF 98
a=mid:1
a=inactive
a=rtpmap:98 VP8/90000
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
a=mid:data
"""


def test_the_relay_reads_what_a_publisher_offers() -> None:
    media = [Medium("audio", (7,)), Medium("video", (8,))]
    offer = write_offer(NEAR, media, Features(), publish=True)
    planned = plan(offer, [Publish("0", "microphone"), Publish("1", "camera")], MediaSettings())
    assert [line.ssrcs for line in planned.publications.values()] == [((7, 0),), ((8, 0),)]
    assert planned.slots == ()


def test_the_relay_reads_layers_by_their_names() -> None:
    medium = Medium("video", (1, 2, 3), ("q", "h", "f"))
    planned = plan(write_offer(NEAR, [medium], Features(), publish=True), [Publish("0", "camera")], MediaSettings())
    assert planned.publications["0"].rids == ("q", "h", "f")
    assert planned.extension_ids == {"mid": 4, "rid": 10}


def test_the_relay_reads_what_a_subscriber_asks_for() -> None:
    wanted = [Medium("audio"), Medium("video"), Medium("video")]
    planned = plan(write_offer(NEAR, wanted, Features(rtx=True, twcc=True), publish=False), [], MediaSettings())
    assert [slot.kind for slot in planned.slots] == ["audio", "video", "video"]
    assert planned.slots[1].codecs[0].rtx_pt == 97
    assert planned.extension_ids == {"twcc": 3}


@pytest.mark.parametrize(
    ("want_ip", "found"),
    [("10.99.0.2", ("10.99.0.2", 5555)), ("0.0.0.0", ("10.99.0.1", 4444)), ("::1", ("fd00::1", 3333))],
)
def test_a_candidate_of_the_own_family_is_taken(want_ip: str, found: tuple[str, int]) -> None:
    remote = read(OFFERED, want_ip)
    assert (remote.ip, remote.port) == found
    assert (remote.ufrag, remote.setup, remote.lite) == ("J1aN", "actpass", False)


def test_an_answer_takes_each_line_in_its_order_with_the_offers_numbers() -> None:
    answer = write_answer(NEAR, read(OFFERED, "10.99.0.1")).split("\r\n")
    assert [line for line in answer if line.startswith("m=")] == [
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "m=video 9 UDP/TLS/RTP/SAVPF 98",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    ]
    assert [line for line in answer if line in ("a=recvonly", "a=inactive")] == ["a=recvonly", "a=inactive"]
    assert "a=group:BUNDLE a 1 data" in answer


@pytest.mark.parametrize("missing", ["a=ice-pwd", "a=candidate"])
def test_what_cannot_be_connected_is_refused(missing: str) -> None:
    text = "\n".join(line for line in OFFERED.split("\n") if not line.startswith(missing))
    with pytest.raises(BadAnswer):
        read(text, "10.99.0.1")


def test_the_header_extension_is_whole_words_and_names_line_and_layer() -> None:
    assert extension("1") == b"\xbe\xde\x00\x01\x40" + b"1" + b"\0\0"
    both = extension("1", "h")
    assert both == b"\xbe\xde\x00\x01\x401\xa0h"
    assert len(extension("12", "h")) % 4 == 0
