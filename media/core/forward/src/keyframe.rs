//! The newest keyframe of a layer: where it begins, and whether all of it is here. Not here: what begins one (`codec`).
//!
//! Who watches another layer until then goes over when it is whole: until its last packet came it cannot be shown, and packets are lost.

use crate::Micros;
use crate::ring::Ring;

/// A keyframe that is not whole after this long has lost something for good.
const OVERDUE_US: Micros = 1_000_000;
/// Packets looked at for one keyframe: what a ring of pictures holds.
const LONGEST: u64 = 512;

/// A layer's.
#[derive(Clone, Copy, Default, Debug)]
pub struct Keyframe {
    /// Its RTP time.
    ts: Option<u32>,
    /// Its first packet.
    from: u64,
    /// All before this one are here.
    reached: u64,
    /// The highest number since.
    newest: u64,
    since_us: Micros,
    is_whole: bool,
}

impl Keyframe {
    /// Nothing of it is of use any more.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// True for its packets.
    pub fn has(&self, ts: u32) -> bool {
        self.ts == Some(ts)
    }

    /// A packet is in the ring; `begins`: it is the first of a keyframe, or may be. True when a keyframe is whole with it.
    pub fn note(&mut self, ring: &Ring, ext_seq: u64, begins: bool, now: Micros) -> bool {
        let Some(packet) = ring.get(ext_seq) else { return false };
        // Parameter sets in several packets: the first one counts, also when it comes late.
        let is_first = if self.has(packet.ts) { ext_seq < self.from } else { self.ts.is_none() || ext_seq > self.from };
        if begins && is_first {
            let newest = self.newest.max(ext_seq);
            *self = Self { ts: Some(packet.ts), from: ext_seq, reached: ext_seq, newest, since_us: now, is_whole: false };
        }
        if self.ts.is_none() {
            return false;
        }
        self.newest = self.newest.max(ext_seq);
        if self.is_whole || ext_seq < self.from {
            return false;
        }
        self.is_whole = self.reach(ring);
        self.is_whole
    }

    /// Go on over what is here without a hole; true at its end: the marker, or a packet of another time.
    fn reach(&mut self, ring: &Ring) -> bool {
        while let Some(packet) = ring.get(self.reached).filter(|_| self.reached < self.from + LONGEST) {
            if !self.has(packet.ts) || packet.marker {
                return true;
            }
            self.reached += 1;
        }
        false
    }

    /// Its packets and all after them, when it is whole.
    pub fn whole(&self) -> Option<std::ops::RangeInclusive<u64>> {
        self.is_whole.then_some(self.from..=self.newest.min(self.from + LONGEST))
    }

    /// A part of it is here and the rest on its way.
    pub fn is_coming(&self, now: Micros) -> bool {
        self.ts.is_some() && !self.is_whole && now < self.since_us + OVERDUE_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;

    fn put(ring: &mut Ring, ext_seq: u64, ts: u32, marker: bool) {
        let packet = ring.place(ext_seq).unwrap();
        packet.fill(b"part", 0, Codec::Vp8);
        (packet.ts, packet.marker) = (ts, marker);
    }

    #[test]
    fn it_is_whole_with_its_last_packet_in_whatever_order_they_come() {
        for order in [[10, 11, 12], [12, 10, 11], [11, 12, 10]] {
            let (mut ring, mut key) = (Ring::new(64), Keyframe::default());
            let found: Vec<_> = order
                .map(|seq| {
                    put(&mut ring, seq, 3000, seq == 12);
                    key.note(&ring, seq, seq == 10, 0)
                })
                .into_iter()
                .collect();
            let last_needed = order.iter().position(|&s| s == 11).unwrap().max(order.iter().position(|&s| s == 10).unwrap());
            let expected = if order[0] == 12 { 2 } else { last_needed.max(order.iter().position(|&s| s == 12).unwrap()) };
            assert_eq!(found.iter().position(|&whole| whole), Some(expected), "{order:?}");
            assert!(key.whole().unwrap().contains(&10));
        }
    }

    #[test]
    fn the_next_frame_ends_it_too_and_is_sent_with_it() {
        let (mut ring, mut key) = (Ring::new(64), Keyframe::default());
        put(&mut ring, 10, 3000, false);
        assert!(!key.note(&ring, 10, true, 0) && key.is_coming(0) && !key.is_coming(OVERDUE_US));
        put(&mut ring, 11, 6000, true);
        assert!(key.note(&ring, 11, false, 0));
        assert_eq!(key.whole(), Some(10..=11));
    }

    #[test]
    fn a_late_packet_of_an_older_keyframe_begins_nothing_and_a_newer_one_begins_anew() {
        let (mut ring, mut key) = (Ring::new(64), Keyframe::default());
        put(&mut ring, 20, 9000, true);
        assert!(key.note(&ring, 20, true, 0));
        put(&mut ring, 10, 3000, true);
        assert!(!key.note(&ring, 10, true, 0) && key.has(9000));
        put(&mut ring, 21, 12_000, false);
        assert!(!key.note(&ring, 21, true, 0) && key.has(12_000) && key.whole().is_none());
    }

    #[test]
    fn parameter_sets_apart_belong_to_it() {
        let (mut ring, mut key) = (Ring::new(64), Keyframe::default());
        put(&mut ring, 11, 3000, false);
        assert!(!key.note(&ring, 11, true, 0));
        put(&mut ring, 10, 3000, false);
        assert!(!key.note(&ring, 10, true, 0));
        put(&mut ring, 12, 3000, true);
        assert!(key.note(&ring, 12, false, 0));
        assert_eq!(key.whole(), Some(10..=12));
    }
}
