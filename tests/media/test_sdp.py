"""The offer reader on recorded browsers, and on what nobody sane would send."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.face import BadOffer
from media.sdp import MAX_CANDIDATES, MAX_MEDIA, MAX_OFFER_BYTES, read_offer

VECTORS = Path(__file__).parents[1] / "vectors" / "sdp"
OFFERS = sorted(p for p in VECTORS.glob("*.sdp") if "answer" not in p.name)
REASONS = {
    "too_large", "malformed", "no_fingerprint", "no_ice", "too_many_media", "no_bundle", "no_codec", "unknown_mid", "stale",
}  # fmt: skip
CHROMIUM = (VECTORS / "chromium156_minimal.sdp").read_bytes().decode()


def reason_of(text: str) -> str:
    with pytest.raises(BadOffer) as refusal:
        read_offer(text)
    return refusal.value.reason


@pytest.mark.parametrize("path", OFFERS, ids=lambda p: p.stem)
def test_recorded_offers_are_read(path: Path) -> None:
    offer = read_offer(path.read_bytes().decode())
    first, second = offer.sections[:2]
    assert (first.kind, first.direction, second.kind, second.direction) == ("audio", "sendonly", "video", "sendonly")
    assert second.rids == ("q", "h", "f")
    assert any(c.name == "vp8" and "nack pli" in c.feedback for c in second.codecs)
    assert any(c.name == "opus" and c.channels == 2 for c in first.codecs)
    assert offer.fingerprints[0][0] == "sha-256"
    assert all(s.direction == "recvonly" for s in offer.sections[3:])


def test_firefox_names_its_streams_and_chromium_leaves_them_to_the_extensions() -> None:
    firefox = read_offer((VECTORS / "firefox153_minimal.sdp").read_bytes().decode())
    assert read_offer(CHROMIUM).sections[1].ssrcs == ()
    assert len(firefox.sections[1].ssrcs) == 3
    assert all(rtx for _, rtx in firefox.sections[1].ssrcs)


def test_a_huge_offer_is_refused_before_it_is_read() -> None:
    assert reason_of(CHROMIUM + "a=x" * MAX_OFFER_BYTES) == "too_large"
    assert reason_of("ư" * (MAX_OFFER_BYTES // 2 + 1)) == "too_large"


@pytest.mark.parametrize(
    "line",
    ["a=ssrc:{} cname:x", "a=ssrc-group:FID {} {}", "a=extmap:{} urn:x", "a=rid:{} send", "a=fmtp:96 {}=1", "a=rtcp-fb:* {}", "a=x{}"],
)  # fmt: skip
def test_an_offer_full_of_one_kind_of_line_is_soon_done_with(line: str) -> None:
    bomb = CHROMIUM
    while len(bomb) < MAX_OFFER_BYTES - 100:
        bomb += line.format(len(bomb), len(bomb) + 1) + "\r\n"
    began_s = process_time()
    with suppress(BadOffer):
        read_offer(bomb)
    # Some ms; what grows with the square of the lines would take many seconds.
    assert process_time() - began_s < 2


def test_too_many_media_lines_are_refused() -> None:
    block = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:{}\r\n"
    assert reason_of("v=0\r\n" + "".join(block.format(i) for i in range(MAX_MEDIA + 1))) == "too_many_media"


def test_too_many_candidates_are_refused() -> None:
    line = "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
    assert reason_of(CHROMIUM + line * (MAX_CANDIDATES + 1)) == "too_large"


@pytest.mark.parametrize(
    ("find", "put", "reason"),
    [
        ("v=0", "v=1", "malformed"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0", "no_bundle"),
        ("a=group:BUNDLE 0 1", "a=x", "no_bundle"),
        ("a=fingerprint:sha-256 ", "a=fingerprint:md5 ", "no_fingerprint"),
        ("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 zz:", "no_fingerprint"),
        ("a=ice-ufrag:", "a=no-ufrag:", "no_ice"),
        ("a=ice-pwd:", "a=ice-pwd:ü", "no_ice"),
        ("a=setup:actpass", "a=setup:passive", "dtls_role"),
        ("a=mid:1", "a=mid:0", "malformed"),
        ("a=mid:1", "a=mid:" + "x" * 17, "malformed"),
        ("a=simulcast:send q;h;f", "a=simulcast:send q;h;z", "malformed"),
        ("a=simulcast:send q;h;f", "a=simulcast:send q;q", "malformed"),
        ("a=rtpmap:111 opus", "a=rtpmap:999 opus", "malformed"),
        ("a=sendonly", "a=sendonly\0", "malformed"),
    ],
)
def test_each_fault_has_its_reason(find: str, put: str, reason: str) -> None:
    assert find in CHROMIUM
    assert reason_of(CHROMIUM.replace(find, put)) == reason


def test_an_extension_id_with_two_meanings_is_refused() -> None:
    assert reason_of(CHROMIUM + "a=extmap:2 urn:something:else\r\n") == "malformed"


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    only_bad_offer(text)


_LINES = [line for path in OFFERS[:1] for line in path.read_bytes().decode().split("\r\n")]


@given(st.lists(st.one_of(st.sampled_from(_LINES), st.text(max_size=40)), max_size=80))
def test_any_shuffle_of_lines_is_read_or_refused(lines: list[str]) -> None:
    only_bad_offer("v=0\r\n" + "\r\n".join(lines))


@given(st.data())
def test_a_real_offer_with_a_damaged_place_is_read_or_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(CHROMIUM) - 1))
    cut = data.draw(st.integers(0, 40))
    only_bad_offer(CHROMIUM[:at] + data.draw(st.text(max_size=10)) + CHROMIUM[at + cut :])


def only_bad_offer(text: str) -> None:
    try:
        read_offer(text)
    except BadOffer as refusal:
        assert refusal.reason in REASONS
