//! One receive slot: which layer feeds it, how each packet is renumbered and sealed, what its receiver asked for again.

use crate::Micros;
use crate::codec::Codec;
use crate::counters::SlotCounters;
use crate::ext::{ExtMap, MAX_BLOCK, Outgoing, Passed};
use crate::ids::{Kind, SlotId};
use crate::red::Carried;
use crate::resend::Resends;
use crate::rewrite::{Numbers, Rewriter};
use crate::ring::{Packet, Ring};
use crate::srtp::{MAX_OVERHEAD, Outbound};
use crate::stills::Stills;
use crate::temporal::Temporal;
use crate::window::Window;

/// The mid extension goes with this many packets after a switch; then the receiver knows the SSRC.
const MID_PACKETS: u8 = 50;
/// A number is retransmitted at most once in this time.
const RTX_INTERVAL_US: Micros = 20_000;
/// For sound in the time of a round trip, at most this.
const RTX_INTERVAL_MAX_US: Micros = 300_000;
/// A picture's packet again after this part of a round trip: measured round trips waver, and a lost answer should not wait long.
const PICTURE_RTX_PART: f64 = 0.7;
const RTX_MEMORY: usize = 64;
/// The first sequence number of retransmissions.
const RTX_FIRST: u64 = 1000;

/// Bytes of padding in a packet of nothing else: its length is counted in one byte, and browsers send this much.
const PADDING: usize = 224;

/// A payload type of the subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotCodec {
    /// What it carries.
    pub codec: Codec,
    /// Payload type.
    pub pt: u8,
    /// Payload type of retransmissions, if there are; its own: the packet itself is sent again.
    pub rtx_pt: Option<u8>,
}

/// What is done with a packet of the routed source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is sent.
    Send,
    /// It begins the wanted layer; then it is sent.
    Switch,
    /// Dropped on purpose: its number is closed up.
    Skip,
    /// Of a layer not shown here.
    Ignore,
}

/// A sender report we sent, to recognise in receiver reports.
#[derive(Clone, Copy, Default, Debug)]
pub struct SentReport {
    /// Middle 32 bits of its NTP time.
    pub lsr: u32,
    /// When.
    pub at_us: Micros,
}

/// A slot.
pub struct Slot {
    /// Its handle.
    pub id: SlotId,
    /// Index of the subscribing peer.
    pub peer: usize,
    /// Media section.
    pub mid: Vec<u8>,
    /// Sound or picture.
    pub kind: Kind,
    /// Its SSRC for life.
    pub ssrc: u32,
    /// The SSRC of its retransmissions.
    pub rtx_ssrc: Option<u32>,
    /// Payload types.
    pub codecs: Vec<SlotCodec>,
    /// Ties a participant's slots together.
    pub cname: Vec<u8>,
    /// Index of the routed source.
    pub source: Option<usize>,
    /// The peer may be sent what is routed here; kept up to date by `Relay::settle_permission`.
    pub permitted: bool,
    /// Index of the layer that is wanted.
    pub wanted: usize,
    /// Highest temporal layer that is wanted.
    pub max_tid: u8,
    /// Keyframes only.
    pub stills: Stills,
    /// Index of the layer that is sent.
    pub current: Option<usize>,
    /// Sequence numbers and the rest.
    pub numbers: Rewriter,
    /// The next sender report is due at once.
    pub sr_due: bool,
    /// The last two sender reports sent.
    pub reports: [SentReport; 2],
    /// Counters.
    pub counters: SlotCounters,
    /// Earlier frames that go with each packet of sound.
    pub red_copies: usize,
    /// Sealed packets of sound that may be asked for again.
    pub resends: Resends,
    /// A codec the receiver does not have was met (told once).
    pub codec_refused: bool,
    /// No keyframe is asked for on its behalf before.
    pub patient_until: Micros,
    /// A keyframe of another layer that is whole: (layer, its first packet).
    pub ready: Option<(usize, u64)>,
    temporal: Temporal,
    mid_left: u8,
    mark_next: bool,
    used: Window,
    rtx_next: u64,
    rtx_recent: [(u16, Micros); RTX_MEMORY],
}

