//! When a peer's packets may go: a budget in bytes that refills with time, and what waits for it. Waiting packets are references into
//! the rings: numbers and sealing happen when they are sent, so that waiting costs nothing and order is kept by itself.
//!
//! Sound never waits. Sending is `relay::pace`'s.

use crate::Micros;
use crate::bwe::control::START_BPS;
use std::collections::VecDeque;

/// Waiting packets are looked at this often.
pub const TICK_US: Micros = 5_000;
/// Sent so many times as fast as the estimate: a picture must not lie about for the time that its rate would give it.
const FACTOR: f64 = 2.5;
/// Bounds of that, bits per second. The upper one spreads a keyframe of 40 packets over 20 ms; it holds while nothing is known, too,
/// and gives way where the estimate itself comes near it.
const SLOWEST_BPS: f64 = 160_000.0;
const FASTEST_BPS: f64 = 16_000_000.0;
const ABOVE: f64 = 1.25;
/// While nothing is known of the way and nothing will be, nothing waits for longer: bursts are spread, that is all.
const UNKNOWN_US: Micros = 40_000;
/// Where a first probe is on its way, the first picture waits for its answer, at most so long: on a line that carries a voice and no more
/// it would delay the voice by seconds. Without any feedback by the first of the two, none is to be expected; with some, an answer that was
/// lost is asked for once more.
const ANSWER_US: (Micros, Micros) = (2_000_000, 4_000_000);
/// Is it worse than what everybody begins with, what is shown will be chosen anew within this.
const CHOICE_US: Micros = 300_000;
/// What goes at once: the bytes of this time, within these bounds. An ordinary picture fits and never waits; two packets go on any line.
const BURST_US: f64 = 10_000.0;
const BURST_BYTES: (f64, f64) = (2_400.0, 12_000.0);
/// Sound and what cannot wait may run the budget into debt, but no further: picture would stand still for longer than it is worth.
const MOST_DEBT_BYTES: f64 = 60_000.0;
/// A picture that waited longer than this is not worth sending: a newer or smaller one will do.
pub const LONGEST_US: Micros = 250_000;
/// A shared screen that comes late is still the page, and what is given up is followed by a keyframe, which is larger: it may trickle through.
pub const TRICKLE_US: Micros = 30_000_000;
/// What trickles gets this part of the estimate: a queue in the line would stand for as long as it takes.
const TRICKLE_FACTOR: f64 = 0.9;
/// Other pictures of a screen wait with it, so that no keyframe is needed, as long as there are no more packets than this.
const MAX_PATIENT: usize = 200;
/// References kept at most: a quarter of a second at 8000 packets/s.
const MAX_WAITING: usize = 2048;
/// Retransmissions: their part of the estimate, at least this, and what may go at once: half a second's worth, at least this.
const AGAIN_PART: f64 = 0.5;
const AGAIN_MIN_BPS: f64 = 100_000.0;
const AGAIN_BURST_S: f64 = 0.5;
const AGAIN_BURST_BYTES: f64 = 40_000.0;

/// A packet of a ring that waits to be forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Index of the slot.
    pub slot: usize,
    /// Index of the source.
    pub source: usize,
    /// Index of its layer.
    pub layer: usize,
    /// The packet's number there.
    pub ext_seq: u64,
    /// Since when.
    pub since_us: Micros,
    /// How long it is worth sending: [`LONGEST_US`] or [`TRICKLE_US`].
    pub patience_us: Micros,
}

/// What goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A retransmission: slot and outgoing number.
    Again(usize, u64),
    /// A packet for the first time.
    Fresh(Waiting),
}

/// One peer's pacer.
#[derive(Default)]
pub struct Pacer {
    fresh: VecDeque<Waiting>,
    again: VecDeque<(usize, u64)>,
    debt: f64,
    again_spent: f64,
    at_us: Micros,
    burst: f64,
    /// The relay has it on its list.
    pub is_listed: bool,
    /// Until when pictures wait for the first answer.
    held_until: Option<Micros>,
    /// They need not, or no longer.
    is_released: bool,
}

impl Pacer {
    /// The budget now. `estimate`: what the way carries, None unknown.
    fn refresh(&mut self, estimate: Option<u64>, now: Micros) {
        if now == self.at_us {
            return;
        }
        let elapsed_s = now.saturating_sub(self.at_us) as f64 / 1e6;
        self.at_us = now;
        let trickles = self.has_waited(LONGEST_US, now);
        let bps = estimate.map_or(FASTEST_BPS, |e| match e as f64 {
            e if trickles => e * TRICKLE_FACTOR,
            e => (e * FACTOR).clamp(SLOWEST_BPS, FASTEST_BPS.max(e * ABOVE)),
        });
        self.debt = (self.debt - elapsed_s * bps / 8.0).max(0.0);
        self.burst = (bps / 8.0 * BURST_US / 1e6).clamp(BURST_BYTES.0, BURST_BYTES.1);
        let again_bps = estimate.map_or(FASTEST_BPS, |e| (e as f64 * AGAIN_PART).max(AGAIN_MIN_BPS));
        self.again_spent = (self.again_spent - elapsed_s * again_bps / 8.0).max(0.0);
    }

