"""RTP times of voice and picture on one time line."""

from __future__ import annotations

import random

from recorder.timeline import PublisherClocks, StreamClock

T0 = 1_800_000_000_000_000
#: The publisher's clock is wrong by this much.
NTP_WRONG_US = 37_000_000


def feed(
    clock: StreamClock,
    hz: int,
    first_rtp: int,
    from_s: float,
    to_s: float,
    every_s: float,
    delay_us: int,
    jitter_us: int = 0,
) -> list[int]:
    """Packets captured every `every_s`; returns the errors (µs) of their server times against capture."""
    chance = random.Random(1)
    errors = []
    steps = round((to_s - from_s) / every_s)
    for n in range(steps):
        at_s = from_s + n * every_s
        rtp = (first_rtp + round(at_s * hz)) & 0xFFFF_FFFF
        arrival = T0 + round(at_s * 1e6) + delay_us + round(chance.random() * jitter_us)
        errors.append(clock.server_us(rtp, arrival) - (T0 + round(at_s * 1e6)))
    return errors


def report(clock: StreamClock, hz: int, first_rtp: int, at_s: float) -> bool:
    rtp = (first_rtp + round(at_s * hz)) & 0xFFFF_FFFF
    return clock.report(T0 + round(at_s * 1e6) + NTP_WRONG_US, rtp, T0 + round(at_s * 1e6) + 30_000)


def test_before_the_first_report_time_is_arrival_time_paced_by_rtp() -> None:
    clock = StreamClock(48_000, "p", PublisherClocks())
    errors = feed(clock, 48_000, 4_294_967_000, 0, 2, 0.02, 20_000)
    assert max(errors) - min(errors) <= 1
    assert errors[0] == 20_000


def test_voice_and_picture_with_different_delays_meet_after_sender_reports() -> None:
    clocks = PublisherClocks()
    voice, picture = StreamClock(48_000, "p", clocks), StreamClock(90_000, "p", clocks)
    feed(voice, 48_000, 5, 0, 1, 0.02, 20_000, 5_000)
    feed(picture, 90_000, 2**32 - 9_000, 0, 1, 1 / 30, 170_000, 20_000)
    assert report(voice, 48_000, 5, 1)
    assert report(picture, 90_000, 2**32 - 9_000, 1)
    for second in range(1, 12):
        heard = feed(voice, 48_000, 5, second, second + 1, 0.02, 20_000, 5_000)
        seen = feed(picture, 90_000, 2**32 - 9_000, second, second + 1, 1 / 30, 170_000, 20_000)
        report(voice, 48_000, 5, second + 1)
        report(picture, 90_000, 2**32 - 9_000, second + 1)
    assert abs(heard[-1] - seen[-1]) < 2_000
    assert 0 <= heard[-1] < 26_000


def test_time_never_goes_back_while_it_is_corrected() -> None:
    clock = StreamClock(90_000, "p", PublisherClocks())
    times: list[int] = []
    for n in range(300):
        delay = 900_000 if n < 3 else 30_000
        at_us = n * 33_333
        times.append(clock.server_us(round(at_us * 0.09), T0 + at_us + delay))
        if n % 30 == 10:
            clock.report(T0 + at_us, round(at_us * 0.09), T0 + at_us + delay)
    assert times == sorted(times)
    assert abs(times[-1] - (T0 + 299 * 33_333 + 30_000)) < 5_000


def test_a_report_of_another_layer_is_ignored() -> None:
    clock = StreamClock(90_000, "p", PublisherClocks())
    feed(clock, 90_000, 1_000, 0, 1, 1 / 30, 10_000)
    assert not clock.report(T0 + 1_000_000, 3_000_000_000, T0 + 1_000_000)
    assert clock.report(T0 + 1_000_000, 91_000, T0 + 1_000_000)


def test_a_person_who_returns_with_another_device_gets_another_clock() -> None:
    clocks = PublisherClocks()
    old, new = StreamClock(48_000, "p", clocks), StreamClock(48_000, "p", clocks)
    feed(old, 48_000, 0, 0, 1, 0.02, 10_000)
    old.report(T0 + 1_000_000, 48_000, T0 + 1_000_000)
    feed(new, 48_000, 0, 5, 6, 0.02, 10_000)
    new.report(T0 + 6_000_000 - 3_600_000_000, 6 * 48_000, T0 + 6_000_000)
    assert old.publisher is not new.publisher
    assert abs(feed(new, 48_000, 0, 6, 7, 0.02, 10_000)[-1] - 10_000) < 100


def test_drift_of_a_publishers_clock_is_followed() -> None:
    clocks = PublisherClocks()
    clock = StreamClock(48_000, "p", clocks)
    fast = 1.0001
    error = 0
    for n in range(3_000):
        at_us = n * 200_000
        rtp = round(at_us * fast * 0.048) & 0xFFFF_FFFF
        error = clock.server_us(rtp, T0 + at_us + 15_000) - (T0 + at_us)
        if n % 5 == 0:
            clock.report(T0 + round(at_us * fast), rtp, T0 + at_us)
    assert abs(error - 15_000) < 5_000


def test_rtp_time_that_jumps_starts_anew_at_arrival_time() -> None:
    clock = StreamClock(90_000, "p", PublisherClocks())
    feed(clock, 90_000, 0, 0, 1, 1 / 30, 10_000)
    assert clock.server_us(3_111_222_333, T0 + 1_500_000) == T0 + 1_500_000
