"""From the engine's counters to what the room is told."""

from __future__ import annotations

from typing import Any

from media.reports import Totals, peer_stats, totals
from media.taps import unix_us_of_ntp


def counters(rx: int, lost: int, sent: int, lost_out: int) -> dict[str, Any]:
    return {
        "rx_packets": rx + 5,
        "tx_packets": sent + 3,
        "sources": [{"src": 7, "rx_packets": rx, "lost": lost}, {"src": 8, "rx_packets": 10, "lost": 0}],
        "slots": [{"packets": sent, "lost": lost_out}],
    }


def test_an_interval_is_the_difference_of_two_readings() -> None:
    kinds = {7: "video", 8: "audio"}
    before, now = totals(counters(100, 0, 50, 0), kinds), totals(counters(190, 10, 150, 5), kinds)
    told = peer_stats(3, at_us=9, last_alive_us=8, before=before, now=now, rtt_ms=12.4)
    assert (told.packets_in, told.packets_out) == (90, 100)
    assert (told.loss_in_ppm, told.loss_out_ppm) == (100_000, 50_000)
    assert (told.audio_in_packets, told.video_in_packets) == (0, 90)
    assert told.rtt_ms == 12


def test_loss_of_nothing_is_unknown() -> None:
    told = peer_stats(3, 0, 0, Totals(), Totals(), 0)
    assert (told.loss_in_ppm, told.loss_out_ppm) == (-1, -1)


def test_counters_that_went_back_are_not_negative_packets() -> None:
    told = peer_stats(3, 0, 0, Totals(packets_in=100, received=100, slot_packets=5), Totals(packets_in=10), 0)
    assert (told.packets_in, told.loss_in_ppm) == (0, -1)


def test_ntp_times_become_unix_times() -> None:
    assert unix_us_of_ntp(2_208_988_800 << 32) == 0
    assert unix_us_of_ntp((2_208_988_801 << 32) | 1 << 31) == 1_500_000
