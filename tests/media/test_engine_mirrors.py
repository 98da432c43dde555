"""Two engines, each with its thread and socket: what is published in one is watched in the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from media.engine import AudioLevels, LayerChanged, SlotSwitched
from tests.kit.rtp_packets import generic_nack, picture_loss
from tests.media.engine_world import (
    OPUS_PT,
    RTX_PT,
    SLOT_RTX_PT,
    VP8_PT,
    Peer,
    World,
    audio,
    engine_world,
    is_pli,
    video,
)

VIDEO = [(VP8_PT, "vp8", RTX_PT, 90000)]
AUDIO = [(OPUS_PT, "opus", 0, 48000)]


@contextmanager
def two_worlds() -> Iterator[tuple[World, World]]:
    with engine_world() as home, engine_world() as away:
        yield home, away


def send_until(publisher: Peer, src: int, viewer: Peer, count: int) -> None:
    """Frames on both layers, a keyframe whenever asked, until the viewer has so many packets."""
    seq, answered, end = 100, 0, time.monotonic() + 20
    while len(viewer.rtp) < count:
        publisher.receive()
        asked = sum(is_pli(p) for p in publisher.rtcp)
        key, answered = asked != answered, asked
        publisher.send(video(src, "q", seq, 11, key))
        publisher.send(video(src, "h", seq, 12, key))
        seq += 1
        viewer.receive()
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def test_a_viewer_on_another_engine_sees_and_hears_without_a_gap() -> None:
    with two_worlds() as (home, away):
        publisher, viewer = home.peer(), away.peer()
        publisher.camera(1)
        publisher.microphone(2)
        viewer.slot(5, "video")
        viewer.slot(6, "audio")
        away.core.add_mirror(71, home.core, 1, publisher.handle, "video", VIDEO, ["q", "h"])
        away.core.add_mirror(72, home.core, 2, publisher.handle, "audio", AUDIO)
        away.core.route(5, 71, "h")
        away.core.route(6, 72)
        send_until(publisher, 1, viewer, 50)
        away.notice(SlotSwitched, slot=5, src=71, rid="h")
        seqs = [p.seq for p in viewer.rtp if p.ssrc == 5000]
        assert [b - a for a, b in pairwise(seqs)] == [1] * (len(seqs) - 1)
        heard = len(viewer.rtp)
        for seq in range(50):
            publisher.send(audio(2, seq, 31))
            time.sleep(0.002)
        viewer.got(heard + 40)
        home.notice(AudioLevels)
        assert not away.of(AudioLevels)
        assert not away.of(LayerChanged)
        stats = away.stats()
        assert stats["faults"] == 0


def test_a_lost_packet_is_repeated_by_the_viewers_own_engine_and_a_pli_reaches_the_publisher() -> None:
    with two_worlds() as (home, away):
        publisher, viewer = home.peer(), away.peer()
        publisher.camera(1)
        viewer.slot(5, "video")
        away.core.add_mirror(71, home.core, 1, publisher.handle, "video", VIDEO, ["q", "h"])
        away.core.route(5, 71, "q")
        send_until(publisher, 1, viewer, 10)
        lost = viewer.rtp[-1]
        viewer.send_rtcp(generic_nack(7, 5000, [lost.seq]))
        again = away.until(lambda: (viewer.receive(), [p for p in viewer.rtp if p.pt == SLOT_RTX_PT])[1])
        assert again[0].payload[:2] == lost.seq.to_bytes(2, "big")
        asked = sum(is_pli(p) for p in publisher.rtcp)
        viewer.send_rtcp(picture_loss(7, 5000))
        home.until(lambda: (publisher.receive(), sum(is_pli(p) for p in publisher.rtcp) > asked)[1])


def test_removing_and_adding_mirrors_while_packets_flow_breaks_nothing() -> None:
    with two_worlds() as (home, away):
        publisher, viewer = home.peer(), away.peer()
        publisher.microphone(2)
        viewer.slot(6, "audio")
        stop = threading.Event()

        def talk() -> None:
            seq = 0
            while not stop.wait(0.002):
                publisher.send(audio(2, seq, 31))
                seq += 1

        talking = threading.Thread(target=talk)
        talking.start()
        try:
            for mirror in range(71, 91):
                away.core.add_mirror(mirror, home.core, 2, publisher.handle, "audio", AUDIO)
                away.core.route(6, mirror)
                viewer.got(len(viewer.rtp) + 3)
                away.core.remove_source(mirror)
        finally:
            stop.set()
            talking.join()
        home.core.remove_source(2)
        home.settle()
        away.settle()
        assert home.stats()["faults"] == away.stats()["faults"] == 0
        [slot] = away.stats(viewer.handle)["slots"]
        assert slot["guarded"] == 0
        assert len({(p.ssrc, p.seq) for p in viewer.rtp}) == len(viewer.rtp)


def test_an_engine_that_closes_does_not_disturb_the_one_it_watched() -> None:
    with two_worlds() as (home, away):
        publisher, near, far = home.peer(), home.peer(), away.peer()
        publisher.microphone(2)
        near.slot(5, "audio")
        far.slot(6, "audio")
        home.core.route(5, 2)
        away.core.add_mirror(72, home.core, 2, publisher.handle, "audio", AUDIO)
        away.core.route(6, 72)
        seq = 0
        while len(far.rtp) < 5:
            publisher.send(audio(2, seq, 31))
            seq += 1
            time.sleep(0.005)
            far.receive()
        away.core.close()
        before = len(near.rtp)
        for further in range(seq, seq + 20):
            publisher.send(audio(2, further, 31))
        near.got(before + 20)


def test_a_mirror_of_its_own_source_is_an_error() -> None:
    with engine_world() as world, pytest.raises(ValueError, match="own source"):
        world.core.add_mirror(71, world.core, 1, 1, "audio", AUDIO)
