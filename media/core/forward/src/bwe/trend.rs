//! The delay gradient (draft-ietf-rmcat-gcc-02 §5): does the queue on the way grow, stand or shrink?
//!
//! Packets sent together are a group. From group to group the delay changes a little; a line through the last changes gives the trend;
//! a threshold that moves with the line's own unrest says when a trend is one.

use crate::Micros;

/// Packets sent within this time are one group (§5.1): what the pacer sends in one tick.
const GROUP_US: u64 = 5_000;
/// A group held up and let go together is one, for at most this long.
const MAX_BURST_US: i64 = 100_000;
/// A pause after which everything before is no measure any more.
const GAP_US: u64 = 1_000_000;
/// Groups that the line is drawn through: 0.4 s of video at 25 frames/s with sound between.
const WINDOW: usize = 20;
/// How much of the old smoothed delay stays.
const SMOOTHING: f64 = 0.9;
/// The slope is read as ms over this many groups, times this (the draft's threshold of 12.5 ms is made for that).
const MAX_COUNT: u32 = 60;
const GAIN: f64 = 4.0;
/// Threshold, ms: at the start, and its bounds (§5.4).
const START_MS: f64 = 12.5;
const BOUNDS_MS: (f64, f64) = (6.0, 600.0);
/// How fast the threshold follows upwards and downwards, per ms (§5.4: K_u, K_d).
const UP: f64 = 0.0087;
const DOWN: f64 = 0.039;
/// Changes that far beyond the threshold are no unrest but an event: not followed.
const MAX_STEP_MS: f64 = 15.0;
/// A trend has to last this long, ms, and more than one group.
const LASTS_MS: f64 = 10.0;

/// What the queue does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Trend {
    /// It stands.
    #[default]
    Normal,
    /// It grows: more is sent than the line takes.
    Growing,
    /// It shrinks.
    Shrinking,
}

#[derive(Clone, Copy)]
struct Group {
    first_sent: Micros,
    last_sent: Micros,
    first_arrival: i64,
    last_arrival: i64,
}

/// The detector of one peer.
pub struct Gradient {
    group: Option<Group>,
    before: Option<Group>,
    /// (arrival, smoothed delay), ms.
    points: [(f64, f64); WINDOW],
    count: u32,
    origin: i64,
    delay_ms: f64,
    smoothed_ms: f64,
    slope: f64,
    threshold_ms: f64,
    adapted_us: Option<i64>,
    over_ms: f64,
    over_groups: u32,
    trend: Trend,
}

impl Default for Gradient {
    fn default() -> Self {
        Self {
            group: None,
            before: None,
            points: [(0.0, 0.0); WINDOW],
            count: 0,
            origin: 0,
            delay_ms: 0.0,
            smoothed_ms: 0.0,
            slope: 0.0,
            threshold_ms: START_MS,
            adapted_us: None,
            over_ms: 0.0,
            over_groups: 0,
            trend: Trend::Normal,
        }
    }
}

impl Gradient {
    /// What the queue does, by what was seen so far.
    pub fn trend(&self) -> Trend {
        self.trend
    }

    /// Begin anew, but keep what was learnt of the line's unrest.
    pub fn reset(&mut self) {
        *self = Self { threshold_ms: self.threshold_ms, ..Self::default() };
    }

    /// A packet's times: sent in ours, arrived in the receiver's. In order of sending; one out of order is passed over.
    pub fn on_packet(&mut self, sent: Micros, arrival: i64) {
        let fresh = Group { first_sent: sent, last_sent: sent, first_arrival: arrival, last_arrival: arrival };
        let Some(group) = &mut self.group else {
            self.group = Some(fresh);
            return;
        };
        if sent < group.first_sent {
            return;
        }
        if sent.saturating_sub(group.last_sent) > GAP_US || (arrival - group.last_arrival).unsigned_abs() > GAP_US {
            self.reset();
            self.group = Some(fresh);
        } else if group.takes(sent, arrival) {
            group.last_sent = group.last_sent.max(sent);
            group.last_arrival = group.last_arrival.max(arrival);
        } else {
            let done = *group;
            self.group = Some(fresh);
            if let Some(before) = self.before.replace(done) {
                self.on_group(before, done);
            }
        }
    }

