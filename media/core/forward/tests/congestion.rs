//! The estimator, its probing and the pacer, over simulated lines: how fast they find what a line carries, how little they disturb it.
//!
//! `SHOW=1 cargo test -p forward --test congestion NAME -- --nocapture` prints what was seen each 200 ms.

mod common;

use common::lesson::{LAYER_BPS, Lesson};
use common::link::Link;

fn show(lesson: &Lesson) {
    if std::env::var("SHOW").is_ok() {
        lesson.print();
    }
}

fn line(rate_bps: u64) -> Link {
    Link::new(rate_bps, 20_000, 1)
}

/// On a steady line: the layer that fits, found soon and kept; sound not held up by more than a keyframe's queue.
fn is_steady(link: Link, seconds: f64, layer: usize, within_s: f64) -> Lesson {
    let mut lesson = Lesson::new(link);
    lesson.run(seconds);
    show(&lesson);
    let settled = lesson.settled_s(layer, 0.0, seconds);
    assert!(settled.is_some_and(|s| s <= within_s), "layer {layer} only at {settled:?}");
    assert_eq!(lesson.layer_changes(within_s, seconds), 0);
    lesson
}

#[test]
fn a_line_of_3_mbit_gives_full_quality_within_two_seconds() {
    let lesson = is_steady(line(3_000_000), 30.0, 2, 2.0);
    assert!(lesson.worst_queue_ms(3.0, 30.0) < 60.0);
    let padding = lesson.sights.last().unwrap().padding;
    assert!(padding < 300, "found with little: {padding} packets");
    assert_eq!(padding, lesson.between(4.0, 5.0).next().unwrap().padding, "and no more once it is enough");
}

#[test]
fn a_line_of_700_kbit_carries_the_middle_layer_without_swinging() {
    let lesson = is_steady(line(700_000), 60.0, 1, 2.0);
    let (least, most) = lesson.estimates(3.0, 60.0);
    assert!(least > LAYER_BPS[1] && most < 800_000, "{least} … {most}");
    assert!(lesson.worst_queue_ms(3.0, 60.0) < 250.0, "{}", lesson.worst_queue_ms(3.0, 60.0));
    assert!(lesson.sound_ms(3.0, 60.0)[0..].last().unwrap() < &300);
}

#[test]
fn a_line_of_300_kbit_stays_on_the_low_layer() {
    let lesson = is_steady(line(300_000), 60.0, 0, 1.0);
    let (least, most) = lesson.estimates(3.0, 60.0);
    assert!(least > LAYER_BPS[0] && most < 345_000, "{least} … {most}");
    assert!(lesson.worst_queue_ms(3.0, 60.0) < 250.0);
}

#[test]
fn unrest_of_a_wireless_line_is_not_taken_for_a_queue() {
    is_steady(Link { unrest_us: 60_000, ..line(20_000_000) }, 30.0, 2, 3.0);
}

#[test]
fn loss_without_a_queue_does_not_bring_the_estimate_down() {
    for lost_of_1000 in [20, 100, 300] {
        let lesson = is_steady(Link { lost_of_1000, ..line(5_000_000) }, 30.0, 2, 4.0);
        assert!(lesson.estimates(4.0, 30.0).0 > LAYER_BPS[2]);
    }
}

#[test]
fn loss_that_sets_in_costs_a_few_seconds_and_its_end_nothing() {
    let mut lesson = Lesson::new(line(5_000_000));
    lesson.run(10.0);
    lesson.down.lost_of_1000 = 300;
    lesson.run(20.0);
    lesson.down.lost_of_1000 = 0;
    lesson.run(10.0);
    show(&lesson);
    assert!(lesson.settled_s(2, 10.0, 40.0).is_some_and(|s| s < 15.0), "{:?}", lesson.settled_s(2, 10.0, 40.0));
    assert_eq!(lesson.layer_changes(15.0, 40.0), 0);
}

#[test]
fn loss_together_with_a_narrow_line_leaves_the_queue_short() {
    let mut lesson = Lesson::new(Link { lost_of_1000: 100, ..line(700_000) });
    lesson.run(60.0);
    show(&lesson);
    let sound = lesson.sound_ms(2.0, 60.0);
    assert!(sound[sound.len() / 2] < 60, "half of it within {} ms", sound[sound.len() / 2]);
    assert!(lesson.layer_changes(2.0, 60.0) <= 8);
}

