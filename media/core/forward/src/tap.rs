//! A tap: plaintext packets of one source for the recorder. Bounded: video is dropped up to a keyframe, audio is kept.

use crate::Micros;
use crate::ids::{Kind, SourceId};
use crate::notice::Rid;
use crate::ring::Packet;

/// Bytes the reader may be behind before video is dropped: 8 s of ten 1 Mbit/s sources.
pub const VIDEO_LIMIT: usize = 10 << 20;
/// Bytes before even audio is dropped: the reader is gone. 5 minutes of ten microphones.
pub const AUDIO_LIMIT: usize = 32 << 20;

/// One packet for the reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Tapped {
    /// Of which source.
    pub source: SourceId,
    /// Which layer.
    pub rid: Rid,
    /// When it came.
    pub at_us: Micros,
    /// Sequence number with roll-over count.
    pub ext_seq: u64,
    /// The RTP packet.
    pub data: Vec<u8>,
}

/// Packets that were dropped in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How many.
    pub packets: u32,
    /// The first one's time.
    pub from_us: Micros,
}

/// What happens to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// Hand it over; a gap before it ended.
    Pass(Option<Gap>),
    /// Not wanted here: another layer, or before the first keyframe.
    Ignore,
    /// The reader is too slow.
    Drop,
}

/// A tap's state.
pub struct Tap {
    best_only: bool,
    layer: Option<usize>,
    gap: Option<Gap>,
}

impl Tap {
    /// A tap of all layers, or of the best live one.
    pub fn new(best_only: bool) -> Self {
        Self { best_only, layer: None, gap: None }
    }

    /// The layer whose keyframe the tap waits for, if any. `best` is the source's highest live layer.
    pub fn waits_for(&self, kind: Kind, best: Option<usize>, backlog: usize) -> Option<usize> {
        let switching = self.best_only && self.layer != best;
        let resuming = self.gap.is_some() && backlog < VIDEO_LIMIT / 2;
        best.filter(|_| kind == Kind::Video && (switching || resuming))
    }

    /// Decide about a packet of `layer`, with `backlog` bytes waiting to be read.
    pub fn offer(&mut self, kind: Kind, layer: usize, best: Option<usize>, packet: &Packet, backlog: usize) -> Passage {
        if packet.is_empty() || !self.takes(layer, best, packet.insight.keyframe) {
            return Passage::Ignore;
        }
        let limit = if kind == Kind::Audio { AUDIO_LIMIT } else { VIDEO_LIMIT };
        let may_resume = kind == Kind::Audio || (packet.insight.keyframe && backlog < limit / 2);
        if backlog >= limit || (self.gap.is_some() && !may_resume) {
            let gap = self.gap.get_or_insert(Gap { packets: 0, from_us: packet.at_us });
            gap.packets += 1;
            return Passage::Drop;
        }
        Passage::Pass(self.gap.take())
    }

    fn takes(&mut self, layer: usize, best: Option<usize>, keyframe: bool) -> bool {
        if !self.best_only || self.layer == Some(layer) {
            return true;
        }
        if best == Some(layer) && keyframe {
            self.layer = Some(layer);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Codec, Insight};

    fn packet(keyframe: bool, at_us: Micros) -> Packet {
        let mut p = Packet::default();
        p.fill(b"xy", 1, Codec::Vp8);
        p.at_us = at_us;
        p.insight = Insight { keyframe, ..Insight::default() };
        p
    }

    #[test]
    fn video_is_dropped_up_to_the_next_keyframe_after_the_reader_caught_up() {
        let mut tap = Tap::new(true);
        let mut offer = |keyframe, at, backlog| tap.offer(Kind::Video, 0, Some(0), &packet(keyframe, at), backlog);
        assert_eq!(offer(false, 1, 0), Passage::Ignore, "starts at a keyframe");
        assert_eq!(offer(true, 2, 0), Passage::Pass(None));
        assert_eq!(offer(false, 3, VIDEO_LIMIT), Passage::Drop);
        assert_eq!(offer(true, 4, VIDEO_LIMIT - 1), Passage::Drop, "not caught up yet");
        assert_eq!(offer(false, 5, 0), Passage::Drop, "no keyframe");
        assert_eq!(offer(true, 6, 0), Passage::Pass(Some(Gap { packets: 3, from_us: 3 })));
        assert_eq!(offer(false, 7, 0), Passage::Pass(None));
    }

    #[test]
    fn audio_goes_on_where_video_stops() {
        let mut tap = Tap::new(true);
        assert_eq!(tap.offer(Kind::Audio, 0, Some(0), &packet(true, 1), VIDEO_LIMIT * 2), Passage::Pass(None));
        assert_eq!(tap.offer(Kind::Audio, 0, Some(0), &packet(true, 2), AUDIO_LIMIT), Passage::Drop);
        let gap = Some(Gap { packets: 1, from_us: 2 });
        assert_eq!(tap.offer(Kind::Audio, 0, Some(0), &packet(true, 3), 0), Passage::Pass(gap));
    }

    #[test]
    fn the_best_layer_is_followed_at_keyframes() {
        let mut tap = Tap::new(true);
        let mut offer =
            |layer, best, keyframe| tap.offer(Kind::Video, layer, Some(best), &packet(keyframe, 1), 0) != Passage::Ignore;
        assert!(offer(0, 0, true));
        assert!(!offer(1, 1, false));
        assert!(offer(0, 1, false));
        assert!(offer(1, 1, true));
        assert!(!offer(0, 1, true));
    }
}