    /// True when a picture's packet may go at once: nothing waits and there is budget.
    pub fn is_open(&mut self, estimate: Option<u64>, now: Micros) -> bool {
        self.refresh(estimate, now);
        !self.is_held() && self.fresh.is_empty() && self.again.is_empty() && self.debt < self.burst
    }

    /// A picture is to be sent. The first one waits for the answer to a probe, if there is one (`is_asked`).
    pub fn begin_hold(&mut self, is_asked: bool, now: Micros) {
        if !self.is_released && self.held_until.is_none() {
            (self.held_until, self.is_released) = (is_asked.then_some(now + ANSWER_US.1), !is_asked);
        }
    }

    /// The answer is there (`proven`: what the way carries), or overdue: what waited goes as if it had come now.
    pub fn end_hold(&mut self, proven: Option<u64>, is_heard: bool, now: Micros) {
        let Some(until) = self.held_until.map(|u| if is_heard { u } else { u - ANSWER_US.1 + ANSWER_US.0 }) else { return };
        if proven.is_some_and(|bps| bps < START_BPS) {
            self.held_until = Some(until.min(now + CHOICE_US));
        }
        if now >= until || proven.is_some_and(|bps| bps >= START_BPS) {
            (self.held_until, self.is_released) = (None, true);
            self.fresh.iter_mut().for_each(|w| w.since_us = now);
        }
    }

    /// Pictures wait for the first answer.
    pub fn is_held(&self) -> bool {
        self.held_until.is_some()
    }

    /// Bytes went out.
    pub fn on_sent(&mut self, bytes: usize) {
        self.debt = (self.debt + bytes as f64).min(MOST_DEBT_BYTES);
    }

    /// May this many bytes be retransmitted? Counts as done.
    pub fn take_again(&mut self, bytes: usize, estimate: Option<u64>, now: Micros) -> bool {
        self.refresh(estimate, now);
        let most = estimate.map_or(0.0, |e| e as f64 * AGAIN_PART / 8.0 * AGAIN_BURST_S).max(AGAIN_BURST_BYTES);
        let is_granted = self.again_spent + bytes as f64 <= most;
        if is_granted {
            self.again_spent += bytes as f64;
        }
        is_granted
    }

    /// How long a packet that has to wait is worth sending. `is_patient`: it is of a shared screen.
    pub fn patience(&self, is_patient: bool, is_keyframe: bool) -> Micros {
        if is_patient && (is_keyframe || self.fresh.len() < MAX_PATIENT) { TRICKLE_US } else { LONGEST_US }
    }

    /// Something of the slot trickles: what its receiver misses is on its way.
    pub fn trickles(&self, slot: usize) -> bool {
        self.fresh.iter().any(|w| w.slot == slot && w.patience_us == TRICKLE_US)
    }

    /// A packet has to wait. False: too many do.
    pub fn wait(&mut self, packet: Waiting) -> bool {
        let has_room = self.fresh.len() < MAX_WAITING;
        if has_room {
            self.fresh.push_back(packet);
        }
        has_room
    }

    /// A retransmission has to wait; it goes before what waits for the first time.
    pub fn wait_again(&mut self, slot: usize, out_seq: u64) {
        if self.again.len() < MAX_WAITING {
            self.again.push_back((slot, out_seq));
        }
    }

    /// What may go now.
    pub fn next(&mut self, estimate: Option<u64>, now: Micros) -> Option<Next> {
        self.refresh(estimate, now);
        let is_urgent = estimate.is_none() && self.has_waited(UNKNOWN_US, now);
        if (self.debt >= self.burst && !is_urgent) || self.is_held() {
            return None;
        }
        let again = self.again.pop_front().map(|(slot, out_seq)| Next::Again(slot, out_seq));
        again.or_else(|| self.fresh.pop_front().map(Next::Fresh))
    }

    /// The first in the queue waits for too long.
    pub fn is_overdue(&self, now: Micros) -> bool {
        !self.is_held() && self.fresh.front().is_some_and(|w| now.saturating_sub(w.since_us) > w.patience_us)
    }

    fn has_waited(&self, us: Micros, now: Micros) -> bool {
        self.fresh.front().is_some_and(|w| now.saturating_sub(w.since_us) > us)
    }

    /// Give up what waits for the first time; the slots that lost something.
    pub fn give_up(&mut self) -> (usize, Vec<usize>) {
        let mut slots: Vec<usize> = self.fresh.iter().map(|w| w.slot).collect();
        let count = slots.len();
        slots.sort_unstable();
        slots.dedup();
        self.fresh.clear();
        (count, slots)
    }

    /// What waits for a slot is no longer wanted there.
    pub fn forget_slot(&mut self, slot: usize) {
        self.fresh.retain(|w| w.slot != slot);
        self.again.retain(|(s, _)| *s != slot);
    }

