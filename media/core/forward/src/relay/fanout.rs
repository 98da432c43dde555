//! From the rings to the subscribers: after a batch, each subscriber's packets are renumbered and sealed one after another.
//!
//! Subscriber by subscriber, so that what goes to one address lies together and can leave in one system call.

use super::Relay;
use super::control::send_sender_report;
use crate::Micros;
use crate::ids::Kind;
use crate::notice::Notice;
use crate::outbox::Outbox;
use crate::pacer::Waiting;
use crate::peer::Peer;
use crate::red::Carried;
use crate::rewrite::{Bridge, Origin};
use crate::slot::{Sealer, Slot, Verdict};
use crate::source::Source;
use crate::tap::{Passage, Tapped};

/// A slot with packets to get. The order of the fields is the order of service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Work {
    /// Peers from a starting point that moves on: nobody is always last.
    turn: usize,
    /// Sound first.
    is_video: bool,
    slot: usize,
}

impl Relay {
    /// Forward what came in this batch.
    pub fn fan_out(&mut self, now: Micros, out: &mut dyn Outbox) {
        if self.fresh.is_empty() {
            return;
        }
        self.plan();
        let mut work = std::mem::take(&mut self.work);
        let stamp = abs_send_time(now);
        for item in &work {
            self.serve(item.slot, stamp, now, out);
        }
        work.clear();
        self.work = work;
        let mut fresh = std::mem::take(&mut self.fresh);
        for &source in &fresh {
            self.hand_to_tap(source);
            if let Some(source) = self.sources.get_mut(source) {
                source.fresh.clear();
            }
            self.flush_nacks(source, now, out);
        }
        fresh.clear();
        self.fresh = fresh;
    }

    /// Who gets something, in order of service.
    fn plan(&mut self) {
        let peers = self.peers.end().max(1);
        self.rotation = (self.rotation + 1) % peers;
        for &index in &self.fresh {
            let Some(source) = self.sources.get(index) else { continue };
            let is_video = source.kind == Kind::Video;
            for &slot in &source.subscribers {
                let Some(peer) = self.slots.get(slot).map(|s| s.peer) else { continue };
                let turn = (peer + peers - self.rotation) % peers;
                self.work.push(Work { turn, is_video, slot });
            }
        }
        self.work.sort_unstable();
    }

    /// All of a slot's packets of this batch.
    fn serve(&mut self, index: usize, stamp: u32, now: Micros, out: &mut dyn Outbox) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        let Some((at, source)) = slot.source.and_then(|s| Some((s, self.sources.get(s)?))) else { return };
        let (mut must_list, mut goes_over) = (false, false);
        let Some(peer) = self.peers.get_mut(slot.peer) else { return };
        if peer.ready().is_none() {
            return;
        }
        let target = source.target(slot.wanted);
        let estimate = peer.estimate();
        if source.kind == Kind::Video {
            peer.hold_first_pictures(slot.can_pad(), now);
        }
        let mut hand = |slot: &mut Slot, peer: &mut Peer, layer: usize, ext_seq: u64| {
            if source.kind == Kind::Audio || peer.pacer.is_open(estimate, now) {
                return deliver(slot, source, peer, (layer, ext_seq), stamp, now, &mut self.notices, out);
            }
            let Some(packet) = source.layers[layer].ring.get(ext_seq) else { return };
            peer.counters.paced += 1;
            let patience_us = peer.pacer.patience(source.patient, source.layers[layer].keyframe.has(packet.ts));
            let waiting = Waiting { slot: index, source: at, layer, ext_seq, since_us: now, patience_us };
            let has_room = peer.pacer.wait(waiting);
            peer.counters.pace_dropped += u64::from(!has_room);
            if slot.current != Some(layer) && packet.insight.keyframe && has_room {
                slot.ready = Some((layer, ext_seq));
            }
            must_list = true;
        };
        for fresh in &source.fresh {
            let is_under_way = slot.ready.is_some_and(|(layer, _)| layer == target);
            let is_awaited = fresh.layer == target && (is_under_way || !source.at_leisure(slot.current, target));
            if slot.current == Some(fresh.layer) || is_awaited {
                hand(slot, peer, fresh.layer, fresh.ext_seq);
            }
            goes_over |= fresh.completes && fresh.layer == target && !is_under_way;
        }
        // What is shown went on up to here; from here on it is the other layer, from its keyframe to what has come since.
        let goes_over = goes_over && slot.current != Some(target) && slot.ready.is_none_or(|(layer, _)| layer != target);
        if let Some(whole) = source.layers.get(target).and_then(|l| l.keyframe.whole()).filter(|_| goes_over) {
            slot.ready = Some((target, *whole.start()));
            whole.for_each(|ext_seq| hand(slot, peer, target, ext_seq));
        }
        if must_list {
            let peer = slot.peer;
            self.list_for_pacing(peer, now);
        }
        self.report_after_switch(index, now, out);
    }

    /// The sender report that follows a switch.
    pub(super) fn report_after_switch(&mut self, slot: usize, now: Micros, out: &mut dyn Outbox) {
        let Some(slot) = self.slots.get_mut(slot).filter(|s| s.sr_due) else { return };
        let Some(source) = slot.source.and_then(|s| self.sources.get(s)) else { return };
        let Some(peer) = self.peers.get_mut(slot.peer) else { return };
        if slot.sr_due
            && let Some(layer) = slot.current.and_then(|l| source.layers.get(l))
        {
            let clock_hz = source.clock_hz(slot.current.unwrap_or(0));
            send_sender_report(slot, peer, layer, clock_hz, &mut self.compound, now, out);
        }
    }

    /// Copy this batch's packets for the recorder.
    fn hand_to_tap(&mut self, index: usize) {
        let Some(source) = self.sources.get_mut(index) else { return };
        let best = source.best();
        let Some(tap) = &mut source.tap else { return };
        for fresh in &source.fresh {
            let layer = &source.layers[fresh.layer];
            let Some(packet) = layer.ring.get(fresh.ext_seq) else { continue };
            match tap.offer(source.kind, fresh.layer, best, packet, self.tap_backlog) {
                Passage::Ignore => continue,
                Passage::Drop => {
                    source.counters.tap_dropped += 1;
                    self.counters.tap_dropped += 1;
                    continue;
                }
                Passage::Pass(gap) => {
                    if let Some(gap) = gap {
                        self.notices.push(Notice::TapGap {
                            source: source.id,
                            rid: layer.rid.clone(),
                            packets: gap.packets,
                            from_us: gap.from_us,
                            to_us: packet.at_us,
                        });
                    }
                }
            }
            self.tap_backlog += packet.data().len();
            self.tapped.push(Tapped {
                source: source.id,
                rid: layer.rid.clone(),
                at_us: packet.at_us,
                ext_seq: packet.ext_seq,
                data: packet.data().to_vec(),
            });
        }
    }
}

