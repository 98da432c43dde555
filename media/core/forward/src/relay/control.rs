//! RTCP in both directions: reports, NACKs and their retransmissions, keyframe requests, feedback.

use super::Relay;
use super::ingress::count_refusal;
use crate::Micros;
use crate::ids::Kind;
use crate::layer::Layer;
use crate::mirror::Item;
use crate::notice::Notice;
use crate::outbox::Outbox;
use crate::peer::Peer;
use crate::reception::SenderReport;
use crate::remote::Remote;
use crate::rtcp::{self, Packet};
use crate::slot::{SentReport, Slot};
use crate::window::extend;

impl Relay {
    pub(super) fn on_srtcp(&mut self, at: usize, data: &mut [u8], now: Micros, out: &mut dyn Outbox) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        let Some(inbound) = &mut peer.inbound else {
            peer.counters.before_keys += 1;
            return;
        };
        let len = match inbound.open_rtcp(data) {
            Ok(len) => len,
            Err(refusal) => return count_refusal(peer, refusal),
        };
        Self::mark_alive(peer, &mut self.notices, now);
        let mut must_tell = false;
        for packet in rtcp::packets(&data[..len]) {
            match packet {
                Packet::SenderReport { ssrc, ntp, rtp, blocks } => {
                    self.on_blocks(at, blocks, now);
                    self.on_sender_report(at, ssrc, SenderReport { ntp, rtp, at_us: now }, out);
                }
                Packet::ReceiverReport { blocks } => self.on_blocks(at, blocks, now),
                Packet::Nack { media, fci } => self.on_nack(at, media, fci, now, out),
                Packet::KeyframeWanted { media } => self.on_keyframe_wanted(at, media, now, out),
                Packet::Transport { fci } => {
                    if let Some(peer) = self.peers.get_mut(at) {
                        let was_proven = peer.downlink.is_proven();
                        peer.downlink.on_feedback(fci, peer.rtt_us, now);
                        // The first answer decides what is shown first.
                        must_tell |= !was_proven && peer.downlink.is_proven();
                    }
                }
                Packet::Remb { bps, ssrcs } => {
                    if let Some(peer) = self.peers.get_mut(at) {
                        peer.ceiling.note(rtcp::ssrcs(ssrcs), bps, now);
                    }
                }
            }
        }
        if must_tell {
            self.timers.hurry_watch();
        }
    }

    /// A publisher's sender report: keep it, and send it on in each subscriber's own numbers.
    fn on_sender_report(&mut self, at: usize, ssrc: u32, sr: SenderReport, out: &mut dyn Outbox) {
        let Some(stream) = self.peers.get(at).and_then(|p| p.streams.get(&ssrc)).filter(|s| !s.is_rtx) else { return };
        let (index, layer_at) = (stream.source, stream.layer);
        let Some(source) = self.sources.get_mut(index) else { return };
        source.layers[layer_at].sr = Some(sr);
        self.exchange.tell_mirrors(source, |mirror| Item::Report { source: mirror, layer: layer_at, sr });
        if !source.enabled {
            return;
        }
        if source.tap.is_some() {
            let (rid, at_us) = (source.layers[layer_at].rid.clone(), sr.at_us);
            self.notices.push(Notice::SenderReport { source: source.id, rid, ntp: sr.ntp, rtp: sr.rtp, at_us });
        }
        self.pass_report_on(index, layer_at, out);
    }

    /// The layer's last sender report, to those who are shown it.
    pub(super) fn pass_report_on(&mut self, index: usize, layer_at: usize, out: &mut dyn Outbox) {
        let Some(source) = self.sources.get(index) else { return };
        let layer = &source.layers[layer_at];
        let (clock_hz, Some(sr)) = (source.clock_hz(layer_at), layer.sr) else { return };
        for &slot in &source.subscribers {
            let Some(slot) = self.slots.get_mut(slot).filter(|s| s.current == Some(layer_at)) else { continue };
            let Some(peer) = self.peers.get_mut(slot.peer) else { continue };
            send_sender_report(slot, peer, layer, clock_hz, &mut self.compound, sr.at_us, out);
        }
    }

    /// What a receiver reports about our slots.
    fn on_blocks(&mut self, at: usize, blocks: &[u8], now: Micros) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        for block in rtcp::report_blocks(blocks) {
            let Some(slot) = peer.slot_by_ssrc.get(&block.ssrc).and_then(|&s| self.slots.get_mut(s)) else { continue };
            slot.counters.lost = i64::from(block.lost);
            let Some(sent) = slot.reports.iter().find(|r| block.lsr != 0 && r.lsr == block.lsr) else { continue };
            let held = u64::from(block.dlsr) * 1_000_000 / 65_536;
            if let Some(rtt) = now.checked_sub(sent.at_us + held) {
                peer.note_rtt(rtt);
            }
        }
    }

    fn on_nack(&mut self, at: usize, media: u32, fci: &[u8], now: Micros, out: &mut dyn Outbox) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        let Some(slot) = peer.slot_by_ssrc.get(&media).and_then(|&s| self.slots.get_mut(s)) else { return };
        let mut granted = std::mem::take(&mut self.granted);
        for seq in rtcp::nacked(fci) {
            peer.counters.nacks_in += 1;
            slot.counters.nacks += 1;
            if slot.is_repeated() {
                slot.resends.begin();
            } else if slot.rtx_ssrc.is_none() {
                continue;
            }
            if !slot.take_rtx_turn(seq, peer.round_trip_us(), now) || !peer.rtx_budget.take(now) {
                continue;
            }
            granted.extend(extend(slot.numbers.top(), seq));
        }
        for out_seq in granted.drain(..) {
            self.answer_nack(at, media, out_seq, now, out);
        }
        self.granted = granted;
    }

    /// Retransmit now, or when the pacer lets it. Sound never waits.
    fn answer_nack(&mut self, at: usize, media: u32, out_seq: u64, now: Micros, out: &mut dyn Outbox) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        let Some(&index) = peer.slot_by_ssrc.get(&media) else { return };
        let is_video = self.slots.get(index).is_some_and(|s| s.kind == Kind::Video);
        let estimate = peer.estimate();
        if is_video && !peer.pacer.is_open(estimate, now) {
            peer.pacer.wait_again(index, out_seq);
            self.list_for_pacing(at, now);
        } else {
            self.send_again(at, index, out_seq, now, out);
        }
    }

    fn on_keyframe_wanted(&mut self, at: usize, media: u32, now: Micros, out: &mut dyn Outbox) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        let Some(&at_slot) = peer.slot_by_ssrc.get(&media) else { return };
        let Some(slot) = self.slots.get_mut(at_slot) else { return };
        peer.counters.plis_in += 1;
        slot.counters.plis += 1;
        let (Some(index), Some(layer)) = (slot.source, slot.current) else { return };
        // It waits for what trickles to it; a further keyframe would only come after that.
        if self.sources.get(index).is_some_and(|s| s.patient) && peer.pacer.trickles(at_slot) {
            return;
        }
        if let Some(source) = self.sources.get_mut(index).filter(|s| !s.keeps_waiting(layer, now)) {
            source.keyframes.want(layer);
        }
        self.flush_keyframe_requests(index, now, out);
    }
}

