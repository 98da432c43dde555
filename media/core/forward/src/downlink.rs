//! One peer's downlink: what was sent, what its feedback says of that, and so what the way carries. Joins the parts in [`crate::bwe`].
//! Deciding what is sent within the estimate is Python's; sending in good order is the pacer's.

use crate::Micros;
use crate::bwe::control::{CALM_MS, Control, Seen, Verdict};
use crate::bwe::delay::Delay;
use crate::bwe::history::{History, Known};
use crate::bwe::loss::Loss;
use crate::bwe::probe::Probes;
use crate::bwe::rate::Rate;
use crate::bwe::trend::{Gradient, Trend};
use crate::twcc::{REFERENCE_PERIOD_US, Report, read_feedback};

/// Feedback comes each 50 to 250 ms; without any for this long the line was away.
const AWAY_US: Micros = 1_000_000;
/// A receiver's clock that jumps by more than this against ours was set anew.
const CLOCK_JUMP_US: i64 = 60_000_000;
/// Assumed before the round trip is known.
const RTT_US: Micros = 100_000;
/// Only a line without this much rising loss and queueing is probed.
const PROBE_LOSS: f32 = 0.02;

/// Accounting of one peer's downlink.
#[derive(Default)]
pub struct Downlink {
    history: History,
    sent: Rate,
    acked: Rate,
    delay: Delay,
    gradient: Gradient,
    loss: Loss,
    control: Control,
    probes: Probes,
    clock: Option<Clock>,
    feedback_us: Option<Micros>,
    is_fresh: bool,
    answer_us: Option<Micros>,
    scratch: Vec<Report>,
}

/// How the receiver's clock, which wraps, is turned into one that goes on and is near ours.
#[derive(Clone, Copy)]
struct Clock {
    raw: i64,
    arrival: i64,
    at_us: Micros,
}

/// A peer's downlink in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Sent, bits per second.
    pub sent_bps: u64,
    /// Delivered, bits per second.
    pub acked_bps: u64,
    /// What the way carries, bits per second; 0 unknown.
    pub estimate_bps: u64,
    /// Above the smallest delay of the last 15 s; -1 unknown.
    pub owd_ms: f32,
    /// 0…1; -1 unknown.
    pub loss: f32,
}

impl Downlink {
    /// The next packet's transport-wide number.
    pub fn next_seq(&self) -> u16 {
        self.history.next_seq()
    }

    /// The packet with the next number went out.
    pub fn on_sent(&mut self, bytes: usize, now: Micros) {
        self.history.on_sent(bytes, self.probes.mark(), now);
        self.sent.add(bytes as u64, now as i64);
        if self.probes.is_running() {
            self.probes.on_sent(bytes as u64, now);
        }
    }

    /// A packet without a number went out: nothing will be told of it.
    pub fn on_unnumbered(&mut self, bytes: usize, now: Micros) {
        self.sent.add(bytes as u64, now as i64);
    }

    /// What is sent, bits per second.
    pub fn sent_bps(&self, now: Micros) -> u64 {
        self.sent.shown_bps(now as i64)
    }

    /// The packet with this number is sent again under it: it counts as lost, and when it comes says nothing of the path.
    pub fn on_repeated(&mut self, seq: u16, now: Micros) {
        if let Some(known) = self.history.take_missing(seq, now) {
            self.loss.on_missing(known.sent_us);
            self.probes.on_missing(&known);
        }
        self.history.settle(seq);
    }

    /// A feedback body came. `rtt_us`: the round trip, if known.
    pub fn on_feedback(&mut self, fci: &[u8], rtt_us: Option<Micros>, now: Micros) {
        let mut reports = std::mem::take(&mut self.scratch);
        if read_feedback(fci, &mut reports).is_some() && !self.history.is_empty() {
            if self.feedback_us.replace(now).is_some_and(|before| now.saturating_sub(before) > AWAY_US) {
                self.on_gap(now);
            }
            if self.take_in(&reports, now) {
                self.is_fresh = true;
                self.conclude(rtt_us.or(self.answer_us).unwrap_or(RTT_US), now);
            }
        }
        self.scratch = reports;
    }

    /// The peer moved to another address: another way, other delays, maybe another rate.
    pub fn on_path_moved(&mut self, now: Micros) {
        self.on_gap(now);
        self.delay = Delay::default();
        self.gradient = Gradient::default();
    }

