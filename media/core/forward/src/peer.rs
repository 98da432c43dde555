//! One peer: its path, keys, extension ids, streams by SSRC, and when it was last heard.

use crate::Micros;
use crate::ceiling::Ceiling;
use crate::counters::PeerCounters;
use crate::downlink::Downlink;
use crate::ext::ExtMap;
use crate::ice::Ice;
use crate::ids::PeerId;
use crate::outbox::Outbox;
use crate::pacer::Pacer;
use crate::permits::Permits;
use crate::remote::Remote;
use crate::srtp::{Inbound, MAX_OVERHEAD, Outbound};
use crate::twcc::Arrivals;
use std::collections::HashMap;

/// Silences that are reported, ms.
pub const STALLS_MS: [u32; 4] = [1500, 5000, 15_000, 30_000];
/// DTLS datagrams a peer may send per second on average, and at once: a handshake takes a handful.
const DTLS_PER_S: u64 = 50;
const DTLS_BURST: u64 = 100;
/// Replaced SSRCs remembered.
const MAX_RETIRED: usize = 64;
/// Retransmissions a peer may cause per second on average, and at once.
const RTX_PER_S: u64 = 400;
const RTX_BURST: u64 = 300;

/// Where packets of an SSRC belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Index of the source.
    pub source: usize,
    /// Index of the layer.
    pub layer: usize,
    /// They are retransmissions.
    pub is_rtx: bool,
}

/// A peer.
pub struct Peer {
    /// Its handle.
    pub id: PeerId,
    /// Its path.
    pub ice: Ice,
    /// Keys for what it sends.
    pub inbound: Option<Inbound>,
    /// Keys for what we send.
    pub outbound: Option<Outbound>,
    /// Its extension ids.
    pub ext: ExtMap,
    /// Whose pictures and sounds it may be sent.
    pub permits: Permits,
    /// What it sends, by SSRC.
    pub streams: HashMap<u32, Stream>,
    /// SSRCs that were replaced by newer ones of the same layer: a late packet must not bring them back.
    pub retired: Vec<u32>,
    /// Indices of its sources.
    pub sources: Vec<usize>,
    /// Indices of its slots.
    pub slots: Vec<usize>,
    /// Its slots by their SSRCs.
    pub slot_by_ssrc: HashMap<u32, usize>,
    /// SSRCs ever given to its slots: one more use of one would repeat nonces.
    pub used_ssrcs: Vec<u32>,
    /// When its packets came, for transport-wide feedback.
    pub arrivals: Arrivals,
    /// What its feedback says.
    pub downlink: Downlink,
    /// When its packets may go.
    pub pacer: Pacer,
    /// How far back its last padding was sent again from.
    pub replay_back: u64,
    /// Ceiling for what it may send.
    pub remb_bps: u64,
    /// What all that it wishes to see would cost, retransmissions aside.
    pub desired_bps: u64,
    /// What it says itself that it can take.
    pub ceiling: Ceiling,
    /// Smoothed round trip, µs.
    pub rtt_us: Option<u64>,
    /// The last authenticated packet; 0 none.
    pub last_us: Micros,
    /// How many of [`STALLS_MS`] were reported.
    pub stalls: usize,
    /// Counters.
    pub counters: PeerCounters,
    /// DTLS allowance.
    pub dtls_budget: Bucket,
    /// Retransmission allowance.
    pub rtx_budget: Bucket,
    /// The SSRC that our own reports and requests to it carry.
    pub reporter: u32,
}

impl Peer {
    /// A peer nothing came from yet.
    pub fn new(id: PeerId, ice: Ice) -> Self {
        Self {
            id,
            ice,
            inbound: None,
            outbound: None,
            ext: ExtMap::default(),
            permits: Permits::default(),
            streams: HashMap::new(),
            retired: Vec::new(),
            sources: Vec::new(),
            slots: Vec::new(),
            slot_by_ssrc: HashMap::new(),
            used_ssrcs: Vec::new(),
            arrivals: Arrivals::default(),
            downlink: Downlink::default(),
            remb_bps: 0,
            pacer: Pacer::default(),
            replay_back: 0,
            desired_bps: 0,
            ceiling: Ceiling::default(),
            rtt_us: None,
            last_us: 0,
            stalls: 0,
            counters: PeerCounters::default(),
            dtls_budget: Bucket::new(DTLS_PER_S, DTLS_BURST),
            rtx_budget: Bucket::new(RTX_PER_S, RTX_BURST),
            reporter: 1,
        }
    }