    fn on_group(&mut self, before: Group, done: Group) {
        let sent_ms = done.last_sent.saturating_sub(before.last_sent) as f64 / 1000.0;
        let change_ms = (done.last_arrival - before.last_arrival) as f64 / 1000.0 - sent_ms;
        if self.count == 0 {
            self.origin = done.last_arrival;
        }
        self.delay_ms += change_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.delay_ms;
        let at_ms = (done.last_arrival - self.origin) as f64 / 1000.0;
        self.points[self.count as usize % WINDOW] = (at_ms, self.smoothed_ms);
        self.count += 1;
        if self.count as usize >= WINDOW {
            let slope = slope(&self.points).unwrap_or(self.slope);
            self.judge(slope, sent_ms, done.last_arrival);
        }
    }

    fn judge(&mut self, slope: f64, sent_ms: f64, at_us: i64) {
        let amount_ms = f64::from(self.count.min(MAX_COUNT)) * slope * GAIN;
        if amount_ms > self.threshold_ms {
            self.over_ms += sent_ms;
            self.over_groups += 1;
            if self.over_ms > LASTS_MS && self.over_groups > 1 && slope >= self.slope {
                (self.over_ms, self.over_groups) = (0.0, 0);
                self.trend = Trend::Growing;
            }
        } else {
            (self.over_ms, self.over_groups) = (0.0, 0);
            self.trend = if amount_ms < -self.threshold_ms { Trend::Shrinking } else { Trend::Normal };
        }
        self.slope = slope;
        self.adapt(amount_ms.abs(), at_us);
    }

    fn adapt(&mut self, amount_ms: f64, at_us: i64) {
        let since_ms = self.adapted_us.map_or(0.0, |before| (at_us - before) as f64 / 1000.0).clamp(0.0, 100.0);
        self.adapted_us = Some(at_us);
        if amount_ms > self.threshold_ms + MAX_STEP_MS {
            return;
        }
        let gain = if amount_ms < self.threshold_ms { DOWN } else { UP };
        let moved = self.threshold_ms + gain * (amount_ms - self.threshold_ms) * since_ms;
        self.threshold_ms = moved.clamp(BOUNDS_MS.0, BOUNDS_MS.1);
    }
}

impl Group {
    fn takes(&self, sent: Micros, arrival: i64) -> bool {
        if sent - self.first_sent <= GROUP_US {
            return true;
        }
        let gap = arrival - self.last_arrival;
        let is_released = gap <= GROUP_US as i64 && gap < sent.saturating_sub(self.last_sent) as i64;
        is_released && arrival - self.first_arrival < MAX_BURST_US
    }
}

/// The slope of the line with the least squares.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
    let (x, y) = (x / n, y / n);
    let (over, under) = points.iter().fold((0.0, 0.0), |(o, u), p| (o + (p.0 - x) * (p.1 - y), u + (p.0 - x) * (p.0 - x)));
    (under > 0.0).then(|| over / under)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(g: &mut Gradient, from: u64, packets: u64, queue_us: impl Fn(u64) -> i64) -> Vec<Trend> {
        (from..from + packets)
            .map(|i| {
                let sent = 1_000_000 + i * 20_000;
                g.on_packet(sent, sent as i64 - 77_000_000_000 + queue_us(i));
                g.trend()
            })
            .collect()
    }

    #[test]
    fn a_growing_queue_is_seen_and_a_standing_one_is_not() {
        let mut g = Gradient::default();
        assert!(feed(&mut g, 0, 100, |_| 0).iter().all(|t| *t == Trend::Normal));
        let growing = feed(&mut g, 100, 30, |i| (i as i64 - 100) * 4000);
        assert!(growing.contains(&Trend::Growing));
        let standing = feed(&mut g, 130, 100, |_| 120_000);
        assert_eq!(standing[99], Trend::Normal);
        assert!(feed(&mut g, 230, 30, |i| 120_000 - (i as i64 - 230) * 4000).contains(&Trend::Shrinking));
    }

    #[test]
    fn unrest_of_a_wireless_line_is_not_taken_for_a_queue() {
        let mut g = Gradient::default();
        let unrest = |i: u64| ((i * 2_654_435_761) % 15_000) as i64;
        let seen = feed(&mut g, 0, 3000, unrest);
        let growing = seen.iter().filter(|t| **t == Trend::Growing).count();
        assert!(growing < 60, "{growing} of 3000");
    }
}
