//! One slot's numbers: sequence numbers, timestamps and VP8 picture numbers run on across switches, drops and late packets.
//!
//! An epoch is a stretch in which one layer feeds the slot. Inside it the outgoing number is the incoming one plus an offset;
//! packets dropped on purpose begin a segment with a smaller offset, and dropped frames close up the picture numbers in the same way.
//! Epochs never share outgoing numbers, so an (SSRC, number) pair, hence a nonce, is used once.

use crate::Micros;
use crate::ids::SourceId;
use crate::reception::SenderReport;
use crate::ring::Packet;
use std::collections::VecDeque;

/// Epochs kept for NACKs about packets sent before the last switches.
const KEPT_EPOCHS: usize = 4;
/// Segments kept: how many drops back a late packet or a NACK is still understood.
const KEPT_SEGMENTS: usize = 512;
/// The number before the first one sent. Not 0: late packets of the first frame may go before it without a negative roll-over.
const BEFORE_FIRST: u64 = 1000;
/// Frames that are moved up follow each other in this part of their time.
const CATCH_UP: i32 = 64;
/// After so many ticks they are later by themselves: more than `MAX_JUMP_S` at 90 kHz.
const CAUGHT_UP: i32 = 500_000;
/// A timeline that would jump by more than this against the wall clock is not believed, seconds.
const MAX_JUMP_S: i64 = 5;

/// Where a slot's packets come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The source.
    pub source: SourceId,
    /// Its layer.
    pub layer: usize,
}

#[derive(Clone, Copy)]
struct Segment {
    in_start: u64,
    /// Packets right before `in_start` that were dropped.
    dropped: u32,
    offset: i64,
    /// Pictures dropped in this epoch so far, and those of them that were in the base layer.
    pictures: u16,
    tl0: u8,
}

struct Epoch {
    origin: Origin,
    in_start: u64,
    out_start: u64,
    in_top: u64,
    segments: VecDeque<Segment>,
    /// The incoming picture id of the newest dropped packet.
    dropped_picture: Option<u16>,
    shift: Shift,
}

/// What is added to a packet's other numbers.
#[derive(Clone, Copy, Default)]
struct Shift {
    ts: u32,
    /// A frame (by its incoming time) and the least time that it is sent with: what is older than what was sent before is moved up.
    pinned: Option<(u32, u32)>,
    picture_id: u16,
    tl0: u8,
}

/// The numbers a packet is sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Sequence number with roll-over count.
    pub seq: u64,
    /// Timestamp.
    pub ts: u32,
    /// VP8 picture id, 15 bits; to be cut to 7 where the packet has 7.
    pub picture_id: u16,
    /// VP8 TL0PICIDX.
    pub tl0: u8,
}

/// The two sender reports that join two layers of one publisher.
#[derive(Clone, Copy)]
pub struct Bridge {
    /// Of the layer sent so far.
    pub old: SenderReport,
    /// Of the layer switched to.
    pub new: SenderReport,
}

/// The numbers of one slot.
pub struct Rewriter {
    epochs: VecDeque<Epoch>,
    top: u64,
    last: Option<Last>,
}

#[derive(Clone, Copy)]
struct Last {
    ts: u32,
    at_us: Micros,
    picture_id: u16,
    tl0: u8,
}

impl Default for Rewriter {
    fn default() -> Self {
        Self { epochs: VecDeque::new(), top: BEFORE_FIRST, last: None }
    }
}

impl Rewriter {
    /// From here on `origin` feeds the slot; `packet` is its first.
    pub fn begin(&mut self, origin: Origin, packet: &Packet, clock_hz: u32, bridge: Option<Bridge>, now: Micros) {
        let shift = self.shift(packet, clock_hz, bridge, now);
        let out_start = self.top + 1;
        let offset = out_start as i64 - packet.ext_seq as i64;
        let first = Segment { in_start: packet.ext_seq, dropped: 0, offset, pictures: 0, tl0: 0 };
        if self.epochs.len() == KEPT_EPOCHS {
            self.epochs.pop_front();
        }
        let in_top = packet.ext_seq.wrapping_sub(1);
        let segments = VecDeque::from([first]);
        self.epochs.push_back(Epoch {
            origin,
            in_start: packet.ext_seq,
            out_start,
            in_top,
            segments,
            dropped_picture: None,
            shift,
        });
    }