    /// Where its packets go, once it can be sent to.
    pub fn ready(&self) -> Option<Remote> {
        self.ice.path().filter(|_| self.outbound.is_some())
    }

    /// Packets of `ssrc` belong to `stream` from now on, and no other SSRC's do.
    pub fn bind_stream(&mut self, ssrc: u32, stream: Stream) {
        self.retired.extend(self.streams.iter().filter(|(_, s)| **s == stream).map(|(old, _)| *old));
        let excess = self.retired.len().saturating_sub(MAX_RETIRED);
        self.retired.drain(..excess);
        self.streams.retain(|_, s| *s != stream);
        self.retired.retain(|r| *r != ssrc);
        self.streams.insert(ssrc, stream);
    }

    /// Seal and send a compound RTCP packet.
    pub fn send_rtcp(&mut self, compound: &[u8], out: &mut dyn Outbox) {
        let (Some(to), Some(keys)) = (self.ice.path(), &mut self.outbound) else { return };
        let space = out.begin(to, compound.len() + MAX_OVERHEAD);
        space[..compound.len()].copy_from_slice(compound);
        let len = keys.seal_rtcp(space, compound.len()).unwrap_or(0);
        out.finish(len);
    }

    /// What the way to it carries, bits per second; None unknown. Where it sends no transport-wide feedback, what it says itself.
    pub fn estimate(&self) -> Option<u64> {
        match (self.downlink.estimate(), self.ceiling.told_bps()) {
            (Some(ours), Some(its)) => Some(ours.min(its)),
            (ours, _) => ours.or(self.ceiling.pace_bps()),
        }
    }

    /// Pictures wait for the answer to the first probe, where one is sent.
    pub fn hold_first_pictures(&mut self, can_pad: bool, now: Micros) {
        let is_asked = can_pad && self.ext.sends_transport_seq() && self.downlink.will_probe(self.desired_bps);
        self.pacer.begin_hold(is_asked && !self.downlink.is_proven(), now);
    }

    /// A packet of padding went out: it takes nothing from the pacer's budget, media goes first.
    pub fn note_padding(&mut self, bytes: usize, now: Micros) {
        self.downlink.on_sent(bytes, now);
        self.counters.tx_packets += 1;
        self.counters.tx_bytes += bytes as u64;
        self.counters.padding += 1;
    }

    /// An RTP packet of this size went out with the next transport-wide number.
    pub fn note_sent(&mut self, bytes: usize, now: Micros) {
        self.pacer.on_sent(bytes);
        if self.ext.sends_transport_seq() {
            self.downlink.on_sent(bytes, now);
        } else {
            self.downlink.on_unnumbered(bytes, now);
        }
        self.counters.tx_packets += 1;
        self.counters.tx_bytes += bytes as u64;
    }

    /// The round trip: by reports, else by how soon feedback answers.
    pub fn round_trip_us(&self) -> Option<u64> {
        self.rtt_us.or(self.downlink.answer_us())
    }

    /// A round trip was measured.
    pub fn note_rtt(&mut self, us: u64) {
        self.rtt_us = Some(self.rtt_us.map_or(us, |old| (old * 7 + us) / 8));
    }
}

/// A token bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    per_s: u64,
    burst: u64,
    /// In millionths of a token.
    level: u64,
    at_us: Micros,
}

impl Bucket {
    /// A full bucket.
    pub fn new(per_s: u64, burst: u64) -> Self {
        Self { per_s, burst, level: burst * 1_000_000, at_us: 0 }
    }

    /// Take one token; false when there is none.
    pub fn take(&mut self, now: Micros) -> bool {
        let gained = now.saturating_sub(self.at_us).saturating_mul(self.per_s);
        self.level = self.level.saturating_add(gained).min(self.burst * 1_000_000);
        self.at_us = now;
        match self.level.checked_sub(1_000_000) {
            Some(rest) => {
                self.level = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_allows_its_burst_then_its_rate() {
        let mut b = Bucket::new(10, 5);
        assert_eq!((0..20).filter(|_| b.take(1_000_000)).count(), 5);
        assert_eq!((0..20).filter(|_| b.take(1_200_000)).count(), 2);
    }
}
