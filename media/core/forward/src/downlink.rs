//! What a subscriber's feedback says about the way to it: delivered rate, queueing delay, loss. Deciding on it is Python's.
//!
//! A send-side estimator and a pacer would take their place here: they need `on_sent` and `on_feedback` only.

use crate::Micros;
use crate::twcc::{Report, read_feedback};

/// Sent packets remembered: 2 s at 1000 packets/s.
const KEPT: usize = 2048;
/// Packets over which the delay is averaged.
const OWD_SAMPLES: usize = 10;
/// One-second buckets over which the smallest delay is kept.
const MIN_SECONDS: usize = 15;
/// 100 ms buckets over which the delivered rate is taken.
const RATE_BUCKETS: usize = 6;
const BUCKET_US: Micros = 100_000;
const LOSS_GAIN: f32 = 0.2;

/// A sent packet in 12 bytes: there are many.
#[derive(Clone, Copy, Default)]
struct Sent {
    /// The low 32 bits of the time: 71 minutes.
    at_us: u32,
    seq: u16,
    bytes: u16,
    is_waiting: bool,
}

/// Accounting of one peer's downlink.
pub struct Downlink {
    next_seq: u16,
    sent: Vec<Sent>,
    delays: [i64; OWD_SAMPLES],
    delay_count: usize,
    minima: [(u64, i64); MIN_SECONDS],
    acked: Rate,
    delivered: Rate,
    loss: Option<f32>,
    fresh: bool,
    /// Repeated since the last feedback.
    repeated: u32,
    scratch: Vec<Report>,
}

/// Bytes in 100 ms buckets.
#[derive(Default)]
struct Rate {
    buckets: [(u64, u64); RATE_BUCKETS],
}

/// A peer's downlink in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Sent, bits per second.
    pub sent_bps: u64,
    /// Delivered, bits per second.
    pub acked_bps: u64,
    /// Above the smallest delay of the last 15 s; -1 unknown.
    pub owd_ms: f32,
    /// 0…1; -1 unknown.
    pub loss: f32,
}

impl Default for Downlink {
    fn default() -> Self {
        Self {
            next_seq: 0,
            sent: Vec::new(),
            delays: [0; OWD_SAMPLES],
            delay_count: 0,
            minima: [(0, i64::MAX); MIN_SECONDS],
            acked: Rate::default(),
            delivered: Rate::default(),
            loss: None,
            fresh: false,
            repeated: 0,
            scratch: Vec::new(),
        }
    }
}

impl Downlink {
    /// The next packet's transport-wide number. It is used up by `on_sent` only: a number nobody sent would look like a loss.
    pub fn next_seq(&self) -> u16 {
        self.next_seq
    }

    /// The packet with the next number went out.
    pub fn on_sent(&mut self, bytes: usize, now: Micros) {
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        if self.sent.is_empty() {
            self.sent = vec![Sent::default(); KEPT];
        }
        self.sent[usize::from(seq) % KEPT] = Sent { at_us: now as u32, seq, bytes: bytes as u16, is_waiting: true };
        self.delivered.add(bytes as u64, now);
    }

    /// The packet with this number is sent again under it: it counts as lost, and when it comes says nothing of the path.
    pub fn on_repeated(&mut self, seq: u16) {
        if let Some(sent) = self.sent.get_mut(usize::from(seq) % KEPT).filter(|s| s.seq == seq && s.is_waiting) {
            sent.is_waiting = false;
            self.repeated += 1;
        }
    }

    /// A feedback body came.
    pub fn on_feedback(&mut self, fci: &[u8], now: Micros) {
        let mut reports = std::mem::take(&mut self.scratch);
        if read_feedback(fci, &mut reports).is_some() {
            self.take_in(&reports, now);
        }
        self.scratch = reports;
    }

    fn take_in(&mut self, reports: &[Report], now: Micros) {
        let mut lost = std::mem::take(&mut self.repeated);
        let mut known = lost;
        for report in reports {
            let Some(sent) = self.sent.get_mut(usize::from(report.seq) % KEPT) else { return };
            if sent.seq != report.seq || !sent.is_waiting {
                continue;
            }
            known += 1;
            let Some(arrival) = report.arrival_us else {
                lost += 1;
                continue;
            };
            sent.is_waiting = false;
            let since_us = (now as u32).wrapping_sub(sent.at_us);
            let (bytes, delay) = (u64::from(sent.bytes), arrival - (now - u64::from(since_us)) as i64);
            self.acked.add(bytes, now);
            self.note_delay(delay, now);
        }
        if known > 0 {
            let share = lost as f32 / known as f32;
            self.loss = Some(self.loss.map_or(share, |l| l + LOSS_GAIN * (share - l)));
            self.fresh = true;
        }
    }

    fn note_delay(&mut self, delay: i64, now: Micros) {
        self.delays[self.delay_count % OWD_SAMPLES] = delay;
        self.delay_count += 1;
        let second = now / 1_000_000;
        let bucket = &mut self.minima[(second % MIN_SECONDS as u64) as usize];
        if bucket.0 != second {
            *bucket = (second, i64::MAX);
        }
        bucket.1 = bucket.1.min(delay);
    }

    /// The numbers now; None when no feedback came since the last call.
    pub fn measure(&mut self, now: Micros) -> Option<Measured> {
        std::mem::take(&mut self.fresh).then(|| Measured {
            sent_bps: self.delivered.bps(now),
            acked_bps: self.acked.bps(now),
            owd_ms: self.queueing_ms(now),
            loss: self.loss.unwrap_or(-1.0),
        })
    }

    fn queueing_ms(&self, now: Micros) -> f32 {
        let second = now / 1_000_000;
        let recent = self.minima.iter().filter(|(s, _)| second.saturating_sub(*s) < MIN_SECONDS as u64);
        let count = self.delay_count.min(OWD_SAMPLES);
        match recent.map(|&(_, min)| min).min().filter(|&min| min != i64::MAX && count > 0) {
            Some(min) => self.delays[..count].iter().map(|d| (d - min) as f32).sum::<f32>() / count as f32 / 1000.0,
            None => -1.0,
        }
    }
}

impl Rate {
    fn add(&mut self, bytes: u64, now: Micros) {
        let number = now / BUCKET_US;
        let bucket = &mut self.buckets[(number % RATE_BUCKETS as u64) as usize];
        if bucket.0 != number {
            *bucket = (number, 0);
        }
        bucket.1 += bytes;
    }

    fn bps(&self, now: Micros) -> u64 {
        let number = now / BUCKET_US;
        let recent = self.buckets.iter().filter(|(n, _)| number.saturating_sub(*n) < RATE_BUCKETS as u64);
        let into_bucket = now % BUCKET_US;
        let span_us = BUCKET_US * (RATE_BUCKETS as u64 - 1) + into_bucket;
        recent.map(|(_, bytes)| bytes).sum::<u64>() * 8 * 1_000_000 / span_us
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
                    down.on_feedback(fci, now);
                }
                measured.push(down.measure(now).unwrap());
            }
        }
        let (calm, busy) = (measured[18], measured[39]);
        assert!((0.9e6..1.25e6).contains(&(calm.acked_bps as f64)), "{calm:?}");
        assert!(calm.owd_ms < 1.0 && calm.loss < 0.01, "{calm:?}");
        assert!(busy.owd_ms > 100.0 && (0.15..0.25).contains(&busy.loss), "{busy:?}");
        assert_eq!(down.measure(now), None);
    }
}