    fn shift(&self, packet: &Packet, clock_hz: u32, bridge: Option<Bridge>, now: Micros) -> Shift {
        let Some(last) = self.last else { return Shift::default() };
        let numbers = packet.insight.vp8.unwrap_or_default();
        let mut shift = Shift {
            picture_id: last.picture_id.wrapping_add(1).wrapping_sub(numbers.picture_id),
            tl0: last.tl0.wrapping_add(1).wrapping_sub(numbers.tl0),
            ..Shift::default()
        };
        let elapsed = (u128::from(now.saturating_sub(last.at_us)) * u128::from(clock_hz) / 1_000_000) as i64;
        let bridged = bridge.zip(self.epochs.back()).map(|(b, epoch)| across(b, epoch.shift.ts, clock_hz));
        if let Some(ts) = bridged {
            let step = i64::from(packet.ts.wrapping_add(ts).wrapping_sub(last.ts) as i32);
            if (step - elapsed).abs() < MAX_JUMP_S * i64::from(clock_hz) {
                shift.ts = ts;
                // A keyframe of the picture just sent, or of an earlier one: one tick later, and what follows close behind until it is
                // later by itself. So time never goes back, and does not drift.
                shift.pinned = (step <= 0).then(|| (packet.ts, last.ts.wrapping_add(1)));
                return shift;
            }
        }
        shift.ts = last.ts.wrapping_add(elapsed.max(1) as u32).wrapping_sub(packet.ts);
        shift
    }

    /// The numbers for a packet of the current epoch; None: it belongs before the switch, or was dropped.
    pub fn forward(&mut self, packet: &Packet, now: Micros) -> Option<Numbers> {
        let epoch = self.epochs.back_mut()?;
        if is_ahead(epoch, packet.ext_seq) {
            epoch.in_top = packet.ext_seq;
            let segment = epoch.segments.back()?;
            let numbers = epoch.shift.apply(packet, segment, packet.ext_seq.checked_add_signed(segment.offset)?);
            self.top = self.top.max(numbers.seq);
            // Pictures of other codecs have no numbers: those of VP8 run on over them.
            let (picture_id, tl0) = match (&packet.insight.vp8, &self.last) {
                (None, Some(last)) => (last.picture_id, last.tl0),
                _ => (numbers.picture_id, numbers.tl0),
            };
            self.last = Some(Last { ts: numbers.ts, at_us: now, picture_id, tl0 });
            return Some(numbers);
        }
        let at = epoch.segments.iter().rposition(|s| s.in_start <= packet.ext_seq)?;
        let was_dropped = |s: &Segment| s.in_start - packet.ext_seq <= u64::from(s.dropped);
        let segment = &epoch.segments[at];
        let seq = packet.ext_seq.checked_add_signed(segment.offset)?;
        let is_kept = !epoch.segments.get(at + 1).is_some_and(was_dropped);
        is_kept.then(|| epoch.shift.apply(packet, segment, seq))
    }

