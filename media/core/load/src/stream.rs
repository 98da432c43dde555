//! One published stream: frames of packets at a steady rate, each packet marked. No codec; what a relay reads of VP8 is real (RFC 7741).

use crate::mark::{self, Mark};
use crate::tally::Tally;
use crate::{Clock, Send};
use forward::rtcp;
use forward::srtp::{MAX_OVERHEAD, Outbound};
use forward::{MAX_DATAGRAM, Micros};

/// A keyframe that is asked for comes at most this often.
const KEYFRAME_GAP_US: Micros = 500_000;
/// A sender that is behind by more leaves frames out rather than send a burst.
const MAX_BEHIND_US: Micros = 1_000_000;
const REPORT_EVERY_US: Micros = 1_000_000;
/// Seconds from 1900 (NTP) to 1970.
const NTP_UNIX_S: u64 = 2_208_988_800;
/// Descriptor and frame header of a packet that begins a VP8 keyframe.
const MAX_CODEC_HEADER: usize = 14;

/// What to send.
#[derive(Clone)]
pub struct Plan {
    /// VP8 video; otherwise audio.
    pub is_video: bool,
    /// SSRC of the stream.
    pub ssrc: u32,
    /// Payload type.
    pub pt: u8,
    /// RTP ticks per second.
    pub clock_hz: u32,
    /// Frames per second.
    pub frames_per_s: u32,
    /// Packets in a frame.
    pub packets: u32,
    /// Bytes of a packet before it is sealed.
    pub size: usize,
    /// Packets in a keyframe.
    pub key_packets: u32,
    /// A keyframe is sent this often unasked; 0: only when asked for.
    pub key_every_us: Micros,
    /// Time between packets of a frame; 0: all at once.
    pub pace_us: Micros,
    /// Picture size that keyframes claim.
    pub picture: (u16, u16),
    /// The header extension (RFC 8285) with its head, in whole words; empty for none.
    pub extension: Vec<u8>,
}

impl Plan {
    /// True when it can be carried out: packets hold their headers and a mark, and fit a datagram.
    pub fn is_possible(&self) -> bool {
        let least = 12 + self.extension.len() + MAX_CODEC_HEADER + mark::LEN;
        let has_rate =
            self.clock_hz > 0 && (1..=1000).contains(&self.frames_per_s) && self.packets > 0 && self.key_packets > 0;
        has_rate && (least..=MAX_DATAGRAM - MAX_OVERHEAD).contains(&self.size) && self.extension.len().is_multiple_of(4)
    }
}

/// A stream on its way.
pub struct Stream {
    plan: Plan,
    number: u16,
    index: u64,
    ts: u32,
    picture_id: u16,
    /// Of the frame being sent: packets left, and of how many.
    left: u32,
    of: u32,
    is_key: bool,
    wants_key: bool,
    last_key: Micros,
    frame_at: Micros,
    packet_at: Micros,
    report_at: Micros,
    packets: u32,
    octets: u32,
}

impl Stream {
    /// A stream that begins at `now` with a keyframe. `number`: the tally's.
    pub fn new(plan: Plan, number: u16, now: Micros) -> Self {
        let (index, ts) = (u64::from(plan.ssrc & 0x3FFF) + 1, plan.ssrc >> 1);
        Self {
            plan,
            number,
            index,
            ts,
            picture_id: 0,
            left: 0,
            of: 0,
            is_key: false,
            wants_key: true,
            last_key: 0,
            frame_at: now,
            packet_at: now,
            report_at: now + REPORT_EVERY_US,
            packets: 0,
            octets: 0,
        }
    }

    /// The SSRC.
    pub fn ssrc(&self) -> u32 {
        self.plan.ssrc
    }

    /// A keyframe is asked for.
    pub fn want_key(&mut self) {
        self.wants_key = true;
    }

    /// When the next packet is due.
    pub fn due(&self) -> Micros {
        self.packet_at
    }