/// Send a packet of sound once more, as it was: its transport-wide number says nothing new about the path.
pub(super) fn repeat(slot: &mut Slot, peer: &mut Peer, seq: u64, to: Remote, now: Micros, out: &mut dyn Outbox) {
    let Some((data, transport_seq)) = slot.resends.get(seq) else { return };
    out.begin(to, data.len())[..data.len()].copy_from_slice(data);
    out.finish(data.len());
    slot.counters.rtx += 1;
    peer.counters.rtx_sent += 1;
    peer.counters.tx_packets += 1;
    peer.counters.tx_bytes += data.len() as u64;
    peer.downlink.on_repeated(transport_seq, now);
}

/// Send a slot's sender report: the publisher's time line moved on to now, in the slot's RTP time.
pub(super) fn send_sender_report(
    slot: &mut Slot,
    peer: &mut Peer,
    layer: &Layer,
    clock_hz: u32,
    compound: &mut Vec<u8>,
    now: Micros,
    out: &mut dyn Outbox,
) {
    let Some(sr) = &layer.sr else { return };
    slot.sr_due = false;
    let since = u128::from(now.saturating_sub(sr.at_us));
    let ntp = sr.ntp.wrapping_add(((since << 32) / 1_000_000) as u64);
    let ticks = (since * u128::from(clock_hz) / 1_000_000) as u32;
    let rtp = sr.rtp.wrapping_add(ticks).wrapping_add(slot.numbers.ts_offset());
    compound.clear();
    let (packets, octets) = (slot.counters.packets as u32, slot.counters.octets as u32);
    rtcp::write_sender_report(compound, slot.ssrc, ntp, rtp, packets, octets, &slot.cname);
    slot.reports = [SentReport { lsr: (ntp >> 16) as u32, at_us: now }, slot.reports[0]];
    peer.send_rtcp(compound, out);
}