    /// Drop a packet so that no gap shows. False: it is late, its number is counted already; forward it or leave the gap.
    pub fn skip(&mut self, packet: &Packet) -> bool {
        let ext_seq = packet.ext_seq;
        let Some(epoch) = self.epochs.back_mut() else { return true };
        if !is_ahead(epoch, ext_seq) {
            return false;
        }
        let Some(last) = epoch.segments.back().copied() else { return true };
        // Numbers of lost packets before this one stay reserved.
        self.top = self.top.max((ext_seq as i64 - 1 + last.offset).max(0) as u64);
        epoch.in_top = ext_seq;
        let numbers = packet.insight.vp8.filter(|n| n.picture_id_at > 0);
        let picture = numbers.map(|n| n.picture_id);
        let is_new = picture.is_some() && std::mem::replace(&mut epoch.dropped_picture, picture) != picture;
        let is_base = is_new && packet.insight.tid == 0;
        let run_on = last.in_start == ext_seq && last.dropped > 0;
        if run_on {
            epoch.segments.pop_back();
        }
        epoch.segments.push_back(Segment {
            in_start: ext_seq + 1,
            dropped: if run_on { last.dropped.saturating_add(1) } else { 1 },
            offset: last.offset - 1,
            pictures: last.pictures.wrapping_add(u16::from(is_new)),
            tl0: last.tl0.wrapping_add(u8::from(is_base)),
        });
        if epoch.segments.len() > KEPT_SEGMENTS {
            epoch.segments.pop_front();
        }
        true
    }

    /// The incoming packet behind an outgoing number.
    pub fn origin_of(&self, out_seq: u64) -> Option<(Origin, u64)> {
        let (epoch, _, incoming) = self.locate(out_seq)?;
        Some((epoch.origin, incoming))
    }

    /// Epoch, segment and incoming number behind an outgoing number.
    fn locate(&self, out_seq: u64) -> Option<(&Epoch, &Segment, u64)> {
        let epoch = self.epochs.iter().rev().find(|e| e.out_start <= out_seq && out_seq <= self.top)?;
        epoch.segments.iter().rev().find_map(|s| {
            let incoming = out_seq.checked_add_signed(-s.offset)?;
            (s.in_start <= incoming && incoming <= epoch.in_top).then_some((epoch, s, incoming))
        })
    }

    /// The numbers with which a packet was (or would have been) sent as `out_seq`.
    pub fn numbers_of(&self, out_seq: u64, packet: &Packet) -> Option<Numbers> {
        let (epoch, segment, _) = self.locate(out_seq)?;
        Some(epoch.shift.apply(packet, segment, out_seq))
    }

    /// The incoming number with which the present layer began to feed the slot.
    pub fn began_at(&self) -> u64 {
        self.epochs.back().map_or(u64::MAX, |e| e.in_start)
    }

    /// The highest number given away.
    pub fn top(&self) -> u64 {
        self.top
    }

    /// The RTP time sent last.
    pub fn last_ts(&self) -> u32 {
        self.last.map_or(0, |l| l.ts)
    }

    /// What is added to the current layer's RTP time.
    pub fn ts_offset(&self) -> u32 {
        self.epochs.back().map_or(0, |e| e.shift.ts)
    }
}

fn is_ahead(epoch: &Epoch, ext_seq: u64) -> bool {
    ext_seq > epoch.in_top || epoch.in_top == u64::MAX
}

/// The new timestamp offset, through both layers' sender reports: equal NTP times stay equal.
fn across(bridge: Bridge, old_offset: u32, clock_hz: u32) -> u32 {
    let ntp = bridge.new.ntp.wrapping_sub(bridge.old.ntp) as i64;
    let ticks = (i128::from(ntp) * i128::from(clock_hz)) >> 32;
    old_offset.wrapping_add(bridge.old.rtp).wrapping_sub(bridge.new.rtp).wrapping_add(ticks as u32)
}