#[test]
fn a_line_that_gets_narrow_is_followed_in_two_seconds_and_one_that_gets_wide_is_found_again() {
    let mut lesson = Lesson::new(line(3_000_000));
    lesson.run(10.0);
    lesson.down.rate_bps = 700_000;
    lesson.run(20.0);
    lesson.down.rate_bps = 3_000_000;
    lesson.run(35.0);
    show(&lesson);
    assert!(lesson.estimates(11.5, 30.0).1 < 800_000, "{:?}", lesson.estimates(11.5, 30.0));
    assert!(lesson.worst_queue_ms(14.0, 30.0) < 250.0, "{}", lesson.worst_queue_ms(14.0, 30.0));
    assert!(lesson.estimates(12.0, 30.0).0 > 300_000, "not below half of what the line carries");
    assert!(lesson.settled_s(2, 30.0, 65.0).is_some(), "one wait between probes at most");
}

#[test]
fn somebody_elses_traffic_is_given_way_to_and_its_end_found() {
    let mut lesson = Lesson::new(line(3_000_000));
    lesson.run(10.0);
    lesson.down.others_bps = 2_000_000;
    lesson.run(5.0);
    lesson.down.others_bps = 0;
    lesson.run(15.0);
    show(&lesson);
    assert!(lesson.worst_queue_ms(12.0, 15.0) < 150.0, "{}", lesson.worst_queue_ms(12.0, 15.0));
    assert!(lesson.settled_s(2, 15.0, 30.0).is_some_and(|s| s < 22.0));
}

#[test]
fn a_line_that_drops_instead_of_queueing_is_seen_by_its_losses() {
    let lesson = is_steady(Link { buffer_us: 30_000, ..line(700_000) }, 40.0, 1, 3.0);
    assert!(lesson.estimates(3.0, 40.0).1 < 900_000);
}

#[test]
fn sound_gets_through_64_kbit_with_delay_and_loss() {
    let mut lesson = Lesson::new(Link { lost_of_1000: 50, ..Link::new(64_000, 300_000, 1) });
    lesson.run(60.0);
    show(&lesson);
    let sound = lesson.sound_ms(0.0, 60.0);
    assert!(sound.len() as u64 * 100 >= lesson.sound_sent * 93, "{} of {}", sound.len(), lesson.sound_sent);
    let after = lesson.sound_ms(5.0, 60.0);
    assert!(after[after.len() * 99 / 100] < 700, "{}", after[after.len() * 99 / 100]);
    assert!(lesson.estimates(5.0, 60.0).1 < 100_000);
    assert!(lesson.between(5.0, 60.0).all(|s| s.layer.is_none()), "no picture where only sound fits");
}

#[test]
fn the_first_picture_waits_for_the_first_answer_so_that_the_voice_of_a_thin_line_does_not() {
    let mut lesson = Lesson::new(Link { buffer_us: 2_000_000, ..Link::new(64_000, 150_000, 1) });
    lesson.begin_with(0);
    lesson.run(6.0);
    show(&lesson);
    let sound = lesson.sound_ms(0.0, 5.0);
    assert!(sound.last().unwrap() < &1000, "a probe's queue and no more: {:?}", sound.last());
    assert!(lesson.pictures.len() < 10, "{}", lesson.pictures.len());
}

#[test]
fn a_thin_line_is_seen_by_its_emptying_queue_when_the_answer_to_the_first_probe_is_lost() {
    let mut lesson = Lesson::new(Link { buffer_us: 560_000, ..Link::new(76_000, 150_000, 1) });
    lesson.begin_with(0);
    lesson.run(0.3);
    lesson.up.is_away = true;
    lesson.run(0.8);
    lesson.up.is_away = false;
    lesson.run(8.0);
    show(&lesson);
    let sound = lesson.sound_ms(0.0, 8.0);
    assert_eq!(sound.len(), 8 * 50);
    assert!(
        lesson.worst_queue_ms(1.4, 8.0) < 250.0,
        "no second probe as large as the first: {}",
        lesson.worst_queue_ms(1.4, 8.0)
    );
    assert!(lesson.pictures.is_empty(), "{}", lesson.pictures.len());
}

#[test]
fn the_first_picture_of_a_good_line_waits_for_an_answer_and_no_longer() {
    let mut lesson = Lesson::new(line(5_000_000));
    lesson.begin_with(0);
    lesson.run(2.0);
    show(&lesson);
    assert!(lesson.first_picture_ms() < 300, "{}", lesson.first_picture_ms());
}

