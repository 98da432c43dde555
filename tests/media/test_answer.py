"""Answers to recorded browsers, whole (golden files a person has read) and point by point."""

from __future__ import annotations

from pathlib import Path

import pytest

from media.addresses import Candidate
from media.answer import Line, Local, SlotLine, write_answer
from media.codecs import low_to_high
from media.config import MediaSettings
from media.face import BadOffer, Publish
from media.negotiation import plan

VECTORS = Path(__file__).parents[1] / "vectors" / "sdp"
NAMES = ["chromium156_minimal", "chromium156_lesson", "chromium156_trimmed", "firefox153_minimal", "firefox153_lesson"]
LOCAL = Local(
    "0a1b2c3d", "00112233445566778899aabbccddeeff", ":".join(["AB"] * 32), (Candidate("udp", "192.0.2.10", 3478),)
)
PUBLISH = [Publish("0", "microphone"), Publish("1", "camera")]
SETTINGS = MediaSettings()


def answer_to(name: str, publish: list[Publish] | None = None, local: Local = LOCAL) -> str:
    return answer(offer_of(name), publish, local)


def offer_of(name: str) -> str:
    return (VECTORS / f"{name}.sdp").read_bytes().decode()


def answer(text: str, publish: list[Publish] | None = None, local: Local = LOCAL) -> str:
    asked = plan(text, PUBLISH if publish is None else publish, SETTINGS)
    lines: dict[str, Line] = dict(asked.publications)
    for i, slot in enumerate(asked.slots):
        rtx = 2000 + i if slot.kind == "video" else 0
        lines[slot.mid] = SlotLine(slot.codecs, 1000 + i, rtx, f"{slot.kind}-{slot.mid}", f"track-{slot.mid}")
    return write_answer(asked.offer, lines, asked.extension_ids, local, session=1, version=1)


def section(answer: str, mid: str) -> list[str]:
    blocks = [("m=" + b).split("\r\n") for b in answer.split("\r\nm=")[1:]]
    return next(b for b in blocks if f"a=mid:{mid}" in b)


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_the_golden_ones(name: str) -> None:
    golden = VECTORS / f"{name}.answer.sdp"
    assert answer_to(name) == golden.read_bytes().decode()


def test_the_server_is_ice_lite_and_waits_for_the_clients_dtls() -> None:
    answer = answer_to("chromium156_minimal")
    assert "a=ice-lite" in answer.split("\r\nm=")[0]
    assert answer.count("a=setup:passive") == 2
    assert "a=setup:act" not in answer
    assert "a=group:BUNDLE 0 1\r\n" in answer


def test_candidates_are_on_the_first_media_line_only() -> None:
    ways = (
        Candidate("udp", "192.0.2.10", 3478),
        Candidate("udp", "2001:db8::1", 3478),
        Candidate("tcp", "192.0.2.10", 443),
        Candidate("tcp", "2001:db8::1", 443),
    )
    blocks = answer_to("chromium156_minimal", local=Local("u", "p", "AB", ways)).split("\r\nm=")
    found = [line for line in blocks[1].split("\r\n") if line.startswith("a=candidate")]
    assert [tuple(line.split(" ")[n] for n in (2, 4, 5)) for line in found] == [
        ("udp", "192.0.2.10", "3478"), ("udp", "2001:db8::1", "3478"), ("tcp", "192.0.2.10", "443"), ("tcp", "2001:db8::1", "443"),
    ]  # fmt: skip
    assert [line.endswith("tcptype passive") for line in found] == [False, False, True, True]
    priorities = [int(line.split(" ")[3]) for line in found]
    assert priorities == sorted(set(priorities), reverse=True) and priorities[0] < 2**31
    assert "candidate" not in blocks[2]


def test_who_gathered_for_each_media_line_gets_our_candidates_on_each() -> None:
    offer = offer_of("chromium156_minimal").replace(
        "a=mid:1\r\n", "a=mid:1\r\na=candidate:1 1 udp 1 192.0.2.7 9 typ host\r\n"
    )
    assert any(line.startswith("a=candidate") for line in section(answer(offer), "1"))


def test_simulcast_is_received_with_the_clients_rids() -> None:
    camera = section(answer_to("chromium156_minimal"), "1")
    assert {"a=recvonly", "a=rid:q recv", "a=rid:h recv", "a=rid:f recv", "a=simulcast:recv q;h;f"} <= set(camera)


def test_a_publisher_is_answered_with_one_codec_and_its_own_numbers() -> None:
    camera = section(answer_to("firefox153_minimal"), "1")
    assert camera[0].endswith("SAVPF 120 124")
    assert "a=rtpmap:120 VP8/90000" in camera
    assert "a=fmtp:124 apt=120" in camera
    assert not any("H264" in line for line in camera)


