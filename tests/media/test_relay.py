"""Whole calls: synthetic peers with real ICE, DTLS and SRTP through the real engine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from itertools import pairwise

import pytest

from media.aiortc_private import HandshakeFailed, new_certificate
from media.config import MediaSettings
from media.face import Admission, BadOffer, NoCapacity, Wanted
from media.notices import (
    LayersWanted,
    PeerConnected,
    PeerFailed,
    PeerRecovered,
    PeerSilent,
    PeerStats,
    PublicationPaused,
    PublicationStarted,
    SlotMapChanged,
    SpeakersChanged,
)
from tests.kit.media_room import LECTURER, SETTINGS, STUDENT, MediaRoom, media_room
from tests.kit.rtc_client import RtcClient, until
from tests.kit.rtc_offer import FIREFOX
from tests.kit.rtp_packets import fake_vp8, vp8_frame_of
from tests.kit.udp_relay import Link, UdpRelay

MIC_AND_CAMERA = {"microphone": (), "camera": ("q", "h", "f")}
SIZES = {"q": (320, 180), "h": (640, 360), "f": (1280, 720)}


@contextlib.asynccontextmanager
async def sending(client: RtcClient, level: int = 30, simulcast: bool = True) -> AsyncIterator[None]:
    """Microphone at 50 and camera at 25 packets or frames a second; keyframes when asked for."""

    async def send() -> None:
        answered: dict[str, int] = {}
        tick = 0
        while True:
            if "microphone" in client.senders:
                client.send_audio(level=level)
            if "camera" in client.senders and tick % 2 == 0:
                sender = client.senders["camera"]
                for n, rid in enumerate(sender.rids or ("",)):
                    asked = sum(client.asked_keyframes.values())
                    key = answered.get(rid) != asked
                    answered[rid] = asked
                    width, height = SIZES.get(rid, (320, 180))
                    client.send_frame(fake_vp8(key, 300, width, height), rid=rid, ticks=3600 if n == 0 else 0)
                if tick % 50 == 0:
                    for rid in sender.rids or ("",):
                        client.send_report("camera", rid)
            tick += 1
            await asyncio.sleep(0.02)

    task = asyncio.create_task(send())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def shows(room: MediaRoom, peer: int, mid: str, who: int, role: str) -> Callable[[], bool]:
    return lambda: room.shown(peer).get(mid) == (who, role)


async def test_a_student_hears_and_sees_the_lecturer_whatever_its_browsers_numbers() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, MIC_AND_CAMERA)
        student = await room.join(2, dialect=FIREFOX)
        audio, video = student.slot_mids("audio")[0], student.slot_mids("video")[1]
        async with sending(lecturer):
            await until(lambda: len(student.received[audio]) > 20 and len(student.received[video]) > 20)
        assert room.shown(2) == {audio: (1, "microphone"), video: (1, "camera")}
        assert {p.pt for p in student.received[audio]} == {FIREFOX.opus}
        assert {p.pt for p in student.received[video]} == {FIREFOX.vp8}
        starts, _, frame = vp8_frame_of(student.received[video][0].payload)
        assert starts
        assert frame[0] & 1 == 0, "the first packet that a viewer gets begins a keyframe"
        assert student.received[audio][0].extensions[FIREFOX.mid] == audio.encode()


async def test_sequence_numbers_of_a_slot_are_without_gap() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, MIC_AND_CAMERA)
        student = await room.join(2)
        mid = student.slot_mids("audio")[0]
        async with sending(lecturer):
            await until(lambda: len(student.received[mid]) > 40)
        seqs = [p.seq for p in student.received[mid]]
        assert all((b - a) & 0xFFFF == 1 for a, b in pairwise(seqs))
        assert all(b.timestamp - a.timestamp == 960 for a, b in pairwise(student.received[mid]))


async def test_notices_tell_the_story_of_a_publication() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        assert (await room.until_told(PeerConnected, 1)).path == "udp"
        async with sending(lecturer):
            started = await room.until_told(PublicationStarted, 1)
            stats = await room.until_told(PeerStats, 1)
            speakers = await room.until_told(SpeakersChanged)
        assert started.role == "microphone"
        assert [i.publication for i in room.router.publications()] == [started.publication]
        assert stats.last_alive_us > 1_600_000_000_000_000
        assert speakers.speakers == (1,)
        assert (await room.until_told(PublicationPaused, 1)).publication == started.publication
        assert room.router.publications() == []
        alive = room.router.last_alive_us(1)
        assert alive is not None
        assert abs(alive - stats.at_us) < 60_000_000


async def test_what_a_peer_may_not_publish_reaches_nobody_until_it_may() -> None:
    async with media_room() as room:
        student = await room.join(2, Admission(frozenset(), 0), {"microphone": ()})
        lecturer = await room.join(1, LECTURER)
        async with sending(student):
            await room.until_told(PeerStats, 2)
            assert room.told(PublicationStarted, 2) == []
            assert lecturer.received == {}
            room.router.admit(2, Admission(frozenset({"microphone"}), 1))
            await until(lambda: any(lecturer.received.values()))
            room.router.admit(2, Admission(frozenset(), 0))
            await until(lambda: room.shown(1) == {})


async def test_a_peer_outside_the_visibility_matrix_is_never_sent() -> None:
    async with media_room() as room:
        two = await room.join(2, STUDENT, {"microphone": ()})
        three = await room.join(3, STUDENT, {"microphone": ()})
        alone = await room.join(4, Admission(STUDENT.publish, 0, sees=frozenset({2})), {})
        async with sending(two), sending(three):
            await until(lambda: sum(map(len, alone.received.values())) > 30)
            heard = {ssrc for packets in alone.received.values() for ssrc in {p.ssrc for p in packets}}
        assert len(heard) == 1
        assert {who for who, _ in room.shown(4).values()} == {2}
        assert sum(map(len, two.received.values())) > 20


async def test_the_tile_size_decides_the_layer() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"camera": ("q", "h", "f")})
        student = await room.join(2)
        slot = student.slot_mids("video")[1]

        def seen() -> set[int]:
            """Widths of the keyframes that came, from the VP8 header."""
            frames = [vp8_frame_of(p.payload) for p in student.received[slot]]
            return {int.from_bytes(f[6:8], "little") for begins, _, f in frames if begins and f[0] & 1 == 0}

        async with sending(lecturer):
            room.router.set_view(2, [Wanted(1, "camera", 320, 180)], None, False)
            await until(lambda: 320 in seen())
            room.router.set_view(2, [Wanted(1, "camera", 1280, 720)], None, False)
            await until(lambda: 1280 in seen())
        ids = [vp8_frame_of(p.payload)[1] for p in student.received[slot] if vp8_frame_of(p.payload)[0]]
        assert all((b - a) & 0x7FFF in (0, 1) for a, b in pairwise(ids)), "picture ids run on over switches"


async def test_listening_only_stops_video_and_keeps_audio() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, MIC_AND_CAMERA)
        student = await room.join(2)
        audio, video = student.slot_mids("audio")[0], student.slot_mids("video")[1]
        async with sending(lecturer):
            await until(lambda: bool(student.received[video]))
            room.router.set_view(2, [], None, True)
            await until(lambda: room.shown(2) == {audio: (1, "microphone")})


async def test_a_viewer_that_comes_later_starts_with_a_keyframe() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"camera": ()})
        first = await room.join(2)
        async with sending(lecturer):
            slot = first.slot_mids("video")[1]
            await until(lambda: len(first.received[slot]) > 10)
            later = await room.join(3)
            await until(lambda: len(later.received[slot]) > 5)
        assert vp8_frame_of(later.received[slot][0].payload)[2][0] & 1 == 0


async def test_a_wrong_fingerprint_is_refused_and_reported() -> None:
    async with media_room() as room:
        client = RtcClient({"microphone": ()})
        client.accept(room.router.add_peer(1, client.offer(new_certificate()[1]), client.publish, STUDENT))
        with contextlib.suppress(TimeoutError, HandshakeFailed):
            await client.connect(timeout_s=3)
        assert (await room.until_told(PeerFailed, 1)).reason == "fingerprint"
        assert room.told(PeerConnected) == []
        await client.close()


async def test_checks_with_a_wrong_password_get_no_answer() -> None:
    async with media_room() as room:
        client = RtcClient({"microphone": ()})
        client.accept(room.router.add_peer(1, client.offer(), client.publish, STUDENT))
        await client.open()
        for _ in range(20):
            client.send_raw(client.binding_request(pwd="0" * 24))
        await until(lambda: room.relay.counters()["bad_integrity"] >= 20)
        assert client.stun_answers == 0
        await client.close()


@pytest.mark.parametrize("round_", range(10))
async def test_a_client_hello_from_an_address_that_proved_nothing_is_ignored(round_: int) -> None:
    async with media_room() as room:
        victim = RtcClient({"microphone": ()}, seed=round_)
        victim.accept(room.router.add_peer(1, victim.offer(), victim.publish, STUDENT))
        stranger = RtcClient(seed=2)
        stranger.accept(victim.answer_text)
        await stranger.open()
        racing = asyncio.create_task(stranger.shake_hands())
        await until(lambda: room.relay.counters()["unknown_address"] > 0)
        await victim.connect()
        await room.until_told(PeerConnected, 1)
        assert stranger.keys is None
        racing.cancel()
        await stranger.close()
        await victim.close()


async def test_media_before_keys_is_dropped_and_counted() -> None:
    async with media_room() as room:
        client = RtcClient({"microphone": ()})
        client.accept(room.router.add_peer(1, client.offer(), client.publish, STUDENT))
        await client.open()
        client.send_raw(client.binding_request())
        await until(lambda: client.stun_answers > 0)
        for seq in range(10):
            client.send_raw(b"\x80\x6f" + seq.to_bytes(2, "big") + bytes(40))
        await until(lambda: room.relay.counters()["before_keys"] >= 10)
        await client.close()


@pytest.mark.parametrize("loss", [0.2])
async def test_dtls_gets_through_a_lossy_network(loss: float) -> None:
    async with media_room() as room:
        target = ("127.0.0.1", room.relay.port)
        for peer in range(1, 6):
            async with UdpRelay(target, Link(loss=loss, delay_s=0.01), Link(loss=loss, delay_s=0.01), seed=peer) as net:
                await room.join(peer, via=net.address)
                await room.until_told(PeerConnected, peer)
                await room.clients[peer].close()


async def test_an_ice_restart_on_a_new_address_keeps_keys_and_streams() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        async with UdpRelay(("127.0.0.1", room.relay.port)) as net:
            student = await room.join(2, via=net.address)
            slot = student.slot_mids("audio")[0]
            async with sending(lecturer):
                await until(lambda: len(student.received[slot]) > 10)
                await net.move()
                offer = student.restart_offer()
                answer = room.router.restart_ice(2, 1, offer)
                assert room.router.restart_ice(2, 1, offer) == answer
                before = student.remote_ufrag
                student.accept(answer)
                assert student.remote_ufrag != before
                count = len(student.received[slot])
                await until(lambda: len(student.received[slot]) > count + 20)
                with pytest.raises(BadOffer):
                    room.router.restart_ice(2, 0, offer)
        assert len({p.ssrc for p in student.received[slot]}) == 1
        assert len(room.told(PeerConnected, 2)) == 1


async def test_silence_is_told_with_the_last_sign_of_life_and_so_is_its_end() -> None:
    async with media_room() as room, UdpRelay(("127.0.0.1", room.relay.port)) as net:
        await room.join(1, via=net.address)
        await room.join(2)
        net.blocked = True
        silent = await room.until_told(PeerSilent, 1)
        assert silent.silent_ms == 1500
        alive = room.router.last_alive_us(1)
        assert alive is not None
        assert abs(alive - silent.last_alive_us) < 50_000
        net.blocked = False
        recovered = await room.until_told(PeerRecovered, 1)
        assert recovered.at_us - silent.last_alive_us >= 1_500_000
        assert room.told(PeerSilent, 2) == []


def packets(client: RtcClient) -> int:
    return sum(len(each) for each in client.received.values())


async def until_sent_nothing(client: RtcClient, while_heard: RtcClient) -> None:
    """Until somebody else hears on while this one gets nothing at all."""
    for _ in range(100):
        mine, others = packets(client), packets(while_heard)
        await until(lambda others=others: packets(while_heard) > others + 20)  # type: ignore[misc]
        if packets(client) == mine:
            return
    raise AssertionError("it is still sent something")


async def test_nothing_is_sent_to_a_page_that_was_closed() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, MIC_AND_CAMERA)
        leaving, staying = await room.join(2), await room.join(3)
        async with sending(lecturer):
            await until(lambda: packets(leaving) > 20 and packets(staying) > 20)
            leaving.say_goodbye()
            await until_sent_nothing(leaving, staying)


async def test_nothing_is_sent_to_who_says_nothing_for_long_and_all_of_it_again_when_they_do() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, MIC_AND_CAMERA)
        silent, staying = await room.join(2), await room.join(3)
        async with sending(lecturer):
            await until(lambda: packets(silent) > 20)
            silent.stop_checks()
            await until_sent_nothing(silent, staying)
            before = {mid: len(found) for mid, found in silent.received.items()}
            silent.send_raw(silent.binding_request())
            await until(lambda: len(before) > 1 and all(len(silent.received[mid]) > n for mid, n in before.items()))


async def test_layers_that_nobody_watches_are_rested_but_never_the_lowest() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"camera": ("q", "h", "f")})
        await room.join(2)
        async with sending(lecturer):
            room.router.set_view(2, [Wanted(1, "camera", 320, 180)], None, False)
            assert (await room.until_told(LayersWanted, 1)).active == ("q",)
            room.router.set_view(2, [Wanted(1, "camera", 1280, 720)], None, False)
            await until(lambda: room.told(LayersWanted, 1)[-1].active == ("q", "f"))


async def test_renegotiation_adds_a_publication_and_repeats_its_answer() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        student = await room.join(2)
        more = RtcClient({"microphone": (), "camera": ()}, audio_slots=2, video_slots=3, seed=1)
        more.certificate, more.fingerprint, more.ufrag, more.pwd = (
            lecturer.certificate, lecturer.fingerprint, lecturer.ufrag, lecturer.pwd,
        )  # fmt: skip
        answer = room.router.renegotiate(1, 1, more.offer(), more.publish)
        assert room.router.renegotiate(1, 1, more.offer(), more.publish) == answer
        assert "a=ice-ufrag:" + lecturer.remote_ufrag in answer
        lecturer.senders["camera"] = more.senders["camera"]
        async with sending(lecturer):
            await until(lambda: bool(student.received[student.slot_mids("video")[1]]))
        with pytest.raises(BadOffer, match="stale"):
            room.router.renegotiate(1, 0, more.offer(), more.publish)
        with pytest.raises(BadOffer, match="no_fingerprint"):
            room.router.renegotiate(1, 2, more.offer(new_certificate()[1]), more.publish)


async def test_who_joins_again_replaces_the_old_connection() -> None:
    async with media_room() as room:
        old = await room.join(1, LECTURER, {"microphone": ()})
        student = await room.join(2)
        slot = student.slot_mids("audio")[0]
        async with sending(old):
            await until(lambda: len(student.received[slot]) > 5)
        new = await room.join(1, LECTURER, {"microphone": ()})
        count = len(student.received[slot])
        async with sending(new):
            await until(lambda: len(student.received[slot]) > count + 10)
        assert len({p.ssrc for p in student.received[slot]}) == 1
        assert room.relay.counters()["publications"] == 1
        await old.close()


async def test_removing_a_peer_empties_the_slots_that_showed_it() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        await room.join(2)
        async with sending(lecturer):
            await until(lambda: bool(room.shown(2)))
            room.router.remove_peer(1)
            await until(lambda: room.shown(2) == {})
        revs = [n.rev for n in room.told(SlotMapChanged, 2)]
        assert revs == sorted(set(revs))
        assert room.relay.counters()["peers"] == 1


async def test_a_full_node_refuses_the_next_and_lets_the_known_come_back() -> None:
    async with media_room(MediaSettings(bind_ips=("127.0.0.1",), udp_port=0, max_peers=1)) as room:
        await room.join(1)
        with pytest.raises(NoCapacity):
            await room.join(2)
        await room.join(1)


async def test_a_bad_offer_of_a_known_peer_leaves_its_connection_alone() -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        student = await room.join(2)
        with pytest.raises(BadOffer):
            room.router.add_peer(1, "v=0\r\nnonsense", [], LECTURER)
        async with sending(lecturer):
            await until(lambda: len(student.received[student.slot_mids("audio")[0]]) > 5)


async def test_two_rooms_do_not_hear_each_other() -> None:
    async with media_room() as room:
        other = MediaRoom(room.relay)
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        same_number = await other.join(1, LECTURER, {"microphone": ()})
        student, stranger = await room.join(2), await other.join(2)
        async with sending(lecturer):
            await until(lambda: len(student.received[student.slot_mids("audio")[0]]) > 10)
        assert stranger.received == {}
        assert same_number.received == {}
        await other.close()


def test_settings_for_tests_are_loopback_only() -> None:
    assert SETTINGS.bind_ips == ("127.0.0.1",)
