//! One publication: its codecs and layers, who is subscribed, who waits for a keyframe, how loud it is.

use crate::Micros;
use crate::codec::Codec;
use crate::counters::SourceCounters;
use crate::ids::{Kind, PeerId, SourceId};
use crate::keyreq::KeyframeRequests;
use crate::layer::Layer;
use crate::mirror::{Export, Home};
use crate::notice::Rid;
use crate::tap::Tap;

/// Layers of a source at most; browsers send three.
pub const MAX_LAYERS: usize = 4;

/// A payload type of the publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecParams {
    /// Payload type.
    pub pt: u8,
    /// What it carries.
    pub codec: Codec,
    /// Payload type of its retransmissions, if there are; its own: the publisher repeats the packet itself.
    pub rtx_pt: Option<u8>,
    /// RTP clock.
    pub clock_hz: u32,
}

impl CodecParams {
    /// The publisher answers NACKs by sending the packet once more under its own number.
    pub fn is_repeated(&self) -> bool {
        self.rtx_pt == Some(self.pt)
    }
}

/// A packet that came in this batch: layer and extended sequence number, to be found in the layer's ring.
#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    /// Index of the layer.
    pub layer: usize,
    /// Extended sequence number.
    pub ext_seq: u64,
    /// With it, the layer's newest keyframe is whole.
    pub completes: bool,
}

/// Below this loudness, or without news, a source is silent.
const SILENT: u8 = 127;
/// Without levels for this long (muted, DTX, gone) a source counts as silent; comfort noise comes every 400 ms.
const LEVEL_LASTS_US: Micros = 450_000;

/// The loudness of a source between two notices, 0 (loud) … 127.
#[derive(Clone, Copy)]
pub struct Level {
    loudest: Option<u8>,
    at_us: Micros,
    said: u8,
}

impl Default for Level {
    fn default() -> Self {
        Self { loudest: None, at_us: 0, said: SILENT }
    }
}

impl Level {
    /// A packet said so (the extension's V bit is not used: browsers set it in silence).
    pub fn note(&mut self, level: u8, now: Micros) {
        let level = level & 0x7F;
        self.loudest = Some(self.loudest.map_or(level, |l| l.min(level)));
        self.at_us = now;
    }

    /// What to say now, if it is news; a source that stopped sending levels is said to be silent once.
    pub fn take_news(&mut self, now: Micros) -> Option<u8> {
        let is_over = now.saturating_sub(self.at_us) >= LEVEL_LASTS_US;
        let level = self.loudest.take().or(is_over.then_some(SILENT))?;
        (std::mem::replace(&mut self.said, level) != level).then_some(level)
    }
}

/// A source.
pub struct Source {
    /// Its handle.
    pub id: SourceId,
    /// Who publishes it, also where that peer lives in another relay.
    pub publisher: PeerId,
    /// Index of the publishing peer; None for a mirror of a source of another relay.
    pub peer: Option<usize>,
    /// Of what it is a mirror.
    pub home: Option<Home>,
    /// Its mirrors in other relays.
    pub exports: Vec<Export>,
    /// Media section.
    pub mid: Vec<u8>,
    /// Sound or picture.
    pub kind: Kind,
    /// Payload types.
    pub codecs: Vec<CodecParams>,
    /// Low to high.
    pub layers: Vec<Layer>,
    /// May be forwarded and tapped.
    pub enabled: bool,
    /// Its pictures are worth waiting for: a page that comes late is still the page. Keyframes count for nothing in its rates: it is
    /// waiting that asks for them.
    pub patient: bool,
    /// Indices of the slots it is routed to.
    pub subscribers: Vec<usize>,
    /// Who waits for keyframes.
    pub keyframes: KeyframeRequests,
    /// How loud it is.
    pub level: Level,
    /// Came in this batch.
    pub fresh: Vec<Fresh>,
    /// The recorder's tap.
    pub tap: Option<Tap>,
    /// Counters.
    pub counters: SourceCounters,
}

