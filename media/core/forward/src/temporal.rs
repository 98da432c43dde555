//! Which frames of a VP8 stream with temporal layers a slot gets (RFC 7741 §4.2: TID and Y).
//!
//! Down: from the next frame on. Up: layer by layer, where a frame says that it builds on the base layer alone (Y), or at a keyframe;
//! a frame that builds on one the receiver never got would be shown wrong, not late.

use crate::codec::Insight;

/// Every layer.
const ALL: u8 = 0xFF;

/// A slot's place in the temporal layers.
#[derive(Default)]
pub struct Temporal {
    /// Layers whose frames the receiver has without a hole since their last sync point.
    synced: u8,
    /// The frame decided last, by its timestamp. Its other packets go the same way.
    frame: Option<(u32, bool)>,
}

impl Temporal {
    /// True when the packet's frame goes to the receiver.
    pub fn passes(&mut self, insight: &Insight, ts: u32, max_tid: u8) -> bool {
        if let Some((_, passes)) = self.frame.filter(|f| f.0 == ts) {
            return passes;
        }
        if insight.keyframe {
            self.synced = ALL;
        }
        let below = bits_up_to(insight.tid);
        let is_decodable = insight.layer_sync || self.synced & below == below;
        let passes = insight.tid == 0 || (insight.tid <= max_tid && is_decodable);
        if passes {
            self.synced |= if insight.layer_sync { bit(insight.tid) } else { 0 };
        } else {
            self.synced &= !bit(insight.tid);
        }
        self.frame = Some((ts, passes));
        passes
    }

    /// The slot shows another stream, from its keyframe on.
    pub fn begin(&mut self) {
        *self = Self { synced: ALL, frame: None };
    }
}

fn bit(tid: u8) -> u8 {
    1 << (tid & 7)
}

/// Layers 1 … tid.
fn bits_up_to(tid: u8) -> u8 {
    (1..=tid & 7).fold(0, |bits, t| bits | bit(t))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chromium's pattern for three layers: (TID, Y), the second half without sync points.
    const PATTERN: [(u8, bool); 8] =
        [(0, false), (2, true), (1, true), (2, false), (0, false), (2, false), (1, false), (2, false)];

    fn run(temporal: &mut Temporal, frames: std::ops::Range<usize>, max_tid: u8) -> Vec<usize> {
        let passes = |i: &usize| {
            let (tid, layer_sync) = PATTERN[i % 8];
            let insight = Insight { tid, layer_sync, keyframe: *i == 0, ..Insight::default() };
            temporal.passes(&insight, *i as u32 * 3000, max_tid)
        };
        frames.filter(passes).collect()
    }

    #[test]
    fn each_limit_lets_its_layers_through() {
        assert_eq!(run(&mut Temporal::default(), 0..8, 7), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(run(&mut Temporal::default(), 0..8, 1), [0, 2, 4, 6]);
        assert_eq!(run(&mut Temporal::default(), 0..8, 0), [0, 4]);
    }

    #[test]
    fn up_waits_for_a_sync_point_of_each_layer() {
        let mut t = Temporal::default();
        run(&mut t, 0..12, 0);
        assert_eq!(run(&mut t, 12..24, 2), [12, 16, 17, 18, 19, 20, 21, 22, 23], "13, 14, 15 build on what was dropped");
    }

    #[test]
    fn down_comes_with_the_next_frame_not_within_one() {
        let mut t = Temporal::default();
        run(&mut t, 0..1, 7);
        let second = Insight { tid: 2, layer_sync: true, frame_start: true, ..Insight::default() };
        assert!(t.passes(&second, 3000, 7));
        assert!(t.passes(&Insight { frame_start: false, ..second }, 3000, 0), "the rest of a frame that began");
        assert!(!t.passes(&Insight { layer_sync: false, ..second }, 6000, 0));
    }

    #[test]
    fn streams_without_layers_always_pass() {
        let mut t = Temporal::default();
        assert!((0..50).all(|i| t.passes(&Insight::default(), i, 0)));
    }
}