    fn on_gap(&mut self, now: Micros) {
        self.gradient.reset();
        self.delay.forget_recent();
        self.control.on_gap(now);
        self.probes.on_gap(now);
    }

    /// True when anything was news.
    fn take_in(&mut self, reports: &[Report], now: Micros) -> bool {
        let (mut is_news, mut newest_us) = (false, 0);
        for report in reports {
            match report.arrival_us {
                Some(raw) => {
                    let Some(known) = self.history.take_arrived(report.seq, now) else { continue };
                    let arrival = self.arrival(raw, now);
                    newest_us = newest_us.max(known.sent_us);
                    self.on_arrived(&known, arrival, now);
                }
                None => {
                    let Some(known) = self.history.take_missing(report.seq, now) else { continue };
                    self.loss.on_missing(known.sent_us);
                    self.probes.on_missing(&known);
                }
            }
            is_news = true;
        }
        self.note_answer(newest_us, now);
        is_news
    }

    /// How long the newest packet that is told of was on its way there and its news on the way back, waiting included: a round trip
    /// for where reports give none. The least counts, but it is forgotten.
    fn note_answer(&mut self, newest_us: Micros, now: Micros) {
        if newest_us > 0 {
            let took_us = now.saturating_sub(newest_us);
            self.answer_us = Some(self.answer_us.map_or(took_us, |old| took_us.min(old + took_us.saturating_sub(old) / 8)));
        }
    }

    /// The round trip by the feedback itself, feedback's own waiting included; None unknown.
    pub fn answer_us(&self) -> Option<Micros> {
        self.answer_us
    }

    fn on_arrived(&mut self, known: &Known, arrival: i64, now: Micros) {
        self.loss.on_arrived(known.was_missing);
        self.acked.add(known.bytes, arrival);
        self.delay.on_packet(arrival - known.sent_us as i64, arrival, known.bytes, now);
        if known.cluster != 0 {
            self.probes.on_arrived(known, arrival);
        } else if !known.was_missing && !self.probes.is_disturbing(now) {
            self.gradient.on_packet(known.sent_us, arrival);
        }
    }

    /// The receiver's time, unwrapped (24 bits of 64 ms) and moved near ours at the first packet.
    fn arrival(&mut self, raw: i64, now: Micros) -> i64 {
        let moved = self.clock.map(|c| {
            let step = (raw - c.raw + REFERENCE_PERIOD_US / 2).rem_euclid(REFERENCE_PERIOD_US) - REFERENCE_PERIOD_US / 2;
            (c.arrival + step, c.arrival + now.saturating_sub(c.at_us) as i64)
        });
        let arrival = match moved {
            Some((arrival, expected)) if (arrival - expected).abs() < CLOCK_JUMP_US => arrival,
            Some(_) => {
                self.gradient.reset();
                self.delay = Delay::default();
                now as i64
            }
            None => now as i64,
        };
        self.clock = Some(Clock { raw, arrival, at_us: now });
        arrival
    }

    fn conclude(&mut self, rtt_us: Micros, now: Micros) {
        let round_ended = self.loss.close_round(now);
        let is_probing = self.probes.is_disturbing(now);
        let seen = Seen {
            trend: self.gradient.trend(),
            queue_ms: self.delay.queue_ms(now).unwrap_or(0.0),
            calm_ms: self.delay.unrest_ms().max(CALM_MS),
            acked_bps: self.acked.bps(),
            busy_bps: self.delay.busy_bps(),
            loss: self.loss.share().unwrap_or(0.0),
            has_risen: self.loss.has_risen(),
            round_ended,
            is_probing,
            sent_bps: self.sent.shown_bps(now as i64),
            rtt_us,
        };
        if let Some(bps) = self.estimate() {
            self.probes.note_estimate(bps, now);
        }
        match self.control.step(&seen, now) {
            Verdict::Keep => {}
            Verdict::Cut => {
                self.delay.forget_busy();
                self.probes.on_cut(self.control.is_testing(), now);
            }
            Verdict::Rebase => self.delay.rebase(now),
            Verdict::Noise => self.loss.accept_as_noise(),
        }
        self.conclude_probe(rtt_us, now);
    }

