//! A copy of all counters, published once a second so that reading them costs the packet loop nothing.

use super::Relay;
use crate::Micros;
use crate::counters::{EngineCounters, PeerCounters, SlotCounters, SourceCounters};
use crate::ids::{PeerId, SlotId, SourceId};
use crate::notice::Rid;
use crate::remote::Remote;

/// Everything counted.
#[derive(Clone, Default, Debug)]
pub struct Snapshot {
    /// Engine-wide.
    pub engine: EngineStats,
    /// Per peer.
    pub peers: Vec<PeerStats>,
}

/// Engine-wide numbers.
#[derive(Clone, Default, Debug)]
pub struct EngineStats {
    /// The counters.
    pub counters: EngineCounters,
    /// Bytes waiting for tap readers.
    pub tap_backlog: usize,
}

/// A peer's numbers.
#[derive(Clone, Debug)]
pub struct PeerStats {
    /// Who.
    pub id: PeerId,
    /// ICE generation.
    pub generation: u32,
    /// Where its packets go.
    pub path: Option<Remote>,
    /// Its last authenticated packet; 0 none.
    pub last_us: Micros,
    /// Smoothed round trip.
    pub rtt_us: Option<u64>,
    /// The counters.
    pub counters: PeerCounters,
    /// Its sources.
    pub sources: Vec<SourceStats>,
    /// Its slots.
    pub slots: Vec<SlotStats>,
}

/// A source's numbers.
#[derive(Clone, Debug)]
pub struct SourceStats {
    /// Which.
    pub id: SourceId,
    /// It may be forwarded.
    pub enabled: bool,
    /// Packets that never came, over all layers.
    pub lost: u64,
    /// The counters.
    pub counters: SourceCounters,
    /// Its layers.
    pub layers: Vec<LayerStats>,
}

/// A layer's numbers.
#[derive(Clone, Debug)]
pub struct LayerStats {
    /// Which.
    pub rid: Rid,
    /// Its SSRC, 0 unknown.
    pub ssrc: u32,
    /// It flows.
    pub up: bool,
    /// Packets so far.
    pub packets: u64,
    /// Bytes so far.
    pub bytes: u64,
    /// Over the last full second.
    pub bps: u32,
}

/// A slot's numbers.
#[derive(Clone, Debug)]
pub struct SlotStats {
    /// Which.
    pub id: SlotId,
    /// What it is sending.
    pub shown: Option<(SourceId, Rid)>,
    /// The counters.
    pub counters: SlotCounters,
}

impl Relay {
    /// Copy all counters.
    pub fn snapshot(&self) -> Snapshot {
        let engine = EngineStats { counters: self.counters.clone(), tap_backlog: self.tap_backlog };
        Snapshot { engine, peers: self.peers.iter().map(|(_, p)| self.peer_stats(p)).collect() }
    }

    fn peer_stats(&self, peer: &crate::peer::Peer) -> PeerStats {
        PeerStats {
            id: peer.id,
            generation: peer.ice.generation,
            path: peer.ice.path(),
            last_us: peer.last_us,
            rtt_us: peer.rtt_us,
            counters: peer.counters.clone(),
            sources: peer.sources.iter().filter_map(|&s| self.source_stats(s)).collect(),
            slots: peer.slots.iter().filter_map(|&s| self.slot_stats(s)).collect(),
        }
    }

    fn source_stats(&self, index: usize) -> Option<SourceStats> {
        let source = self.sources.get(index)?;
        let layers = source.layers.iter().map(|l| LayerStats {
            rid: l.rid.clone(),
            ssrc: l.ssrc.unwrap_or(0),
            up: l.up,
            packets: l.packets,
            bytes: l.bytes,
            bps: l.bps,
        });
        Some(SourceStats {
            id: source.id,
            enabled: source.enabled,
            lost: source.layers.iter().map(|l| l.reception.lost()).sum(),
            counters: source.counters.clone(),
            layers: layers.collect(),
        })
    }

    fn slot_stats(&self, index: usize) -> Option<SlotStats> {
        let slot = self.slots.get(index)?;
        let source = slot.source.and_then(|s| self.sources.get(s));
        let shown = source.zip(slot.current).and_then(|(s, l)| Some((s.id, s.layers.get(l)?.rid.clone())));
        Some(SlotStats { id: slot.id, shown, counters: slot.counters.clone() })
    }
}
