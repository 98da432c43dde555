//! The estimate itself: when it is cut, by how much, and how it grows (docs/congestion.md tells the whole of it).
//!
//! Increase slowly while it is used, cut at once to what the line was seen to carry, put doubtful signs to the test. Pure.
//!
//! The estimate is of what *arrives*: on a line that loses a tenth, a tenth of what is sent is sent again, and what arrives in the end is the
//! rate that media may have. So nothing is added for loss anywhere here.

use super::trend::Trend;
use crate::Micros;

/// Assumed before anything was measured: sound and a low layer. Browsers begin with the same.
pub const START_BPS: u64 = 300_000;
/// Never below: sound with its overhead fits, and sound is never given up.
pub const MIN_BPS: u64 = 64_000;
/// Never above: nobody watches more at once.
pub const MAX_BPS: u64 = 50_000_000;
/// Of what the line carried, this much is taken after a cut: the rest drains the queue.
const CUT: f64 = 0.9;
/// A cut that follows one so soon, with the queue as long as this, takes more off: what was sent again and what waits goes by the line, too.
const DEEP_CUT: f64 = 0.7;
const DEEP_US: Micros = 2_000_000;
/// Within that time a queue below this part of what it was at the last cut is emptying: nothing more is to be cut.
const EMPTYING: f32 = 0.95;
/// A shorter queue than this is none, ms; where a line is more restless, its unrest.
pub const CALM_MS: f32 = 25.0;
/// A queue this long that stands this long is too much, whether it grows or not: a full buffer does not grow.
const STANDING_MS: f32 = 150.0;
const STANDING_US: Micros = 500_000;
/// Loss that rises together with a queue this long is congestion without a test, ms.
const CONGESTED_MS: f32 = 60.0;
/// Cuts follow each other no faster: the last one must have shown.
const CUT_EVERY_US: Micros = 200_000;
/// After a cut nothing grows for this long.
const HOLD_US: Micros = 500_000;
/// Growth per second, far from where the line was last full.
const GROWTH_PER_S: f64 = 0.08;
/// Growth near it: a packet per round trip and this.
const PACKET_BITS: f64 = 9_600.0;
const RESPONSE_US: f64 = 100_000.0;
/// Only an estimate that is used to this part grows, and no further than this beyond what arrived: unused, it proves nothing.
const USED: f64 = 0.85;
const BEYOND: f64 = 1.1;
/// Where the line was last full is believed this far below and above it.
const NEAR: (f64, f64) = (0.8, 1.2);
/// How much one more sight of the full line moves the memory of it.
const LINE_GAIN: f64 = 0.3;
/// A test takes this long beside the round trip: the choice of layers follows, its keyframe comes, the queue drains. The test of loss
/// takes so many rounds of counting, too.
const TEST_US: Micros = 2_000_000;
const TEST_ROUNDS: u8 = 5;
/// Only when less than this part was really sent did the test put the question at all.
const ASKED: f64 = 0.85;
/// What shrank to less than this part has answered to the test.
const ANSWERED: f32 = 0.7;

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// What the queue does.
    pub trend: Trend,
    /// How long it is.
    pub queue_ms: f32,
    /// Up to this it is none.
    pub calm_ms: f32,
    /// What arrives.
    pub acked_bps: Option<u64>,
    /// What arrived while there was a queue.
    pub busy_bps: Option<u64>,
    /// Smoothed loss.
    pub loss: f32,
    /// It is well above the noise.
    pub has_risen: bool,
    /// A round of counting losses ended.
    pub round_ended: bool,
    /// What is sent, probes included.
    pub sent_bps: u64,
    /// A probe is on its way, or was just now: what queues is its doing.
    pub is_probing: bool,
    /// Round trip.
    pub rtt_us: Micros,
}

/// What the caller has to do with its own accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing.
    Keep,
    /// The estimate was cut.
    Cut,
    /// The queue is not ours: count from it.
    Rebase,
    /// The loss is the line's nature.
    Noise,
}

/// A cut for a doubtful reason, on trial.
#[derive(Clone, Copy)]
struct Test {
    before_bps: u64,
    sent_bps: u64,
    due_us: Micros,
    is_prolonged: bool,
    doubt: Doubt,
}

