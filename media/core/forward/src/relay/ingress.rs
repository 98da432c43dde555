//! From the socket to the rings: STUN, DTLS, and RTP up to the point where subscribers come in.

use super::Relay;
use crate::Micros;
use crate::codec::{Codec, inspect};
use crate::ext::Passed;
use crate::ids::Kind;
use crate::mirror::Item;
use crate::notice::Notice;
use crate::outbox::Outbox;
use crate::peer::{Peer, Stream};
use crate::red;
use crate::remote::Remote;
use crate::rtp::Header;
use crate::source::{Fresh, Source};
use crate::srtp::Refusal;
use crate::stun;
use crate::window::extend;
use std::ops::Range;

/// A decrypted RTP packet on its way into a layer.
struct Arrival<'a> {
    header: Header,
    ext_seq: u64,
    /// Plaintext without the tag.
    data: &'a [u8],
    passed: Passed,
    /// It came as a retransmission.
    recovered: bool,
}

impl Relay {
    pub(super) fn on_stun(&mut self, from: Remote, data: &[u8], now: Micros, out: &mut dyn Outbox) {
        let found = stun::parse_request(data).and_then(|request| {
            let (ours, theirs) = request.ufrags()?;
            let at = *self.by_ufrag.get(ours)?;
            let pwd = self.peers.get(at)?.ice.password(ours, theirs)?.to_vec();
            Some((at, ours.to_vec(), pwd, request))
        });
        let Some((at, ours, pwd, request)) = found else {
            self.counters.bad_stun += 1;
            return;
        };
        if !request.is_authentic(data, &pwd) {
            self.counters.bad_integrity += 1;
            return;
        }
        let Some(peer) = self.peers.get_mut(at) else { return };
        let before: Vec<Vec<u8>> = peer.ice.ufrags().map(<[u8]>::to_vec).collect();
        let effect = peer.ice.on_request(&ours, request.transaction, from, request.use_candidate);
        if !effect.answer {
            return;
        }
        peer.counters.stun += 1;
        Self::mark_alive(peer, &mut self.notices, now);
        if effect.restarted {
            for old in before.iter().filter(|u| **u != ours) {
                self.by_ufrag.remove(old);
            }
        }
        if let Some(old) = effect.evicted.filter(|old| self.by_address.get(old) == Some(&at)) {
            self.by_address.remove(&old);
            self.released.push(old);
        }
        self.by_address.insert(from, at);
        if effect.moved && peer.downlink.is_heard() {
            peer.downlink.on_path_moved(now);
        }
        if effect.moved || effect.restarted {
            self.notices.push(Notice::Path { peer: peer.id, generation: peer.ice.generation, to: from });
        }
        let len = stun::write_response(out.begin(from, stun::MAX_RESPONSE), &request.transaction, from.addr, &pwd);
        out.finish(len);
    }

