//! What a receiver itself says that it can take (REMB): all that is known of those without transport-wide feedback.
//!
//! Some tell one figure for all streams, some one for each. A figure grows only as long as what is sent comes near it, so one that is
//! below what is sent means something; one above it says no more than that the line was not full.

use crate::Micros;

/// Told at least once a second while packets come; older ones are of streams that ended.
const STALE_US: Micros = 5_000_000;
/// Streams told of one by one.
const MAX_STREAMS: usize = 32;

/// One receiver's figures.
#[derive(Default)]
pub struct Ceiling {
    /// By the stream it is about; 0: all of them.
    told: Vec<(u32, u64, Micros)>,
    is_fresh: bool,
    sent_bps: u64,
}

impl Ceiling {
    /// A figure for these streams came.
    pub fn note(&mut self, mut ssrcs: impl Iterator<Item = u32>, bps: u64, now: Micros) {
        let (first, second) = (ssrcs.next(), ssrcs.next());
        let about = if second.is_none() { first.unwrap_or(0) } else { 0 };
        self.told.retain(|&(other, _, at)| other != about && (other == 0) == (about == 0) && now < at + STALE_US);
        if self.told.len() < MAX_STREAMS {
            self.told.push((about, bps, now));
        }
        self.is_fresh = true;
    }

    /// Forget what is old; `sent_bps`: what is sent now. True when something was told since the last call.
    pub fn review(&mut self, sent_bps: u64, now: Micros) -> bool {
        self.told.retain(|&(_, _, at)| now < at + STALE_US);
        self.sent_bps = sent_bps;
        std::mem::take(&mut self.is_fresh)
    }

    /// All figures together; None: nothing is told.
    pub fn told_bps(&self) -> Option<u64> {
        let sum = self.told.iter().fold(0u64, |sum, &(_, bps, _)| sum.saturating_add(bps));
        (!self.told.is_empty()).then_some(sum)
    }

    /// What to pace by: not less than what goes out already, for it is not this that is to be cut, but what is sent.
    pub fn pace_bps(&self) -> Option<u64> {
        self.told_bps().map(|bps| bps.max(self.sent_bps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_single_streams_add_up_and_one_for_all_takes_their_place() {
        let mut c = Ceiling::default();
        c.note([5].into_iter(), 300_000, 0);
        c.note([6].into_iter(), 200_000, 0);
        c.note([5].into_iter(), 400_000, 1_000_000);
        assert_eq!(c.told_bps(), Some(600_000));
        assert!(c.review(900_000, 1_000_000) && !c.review(900_000, 1_000_000));
        assert_eq!(c.pace_bps(), Some(900_000));
        c.note([5, 6].into_iter(), 700_000, 2_000_000);
        assert_eq!(c.told_bps(), Some(700_000));
    }

    #[test]
    fn what_is_not_told_again_is_forgotten() {
        let mut c = Ceiling::default();
        c.note([5].into_iter(), 300_000, 0);
        c.note([6].into_iter(), 200_000, 4_000_000);
        c.review(0, STALE_US);
        assert_eq!(c.told_bps(), Some(200_000));
        c.review(0, 4_000_000 + STALE_US);
        assert_eq!(c.told_bps(), None);
    }

    #[test]
    fn a_receiver_that_tells_of_endless_streams_fills_no_memory() {
        let mut c = Ceiling::default();
        for ssrc in 1..10_000 {
            c.note([ssrc].into_iter(), u64::MAX, 0);
        }
        assert_eq!((c.told.len(), c.told_bps()), (MAX_STREAMS, Some(u64::MAX)));
    }
}
