//! What goes out by time: packets that waited for their turn, and the padding of probes.
//!
//! Padding is a slot's own recent packets sent again as retransmissions (of use to who lost one), or, where there are none, packets with
//! nothing but padding (RFC 3550 §5.1), also under the retransmission SSRC.

use super::Relay;
use super::control::repeat;
use super::fanout::{abs_send_time, deliver};
use crate::Micros;
use crate::ids::Kind;
use crate::outbox::Outbox;
use crate::pacer::{Next, TICK_US, Waiting};
use crate::peer::Peer;
use crate::rewrite::Numbers;
use crate::ring::Packet;
use crate::slot::{Sealer, Slot};
use crate::source::Source;
use std::collections::HashMap;

use super::slab::Slab;
use crate::ids::SourceId;

/// Padding packets in one tick: 12 real ones are 20 Mbit/s.
const MAX_PADDING: usize = 16;
/// From this rate on recent packets are sent again; below, small packets of padding measure finer.
const REPLAY_BPS: u64 = 600_000;
/// How far back a slot's packets are sent again before it begins from the newest.
const REPLAY_BACK: u64 = 48;
/// A slot whose packets were given up is not let ask for a keyframe before: the line must first be used for less, and keyframes are for everybody.
const PATIENCE_US: Micros = 2_000_000;

impl Relay {
    /// This peer has something waiting, or is being probed: look at it by time.
    pub(super) fn list_for_pacing(&mut self, at: usize, now: Micros) {
        list(&mut self.pacing, &mut self.next_pace, &mut self.peers, at, now);
    }

    /// Send what may go by now; when to come back.
    pub(super) fn pace(&mut self, now: Micros, out: &mut dyn Outbox) -> Micros {
        if self.pacing.is_empty() {
            return Micros::MAX;
        }
        if now < self.next_pace {
            return self.next_pace;
        }
        let mut listed = std::mem::take(&mut self.pacing);
        listed.retain(|&at| self.pace_peer(at, now, out));
        // Nobody was listed meanwhile: sending lists nobody.
        self.pacing = listed;
        self.next_pace = now + TICK_US;
        if self.pacing.is_empty() { Micros::MAX } else { self.next_pace }
    }

    /// True while there is more to do.
    fn pace_peer(&mut self, at: usize, now: Micros, out: &mut dyn Outbox) -> bool {
        if let Some(peer) = self.peers.get_mut(at) {
            let proven = peer.estimate().filter(|_| peer.downlink.is_proven());
            peer.pacer.end_hold(proven, peer.downlink.is_heard(), now);
        }
        self.give_up_overdue(at, now);
        let stamp = abs_send_time(now);
        while let Some(next) = self.peers.get_mut(at).and_then(|p| p.pacer.next(p.estimate(), now)) {
            match next {
                Next::Again(slot, out_seq) => self.send_again(at, slot, out_seq, now, out),
                Next::Fresh(waiting) => self.send_waiting(at, waiting, stamp, now, out),
            }
        }
        self.pad(at, now, out);
        let Some(peer) = self.peers.get_mut(at) else { return false };
        peer.pacer.is_listed = !peer.pacer.is_idle() || peer.downlink.is_probing();
        peer.pacer.is_listed
    }

    fn send_waiting(&mut self, at: usize, waiting: Waiting, stamp: u32, now: Micros, out: &mut dyn Outbox) {
        let Some(slot) = self.slots.get_mut(waiting.slot).filter(|s| s.peer == at) else { return };
        if slot.source != Some(waiting.source) || !slot.permitted {
            return;
        }
        let Some(source) = self.sources.get(waiting.source).filter(|s| s.enabled) else { return };
        let Some(peer) = self.peers.get_mut(at) else { return };
        deliver(slot, source, peer, (waiting.layer, waiting.ext_seq), stamp, now, &mut self.notices, out);
        self.report_after_switch(waiting.slot, now, out);
    }