/// A machine before the bottleneck (or after it) stands still for so long, so many times: the estimate before, the least after it, and the
/// seconds until it is back at nine tenths.
fn stall(is_before: bool, rate_bps: u64, ms: u64, times: usize) -> (u64, u64, f64) {
    let mut lesson = Lesson::new(line(rate_bps));
    lesson.run(20.0);
    let before = lesson.sights.last().unwrap().estimate;
    for _ in 0..times {
        let until = lesson.world.now + ms * 1000;
        let down = &mut lesson.down;
        *(if is_before { &mut down.stalled_before_us } else { &mut down.stalled_after_us }) = until;
        lesson.run(0.5);
    }
    lesson.run(30.0);
    show(&lesson);
    let below = lesson.between(20.0, 50.0).filter(|s| s.estimate < before * 9 / 10).last();
    (before, lesson.estimates(20.0, 50.0).0, below.map_or(0.0, |s| s.at_s - 20.0))
}

#[test]
fn a_machine_that_stands_still_for_a_moment_costs_a_fifth_and_not_for_long() {
    for is_before in [true, false] {
        for (rate_bps, ms) in
            [(300_000, 250), (700_000, 150), (700_000, 250), (700_000, 400), (1_000_000, 300), (3_000_000, 250)]
        {
            let (before, least, back_s) = stall(is_before, rate_bps, ms, 1);
            let told = format!("{rate_bps} {ms}: {before} → {least}, {back_s} s");
            assert!(least * 5 >= before * 4, "{told}");
            assert!(back_s < 10.0, "{told}");
        }
    }
}

#[test]
fn what_a_machine_that_stands_still_twice_costs_is_asked_back_once_the_line_is_calm() {
    for (rate_bps, ms) in [(300_000, 250), (700_000, 250), (700_000, 400), (1_000_000, 300), (3_000_000, 250)] {
        let (before, least, back_s) = stall(true, rate_bps, ms, 2);
        assert!(back_s < 5.0, "{rate_bps} {ms}: {before} → {least}, {back_s} s");
    }
}

#[test]
fn ten_seconds_of_nothing_change_nothing() {
    let mut lesson = Lesson::new(line(3_000_000));
    lesson.run(10.0);
    let before = lesson.sights.last().unwrap().estimate;
    (lesson.down.is_away, lesson.up.is_away) = (true, true);
    lesson.run(10.0);
    (lesson.down.is_away, lesson.up.is_away) = (false, false);
    lesson.run(10.0);
    show(&lesson);
    assert!(lesson.estimates(10.0, 30.0).0 >= before * 9 / 10, "{:?} after {before}", lesson.estimates(10.0, 30.0));
    assert_eq!(lesson.layer_changes(10.0, 30.0), 0);
    let back = lesson.sound_ms(20.0, 23.0);
    assert!(back.len() >= 149, "sound is back at once: {}", back.len());
}

#[test]
fn lost_feedback_delays_the_finding_and_no_more() {
    let mut lesson = Lesson::new(line(3_000_000));
    lesson.up.lost_of_1000 = 300;
    lesson.run(30.0);
    show(&lesson);
    assert!(lesson.settled_s(2, 0.0, 30.0).is_some_and(|s| s < 15.0), "{:?}", lesson.settled_s(2, 0.0, 30.0));
}

#[test]
fn without_feedback_there_is_no_estimate_and_no_flood_of_probes() {
    let mut lesson = Lesson::new(line(3_000_000));
    lesson.has_feedback = false;
    lesson.run(60.0);
    let last = lesson.sights.last().unwrap();
    assert_eq!(last.estimate, 0);
    assert!(last.padding < 250, "{}", last.padding);
    assert_eq!(lesson.sound.len() as u64, lesson.sound_sent - 1);
}

#[test]
fn nothing_is_padded_for_who_wishes_nothing() {
    let mut lesson = Lesson::new(line(3_000_000));
    lesson.desired = 0;
    lesson.run(20.0);
    let last = lesson.sights.last().unwrap();
    assert_eq!(last.padding, 0);
    assert_eq!(last.estimate, 300_000, "unproven, and not grown by a voice");
}

#[test]
fn a_picture_too_large_for_the_line_is_given_up_and_sound_is_not() {
    let mut lesson = Lesson::new(line(300_000));
    lesson.forced = Some(2);
    lesson.run(30.0);
    show(&lesson);
    let stats = lesson.world.relay.snapshot();
    let viewer = stats.peers.iter().find(|p| p.id.0 == 2).unwrap();
    assert!(viewer.counters.pace_dropped > 100, "{}", viewer.counters.pace_dropped);
    assert!(lesson.keyframes_asked < 40, "{}", lesson.keyframes_asked);
    let sound = lesson.sound_ms(2.0, 29.0);
    assert!(sound.len() as u64 >= 27 * 50 * 80 / 100, "{}", sound.len());
}