    /// Send every packet that is due.
    pub fn send_due(&mut self, clock: Clock, keys: &Outbound, tally: &mut Tally, out: Send<'_>) {
        while self.packet_at <= clock.now {
            if self.left == 0 {
                self.begin_frame(clock.now);
            }
            let mut buf = [0; MAX_DATAGRAM];
            let header = self.write_packet(&mut buf, clock.wall_ns, tally);
            let ssrc = self.plan.ssrc;
            if let Some(len) = keys.seal_rtp(&mut buf, header, self.plan.size, ssrc, self.index) {
                out(&buf[..len]);
            }
            self.index += 1;
            self.packets = self.packets.wrapping_add(1);
            self.octets = self.octets.wrapping_add((self.plan.size - header) as u32);
            self.left -= 1;
            self.packet_at += self.plan.pace_us;
            if self.left == 0 {
                self.frame_at += 1_000_000 / Micros::from(self.plan.frames_per_s);
                if clock.now > self.frame_at + MAX_BEHIND_US {
                    self.frame_at = clock.now;
                }
                self.packet_at = self.packet_at.max(self.frame_at);
            }
        }
    }

    /// Append a sender report when one is due; true if so.
    pub fn report(&mut self, clock: Clock, out: &mut Vec<u8>) -> bool {
        if clock.now < self.report_at {
            return false;
        }
        self.report_at = clock.now + REPORT_EVERY_US;
        let seconds = clock.wall_ns / 1_000_000_000 + NTP_UNIX_S;
        let fraction = ((clock.wall_ns % 1_000_000_000) << 32) / 1_000_000_000;
        rtcp::write_sender_report(
            out,
            self.plan.ssrc,
            seconds << 32 | fraction,
            self.ts,
            self.packets,
            self.octets,
            b"load",
        );
        true
    }

    fn begin_frame(&mut self, now: Micros) {
        let since = now.saturating_sub(self.last_key);
        let is_time = self.plan.key_every_us > 0 && since >= self.plan.key_every_us;
        self.is_key = self.plan.is_video && (is_time || self.wants_key && (self.last_key == 0 || since >= KEYFRAME_GAP_US));
        if self.is_key {
            (self.last_key, self.wants_key) = (now, false);
        }
        self.of = if self.is_key { self.plan.key_packets } else { self.plan.packets };
        self.left = self.of;
        self.ts = self.ts.wrapping_add(self.plan.clock_hz / self.plan.frames_per_s);
        self.picture_id = (self.picture_id + 1) & 0x7FFF;
    }

    /// Write one packet; returns the length of its header.
    fn write_packet(&mut self, buf: &mut [u8; MAX_DATAGRAM], wall_ns: u64, tally: &mut Tally) -> usize {
        let plan = &self.plan;
        let (is_first, is_last) = (self.left == self.of, self.left == 1);
        let has_extension = !plan.extension.is_empty();
        buf[0] = 0x80 | u8::from(has_extension) << 4;
        buf[1] = plan.pt | u8::from(is_last && plan.is_video) << 7;
        buf[2..4].copy_from_slice(&(self.index as u16).to_be_bytes());
        buf[4..8].copy_from_slice(&self.ts.to_be_bytes());
        buf[8..12].copy_from_slice(&plan.ssrc.to_be_bytes());
        let header = 12 + plan.extension.len();
        buf[12..header].copy_from_slice(&plan.extension);
        let mut at = header;
        if plan.is_video {
            // X and S; I; a picture id of 15 bits.
            let id = (0x8000 | self.picture_id).to_be_bytes();
            let descriptor = [0x80 | u8::from(is_first) << 4, 0x80, id[0], id[1]];
            buf[at..at + 4].copy_from_slice(&descriptor);
            at += 4;
            if is_first {
                // RFC 7741 §4.3: the first bit is 0 in a keyframe, which then has a start code and the picture's size.
                let (w, h) = (plan.picture.0.to_le_bytes(), plan.picture.1.to_le_bytes());
                let frame = [0x10 | u8::from(!self.is_key), 2, 0, 0x9D, 0x01, 0x2A, w[0], w[1], h[0], h[1]];
                let len = if self.is_key { 10 } else { 3 };
                buf[at..at + len].copy_from_slice(&frame[..len]);
                at += len;
            }
        }
        let mark = Mark { stream: self.number, count: tally.send(self.number), sent_ns: wall_ns };
        buf[at..at + mark::LEN].copy_from_slice(&mark.to_bytes());
        header
    }
}
