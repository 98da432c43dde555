//! Keyframe requests to one source: many want one, few are sent. A request on any layer costs Chromium a keyframe on all.

use crate::Micros;

/// Between two requests to one source.
const THROTTLE_US: Micros = 500_000;
/// After this many unanswered requests the publisher is asked only every [`PATIENT_US`].
const EAGER_TRIES: u32 = 10;
const PATIENT_US: Micros = 2_000_000;
/// Where pictures come in slowly the answer waits behind all that is under way. The question is put again after this, and who has a picture keeps it
/// for so long from when it began to be slow, from the last question or the last keyframe.
const SLOW_US: Micros = 10_000_000;

/// Who waits for a keyframe, as a set of layers.
#[derive(Default)]
pub struct KeyframeRequests {
    wanted: u8,
    sent_us: Option<Micros>,
    came_us: Micros,
    tries: u32,
}

impl KeyframeRequests {
    /// Somebody needs a keyframe of this layer.
    pub fn want(&mut self, layer: usize) {
        self.wanted |= bit(layer);
    }

    /// A keyframe of this layer came.
    pub fn on_keyframe(&mut self, layer: usize, now: Micros) {
        self.wanted &= !bit(layer);
        self.came_us = now;
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

    /// True where pictures have come in slowly since then: a keyframe would make it worse.
    pub fn is_held(&self, slow_since: Micros, now: Micros) -> bool {
        now < slow_since.max(self.sent_us.unwrap_or(0)).max(self.came_us) + SLOW_US
    }

    /// True when requests for all wanted layers are to be sent now; counts as sent. `is_slow`: pictures come in slowly.
    pub fn take_due(&mut self, is_slow: bool, now: Micros) -> bool {
        let wait = match self.tries {
            1.. if is_slow => SLOW_US,
            ..EAGER_TRIES => THROTTLE_US,
            _ => PATIENT_US,
        };
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
                k.on_keyframe(0, ms * 1000);
            }
            if k.take_due(false, ms * 1000) {
                sent.push(ms);
            }
        }
        assert_eq!(sent, [0, 500, 1000]);
    }

    #[test]
    fn where_pictures_come_slowly_the_question_is_put_again_seldom_and_others_hold_theirs_back() {
        let mut k = KeyframeRequests::default();
        assert!(k.is_held(20_000_000, 29_999_999) && !k.is_held(20_000_000, 30_000_000));
        k.want(0);
        let sent: Vec<_> = (30..55u64).filter(|s| k.take_due(true, s * 1_000_000)).collect();
        assert_eq!(sent, [30, 40, 50]);
        k.on_keyframe(0, 55_000_000);
        assert!(k.is_held(20_000_000, 64_999_999) && !k.is_held(20_000_000, 65_000_000));
    }
}
