//! Bits per second over the last half second, on a clock of one's choice: ours for what is sent, the receiver's for what arrived.

/// Buckets of this length, µs …
const BUCKET_US: i64 = 50_000;
/// … and so many of them: half a second holds 15 video frames and 25 of sound.
const BUCKETS: i64 = 10;
/// A rate over less is no rate.
const MIN_SPAN_US: i64 = 250_000;
/// A pause this long ends what was measured before: a silence of the line is no rate of it.
const GAP_US: i64 = 500_000;

/// Bytes in buckets.
#[derive(Default)]
pub struct Rate {
    buckets: [(i64, u64); BUCKETS as usize],
    /// Since when without a gap, and until when.
    span: Option<(i64, i64)>,
}

impl Rate {
    /// So many bytes at this time.
    pub fn add(&mut self, bytes: u64, at_us: i64) {
        self.span = Some(match self.span {
            Some((from, to)) if at_us - to <= GAP_US && to - at_us <= GAP_US => (from, to.max(at_us)),
            _ => {
                self.buckets = Default::default();
                (at_us, at_us)
            }
        });
        let number = at_us.div_euclid(BUCKET_US);
        let bucket = &mut self.buckets[number.rem_euclid(BUCKETS) as usize];
        if bucket.0 < number {
            *bucket = (number, 0);
        }
        if bucket.0 == number {
            bucket.1 += bytes;
        }
    }

    /// The rate up to now; 0 when nothing came lately. For showing.
    pub fn shown_bps(&self, now_us: i64) -> u64 {
        let number = now_us.div_euclid(BUCKET_US);
        let span_us = BUCKET_US * (BUCKETS - 1) + now_us.rem_euclid(BUCKET_US);
        self.bytes_since(number - BUCKETS + 1, number) * 8 * 1_000_000 / span_us as u64
    }

    /// The rate up to the last that came, however short the time. For showing.
    pub fn last_bps(&self) -> u64 {
        self.span.map_or(0, |(_, to)| self.shown_bps(to))
    }

    /// The rate up to the last that came; None: too short a time to tell.
    pub fn bps(&self) -> Option<u64> {
        let (from, to) = self.span?;
        let number = to.div_euclid(BUCKET_US);
        let window_us = BUCKET_US * (BUCKETS - 1) + to.rem_euclid(BUCKET_US);
        let span_us = window_us.min(to - from);
        let bytes = self.bytes_since(number - BUCKETS + 1, number);
        (span_us >= MIN_SPAN_US).then(|| bytes * 8 * 1_000_000 / span_us as u64)
    }

    fn bytes_since(&self, first: i64, last: i64) -> u64 {
        self.buckets.iter().filter(|(n, _)| (first..=last).contains(n)).map(|(_, bytes)| bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_not_taken_for_a_low_rate() {
        let mut rate = Rate::default();
        for i in 0..100 {
            rate.add(1250, i * 10_000);
        }
        assert!((950_000..1_050_000).contains(&rate.bps().unwrap()), "{:?}", rate.bps());
        rate.add(1250, 11_000_000);
        assert_eq!(rate.bps(), None);
        (1..40).for_each(|i| rate.add(1250, 11_000_000 + i * 10_000));
        assert!((950_000..1_100_000).contains(&rate.bps().unwrap()), "{:?}", rate.bps());
    }
}