impl Source {
    /// A source nobody watches yet; `rids` from low to high, empty for a single unnamed layer.
    pub fn new(id: SourceId, publisher: PeerId, mid: &[u8], kind: Kind, codecs: Vec<CodecParams>, rids: &[Rid]) -> Self {
        let unnamed = [Rid::from("")];
        let rids = if rids.is_empty() { &unnamed[..] } else { &rids[..rids.len().min(MAX_LAYERS)] };
        Self {
            id,
            publisher,
            peer: None,
            home: None,
            exports: Vec::new(),
            mid: mid.to_vec(),
            kind,
            codecs,
            layers: rids.iter().map(|rid| Layer::new(rid.clone(), kind)).collect(),
            enabled: true,
            patient: false,
            subscribers: Vec::new(),
            keyframes: KeyframeRequests::default(),
            level: Level::default(),
            fresh: Vec::new(),
            tap: None,
            counters: SourceCounters::default(),
        }
    }

    /// The parameters of a payload type.
    pub fn codec(&self, pt: u8) -> Option<CodecParams> {
        self.codecs.iter().find(|c| c.pt == pt).copied()
    }

    /// The parameters of the codec that this retransmission payload type repairs.
    pub fn repaired_by(&self, rtx_pt: u8) -> Option<CodecParams> {
        self.codecs.iter().find(|c| c.rtx_pt == Some(rtx_pt) && !c.is_repeated()).copied()
    }

    /// The clock of a layer's codec.
    pub fn clock_hz(&self, layer: usize) -> u32 {
        let codec = self.layers.get(layer).map(|l| l.codec);
        self.codecs.iter().find(|c| Some(c.codec) == codec).or(self.codecs.first()).map_or(90_000, |c| c.clock_hz)
    }

    /// Index of the layer with this name.
    pub fn layer_named(&self, rid: &[u8]) -> Option<usize> {
        self.layers.iter().position(|l| l.rid.as_bytes() == rid)
    }

    /// What to send to whom wants layer `wanted`: it, else the nearest lower live one, else the nearest higher.
    pub fn target(&self, wanted: usize) -> usize {
        let live = |i: &usize| self.layers.get(*i).is_some_and(|l| l.up);
        let lower = (0..=wanted).rev().find(live);
        lower.or_else(|| (wanted + 1..self.layers.len()).find(live)).unwrap_or(wanted)
    }

    /// True for who is shown layer `current`, which flows, and is to be shown `target`: it can wait until that can be shown at once.
    pub fn at_leisure(&self, current: Option<usize>, target: usize) -> bool {
        current.is_some_and(|c| c != target && self.layers.get(c).is_some_and(|l| l.up))
    }

    /// Who has a picture of this layer keeps it rather than having a keyframe made, for a while: pages trickle in over the publisher's thin line.
    pub fn keeps_waiting(&self, layer: usize, now: Micros) -> bool {
        let slow = self.layers.get(layer).and_then(|l| l.arriving.slow_since(now));
        slow.is_some_and(|since| self.keyframes.is_held(since, now))
    }

    /// True when keyframes are to be asked for now; counts as done.
    pub fn take_keyframe_request(&mut self, now: Micros) -> bool {
        let is_slow = self.layers.iter().any(|l| l.arriving.slow_since(now).is_some());
        self.keyframes.take_due(is_slow, now)
    }

    /// The highest live layer.
    pub fn best(&self) -> Option<usize> {
        self.layers.iter().rposition(|l| l.up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speaker_who_stops_is_said_to_be_silent_once() {
        let mut level = Level::default();
        level.note(0x80 | 30, 0);
        level.note(20, 50_000);
        assert_eq!(level.take_news(100_000), Some(20));
        assert_eq!(level.take_news(200_000), None);
        assert_eq!(level.take_news(500_000), Some(127));
        assert_eq!(level.take_news(600_000), None);
    }

    #[test]
    fn a_layer_that_does_not_flow_is_replaced_by_the_nearest() {
        let rids: Vec<Rid> = ["q", "h", "f"].map(Rid::from).to_vec();
        let mut s = Source::new(SourceId(1), PeerId(1), b"0", Kind::Video, vec![], &rids);
        assert_eq!((s.target(2), s.best()), (2, None), "nothing flows: wait for the wanted one");
        s.layers[0].up = true;
        assert_eq!((s.target(2), s.target(1), s.best()), (0, 0, Some(0)));
        s.layers[2].up = true;
        assert_eq!((s.target(2), s.target(1), s.target(0)), (2, 0, 0));
        s.layers[0].up = false;
        assert_eq!((s.target(1), s.target(0)), (2, 2));
    }
}