    pub(super) fn on_dtls(&mut self, at: usize, data: &[u8], now: Micros) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        peer.counters.dtls += 1;
        if peer.dtls_budget.take(now) {
            self.notices.push(Notice::Dtls { peer: peer.id, data: data.to_vec() });
        } else {
            peer.counters.dtls_dropped += 1;
        }
    }

    pub(super) fn on_rtp(&mut self, at: usize, data: &mut [u8], now: Micros) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        let Some(header) = Header::parse(data) else {
            peer.counters.auth_failures += 1;
            return;
        };
        let Some(inbound) = &mut peer.inbound else {
            peer.counters.before_keys += 1;
            return;
        };
        let wire_len = data.len();
        let (len, ext_seq) = match inbound.open_rtp(data, header.len, header.ssrc, header.seq) {
            Ok(opened) => opened,
            Err(refusal) => return count_refusal(peer, refusal),
        };
        peer.counters.rx_packets += 1;
        peer.counters.rx_bytes += wire_len as u64;
        Self::mark_alive(peer, &mut self.notices, now);
        let data = &mut data[..len];
        let found = peer.ext.read(&header, data);
        if let Some(seq) = found.transport_seq {
            peer.arrivals.on_packet(seq, now);
        }
        let passed = found.passed;
        let stream = match peer.streams.get(&header.ssrc) {
            Some(stream) => Some(*stream),
            None => {
                let names = Names { mid: found.mid, rid: found.rid, repaired: found.repaired_rid };
                self.learn(at, &header, &names)
            }
        };
        let Some(stream) = stream else {
            if let Some(peer) = self.peers.get_mut(at) {
                peer.counters.unmapped += 1;
            }
            return;
        };
        let codec = self.sources.get(stream.source).and_then(|s| s.codec(header.pt));
        if !stream.is_rtx && codec.is_some_and(|c| c.codec == Codec::Red) {
            return self.unwrap_red(stream, &header, ext_seq, data, passed, now);
        }
        if !stream.is_rtx {
            let arrival = Arrival { header, ext_seq, data, passed, recovered: false };
            return self.ingest(stream, &arrival, now);
        }
        if let Some((header, ext_seq, at)) = self.unwrap_rtx(stream, &header, data) {
            let arrival = Arrival { header, ext_seq, data: &data[at..], passed, recovered: true };
            self.ingest(stream, &arrival, now);
        }
    }

    /// Find the source and layer of a new SSRC by its names, and remember it. Names come only until the first receiver report.
    fn learn(&mut self, at: usize, header: &Header, names: &Names<'_>) -> Option<Stream> {
        let peer = self.peers.get(at).filter(|p| !p.retired.contains(&header.ssrc))?;
        let candidates = || peer.sources.iter().filter_map(|&i| Some((i, self.sources.get(i)?)));
        let (index, source) = match names.mid {
            Some(mid) => candidates().find(|(_, s)| s.mid == mid)?,
            None => sole(candidates().filter(|(_, s)| names.fit(s, header.pt)))?,
        };
        let is_rtx = names.repaired.is_some() || source.repaired_by(header.pt).is_some();
        let layer = match names.repaired.or(names.rid) {
            Some(rid) => source.layer_named(rid)?,
            None if source.layers.len() == 1 => 0,
            None => return None,
        };
        let stream = Stream { source: index, layer, is_rtx };
        self.bind_stream(at, header.ssrc, stream);
        Some(stream)
    }

    fn bind_stream(&mut self, at: usize, ssrc: u32, stream: Stream) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        let Some(source) = self.sources.get_mut(stream.source) else { return };
        let layer = &mut source.layers[stream.layer];
        peer.bind_stream(ssrc, stream);
        if stream.is_rtx {
            layer.rtx_ssrc = Some(ssrc);
            return;
        }
        let began_anew = layer.ssrc.is_some();
        super::commands::rebind(layer, ssrc);
        if began_anew {
            let shows = |slot: &&mut crate::slot::Slot| slot.current == Some(stream.layer);
            for &slot in &source.subscribers {
                if let Some(slot) = self.slots.get_mut(slot).as_mut().filter(|s| shows(s)) {
                    slot.detach();
                }
            }
            source.fresh.retain(|f| f.layer != stream.layer);
            if source.fresh.is_empty() {
                self.fresh.retain(|&s| s != stream.source);
            }
            self.exchange.tell_mirrors(source, |mirror| Item::Rebound { source: mirror, layer: stream.layer, ssrc });
            self.timers.hurry();
        }
    }

    /// The original packet in a retransmission (RFC 4588 §4), made in place: its header, number, and where it begins in `data`.
    fn unwrap_rtx(&mut self, stream: Stream, header: &Header, data: &mut [u8]) -> Option<(Header, u64, usize)> {
        let source = self.sources.get_mut(stream.source)?;
        let codec = source.repaired_by(header.pt)?;
        let layer = source.layers.get(stream.layer)?;
        let ssrc = layer.ssrc?;
        let osn = u16::from_be_bytes(*data.get(header.len..)?.first_chunk()?);
        // Probing padding comes with a number too, but with nothing behind it.
        if header.unpadded_len(data)? <= header.len + 2 {
            return None;
        }
        let ext_seq = extend(layer.window.top()?, osn)?;
        data.copy_within(0..header.len, 2);
        let packet = &mut data[2..];
        packet[1] = packet[1] & 0x80 | codec.pt;
        packet[2..4].copy_from_slice(&osn.to_be_bytes());
        packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
        Some((Header { pt: codec.pt, seq: osn, ssrc, ..*header }, ext_seq, 2))
    }

    /// The frames of a RED packet as the packets they were made of: what is still missing of the earlier ones, then its own.
    fn unwrap_red(&mut self, stream: Stream, header: &Header, ext_seq: u64, data: &mut [u8], passed: Passed, now: Micros) {
        let Some(source) = self.sources.get(stream.source) else { return };
        let Some(opus) = source.codecs.iter().find(|c| c.codec == Codec::Opus).map(|c| c.pt) else { return };
        let Some(window) = source.layers.get(stream.layer).map(|l| &l.window) else { return };
        let Some(end) = header.unpadded_len(data) else { return };
        let Some(blocks) = red::read(&data[header.len..end]) else { return };
        let mut missing: [Option<(u64, u32, Range<usize>)>; 4] = Default::default();
        for (back, block) in (1..).zip(&blocks.earlier) {
            let earlier = ext_seq.checked_sub(back).filter(|&s| window.top().is_some() && window.is_new(s));
            if let (Some(seq), Some((offset, place))) = (earlier, block) {
                missing[4 - back as usize] = Some((seq, header.ts.wrapping_sub(*offset), place.clone()));
            }
        }
        for (seq, ts, place) in missing.into_iter().flatten() {
            let (seq_bytes, ts_bytes) = ((seq as u16).to_be_bytes(), ts.to_be_bytes());
            let mut frame = vec![0x80, opus, seq_bytes[0], seq_bytes[1]];
            frame.extend_from_slice(&ts_bytes);
            frame.extend_from_slice(&header.ssrc.to_be_bytes());
            frame.extend_from_slice(&data[header.len..][place]);
            let Some(header) = Header::parse(&frame) else { return };
            let arrival = Arrival { header, ext_seq: seq, data: &frame, passed: Passed::default(), recovered: true };
            self.ingest(stream, &arrival, now);
        }
        // The header moves up to the packet's own frame.
        let shift = blocks.primary.start;
        data.copy_within(0..header.len, shift);
        let data = &mut data[shift..end];
        (data[0], data[1]) = (data[0] & !0x20, data[1] & 0x80 | opus);
        let header = Header { pt: opus, padded: false, ..*header };
        self.ingest(stream, &Arrival { header, ext_seq, data, passed, recovered: false }, now);
    }

    /// Put a packet into its layer's ring and the batch.
    fn ingest(&mut self, stream: Stream, arrival: &Arrival<'_>, now: Micros) {
        let Some(source) = self.sources.get_mut(stream.source) else { return };
        let header = &arrival.header;
        source.counters.rx_packets += 1;
        source.counters.rx_bytes += arrival.data.len() as u64;
        if !source.enabled {
            source.counters.dropped_disabled += 1;
            return;
        }
        let Some(params) = source.codec(header.pt) else {
            source.counters.unknown_pt += 1;
            return;
        };
        let Some(end) = header.unpadded_len(arrival.data) else { return };
        let layer = &mut source.layers[stream.layer];
        if !layer.window.accept(arrival.ext_seq) {
            source.counters.duplicates += 1;
            return;
        }
        let asks = source.kind == Kind::Video || params.rtx_pt.is_some();
        if arrival.recovered || (params.is_repeated() && layer.nacks.was_asked(arrival.ext_seq)) {
            source.counters.recovered += 1;
        } else {
            layer.reception.on_packet(arrival.ext_seq, header.ts, params.clock_hz, now);
        }
        if source.patient {
            layer.arriving.note(header.ts, now);
        }
        let lost_for_good = asks && layer.nacks.on_packet(arrival.ext_seq, now);
        if lost_for_good && source.kind == Kind::Video && !source.keeps_waiting(stream.layer, now) {
            source.keyframes.want(stream.layer);
        }
        let layer = &mut source.layers[stream.layer];
        let mut insight = inspect(params.codec, &arrival.data[header.len..end]);
        layer.has_sets |= insight.keyframe && !insight.bare_idr;
        insight.keyframe &= !(insight.bare_idr && layer.has_sets);
        let is_of_keyframe = insight.keyframe || layer.keyframe.has(header.ts);
        layer.note_bytes(insight.tid, arrival.data.len(), !(source.patient && is_of_keyframe));
        let Some(packet) = layer.ring.place(arrival.ext_seq) else { return };
        packet.fill(&arrival.data[..end], header.len, params.codec);
        (packet.at_us, packet.ts, packet.marker) = (now, header.ts, header.marker);
        (packet.insight, packet.passed) = (insight, arrival.passed);
        let begins = insight.keyframe && !packet.is_empty();
        let completes = layer.keyframe.note(&layer.ring, arrival.ext_seq, begins, now);
        if begins {
            source.keyframes.on_keyframe(stream.layer, now);
        }
        if let Some(level) = arrival.passed.audio_level {
            source.level.note(level, now);
        }
        if let Some(notice) = note_flow(source, stream.layer, insight.size, params.codec, header.ssrc, now) {
            self.notices.push(notice);
            self.exchange.tell_layer(source, stream.layer);
            self.timers.hurry();
        }
        if source.fresh.is_empty() {
            self.fresh.push(stream.source);
        }
        source.fresh.push(Fresh { layer: stream.layer, ext_seq: arrival.ext_seq, completes });
    }
}