    fn conclude_probe(&mut self, rtt_us: Micros, now: Micros) {
        if let Some(outcome) = self.probes.finish(rtt_us, self.loss.noise(), now) {
            let has_risen = outcome.is_some_and(|o| self.control.on_probe(o.bps, o.is_full));
            self.probes.on_result(outcome, has_risen, now);
            self.delay.forget_busy();
            self.gradient.reset();
        }
    }

    /// What the way carries, bits per second; None unknown.
    pub fn estimate(&self) -> Option<u64> {
        self.control.estimate()
    }

    /// As long as nothing is known, wishes that cost so much are probed for.
    pub fn will_probe(&self, desired: u64) -> bool {
        Probes::is_worth(self.estimate(), desired)
    }

    /// Something was measured: the estimate is no mere assumption.
    pub fn is_proven(&self) -> bool {
        self.control.is_proven()
    }

    /// Feedback came at all.
    pub fn is_heard(&self) -> bool {
        self.feedback_us.is_some()
    }

    /// Begin to probe towards `desired` if it is time; true while padding is to be sent.
    pub fn probe(&mut self, desired: u64, rtt_us: Option<Micros>, now: Micros) -> bool {
        self.conclude_probe(rtt_us.unwrap_or(RTT_US), now);
        let queue_ms = self.delay.queue_ms(now).unwrap_or(0.0);
        let rise = self.loss.share().unwrap_or(0.0) - self.loss.noise();
        let is_away = self.feedback_us.is_some_and(|at| now.saturating_sub(at) > AWAY_US);
        let is_calm =
            queue_ms < self.delay.unrest_ms().max(CALM_MS) && rise < PROBE_LOSS.max(self.loss.noise() / 2.0) && !is_away;
        let is_calm = is_calm && self.gradient.trend() != Trend::Growing;
        self.probes.plan(self.estimate(), desired, self.loss.noise(), is_calm, now);
        self.probes.is_running()
    }

    /// True while padding is to be sent.
    pub fn is_probing(&self) -> bool {
        self.probes.is_running()
    }

    /// Bytes of padding to send now.
    pub fn padding_due(&mut self, rtt_us: Option<Micros>, now: Micros) -> u64 {
        self.probes.padding_due(rtt_us.unwrap_or(RTT_US), now)
    }

    /// What the running probe aims at.
    pub fn probe_goal_bps(&self) -> u64 {
        self.probes.goal_bps()
    }

    /// The numbers now; None when no feedback came since the last call.
    pub fn measure(&mut self, now: Micros) -> Option<Measured> {
        std::mem::take(&mut self.is_fresh).then(|| Measured {
            sent_bps: self.sent.shown_bps(now as i64),
            acked_bps: self.acked.last_bps(),
            estimate_bps: self.estimate().unwrap_or(0),
            owd_ms: self.delay.queue_ms(now).unwrap_or(-1.0),
            loss: self.loss.share().unwrap_or(-1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};
    use crate::twcc::Arrivals;

    #[test]
    fn a_growing_queue_and_loss_show_in_the_numbers() {
        let (mut down, mut far) = (Downlink::default(), Arrivals::default());
        let (mut measured, mut now) = (Vec::new(), 10_000_000u64);
        for i in 0..400u64 {
            now += 10_000;
            let seq = down.next_seq();
            down.on_sent(1250, now);
            let queue = if i > 200 { (i - 200) * 1000 } else { 0 };
            if !(i > 200 && i.is_multiple_of(5)) {
                far.on_packet(seq, 77_000_000_000 + now + 20_000 + queue);
            }
            if i % 10 == 9 {
                let mut out = Vec::new();
                while far.write_feedback(&mut out, 1, 2) {}
                for packet in packets(&out) {
                    let Packet::Transport { fci } = packet else { panic!() };
                    down.on_feedback(fci, None, now);
                }
                measured.push(down.measure(now).unwrap());
            }
        }
        let (calm, busy) = (measured[18], measured[39]);
        assert!((0.9e6..1.25e6).contains(&(calm.acked_bps as f64)), "{calm:?}");
        assert!(calm.owd_ms < 1.0 && calm.loss < 0.01, "{calm:?}");
        assert!(busy.owd_ms > 100.0 && (0.12..0.25).contains(&busy.loss), "{busy:?}");
        assert_eq!(down.measure(now), None);
    }
}