/// What is the same for all packets of a batch to one peer, and where its packets are sealed.
pub struct Sealer<'a> {
    /// The peer's keys.
    pub keys: &'a Outbound,
    /// The peer's extension ids.
    pub ext: &'a ExtMap,
    /// 24-bit absolute send time.
    pub abs_send_time: u32,
    /// Fresh transport-wide number.
    pub transport_seq: u16,
}

/// How a packet is presented: as itself or as a retransmission.
struct Shape {
    pt: u8,
    ssrc: u32,
    seq: u64,
    /// The original number that a retransmission carries.
    original: Option<u16>,
    marker: bool,
}

impl Slot {
    /// A slot that shows nothing.
    pub fn new(id: SlotId, peer: usize, mid: &[u8], kind: Kind, ssrc: u32, rtx_ssrc: Option<u32>) -> Self {
        Self {
            id,
            peer,
            mid: mid.to_vec(),
            kind,
            ssrc,
            rtx_ssrc,
            codecs: Vec::new(),
            cname: Vec::new(),
            source: None,
            permitted: true,
            wanted: 0,
            max_tid: 7,
            stills: Stills::default(),
            current: None,
            numbers: Rewriter::default(),
            sr_due: false,
            reports: [SentReport::default(); 2],
            counters: SlotCounters::default(),
            red_copies: 0,
            resends: Resends::default(),
            codec_refused: false,
            patient_until: 0,
            ready: None,
            temporal: Temporal::default(),
            mid_left: MID_PACKETS,
            mark_next: false,
            used: Window::default(),
            rtx_next: RTX_FIRST,
            rtx_recent: [(0, 0); RTX_MEMORY],
        }
    }

    /// What to do with a packet of `layer`, when `target` is the layer to be shown. `at_leisure`: what is shown goes on meanwhile.
    pub fn verdict(&mut self, packet: &Packet, layer: usize, target: usize, at_leisure: bool) -> Verdict {
        if !self.permitted {
            return Verdict::Ignore;
        }
        let insight = &packet.insight;
        if self.current != Some(layer) {
            let begins = layer == target && insight.keyframe && !packet.is_empty();
            let begins = begins && (!at_leisure || self.ready == Some((layer, packet.ext_seq)));
            return if begins { Verdict::Switch } else { Verdict::Ignore };
        }
        if packet.is_empty() {
            return Verdict::Skip;
        }
        if !self.stills.passes(insight.keyframe, packet.ts) {
            return Verdict::Skip;
        }
        if self.temporal.passes(insight, packet.ts, self.max_tid) { Verdict::Send } else { Verdict::Skip }
    }

    /// Note a switch to `layer`: the receiver is told the mid again, and the time line by a sender report.
    pub fn switched_to(&mut self, layer: usize) {
        self.current = Some(layer);
        self.ready = None;
        self.temporal.begin();
        self.mid_left = MID_PACKETS;
        self.sr_due = true;
        // RFC 3551 §4.1: the marker begins a talk spurt; here the jitter buffer may re-adjust.
        self.mark_next = self.kind == Kind::Audio;
    }

    /// Nothing is sent any more until the next switch.
    pub fn detach(&mut self) {
        self.current = None;
        self.ready = None;
        self.sr_due = false;
        self.resends.clear();
    }

    /// The subscriber's payload types for a codec.
    pub fn codec(&self, codec: Codec) -> Option<SlotCodec> {
        self.codecs.iter().find(|c| c.codec == codec).copied()
    }

    /// True when what is asked for again goes out as it was: sound, where that was negotiated.
    pub fn is_repeated(&self) -> bool {
        self.codec(Codec::Opus).is_some_and(|c| c.rtx_pt == Some(c.pt))
    }

    /// How many earlier packets go out once more after each: what a receiver without RED gets instead of copies.
    pub fn doubles(&self) -> usize {
        if self.kind == Kind::Audio && self.codec(Codec::Red).is_none() { self.red_copies } else { 0 }
    }