#[derive(Clone, Copy)]
enum Doubt {
    /// It was so long.
    Queue(f32),
    /// It was so high; rounds left.
    Loss(f32, u8),
}

impl Test {
    fn new(before_bps: u64, seen: &Seen, doubt: Doubt, now: Micros) -> Self {
        let due_us = now + TEST_US + seen.rtt_us;
        Self { before_bps, sent_bps: seen.sent_bps, due_us, is_prolonged: false, doubt }
    }
}

/// The estimate of one peer.
#[derive(Default)]
pub struct Control {
    estimate: Option<u64>,
    /// The estimate is more than an assumption.
    is_proven: bool,
    /// Where the line was full.
    line_bps: Option<f64>,
    cut_us: Option<Micros>,
    /// How long the queue was at the last cut, ms.
    cut_queue_ms: f32,
    stepped_us: Micros,
    standing_us: Option<Micros>,
    test: Option<Test>,
}

impl Control {
    /// Bits per second; None before the first measurement.
    pub fn estimate(&self) -> Option<u64> {
        self.estimate
    }

    /// The estimate is more than the assumption that everybody begins with.
    pub fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// The estimate was cut on trial.
    pub fn is_testing(&self) -> bool {
        self.test.is_some()
    }

    /// Take a measurement in.
    pub fn step(&mut self, seen: &Seen, now: Micros) -> Verdict {
        let elapsed_us = now.saturating_sub(std::mem::replace(&mut self.stepped_us, now)).min(1_000_000);
        let estimate = *self.estimate.get_or_insert(START_BPS);
        let is_standing = self.note_standing(seen, now);
        if let Some(bps) = self.thin_line_bps(seen) {
            self.on_probe(bps, true);
            return Verdict::Keep;
        }
        if let Some(verdict) = self.judge_test(seen, now) {
            return verdict;
        }
        if !seen.is_probing && self.cut_us.is_none_or(|at| now >= at + CUT_EVERY_US.max(seen.rtt_us)) {
            let is_soon = self.cut_us.is_some_and(|at| now < at + DEEP_US);
            let is_emptying = is_soon && seen.queue_ms < self.cut_queue_ms * EMPTYING;
            let is_growing = seen.trend == Trend::Growing && seen.queue_ms >= seen.calm_ms && !is_emptying;
            let is_full = seen.has_risen && seen.queue_ms >= CONGESTED_MS;
            if is_growing || is_full {
                let is_deep = seen.queue_ms >= STANDING_MS && is_soon;
                self.cut_queue_ms = seen.queue_ms;
                if self.cut(seen.busy_bps, if is_deep { DEEP_CUT } else { CUT }, estimate, now) {
                    self.test = None;
                    return Verdict::Cut;
                }
            } else if let Some(doubt) = self.doubt(seen, is_standing) {
                let measured = seen.busy_bps.filter(|_| is_standing).or(seen.acked_bps);
                // What was only assumed is not worth being given back.
                let was_proven = self.is_proven;
                if self.cut(measured, CUT, estimate, now) {
                    self.test = was_proven.then(|| Test::new(estimate, seen, doubt, now));
                    return Verdict::Cut;
                }
            }
        }
        self.grow(seen, estimate, elapsed_us, now);
        Verdict::Keep
    }

    /// A probe showed that so much gets through; `is_full`: and no more. True: the estimate rose.
    pub fn on_probe(&mut self, bps: u64, is_full: bool) -> bool {
        if is_full {
            self.note_line(bps as f64);
        } else if self.line_bps.is_some_and(|line| bps as f64 > line * NEAR.1) {
            self.line_bps = None;
        }
        let rises = self.estimate.is_none_or(|old| bps > old);
        if rises || (is_full && !self.is_proven) {
            self.estimate = Some(bps.clamp(MIN_BPS, MAX_BPS));
            self.test = None;
        }
        self.is_proven = true;
        rises
    }

    /// The line was away for a while: the estimate stands, doubts do not.
    pub fn on_gap(&mut self, now: Micros) {
        if let Some(test) = self.test.take() {
            self.estimate = self.estimate.map(|e| e.max(test.before_bps));
        }
        (self.standing_us, self.stepped_us, self.cut_us) = (None, now, Some(now));
    }

