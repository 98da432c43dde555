//! The relay: all peers, sources and slots of one engine thread. Commands, datagrams and the time go in here.
//!
//! A batch: `receive` each datagram, then `export` and `fan_out` once, then `tick`. Notices and tapped packets pile up in `notices` and
//! `tapped` until the caller takes them, and so do parcels for other relays (`take_parcel`).

mod commands;
mod control;
mod fanout;
mod ingress;
mod mirror;
mod pace;
mod slab;
mod snapshot;
mod timers;

pub use commands::{NewMirror, NewSlot, NewSource};
pub use snapshot::{EngineStats, LayerStats, PeerStats, SlotStats, Snapshot, SourceStats};

use crate::Micros;
use crate::counters::EngineCounters;
use crate::ids::{Kind, PeerId, SlotId, SourceId};
use crate::mirror::Exchange;
use crate::nack::Pace;
use crate::notice::Notice;
use crate::outbox::Outbox;
use crate::peer::{Peer, STALLS_MS};
use crate::reception::ReportBlock;
use crate::remote::Remote;
use crate::rtcp;
use crate::rtp::{Sort, sort_of};
use crate::slot::Slot;
use crate::source::Source;
use crate::tap::Tapped;
use slab::Slab;
use std::collections::HashMap;

/// Peers, sources and slots of one thread.
#[derive(Default)]
pub struct Relay {
    peers: Slab<Peer>,
    sources: Slab<Source>,
    slots: Slab<Slot>,
    peer_at: HashMap<PeerId, usize>,
    source_at: HashMap<SourceId, usize>,
    slot_at: HashMap<SlotId, usize>,
    by_address: HashMap<Remote, usize>,
    by_ufrag: HashMap<Vec<u8>, usize>,
    /// Sources with packets of this batch.
    fresh: Vec<usize>,
    work: Vec<fanout::Work>,
    rotation: usize,
    /// Peers with packets that wait, or with a probe running.
    pacing: Vec<usize>,
    next_pace: Micros,
    timers: timers::Timers,
    /// Reports not taken yet.
    pub notices: Vec<Notice>,
    /// Tapped packets not taken yet.
    pub tapped: Vec<Tapped>,
    /// Bytes of tapped packets that the reader has not taken; the caller keeps it up to date.
    pub tap_backlog: usize,
    /// Remotes that stand for nobody any more, not taken yet: their connections can be closed.
    pub released: Vec<Remote>,
    /// Engine-wide counters.
    pub counters: EngineCounters,
    exchange: Exchange,
    compound: Vec<u8>,
    seqs: Vec<u16>,
    granted: Vec<u64>,
    blocks: Vec<ReportBlock>,
}

impl Relay {
    /// An empty relay.
    pub fn new() -> Self {
        Self::default()
    }

    /// A datagram came. It may be decrypted in place; what it causes is sent now, except forwarding, which waits for `fan_out`.
    pub fn receive(&mut self, from: Remote, data: &mut [u8], now: Micros, out: &mut dyn Outbox) {
        self.counters.rx_packets += 1;
        if data.len() > crate::MAX_DATAGRAM {
            return;
        }
        let sort = sort_of(data);
        if sort == Sort::Stun {
            return self.on_stun(from, data, now, out);
        }
        let Some(&peer) = self.by_address.get(&from) else {
            self.counters.unknown_address += 1;
            return;
        };
        match sort {
            Sort::Rtp => self.on_rtp(peer, data, now),
            Sort::Rtcp => self.on_srtcp(peer, data, now, out),
            Sort::Dtls => self.on_dtls(peer, data, now),
            Sort::Stun | Sort::Other => {}
        }
    }

    /// True when `remote` proved a peer's password and still stands for it.
    pub fn knows(&self, remote: &Remote) -> bool {
        self.by_address.contains_key(remote)
    }

    /// A connection closed. A peer whose path it was goes on over the address it checked last, or falls silent.
    pub fn disconnected(&mut self, gone: Remote) {
        let Some(at) = self.by_address.remove(&gone) else { return };
        let Some(peer) = self.peers.get_mut(at) else { return };
        if peer.ice.forget(gone)
            && let Some(to) = peer.ice.path()
        {
            self.notices.push(Notice::Path { peer: peer.id, generation: peer.ice.generation, to });
        }
    }

    /// Everything in this relay knows the same time: `last_us` moves, and a stall ends.
    fn mark_alive(peer: &mut Peer, notices: &mut Vec<Notice>, now: Micros) {
        if peer.stalls > 0 {
            let ms = (now.saturating_sub(peer.last_us) / 1000).min(u64::from(u32::MAX)) as u32;
            notices.push(Notice::Resumed { peer: peer.id, ms, last_us: peer.last_us });
            peer.stalls = 0;
        }
        peer.last_us = now;
    }

    /// Report each threshold of silence once.
    fn check_stalls(&mut self, now: Micros) {
        for (_, peer) in self.peers.iter_mut().filter(|(_, p)| p.last_us > 0) {
            let silent_ms = now.saturating_sub(peer.last_us) / 1000;
            while let Some(&ms) = STALLS_MS.get(peer.stalls).filter(|&&ms| silent_ms >= u64::from(ms)) {
                peer.stalls += 1;
                self.notices.push(Notice::Stalled { peer: peer.id, ms, last_us: peer.last_us });
            }
        }
    }

    /// Send the keyframe requests of a source that are due.
    fn flush_keyframe_requests(&mut self, source: usize, now: Micros, out: &mut dyn Outbox) {
        let Some(source) = self.sources.get_mut(source) else { return };
        if source.home.is_some() {
            return self.exchange.ask_home_for_keyframes(source, now);
        }
        let Some(peer) = source.peer.and_then(|p| self.peers.get_mut(p)) else { return };
        let is_known = source.layers.iter().enumerate().any(|(i, l)| l.ssrc.is_some() && source.keyframes.is_wanted(i));
        if !source.enabled || !is_known || peer.ready().is_none() || !source.take_keyframe_request(now) {
            return;
        }
        self.compound.clear();
        for (i, layer) in source.layers.iter().enumerate() {
            if let Some(ssrc) = layer.ssrc.filter(|_| source.keyframes.is_wanted(i)) {
                rtcp::write_pli(&mut self.compound, peer.reporter, ssrc);
                source.counters.plis_out += 1;
            }
        }
        if !self.compound.is_empty() {
            peer.send_rtcp(&self.compound, out);
        }
    }

    /// Ask for what is missing of a source, where it is time.
    fn flush_nacks(&mut self, source: usize, now: Micros, out: &mut dyn Outbox) {
        let Some(source) = self.sources.get_mut(source) else { return };
        let Some(peer) = source.peer.and_then(|p| self.peers.get_mut(p)) else { return };
        let pace = if source.kind == Kind::Audio { Pace::audio(peer.rtt_us) } else { Pace::VIDEO };
        for layer in source.layers.iter_mut().filter(|l| l.nacks.is_waiting()) {
            self.seqs.clear();
            layer.nacks.due(pace, now, &mut self.seqs);
            let Some(ssrc) = layer.ssrc.filter(|_| !self.seqs.is_empty()) else { continue };
            source.counters.nacks_out += self.seqs.len() as u64;
            self.compound.clear();
            rtcp::write_nack(&mut self.compound, peer.reporter, ssrc, &self.seqs);
            peer.send_rtcp(&self.compound, out);
        }
    }
}