    /// Nothing waits.
    pub fn is_idle(&self) -> bool {
        self.fresh.is_empty() && self.again.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(ext_seq: u64, since_us: Micros) -> Waiting {
        Waiting { slot: 3, source: 0, layer: 0, ext_seq, since_us, patience_us: LONGEST_US }
    }

    /// How long a burst of 40 packets takes with this estimate, ms.
    fn spread(estimate: Option<u64>) -> u64 {
        let (mut p, mut now, mut sent) = (Pacer::default(), 1_000_000, 0);
        for i in 0..40 {
            if p.is_open(estimate, now) {
                p.on_sent(1100);
                sent += 1;
            } else {
                assert!(p.wait(waiting(i, now)));
            }
        }
        assert!((2..=12).contains(&sent), "{sent} at once");
        while !p.is_idle() {
            now += TICK_US;
            while p.next(estimate, now).is_some() {
                p.on_sent(1100);
            }
        }
        (now - 1_000_000) / 1000
    }

    #[test]
    fn a_keyframe_is_spread_as_the_line_allows() {
        assert!((15..=50).contains(&spread(None)), "{}", spread(None));
        assert!((15..=50).contains(&spread(Some(20_000_000))));
        assert!((60..=120).contains(&spread(Some(1_500_000))), "{}", spread(Some(1_500_000)));
    }

    #[test]
    fn retransmissions_go_first_and_order_is_kept() {
        let mut p = Pacer::default();
        p.wait(waiting(7, 0));
        p.wait(waiting(8, 0));
        p.wait_again(3, 1001);
        let order: Vec<_> = std::iter::from_fn(|| p.next(None, 5)).collect();
        assert_eq!(order, [Next::Again(3, 1001), Next::Fresh(waiting(7, 0)), Next::Fresh(waiting(8, 0))]);
    }

    #[test]
    fn the_first_picture_waits_for_an_answer_and_is_as_fresh_as_ever_then() {
        for (proven, is_heard, answer_us) in
            [(Some(900_000), true, 300_000), (None, true, ANSWER_US.1), (None, false, ANSWER_US.0)]
        {
            let mut p = Pacer::default();
            p.begin_hold(true, 1_000_000);
            assert!(p.is_held() && !p.is_open(None, 1_000_000));
            p.wait(waiting(7, 1_000_000));
            assert_eq!((p.is_overdue(1_299_000), p.next(None, 1_299_000)), (false, None));
            let now = 1_000_000 + answer_us;
            p.end_hold(proven, is_heard, now);
            assert!(!p.is_overdue(now + 1000) && p.next(Some(100_000), now + 1000).is_some());
            p.begin_hold(true, now + 2000);
            assert!(!p.is_held(), "only once");
        }
    }

    #[test]
    fn after_a_bad_answer_there_is_time_for_another_choice() {
        let mut p = Pacer::default();
        p.begin_hold(true, 1_000_000);
        let held: Vec<_> =
            (0..6u64).map(|i| (p.end_hold(Some(64_000), true, 1_200_000 + i * 100_000), p.is_held()).1).collect();
        assert_eq!(held, [true, true, true, false, false, false]);
    }

    #[test]
    fn what_waited_too_long_is_given_up_with_all_behind_it() {
        let mut p = Pacer::default();
        p.wait(waiting(7, 0));
        p.wait(waiting(8, 200_000));
        assert!(!p.is_overdue(250_000) && p.is_overdue(250_001));
        assert_eq!(p.give_up(), (2, vec![3]));
        assert!(p.is_idle());
    }

    #[test]
    fn pictures_of_a_screen_wait_for_their_turn_up_to_a_number() {
        let mut p = Pacer::default();
        assert_eq!(p.patience(false, true), LONGEST_US, "a camera has smaller forms");
        for i in 0..MAX_PATIENT as u64 {
            let patience_us = p.patience(true, false);
            assert_eq!(patience_us, TRICKLE_US);
            p.wait(Waiting { patience_us, ..waiting(i, 0) });
        }
        assert_eq!((p.patience(true, false), p.patience(true, true)), (LONGEST_US, TRICKLE_US));
        assert!(p.trickles(3) && !p.trickles(4));
    }

    #[test]
    fn what_is_of_a_screen_trickles_through_a_thin_line_without_filling_it() {
        let (mut p, mut now, mut bytes) = (Pacer::default(), 1_000_000, 0);
        for i in 0..100 {
            p.wait(Waiting { patience_us: TRICKLE_US, ..waiting(i, now) });
        }
        while !p.is_idle() {
            assert!(!p.is_overdue(now));
            now += TICK_US;
            while p.next(Some(100_000), now).is_some() {
                p.on_sent(1100);
                bytes += 1100;
            }
        }
        let seconds = (now - 1_000_000) as f64 / 1e6;
        assert!((7.0..11.0).contains(&seconds), "{bytes} bytes in {seconds} s");
    }

    #[test]
    fn retransmissions_have_a_cap_of_their_own() {
        let mut p = Pacer::default();
        let granted = (0..1000).filter(|i| p.take_again(1000, Some(300_000), 1 + i * 10_000)).count();
        // 40 kB at once and 150 kbit/s for ten seconds.
        assert!((210..=240).contains(&granted), "{granted}");
    }
}