    /// The earlier frames that go with a packet of `ring`: none that was not for this slot.
    pub fn carried<'a>(&self, ring: &'a Ring, packet: &Packet) -> Carried<'a> {
        if self.red_copies == 0 || packet.codec() != Codec::Opus || self.codec(Codec::Red).is_none() {
            return Carried::default();
        }
        Carried::gather(ring, packet, self.red_copies, self.numbers.began_at())
    }

    /// Bytes that `seal` and `seal_again` may need for this packet.
    pub fn space_for(packet: &Packet) -> usize {
        12 + MAX_BLOCK + 2 + packet.payload().len() + MAX_OVERHEAD
    }

    /// Write and seal a packet into `out`; 0 when it cannot be sent.
    pub fn seal(
        &mut self,
        out: &mut [u8],
        packet: &Packet,
        carried: &Carried<'_>,
        numbers: Numbers,
        with: &Sealer<'_>,
    ) -> usize {
        let Some(codec) = self.codec(packet.codec()).filter(|_| self.permitted) else { return 0 };
        let red = self.codec(Codec::Red).filter(|_| !carried.is_empty());
        if !self.used.accept(numbers.seq) {
            self.counters.guarded += 1;
            return 0;
        }
        let marker = packet.marker | std::mem::take(&mut self.mark_next);
        let pt = red.unwrap_or(codec).pt;
        let shape = Shape { pt, ssrc: self.ssrc, seq: numbers.seq, original: None, marker };
        let carried = red.map(|_| (carried, codec.pt));
        let len = self.write(out, packet, carried, numbers, &shape, with);
        if len > 0 {
            self.mid_left = self.mid_left.saturating_sub(1);
            self.counters.packets += 1;
            self.counters.octets += packet.payload().len() as u64;
            self.resends.keep(numbers.seq, with.transport_seq, &out[..len]);
        }
        len
    }

    /// Write and seal a packet as a retransmission; 0 when the slot has none for its codec.
    pub fn seal_again(&mut self, out: &mut [u8], packet: &Packet, numbers: Numbers, with: &Sealer<'_>) -> usize {
        let rtx_pt = self.codec(packet.codec()).filter(|_| self.permitted).and_then(|c| c.rtx_pt.filter(|&pt| pt != c.pt));
        let (Some(pt), Some(ssrc)) = (rtx_pt, self.rtx_ssrc) else { return 0 };
        let seq = self.rtx_next;
        self.rtx_next += 1;
        let original = Some(numbers.seq as u16);
        let shape = Shape { pt, ssrc, seq, original, marker: packet.marker };
        let len = self.write(out, packet, None, numbers, &shape, with);
        self.counters.rtx += u64::from(len > 0);
        len
    }

    /// Room for a packet of padding.
    pub const SPACE_FOR_PADDING: usize = 12 + MAX_BLOCK + PADDING + MAX_OVERHEAD;

    /// It has a retransmission stream that padding can go in.
    pub fn can_pad(&self) -> bool {
        self.kind == Kind::Video && self.rtx_ssrc.is_some() && self.codecs.iter().any(|c| c.rtx_pt.is_some())
    }

    /// Write and seal a packet of nothing but padding into the retransmission stream; 0 when there is none.
    pub fn seal_padding(&mut self, out: &mut [u8], with: &Sealer<'_>) -> usize {
        let (Some(pt), Some(ssrc)) = (self.codecs.iter().find_map(|c| c.rtx_pt), self.rtx_ssrc) else { return 0 };
        if out.len() < Self::SPACE_FOR_PADDING {
            return 0;
        }
        let seq = self.rtx_next;
        self.rtx_next += 1;
        out[1] = pt & 0x7F;
        out[2..4].copy_from_slice(&(seq as u16).to_be_bytes());
        out[4..8].copy_from_slice(&self.numbers.last_ts().to_be_bytes());
        out[8..12].copy_from_slice(&ssrc.to_be_bytes());
        let extensions = Outgoing {
            transport_seq: with.transport_seq,
            abs_send_time: with.abs_send_time,
            mid: Some(&self.mid[..]),
            passed: Passed::default(),
        };
        let block = with.ext.write(&mut out[12..], &extensions);
        out[0] = 0xA0 | u8::from(block > 0) << 4;
        let (header, end) = (12 + block, 12 + block + PADDING);
        out[header..end].fill(0);
        out[end - 1] = PADDING as u8;
        with.keys.seal_rtp(out, header, end, ssrc, seq).unwrap_or(0)
    }

    /// True when `seq` may be retransmitted now; counts as done.
    pub fn take_rtx_turn(&mut self, seq: u16, rtt_us: Option<u64>, now: Micros) -> bool {
        let place = &mut self.rtx_recent[usize::from(seq) % RTX_MEMORY];
        // Receivers ask for a picture's packet once a round trip, for sound with every packet that comes.
        // On a line with a long queue that is sooner than the last answer can have come: a packet more in that queue helps nobody.
        let part = if self.kind == Kind::Audio { 1.0 } else { PICTURE_RTX_PART };
        let interval = ((rtt_us.unwrap_or(0) as f64 * part) as u64).clamp(RTX_INTERVAL_US, RTX_INTERVAL_MAX_US);
        if place.0 == seq && place.1 != 0 && now < place.1 + interval {
            return false;
        }
        *place = (seq, now.max(1));
        true
    }

    fn write(
        &self,
        out: &mut [u8],
        packet: &Packet,
        carried: Option<(&Carried<'_>, u8)>,
        numbers: Numbers,
        shape: &Shape,
        with: &Sealer<'_>,
    ) -> usize {
        let payload = packet.payload();
        if out.len() < Self::space_for(packet) + carried.map_or(0, |(c, _)| c.space()) {
            return 0;
        }
        out[1] = u8::from(shape.marker) << 7 | shape.pt & 0x7F;
        out[2..4].copy_from_slice(&(shape.seq as u16).to_be_bytes());
        out[4..8].copy_from_slice(&numbers.ts.to_be_bytes());
        out[8..12].copy_from_slice(&shape.ssrc.to_be_bytes());
        let extensions = Outgoing {
            transport_seq: with.transport_seq,
            abs_send_time: with.abs_send_time,
            mid: (self.mid_left > 0 || shape.original.is_some()).then_some(&self.mid[..]),
            passed: packet.passed,
        };
        let block = with.ext.write(&mut out[12..], &extensions);
        out[0] = 0x80 | u8::from(block > 0) << 4;
        let header = 12 + block;
        let mut at = header;
        if let Some(original) = shape.original {
            out[at..at + 2].copy_from_slice(&original.to_be_bytes());
            at += 2;
        }
        let end = if let Some((carried, pt)) = carried {
            at + carried.write(&mut out[at..], pt, packet)
        } else {
            let end = at + payload.len();
            out[at..end].copy_from_slice(payload);
            write_picture_numbers(&mut out[at..end], packet, numbers);
            end
        };
        with.keys.seal_rtp(out, header, end, shape.ssrc, shape.seq).unwrap_or(0)
    }
}

/// Put picture id and TL0PICIDX in place, as wide as they were.
fn write_picture_numbers(payload: &mut [u8], packet: &Packet, numbers: Numbers) {
    let Some(vp8) = packet.insight.vp8 else { return };
    let at = usize::from(vp8.picture_id_at);
    if at > 0 && vp8.wide {
        if let Some(field) = payload.get_mut(at..at + 2) {
            field.copy_from_slice(&(0x8000 | numbers.picture_id).to_be_bytes());
        }
    } else if at > 0
        && let Some(field) = payload.get_mut(at)
    {
        *field = (numbers.picture_id & 0x7F) as u8;
    }
    let at = usize::from(vp8.tl0_at);
    if at > 0
        && let Some(field) = payload.get_mut(at)
    {
        *field = numbers.tl0;
    }
}
