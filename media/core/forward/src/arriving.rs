//! How slowly a layer's pictures come in over their publisher's line. On a thin one each takes seconds, and a keyframe asked for meanwhile comes after
//! all that waits there: it makes everything later. Not here: who asks (`keyreq`).

use crate::Micros;

/// A picture that takes so long to come in, first to last packet, comes slowly. Paced senders take less, also for a keyframe.
const SLOW_US: Micros = 500_000;
/// Nothing for so long: the line is empty, or away.
const OVER_US: Micros = 1_000_000;

/// A layer's.
#[derive(Clone, Copy, Default, Debug)]
pub struct Arriving {
    /// The newest picture's RTP time.
    ts: Option<u32>,
    begun_us: Micros,
    last_us: Micros,
    /// Pictures have come slowly since then.
    slow_us: Option<Micros>,
}

impl Arriving {
    /// A packet of the picture with this RTP time came in.
    pub fn note(&mut self, ts: u32, now: Micros) {
        let newer = self.ts.map_or(1, |old| ts.wrapping_sub(old) as i32);
        if newer < 0 {
            return;
        }
        if newer > 0 {
            let was_slow = self.last_us.saturating_sub(self.begun_us) >= SLOW_US;
            self.slow_us = self.slow_us.filter(|_| was_slow && now < self.last_us + OVER_US);
            (self.ts, self.begun_us) = (Some(ts), now);
        }
        self.last_us = now;
        if now >= self.begun_us + SLOW_US {
            self.slow_us.get_or_insert(self.begun_us);
        }
    }

    /// Since when pictures come slowly; None: they do not.
    pub fn slow_since(&self, now: Micros) -> Option<Micros> {
        self.slow_us.filter(|_| now < self.last_us + OVER_US)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_take_long_are_slow_from_the_first_on_until_one_is_not_or_none_comes() {
        let mut a = Arriving::default();
        let mut seen = Vec::new();
        // (RTP time, ms)
        for (ts, ms) in
            [(1, 0), (1, 40), (2, 200), (2, 690), (2, 710), (3, 800), (3, 1500), (4, 1600), (4, 1620), (5, 1800), (5, 1810)]
        {
            a.note(ts, ms * 1000);
            seen.push(a.slow_since(ms * 1000).map(|us| us / 1000));
        }
        let slow = Some(200);
        assert_eq!(seen, [None, None, None, None, slow, slow, slow, slow, slow, None, None]);
    }

    #[test]
    fn a_line_that_went_silent_is_not_slow_and_a_late_packet_of_an_older_picture_says_nothing() {
        let mut a = Arriving::default();
        [0, 300, 600].iter().for_each(|ms| a.note(9000, ms * 1000));
        assert_eq!((a.slow_since(700_000), a.slow_since(1_600_000)), (Some(0), None));
        a.note(3000, 2_000_000);
        assert_eq!(a.slow_since(2_000_000), None);
        a.note(12_000, 2_100_000);
        assert_eq!(a.slow_since(2_100_000), None, "what was before the silence is over");
    }
}