/// Do with a packet (layer, number) of a slot's source what is to be done with it.
#[allow(clippy::too_many_arguments)] // parts of the relay that are borrowed apart
pub(super) fn deliver(
    slot: &mut Slot,
    source: &Source,
    peer: &mut Peer,
    (layer, ext_seq): (usize, u64),
    stamp: u32,
    now: Micros,
    notices: &mut Vec<Notice>,
    out: &mut dyn Outbox,
) {
    let Some(packet) = source.layers.get(layer).and_then(|l| l.ring.get(ext_seq)) else {
        // It waited for longer than the ring keeps it: what it was to begin needs another keyframe.
        slot.ready = slot.ready.filter(|&ready| ready != (layer, ext_seq));
        return;
    };
    let target = source.target(slot.wanted);
    match slot.verdict(packet, layer, target, source.at_leisure(slot.current, target)) {
        Verdict::Ignore => return,
        Verdict::Skip if slot.numbers.skip(packet) || packet.is_empty() => return,
        Verdict::Switch => {
            if slot.codec(packet.codec()).is_none() {
                return refuse_codec(slot, notices);
            }
            begin(slot, source, layer, packet, now);
            let shown = Some((source.id, source.layers[layer].rid.clone()));
            notices.push(Notice::Switched { slot: slot.id, shown });
        }
        Verdict::Send | Verdict::Skip => {}
    }
    if let Some(numbers) = slot.numbers.forward(packet, now) {
        let carried = slot.carried(&source.layers[layer].ring, packet);
        send(slot, peer, packet, &carried, numbers, stamp, now, out);
    }
}

/// The slot goes over to another layer.
fn begin(slot: &mut Slot, source: &Source, layer: usize, packet: &crate::ring::Packet, now: Micros) {
    let old = slot.current.and_then(|l| source.layers.get(l)).and_then(|l| l.sr);
    let bridge = old.zip(source.layers[layer].sr).map(|(old, new)| Bridge { old, new });
    let origin = Origin { source: source.id, layer };
    slot.numbers.begin(origin, packet, source.clock_hz(layer), bridge, now);
    slot.switched_to(layer);
    slot.stills.begin(packet.ts);
}

#[allow(clippy::too_many_arguments)] // one packet's way out, said once
fn send(
    slot: &mut Slot,
    peer: &mut Peer,
    packet: &crate::ring::Packet,
    carried: &Carried<'_>,
    numbers: crate::rewrite::Numbers,
    stamp: u32,
    now: Micros,
    out: &mut dyn Outbox,
) {
    let (Some(to), Some(keys)) = (peer.ice.path(), &peer.outbound) else { return };
    let transport_seq = peer.downlink.next_seq();
    let sealer = Sealer { keys, ext: &peer.ext, abs_send_time: stamp, transport_seq };
    let space = out.begin(to, Slot::space_for(packet) + carried.space());
    let len = slot.seal(space, packet, carried, numbers, &sealer);
    if slot.kind == Kind::Video {
        out.mark_picture();
    }
    out.finish(len);
    if len == 0 {
        return;
    }
    peer.note_sent(len, now);
    for back in 1..=slot.doubles() as u64 {
        let Some((data, _)) = slot.resends.get(numbers.seq.saturating_sub(back)) else { continue };
        out.begin(to, data.len())[..data.len()].copy_from_slice(data);
        out.finish(data.len());
        peer.counters.tx_packets += 1;
        peer.counters.tx_bytes += data.len() as u64;
    }
}

fn refuse_codec(slot: &mut Slot, notices: &mut Vec<Notice>) {
    if !std::mem::replace(&mut slot.codec_refused, true) {
        notices.push(Notice::Refused {
            call: "route",
            handle: slot.id.0,
            reason: "the slot does not have the source's codec",
        });
    }
}

/// The 24-bit 6.18 fixed point seconds of abs-send-time.
pub(super) fn abs_send_time(now: Micros) -> u32 {
    ((u128::from(now) << 18) / 1_000_000) as u32 & 0xFF_FFFF
}
