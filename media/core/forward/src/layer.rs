//! One quality of a source: its SSRCs, its recent packets, what is missing of it, whether it flows.

use crate::Micros;
use crate::arriving::Arriving;
use crate::codec::Codec;
use crate::ids::Kind;
use crate::keyframe::Keyframe;
use crate::nack::Nacks;
use crate::notice::Rid;
use crate::reception::{Reception, SenderReport};
use crate::ring::{AUDIO_PACKETS, Ring, VIDEO_PACKETS};
use crate::window::Window;

/// A layer that sent nothing for this long is down.
const SILENCE_US: Micros = 2_000_000;
/// A layer that flowed well and stops while another of its source goes on was given up by the publisher (bandwidth, CPU): its
/// viewers are not left frozen for two seconds.
const GIVEN_UP_US: Micros = 500_000;
/// The other one goes on: it sent within this time.
const GOES_ON_US: Micros = 200_000;
/// A layer that comes back has to last this long before viewers of another one have a keyframe made for it: under load,
/// keyframes are what makes layers stop.
const PROBATION_US: Micros = 1_000_000;
/// It flowed well: below this rate pauses are normal (a still screen).
const STEADY_PPS: u32 = 10;

/// A layer.
pub struct Layer {
    /// Its name.
    pub rid: Rid,
    /// Its SSRC once known.
    pub ssrc: Option<u32>,
    /// The SSRC of its retransmissions once known.
    pub rtx_ssrc: Option<u32>,
    /// Recent packets.
    pub ring: Ring,
    /// What came, for de-duplication.
    pub window: Window,
    /// What is missing.
    pub nacks: Nacks,
    /// For receiver reports.
    pub reception: Reception,
    /// The last sender report.
    pub sr: Option<SenderReport>,
    /// Packets flow.
    pub up: bool,
    /// When the last one came.
    pub last_us: Micros,
    /// From when on it is worth asking for its keyframe.
    pub steady_us: Micros,
    /// Codec of the last packet.
    pub codec: Codec,
    /// The newest keyframe.
    pub keyframe: Keyframe,
    /// How slowly its pictures come in, of a source that is worth waiting for.
    pub arriving: Arriving,
    /// Picture size, 0 unknown.
    pub size: (u16, u16),
    /// Its keyframes come with parameter sets (H.264): without them nobody can begin.
    pub has_sets: bool,
    /// Packets so far.
    pub packets: u64,
    /// Plaintext bytes so far.
    pub bytes: u64,
    /// Bits per second over the last full second.
    pub bps: u32,
    /// Packets over the last full second.
    pub pps: u32,
    /// Bits per second of temporal layer 0, and of 0 and 1 together.
    pub base_bps: (u32, u32),
    counted: (u64, u64),
    base_bytes: [u64; 2],
    uncounted: u64,
}

impl Layer {
    /// A layer nothing came of yet.
    pub fn new(rid: Rid, kind: Kind) -> Self {
        Self {
            rid,
            ssrc: None,
            rtx_ssrc: None,
            ring: Ring::new(if kind == Kind::Video { VIDEO_PACKETS } else { AUDIO_PACKETS }),
            window: Window::default(),
            nacks: Nacks::default(),
            reception: Reception::default(),
            sr: None,
            up: false,
            last_us: 0,
            steady_us: 0,
            codec: Codec::Other,
            keyframe: Keyframe::default(),
            arriving: Arriving::default(),
            size: (0, 0),
            has_sets: false,
            packets: 0,
            bytes: 0,
            bps: 0,
            pps: 0,
            base_bps: (0, 0),
            counted: (0, 0),
            base_bytes: [0, 0],
            uncounted: 0,
        }
    }

    /// The layer goes on under a new SSRC: its numbers begin anew, so nothing of the old ones may be used.
    pub fn rebind(&mut self, ssrc: u32) {
        self.ssrc = Some(ssrc);
        self.rtx_ssrc = None;
        self.ring.clear();
        self.window = Window::default();
        self.nacks = Nacks::default();
        self.reception = Reception::default();
        self.sr = None;
        self.keyframe.forget();
        self.arriving = Arriving::default();
    }

    /// A packet of temporal layer `tid` was taken in. `counts`: in the rates, too.
    pub fn note_bytes(&mut self, tid: u8, bytes: usize, counts: bool) {
        self.packets += 1;
        self.bytes += bytes as u64;
        if !counts {
            self.uncounted += bytes as u64;
        } else if let Some(base) = self.base_bytes.get_mut(usize::from(tid)) {
            *base += bytes as u64;
        }
    }

    /// A packet came; true when the layer was down before.
    pub fn note_flow(&mut self, now: Micros) -> bool {
        let began = !self.up;
        if began && self.last_us > 0 {
            self.steady_us = now + PROBATION_US;
        }
        (self.up, self.last_us) = (true, now);
        began
    }

    /// True when it is to be counted as down. `others_us`: the last packet of the source's other layers.
    pub fn fell_silent(&self, others_us: Micros, now: Micros) -> bool {
        let silent = now.saturating_sub(self.last_us);
        let is_given_up = self.pps >= STEADY_PPS && now.saturating_sub(others_us) < GOES_ON_US;
        self.up && (silent >= SILENCE_US || (silent >= GIVEN_UP_US && is_given_up))
    }

    /// Close the second: rates from what was counted since the last call.
    pub fn close_second(&mut self) {
        let (packets, bytes) = (self.packets - self.counted.0, self.bytes - self.counted.1);
        self.pps = packets.min(u64::from(u32::MAX)) as u32;
        self.bps = bits(bytes.saturating_sub(std::mem::take(&mut self.uncounted)));
        let [zero, one] = std::mem::take(&mut self.base_bytes);
        self.base_bps = (bits(zero), bits(zero + one));
        self.counted = (self.packets, self.bytes);
    }
}

fn bits(bytes: u64) -> u32 {
    (bytes * 8).min(u64::from(u32::MAX)) as u32
}
