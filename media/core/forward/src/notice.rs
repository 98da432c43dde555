//! What the relay tells whoever runs it. Small values, batched by the caller.

use crate::Micros;
use crate::codec::Codec;
use crate::ids::{PeerId, SlotId, SourceId};
use crate::remote::Remote;
use std::sync::Arc;

/// A layer's name; empty for a source without simulcast.
pub type Rid = Arc<str>;

/// A report upwards. See `_core.pyi` for what each means.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A DTLS datagram from an authenticated address.
    Dtls {
        /// Whose.
        peer: PeerId,
        /// The bytes.
        data: Vec<u8>,
    },
    /// Packets to the peer now go here.
    Path {
        /// Whose.
        peer: PeerId,
        /// ICE generation.
        generation: u32,
        /// Where.
        to: Remote,
    },
    /// Nothing authenticated for a while.
    Stalled {
        /// Who.
        peer: PeerId,
        /// For how long.
        ms: u32,
        /// The last packet's time.
        last_us: Micros,
    },
    /// A packet after a stall.
    Resumed {
        /// Who.
        peer: PeerId,
        /// How long it was silent.
        ms: u32,
        /// The last packet's time before the stall.
        last_us: Micros,
    },
    /// A layer began, changed its size or fell silent.
    Layer {
        /// Of which source.
        source: SourceId,
        /// Which.
        rid: Rid,
        /// Its SSRC.
        ssrc: u32,
        /// Its codec.
        codec: Codec,
        /// It flows.
        up: bool,
        /// Width and height, 0 unknown.
        size: (u16, u16),
    },
    /// A slot shows another layer, or nothing.
    Switched {
        /// Which slot.
        slot: SlotId,
        /// What it shows now.
        shown: Option<(SourceId, Rid)>,
    },
    /// Audio levels.
    Levels(Vec<(SourceId, u8)>),
    /// Downlink feedback.
    Feedback(Vec<Feedback>),
    /// Bits and packets per second of live layers.
    Rates(Vec<LayerRate>),
    /// A sender report of a tapped source.
    SenderReport {
        /// Of which source.
        source: SourceId,
        /// Which layer.
        rid: Rid,
        /// NTP time.
        ntp: u64,
        /// The same in RTP time.
        rtp: u32,
        /// When it came.
        at_us: Micros,
    },
    /// Packets of a tapped source were not handed over.
    TapGap {
        /// Which source.
        source: SourceId,
        /// Which layer.
        rid: Rid,
        /// How many.
        packets: u32,
        /// Since when.
        from_us: Micros,
        /// Until when.
        to_us: Micros,
    },
    /// A command could not be carried out.
    Refused {
        /// Which command.
        call: &'static str,
        /// On what.
        handle: u32,
        /// Why, for the log.
        reason: &'static str,
    },
}

/// One peer's downlink.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feedback {
    /// Whose.
    pub peer: PeerId,
    /// Sent to it.
    pub sent_bps: u64,
    /// Arrived there.
    pub acked_bps: u64,
    /// What the way carries, all media together; 0 unknown.
    pub estimate_bps: u64,
    /// Queueing delay; -1 unknown.
    pub owd_ms: f32,
    /// 0…1; -1 unknown.
    pub loss: f32,
    /// Round trip; -1 unknown.
    pub rtt_ms: f32,
    /// The receiver's own estimate; 0 none.
    pub remb_bps: u64,
}

impl Notice {
    /// True when somebody waits for it: it is worth a wake-up of its own. The others travel with the next batch.
    pub fn is_urgent(&self) -> bool {
        !matches!(self, Self::Levels(_) | Self::Feedback(_) | Self::Rates(_) | Self::SenderReport { .. })
    }
}

/// A layer's last second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRate {
    /// The source.
    pub source: SourceId,
    /// The layer.
    pub rid: Rid,
    /// Bits per second.
    pub bps: u32,
    /// Packets per second.
    pub pps: u32,
    /// Bits per second of temporal layer 0, and of 0 and 1 together; as much as `bps` where there are no more.
    pub base_bps: (u32, u32),
}