    /// Nothing is known but what everybody begins with, and from a queue packets come at less than that: the line is seen without a probe's answer.
    fn thin_line_bps(&self, seen: &Seen) -> Option<u64> {
        let is_shown = !self.is_proven && !seen.is_probing && seen.queue_ms >= CONGESTED_MS;
        seen.busy_bps.filter(|&bps| is_shown && bps < START_BPS)
    }

    fn note_standing(&mut self, seen: &Seen, now: Micros) -> bool {
        if seen.queue_ms < STANDING_MS || seen.is_probing {
            self.standing_us = None;
            return false;
        }
        now >= *self.standing_us.get_or_insert(now) + STANDING_US
    }

    fn doubt(&self, seen: &Seen, is_standing: bool) -> Option<Doubt> {
        if self.test.is_some() {
            None
        } else if is_standing && seen.trend != Trend::Shrinking {
            Some(Doubt::Queue(seen.queue_ms))
        } else {
            (seen.has_risen && seen.queue_ms < CONGESTED_MS).then_some(Doubt::Loss(seen.loss, TEST_ROUNDS))
        }
    }

    /// What did not shrink when less was sent was not ours: give the estimate back.
    fn judge_test(&mut self, seen: &Seen, now: Micros) -> Option<Verdict> {
        let test = self.test.as_mut()?;
        if let Doubt::Loss(_, rounds) = &mut test.doubt {
            *rounds -= u8::from(seen.round_ended && *rounds > 0);
            if *rounds > 0 {
                return None;
            }
        }
        if now < test.due_us {
            return None;
        }
        let has_asked = (seen.sent_bps as f64) < test.sent_bps as f64 * ASKED;
        if !has_asked && !test.is_prolonged {
            (test.is_prolonged, test.due_us) = (true, now + TEST_US);
            return None;
        }
        let verdict = match test.doubt {
            Doubt::Queue(was) => (seen.queue_ms > was * ANSWERED).then_some(Verdict::Rebase),
            Doubt::Loss(was, _) => (seen.loss > was * ANSWERED).then_some(Verdict::Noise),
        };
        let before_bps = test.before_bps;
        self.test = None;
        if !has_asked || verdict.is_some() {
            self.estimate = self.estimate.map(|e| e.max(before_bps));
        }
        verdict.filter(|_| has_asked)
    }

    fn cut(&mut self, measured: Option<u64>, part: f64, estimate: u64, now: Micros) -> bool {
        let Some(measured) = measured else { return false };
        let line = measured as f64;
        let target = ((line * part) as u64).clamp(MIN_BPS, MAX_BPS);
        if target >= estimate {
            return false;
        }
        self.note_line(line);
        (self.estimate, self.cut_us, self.is_proven) = (Some(target), Some(now), true);
        true
    }

    fn note_line(&mut self, bps: f64) {
        let is_near = |line: &f64| (line * NEAR.0..line * NEAR.1).contains(&bps);
        self.line_bps = Some(self.line_bps.filter(is_near).map_or(bps, |line| line + LINE_GAIN * (bps - line)));
    }

