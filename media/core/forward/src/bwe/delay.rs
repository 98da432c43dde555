//! How long the queue on the way is: one-way delay above its smallest of late; and what the line carries while there is a queue.

use crate::Micros;

/// Packets over which the delay is averaged.
const SAMPLES: usize = 10;
/// One-second buckets over which the smallest delay is kept: long enough for a moment without a queue, short enough for clocks that
/// drift (50 ppm are 0.75 ms in it) and for paths that change.
const MIN_SECONDS: usize = 15;
/// Above this a packet waited in a queue, µs: beyond what wireless lines waver.
const BUSY_US: i64 = 15_000;
/// … or above so many times what a packet of this line usually waits (its unrest), which follows within this time.
const BEYOND_USUAL: f64 = 1.5;
const USUAL_US: f64 = 5e6;
const MOST_USUAL_US: f64 = 60_000.0;
/// A time with a queue is cut into pieces of this length, so that the rate is a fresh one …
const BUSY_MAX_US: i64 = 400_000;
/// … and says something from here on.
const BUSY_MIN_US: i64 = 80_000;

/// Delay accounting of one peer.
pub struct Delay {
    recent: [i64; SAMPLES],
    count: usize,
    minima: [(u64, i64); MIN_SECONDS],
    last: Option<(i64, i64)>,
    usual_us: f64,
    busy: Busy,
    busy_before: Busy,
}

/// Bytes that came in a time with a queue.
#[derive(Clone, Copy, Default)]
struct Busy {
    us: i64,
    bytes: u64,
}

impl Default for Delay {
    fn default() -> Self {
        Self {
            recent: [0; SAMPLES],
            count: 0,
            minima: [(0, i64::MAX); MIN_SECONDS],
            last: None,
            usual_us: 0.0,
            busy: Busy::default(),
            busy_before: Busy::default(),
        }
    }
}

impl Delay {
    /// A packet with this difference of arrival and sending, of two clocks.
    pub fn on_packet(&mut self, delay: i64, arrival: i64, bytes: u64, now: Micros) {
        self.recent[self.count % SAMPLES] = delay;
        self.count += 1;
        let second = now / 1_000_000;
        let bucket = &mut self.minima[(second % MIN_SECONDS as u64) as usize];
        if bucket.0 != second {
            *bucket = (second, i64::MAX);
        }
        bucket.1 = bucket.1.min(delay);
        let queue = delay - self.base(now).unwrap_or(delay);
        if let Some((before, _)) = self.last {
            let gain = ((arrival - before) as f64 / USUAL_US).clamp(0.0, 0.1);
            self.usual_us = (self.usual_us + gain * (queue as f64 - self.usual_us)).clamp(0.0, MOST_USUAL_US);
        }
        self.note_busy(queue, arrival, bytes);
        self.last = Some((arrival, queue));
    }

    fn note_busy(&mut self, queue: i64, arrival: i64, bytes: u64) {
        let Some((before, queue_before)) = self.last else { return };
        let busy_us = BUSY_US.max((self.usual_us * BEYOND_USUAL) as i64);
        if queue < busy_us || queue_before < busy_us || arrival < before {
            if queue < busy_us && self.busy.us > 0 {
                self.busy_before = std::mem::take(&mut self.busy);
            }
            return;
        }
        self.busy.us += arrival - before;
        self.busy.bytes += bytes;
        if self.busy.us > BUSY_MAX_US {
            self.busy_before = std::mem::take(&mut self.busy);
        }
    }

    /// What arrived per second while there was a queue: what the line carries. None: there was none for long enough.
    pub fn busy_bps(&self) -> Option<u64> {
        let both = Busy { us: self.busy.us + self.busy_before.us, bytes: self.busy.bytes + self.busy_before.bytes };
        let chosen = if self.busy.us >= BUSY_MIN_US { self.busy } else { both };
        (chosen.us >= BUSY_MIN_US).then(|| chosen.bytes * 8 * 1_000_000 / chosen.us as u64)
    }

    /// What was said of the line's rate is used up.
    pub fn forget_busy(&mut self) {
        (self.busy, self.busy_before) = (Busy::default(), Busy::default());
    }

    /// The line was away: what follows is no continuation of what was. The smallest delay stays.
    pub fn forget_recent(&mut self) {
        (self.count, self.last) = (0, None);
        self.forget_busy();
    }

    /// What looked like a queue is the way itself (a new route, or somebody else's queue that does not go away for us).
    pub fn rebase(&mut self, now: Micros) {
        let recent = &self.recent[..self.count.min(SAMPLES)];
        let min = recent.iter().copied().min().unwrap_or(i64::MAX);
        self.minima = [(0, i64::MAX); MIN_SECONDS];
        let second = now / 1_000_000;
        self.minima[(second % MIN_SECONDS as u64) as usize] = (second, min);
        self.forget_busy();
    }

    /// A queue up to this is nothing but the line's unrest, ms.
    pub fn unrest_ms(&self) -> f32 {
        (self.usual_us * BEYOND_USUAL / 1000.0) as f32
    }

    /// Milliseconds in the queue now; None unknown.
    pub fn queue_ms(&self, now: Micros) -> Option<f32> {
        let count = self.count.min(SAMPLES);
        let base = self.base(now).filter(|_| count > 0)?;
        Some(self.recent[..count].iter().map(|d| (d - base) as f32).sum::<f32>() / count as f32 / 1000.0)
    }

    fn base(&self, now: Micros) -> Option<i64> {
        let second = now / 1_000_000;
        let recent = self.minima.iter().filter(|(s, _)| second.saturating_sub(*s) < MIN_SECONDS as u64);
        recent.map(|&(_, min)| min).min().filter(|&min| min != i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_of_a_queue_is_what_the_line_carries() {
        let mut d = Delay::default();
        let offset = 55_000_000_000i64;
        (0..20).for_each(|i| d.on_packet(offset, offset + i * 20_000, 100, i as u64 * 20_000));
        assert_eq!(d.busy_bps(), None);
        // Sixty packets of 1250 bytes at once on a line of 1 Mbit/s: 10 ms each.
        for i in 0..60i64 {
            d.on_packet(offset + i * 10_000, offset + 400_000 + i * 10_000, 1250, 400_000 + i as u64 * 10_000);
        }
        assert!((950_000..1_050_000).contains(&d.busy_bps().unwrap()), "{:?}", d.busy_bps());
        assert!(d.queue_ms(1_000_000).unwrap() > 500.0);
    }
}