impl Shift {
    fn apply(&self, packet: &Packet, segment: &Segment, seq: u64) -> Numbers {
        let numbers = packet.insight.vp8.unwrap_or_default();
        let ts = packet.ts.wrapping_add(self.ts);
        let ts = self.pinned.map_or(ts, |(incoming, outgoing)| {
            let since = packet.ts.wrapping_sub(incoming) as i32;
            let least = outgoing.wrapping_add((since / CATCH_UP) as u32);
            if (0..CAUGHT_UP).contains(&since) && (ts.wrapping_sub(least) as i32) < 0 { least } else { ts }
        });
        Numbers {
            seq,
            ts,
            picture_id: numbers.picture_id.wrapping_add(self.picture_id).wrapping_sub(segment.pictures) & 0x7FFF,
            tl0: numbers.tl0.wrapping_add(self.tl0).wrapping_sub(segment.tl0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Insight, Vp8Numbers};
    use std::collections::HashMap;

    const LOW: Origin = Origin { source: SourceId(1), layer: 0 };
    const HIGH: Origin = Origin { source: SourceId(1), layer: 1 };

    fn packet(ext_seq: u64, ts: u32, picture_id: u16) -> Packet {
        let vp8 = Some(Vp8Numbers { picture_id, picture_id_at: 2, wide: true, tl0: picture_id as u8, tl0_at: 4 });
        let mut packet = Packet::default();
        (packet.ext_seq, packet.ts) = (ext_seq, ts);
        packet.insight = Insight { vp8, ..Insight::default() };
        packet
    }

    #[test]
    fn numbers_run_on_across_a_switch() {
        let mut r = Rewriter::default();
        r.begin(LOW, &packet(500, 90_000, 10), 90_000, None, 0);
        let a = r.forward(&packet(500, 90_000, 10), 0).unwrap();
        let b = r.forward(&packet(501, 93_000, 11), 33_333).unwrap();
        r.begin(HIGH, &packet(40_000, 7, 900), 90_000, None, 66_666);
        let c = r.forward(&packet(40_000, 7, 900), 66_666).unwrap();
        assert_eq!([a.seq, b.seq, c.seq], [1001, 1002, 1003]);
        assert_eq!((c.picture_id, c.tl0), (12, 12));
        assert!((2990..3010).contains(&c.ts.wrapping_sub(b.ts)), "{}", c.ts.wrapping_sub(b.ts));
        assert_eq!(r.forward(&packet(39_999, 6, 899), 70_000), None, "before the switch");
    }

    #[test]
    fn sender_reports_keep_the_time_of_two_layers_equal() {
        let at = |ntp_s: f64, rtp| SenderReport { ntp: (ntp_s * 4_294_967_296.0) as u64, rtp, at_us: 0 };
        let bridge = Bridge { old: at(10.0, 90_000), new: at(11.5, 5000) };
        let mut r = Rewriter::default();
        r.begin(LOW, &packet(1, 100_000, 1), 90_000, None, 0);
        r.forward(&packet(1, 100_000, 1), 0).unwrap();
        // RTP 5000 of the new layer is 11.5 s; RTP 225000 of the old one too.
        r.begin(HIGH, &packet(9, 5000u32.wrapping_sub(124_000), 2), 90_000, Some(bridge), 10_000);
        let first = r.forward(&packet(9, 5000u32.wrapping_sub(124_000), 2), 10_000).unwrap();
        assert_eq!(first.ts, 225_000 - 124_000);
        // The next switch back lands on a picture sent already: one tick later, no drift.
        let back = Bridge { old: bridge.new, new: bridge.old };
        r.begin(LOW, &packet(3, 100_990, 3), 90_000, Some(back), 20_000);
        assert_eq!(r.forward(&packet(3, 100_990, 3), 20_000).unwrap().ts, 101_001);
        assert_eq!(r.forward(&packet(4, 104_000, 4), 53_000).unwrap().ts, 104_000);
    }

    #[test]
    fn drops_leave_no_gap_and_nacks_find_their_packets() {
        let mut r = Rewriter::default();
        r.begin(LOW, &packet(100, 0, 0), 90_000, None, 0);
        let mut sent = HashMap::new();
        for seq in [100, 101, 103, 105, 106, 107] {
            if seq % 2 == 1 && seq != 101 {
                assert!(r.skip(&packet(seq, 0, 0)));
            } else {
                sent.insert(r.forward(&packet(seq, 0, 0), 0).unwrap().seq, seq);
            }
        }
        // 102 and 104 were lost and come late: their numbers were kept free.
        for seq in [104, 102] {
            sent.insert(r.forward(&packet(seq, 0, 0), 0).unwrap().seq, seq);
        }
        let mut outs: Vec<_> = sent.keys().copied().collect();
        outs.sort_unstable();
        assert_eq!(outs, (1001..=1005).collect::<Vec<_>>());
        for (out, incoming) in sent {
            assert_eq!(r.origin_of(out), Some((LOW, incoming)), "{out}");
        }
        assert_eq!(r.origin_of(1006), None);
        assert!(!r.skip(&packet(103, 0, 0)), "late");
        assert_eq!(r.forward(&packet(105, 0, 0), 0), None, "dropped before");
    }

    #[test]
    fn dropped_pictures_leave_no_gap_and_late_ones_keep_their_number() {
        let mut r = Rewriter::default();
        let frame = |seq: u64, picture: u16, tl0: u8, tid: u8| {
            let mut p = packet(seq, u32::from(picture) * 3000, picture);
            p.insight.tid = tid;
            p.insight.vp8.as_mut().unwrap().tl0 = tl0;
            p
        };
        // Two packets each: pictures 10 (base), 11 (dropped), 12 (lost, comes late), 13 (dropped), 14 (base).
        r.begin(LOW, &frame(100, 10, 5, 0), 90_000, None, 0);
        let mut sent = Vec::new();
        for p in [frame(100, 10, 5, 0), frame(101, 10, 5, 0)] {
            sent.push(r.forward(&p, 0).unwrap());
        }
        for seq in [102, 103, 106, 107] {
            assert!(r.skip(&frame(seq, if seq < 104 { 11 } else { 13 }, 5, 1)));
        }
        for p in [frame(108, 14, 6, 0), frame(109, 14, 6, 0), frame(104, 12, 5, 1), frame(105, 12, 5, 1)] {
            sent.push(r.forward(&p, 0).unwrap());
        }
        let numbers: Vec<_> = sent.iter().map(|n| (n.seq - 1000, n.picture_id, n.tl0)).collect();
        assert_eq!(numbers, [(1, 10, 5), (2, 10, 5), (5, 12, 6), (6, 12, 6), (3, 11, 5), (4, 11, 5)]);
        assert_eq!(r.numbers_of(1005, &frame(108, 14, 6, 0)).unwrap(), sent[2], "the same when asked for again");
    }

    /// Nonce uniqueness: whatever is lost, reordered, dropped or switched, no outgoing number is used for two packets.
    #[test]
    fn no_number_is_given_twice() {
        let mut x = 99u64;
        let mut random = |n: u64| {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (x >> 33) % n
        };
        for _ in 0..300 {
            let mut r = Rewriter::default();
            let mut used: HashMap<u64, (usize, u64)> = HashMap::new();
            let mut heads = [random(60_000), random(60_000)];
            let (mut seen, mut layer) = (std::collections::HashSet::new(), 0);
            r.begin(LOW, &packet(heads[0], 0, 0), 90_000, None, 0);
            for _ in 0..500 {
                if random(40) == 0 {
                    layer = 1 - layer;
                    heads[layer] += random(5);
                    let origin = if layer == 0 { LOW } else { HIGH };
                    r.begin(origin, &packet(heads[layer], 0, 0), 90_000, None, 0);
                }
                let seq = (heads[layer] + random(8)).saturating_sub(random(12));
                heads[layer] = heads[layer].max(seq);
                if !seen.insert((layer, seq)) {
                    continue;
                }
                if random(4) == 0 && r.skip(&packet(seq, 0, 0)) {
                    continue;
                }
                if let Some(n) = r.forward(&packet(seq, 0, 0), 0) {
                    assert_eq!(used.insert(n.seq, (layer, seq)), None, "number {} twice", n.seq);
                    let found = r.origin_of(n.seq).unwrap();
                    assert_eq!((found.0.layer, found.1), (layer, seq));
                }
            }
        }
    }
}