def test_a_slot_can_be_sent_every_codec_a_publisher_may_use() -> None:
    slot = section(answer_to("chromium156_lesson"), "8")
    assert "a=sendonly" in slot
    assert any("VP8/90000" in line for line in slot)
    assert any("H264/90000" in line for line in slot)
    assert any(line.startswith("a=ssrc-group:FID ") for line in slot)


@pytest.mark.parametrize("name", NAMES)
def test_only_extensions_that_the_engine_knows_are_accepted(name: str) -> None:
    accepted = {line.split(" ")[1] for line in answer_to(name).split("\r\n") if line.startswith("a=extmap:")}
    assert "urn:ietf:params:rtp-hdrext:sdes:mid" in accepted
    assert not any(word in uri for uri in accepted for word in ("dependency", "toffset", "allocation", "color"))


def test_firefox_one_way_extensions_are_answered_one_way() -> None:
    camera = section(answer_to("firefox153_minimal"), "1")
    assert "a=extmap:9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" in camera


def test_opus_is_asked_for_dtx_and_fec() -> None:
    assert "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1" in section(answer_to("chromium156_minimal"), "0")


def test_lost_sound_is_asked_for_only_where_both_say_so() -> None:
    assert not any("nack" in line for line in section(answer_to("chromium156_lesson"), "0"))
    with_nack = offer_of("chromium156_lesson").replace(
        "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 nack\r\na=rtpmap:111 opus/48000/2"
    )
    for mid in ("0", "3"):
        assert "a=rtcp-fb:111 nack" in section(answer(with_nack), mid)


def test_a_repeated_packet_of_sound_has_nothing_in_its_header_that_changes() -> None:
    with_nack = offer_of("chromium156_lesson").replace(
        "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 nack\r\na=rtpmap:111 opus/48000/2"
    )
    microphone, slot = section(answer(with_nack), "0"), section(answer(with_nack), "3")
    assert not any("transport" in line or "abs-send-time" in line for line in microphone)
    assert any("transport-wide" in line for line in slot)
    assert any("ssrc-audio-level" in line for line in microphone)


def test_red_is_answered_after_opus_unless_the_client_puts_it_first() -> None:
    offer = offer_of("chromium156_lesson")
    assert [line for line in section(answer(offer), "3") if line.startswith(("m=", "a=fmtp:63"))] == [
        "m=audio 3478 UDP/TLS/RTP/SAVPF 111 63",
        "a=fmtp:63 111/111",
    ]
    head, first, *rest = offer.split("m=audio ")
    bad_line = "m=audio ".join([head, first.replace(" 111 63", " 63 111", 1), *rest])
    assert section(answer(bad_line), "0")[0].endswith(" 63 111")
    assert not any(
        "red/48000" in line for line in section(answer(offer.replace("fmtp:63 111/111", "fmtp:63 9/9")), "3")
    )


def test_a_sending_line_that_nobody_named_is_inactive() -> None:
    assert "a=inactive" in section(answer_to("chromium156_minimal", [Publish("0", "microphone")]), "1")


@pytest.mark.parametrize(("mid", "role"), [("7", "camera"), ("0", "camera"), ("0", "drum")])
def test_a_role_that_does_not_fit_its_line_is_refused(mid: str, role: str) -> None:
    with pytest.raises(BadOffer) as refusal:
        answer_to("chromium156_minimal", [Publish(mid, role)])
    assert refusal.value.reason == "unknown_mid"


def test_a_publisher_without_a_known_codec_is_refused() -> None:
    text = (VECTORS / "chromium156_minimal.sdp").read_bytes().decode().replace("opus/48000/2", "opus/16000/1")
    with pytest.raises(BadOffer) as refusal:
        plan(text, PUBLISH, SETTINGS)
    assert refusal.value.reason == "no_codec"


def test_more_slots_than_the_relay_has_are_refused() -> None:
    text = (VECTORS / "chromium156_minimal.sdp").read_bytes().decode()
    head, audio, video = text.split("m=")
    audio = audio.replace("a=sendonly", "a=recvonly")
    more = "".join("m=" + audio.replace("a=mid:0", f"a=mid:s{i}") for i in range(7))
    mids = " ".join(f"s{i}" for i in range(7))
    with pytest.raises(BadOffer) as refusal:
        plan(head.replace("BUNDLE 0 1", f"BUNDLE 1 {mids}") + more + "m=" + video, [Publish("1", "camera")], SETTINGS)
    assert refusal.value.reason == "too_many_media"


def test_layers_are_ordered_by_name_where_the_names_say_it() -> None:
    assert low_to_high(("f", "h", "q")) == ("q", "h", "f")
    assert low_to_high(("low", "high")) == ("low", "high")
