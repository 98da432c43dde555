//! Keyframe requests to one source: many want one, few are sent. A request on any layer costs Chromium a keyframe on all.

use crate::Micros;

/// Between two requests to one source.
const THROTTLE_US: Micros = 500_000;
/// After this many unanswered requests the publisher is asked only every [`PATIENT_US`].
const EAGER_TRIES: u32 = 10;
const PATIENT_US: Micros = 2_000_000;

/// Who waits for a keyframe, as a set of layers.
#[derive(Default)]
pub struct KeyframeRequests {
    wanted: u8,
    sent_us: Option<Micros>,
    tries: u32,
}

impl KeyframeRequests {
    /// Somebody needs a keyframe of this layer.
    pub fn want(&mut self, layer: usize) {
        self.wanted |= bit(layer);
    }

    /// A keyframe of this layer came.
    pub fn on_keyframe(&mut self, layer: usize) {
        self.wanted &= !bit(layer);
        self.tries = 0;
    }

    /// The layer ended; nobody is to wait for it.
    pub fn forget(&mut self, layer: usize) {
        self.wanted &= !bit(layer);
    }

    /// True when somebody waits for this layer.
    pub fn is_wanted(&self, layer: usize) -> bool {
        self.wanted & bit(layer) != 0
    }

    /// True when requests for all wanted layers are to be sent now; counts as sent.
    pub fn take_due(&mut self, now: Micros) -> bool {
        let wait = if self.tries < EAGER_TRIES { THROTTLE_US } else { PATIENT_US };
        if self.wanted == 0 || self.sent_us.is_some_and(|sent| now < sent + wait) {
            return false;
        }
        self.sent_us = Some(now);
        self.tries += 1;
        true
    }
}

fn bit(layer: usize) -> u8 {
    1u8.checked_shl(layer as u32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_asking_costs_one_request_per_half_second_until_the_keyframe() {
        let mut k = KeyframeRequests::default();
        let mut sent = Vec::new();
        for ms in 0..2000u64 {
            if ms < 1200 {
                k.want(0);
            }
            if ms == 1300 {
                k.on_keyframe(0);
            }
            if k.take_due(ms * 1000) {
                sent.push(ms);
            }
        }
        assert_eq!(sent, [0, 500, 1000]);
    }
}
