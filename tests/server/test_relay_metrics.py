"""What an operator's monitoring reads of the relay: figures that add up, and nothing about anybody."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from server.relay_metrics import register
from tests.kit.media_room import LECTURER, MediaRoom, media_room
from tests.kit.rtc_client import RtcClient, until

Figures = dict[tuple[str, str], float]


def figures(registry: CollectorRegistry) -> Figures:
    """(name, first label other than the shard) → value, summed over shards."""
    found: Figures = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            label = next((v for k, v in sample.labels.items() if k != "shard"), "")
            found[(sample.name, label)] = found.get((sample.name, label), 0) + sample.value
    return found


async def speaking(room: MediaRoom, lecturer: RtcClient, student: RtcClient) -> None:
    slot = student.slot_mids("audio")[0]
    while len(student.received[slot]) < 20:
        lecturer.send_audio()
        await asyncio.sleep(0.01)


async def test_the_figures_of_a_lesson_add_up_and_stay_when_people_leave() -> None:
    registry = CollectorRegistry(auto_describe=True)
    async with media_room() as room:
        register(room.relay, registry)
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        student = await room.join(2)
        await speaking(room, lecturer, student)
        await until(lambda: figures(registry)[("gd_relay_packets_out_total", "")] >= 20)
        now = figures(registry)
        assert now[("gd_relay_rooms", "")] == 1
        assert now[("gd_relay_peers", "")] == 2
        assert now[("gd_relay_publications", "")] == 1
        assert now[("gd_relay_cpu_seconds_total", "")] > 0
        await until(lambda: figures(registry)[("gd_relay_bytes_out_total", "")] > 20 * 40)
        before = figures(registry)
        room.router.remove_peer(2)
        after = figures(registry)
        assert after[("gd_relay_peers", "")] == 1
        assert after[("gd_relay_bytes_out_total", "")] >= before[("gd_relay_bytes_out_total", "")]


async def test_what_is_dropped_is_told_with_its_reason() -> None:
    registry = CollectorRegistry(auto_describe=True)
    async with media_room() as room:
        register(room.relay, registry)
        client = await room.join(1, LECTURER, {"microphone": ()})
        for _ in range(5):
            client.send_raw(client.binding_request(pwd="0" * 24))
        await until(lambda: figures(registry)[("gd_relay_dropped_packets_total", "bad_integrity")] >= 5)


async def test_lines_are_counted_by_how_good_they_are_and_say_nothing_of_anybody() -> None:
    registry = CollectorRegistry(auto_describe=True)
    async with media_room() as room:
        register(room.relay, registry)
        await room.join(7001, LECTURER, {"microphone": ()})
        await room.join(7002)
        now = figures(registry)
        assert now[("gd_relay_lines", "good")] == 2
        assert now[("gd_relay_estimate_kbps_bucket", "+Inf")] == now[("gd_relay_estimate_kbps_gcount", "")]
        text = generate_latest(registry).decode()
        assert "7001" not in text
        assert "7002" not in text
        labels = {k for f in text_string_to_metric_families(text) for s in f.samples for k in s.labels}
        assert labels <= {"shard", "reason", "level", "le"}