/// What a packet says about where it belongs.
struct Names<'a> {
    mid: Option<&'a [u8]>,
    rid: Option<&'a [u8]>,
    repaired: Option<&'a [u8]>,
}

impl Names<'_> {
    /// Without a mid: could this source send it?
    fn fit(&self, source: &Source, pt: u8) -> bool {
        let knows_pt = source.codec(pt).is_some() || source.repaired_by(pt).is_some();
        knows_pt && self.repaired.or(self.rid).is_none_or(|rid| source.layer_named(rid).is_some())
    }
}

fn sole<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next();
    if items.next().is_some() { None } else { first }
}

/// The layer flows; a notice when it did not before, or its size changed.
fn note_flow(
    source: &mut Source,
    index: usize,
    size: Option<(u16, u16)>,
    codec: crate::codec::Codec,
    ssrc: u32,
    now: Micros,
) -> Option<Notice> {
    let layer = &mut source.layers[index];
    let size = size.unwrap_or(layer.size);
    let news = layer.note_flow(now) || layer.size != size || layer.codec != codec;
    (layer.size, layer.codec) = (size, codec);
    news.then(|| Notice::Layer { source: source.id, rid: layer.rid.clone(), ssrc, codec, up: true, size })
}

pub(super) fn count_refusal(peer: &mut Peer, refusal: Refusal) {
    match refusal {
        Refusal::Replay => peer.counters.replays += 1,
        Refusal::Malformed | Refusal::Authentication | Refusal::TooManyStreams => peer.counters.auth_failures += 1,
    }
}