    fn grow(&mut self, seen: &Seen, estimate: u64, elapsed_us: Micros, now: Micros) {
        let is_held = self.cut_us.is_some_and(|at| now < at + HOLD_US + seen.rtt_us) || self.test.is_some();
        let is_calm = seen.trend == Trend::Normal && seen.queue_ms < seen.calm_ms && !seen.has_risen;
        let Some(acked) = seen.acked_bps.filter(|_| is_calm && !is_held && !seen.is_probing) else { return };
        let (now_bps, arrived) = (estimate as f64, acked as f64);
        if arrived < now_bps * USED {
            return;
        }
        self.line_bps = self.line_bps.filter(|line| now_bps <= line * NEAR.1);
        let elapsed = elapsed_us as f64;
        let more = match self.line_bps.filter(|line| now_bps >= line * NEAR.0) {
            Some(_) => PACKET_BITS * elapsed / (seen.rtt_us as f64 + RESPONSE_US),
            None => now_bps * GROWTH_PER_S * elapsed / 1e6,
        };
        let grown = (now_bps + more).min(arrived * BEYOND).max(now_bps);
        self.estimate = Some((grown as u64).clamp(MIN_BPS, MAX_BPS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calm(acked: u64) -> Seen {
        Seen {
            trend: Trend::Normal,
            queue_ms: 2.0,
            calm_ms: CALM_MS,
            acked_bps: Some(acked),
            busy_bps: None,
            loss: 0.0,
            has_risen: false,
            round_ended: false,
            is_probing: false,
            sent_bps: acked,
            rtt_us: 40_000,
        }
    }

    fn proven(bps: u64) -> Control {
        let mut c = Control::default();
        c.step(&calm(40_000), 1_000_000);
        assert!(c.on_probe(bps, false));
        c
    }

    #[test]
    fn an_unused_estimate_neither_grows_nor_falls() {
        let mut c = proven(2_000_000);
        (0..600u64).for_each(|i| {
            c.step(&calm(40_000), 2_000_000 + i * 100_000);
        });
        assert_eq!(c.estimate(), Some(2_000_000));
    }

    #[test]
    fn a_growing_queue_cuts_to_what_the_line_carries_and_no_lower() {
        let mut c = proven(2_000_000);
        let seen = Seen { trend: Trend::Growing, queue_ms: 80.0, busy_bps: Some(700_000), ..calm(900_000) };
        for i in 0..20u64 {
            c.step(&seen, 2_000_000 + i * 100_000);
        }
        assert_eq!(c.estimate(), Some(630_000));
        let burst = Seen { busy_bps: Some(3_000_000), ..seen };
        assert_eq!(c.step(&burst, 9_000_000), Verdict::Keep, "a burst that got through fast enough");
    }

    #[test]
    fn loss_that_stays_when_less_is_sent_costs_nothing() {
        let mut c = proven(2_000_000);
        let seen = Seen { loss: 0.3, has_risen: true, round_ended: true, ..calm(1_200_000) };
        assert_eq!(c.step(&seen, 2_000_000), Verdict::Cut);
        let less = Seen { sent_bps: 500_000, ..seen };
        let verdicts: Vec<_> = (1..=7u64).map(|i| c.step(&less, 2_000_000 + i * 300_000)).collect();
        assert!(verdicts.contains(&Verdict::Noise));
        assert_eq!(c.estimate(), Some(2_000_000));
    }

    #[test]
    fn loss_that_goes_when_less_is_sent_was_too_much_sent() {
        let mut c = proven(2_000_000);
        c.step(&Seen { loss: 0.3, has_risen: true, ..calm(1_200_000) }, 2_000_000);
        (1..=20u64).for_each(|i| {
            c.step(&Seen { loss: 0.05, round_ended: true, ..calm(300_000) }, 2_000_000 + i * 300_000);
        });
        assert_eq!(c.estimate(), Some(1_080_000));
    }

    #[test]
    fn what_everybody_begins_with_is_not_given_back_once_it_was_seen_to_be_too_much() {
        let mut c = Control::default();
        c.step(&calm(40_000), 1_000_000);
        let seen = Seen { queue_ms: 300.0, busy_bps: Some(60_000), ..calm(60_000) };
        (0..10u64).for_each(|i| {
            c.step(&seen, 1_200_000 + i * 100_000);
        });
        assert_eq!(c.estimate(), Some(MIN_BPS));
        (0..100u64).for_each(|i| {
            c.step(&calm(50_000), 3_000_000 + i * 100_000);
        });
        assert_eq!(c.estimate(), Some(MIN_BPS));
    }

    #[test]
    fn a_queue_that_is_not_ours_is_counted_from() {
        let mut c = proven(2_000_000);
        let seen = Seen { queue_ms: 300.0, busy_bps: Some(600_000), ..calm(600_000) };
        let sent = |i: u64| if i < 12 { 1_700_000 } else { 500_000 };
        let verdicts: Vec<_> =
            (0..40u64).map(|i| c.step(&Seen { sent_bps: sent(i), ..seen }, 2_000_000 + i * 100_000)).collect();
        assert!(verdicts.contains(&Verdict::Cut) && verdicts.contains(&Verdict::Rebase));
    }
}