    /// Send a packet once more as a retransmission, if it is still there and still permitted.
    pub(super) fn send_again(&mut self, at: usize, slot: usize, out_seq: u64, now: Micros, out: &mut dyn Outbox) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        let Some(slot) = self.slots.get_mut(slot).filter(|s| s.peer == at) else { return };
        let found = resendable(&self.sources, &self.source_at, slot, out_seq);
        let (Some((packet, numbers)), Some(to)) = (found, peer.ready()) else { return };
        if slot.is_repeated() {
            return repeat(slot, peer, out_seq, to, now, out);
        }
        let estimate = peer.estimate();
        if slot.kind == Kind::Video && !peer.pacer.take_again(packet.payload().len(), estimate, now) {
            return;
        }
        let Some(keys) = &peer.outbound else { return };
        let transport_seq = peer.downlink.next_seq();
        let sealer = Sealer { keys, ext: &peer.ext, abs_send_time: abs_send_time(now), transport_seq };
        let len = slot.seal_again(out.begin(to, Slot::space_for(packet)), packet, numbers, &sealer);
        if slot.kind == Kind::Video {
            out.mark_picture();
        }
        out.finish(len);
        if len > 0 {
            peer.note_sent(len, now);
            peer.counters.rtx_sent += 1;
        }
    }

    /// Pictures that waited too long: their slots go on at the next keyframe.
    fn give_up_overdue(&mut self, at: usize, now: Micros) {
        let Some(peer) = self.peers.get_mut(at).filter(|p| p.pacer.is_overdue(now)) else { return };
        let (count, slots) = peer.pacer.give_up();
        peer.counters.pace_dropped += count as u64;
        for slot in slots {
            if let Some(slot) = self.slots.get_mut(slot).filter(|s| s.peer == at) {
                slot.detach();
                slot.patient_until = now + PATIENCE_US;
            }
        }
    }

    /// Begin probes where they are due.
    pub(super) fn plan_probes(&mut self, now: Micros) {
        let Self { peers, slots, pacing, next_pace, .. } = self;
        for at in 0..peers.end() {
            let Some(peer) = peers.get_mut(at).filter(|p| p.desired_bps > 0 && p.ext.sends_transport_seq()) else {
                continue;
            };
            if peer.downlink.is_probing() || peer.ready().is_none() || padding_slot(peer, slots).is_none() {
                continue;
            }
            if peer.downlink.probe(peer.desired_bps, peer.round_trip_us(), now) {
                list(pacing, next_pace, peers, at, now);
            }
        }
    }

    /// Fill up to what the running probe aims at.
    fn pad(&mut self, at: usize, now: Micros, out: &mut dyn Outbox) {
        for _ in 0..MAX_PADDING {
            let Some(peer) = self.peers.get_mut(at).filter(|p| p.downlink.is_probing()) else { return };
            let (rtt_us, goal_bps) = (peer.round_trip_us(), peer.downlink.probe_goal_bps());
            if peer.downlink.padding_due(rtt_us, now) == 0 {
                return;
            }
            let (Some(to), Some(slot)) = (peer.ready(), padding_slot(peer, &self.slots)) else { return };
            let Some(slot) = self.slots.get_mut(slot) else { return };
            let Some(keys) = &peer.outbound else { return };
            let transport_seq = peer.downlink.next_seq();
            let sealer = Sealer { keys, ext: &peer.ext, abs_send_time: abs_send_time(now), transport_seq };
            let replay = if goal_bps < REPLAY_BPS {
                None
            } else {
                peer.replay_back = (peer.replay_back + 1) % REPLAY_BACK;
                let out_seq = slot.numbers.top().saturating_sub(peer.replay_back);
                resendable(&self.sources, &self.source_at, slot, out_seq)
            };
            let len = match replay {
                Some((packet, numbers)) => slot.seal_again(out.begin(to, Slot::space_for(packet)), packet, numbers, &sealer),
                None => slot.seal_padding(out.begin(to, Slot::SPACE_FOR_PADDING), &sealer),
            };
            out.mark_picture();
            out.finish(len);
            if len == 0 {
                return;
            }
            peer.note_padding(len, now);
        }
    }
}

/// A packet that a slot sent as `out_seq` and may send again, with the numbers it had.
pub(super) fn resendable<'a>(
    sources: &'a Slab<Source>,
    source_at: &HashMap<SourceId, usize>,
    slot: &Slot,
    out_seq: u64,
) -> Option<(&'a Packet, Numbers)> {
    let (origin, ext_seq) = slot.numbers.origin_of(out_seq)?;
    let index = *source_at.get(&origin.source)?;
    let source = sources.get(index).filter(|s| s.enabled && slot.permitted && slot.source == Some(index))?;
    let packet = source.layers.get(origin.layer)?.ring.get(ext_seq).filter(|p| !p.is_empty())?;
    Some((packet, slot.numbers.numbers_of(out_seq, packet)?))
}

/// The slot whose retransmission stream carries a peer's padding: one that shows something, else any.
fn padding_slot(peer: &Peer, slots: &Slab<Slot>) -> Option<usize> {
    let can = |s: &usize| slots.get(*s).is_some_and(Slot::can_pad);
    let shows = |s: &usize| slots.get(*s).is_some_and(|slot| slot.current.is_some());
    let mut able = peer.slots.iter().copied().filter(can);
    able.clone().find(shows).or_else(|| able.next())
}

pub(super) fn list(pacing: &mut Vec<usize>, next_pace: &mut Micros, peers: &mut Slab<Peer>, at: usize, now: Micros) {
    let Some(peer) = peers.get_mut(at).filter(|p| !p.pacer.is_listed) else { return };
    peer.pacer.is_listed = true;
    if pacing.is_empty() {
        *next_pace = now + TICK_US;
    }
    pacing.push(at);
}
