//! The last packets of one layer, plaintext and once for all subscribers: what is fanned out, and what NACKs are answered from.

use crate::Micros;
use crate::codec::{Codec, Insight};
use crate::ext::Passed;

/// Packets kept of a video layer: 1.7 s at 2.5 Mbit/s, 3.4 s at 150 packets/s.
pub const VIDEO_PACKETS: usize = 512;
/// Packets kept of an audio source: 2.5 s at 20 ms.
pub const AUDIO_PACKETS: usize = 128;

/// One packet as the publisher sent it, decrypted, without padding.
#[derive(Default)]
pub struct Packet {
    /// Sequence number with roll-over count.
    pub ext_seq: u64,
    /// When it came.
    pub at_us: Micros,
    /// RTP time.
    pub ts: u32,
    /// RTP marker.
    pub marker: bool,
    /// What the payload says.
    pub insight: Insight,
    /// Extension values handed on.
    pub passed: Passed,
    codec: Option<Codec>,
    payload_at: usize,
    data: Vec<u8>,
}

impl Packet {
    /// The codec, known from the payload type.
    pub fn codec(&self) -> Codec {
        self.codec.unwrap_or(Codec::Other)
    }

    /// The whole RTP packet with the publisher's header.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The payload.
    pub fn payload(&self) -> &[u8] {
        &self.data[self.payload_at..]
    }

    /// True when only padding was in it.
    pub fn is_empty(&self) -> bool {
        self.data.len() <= self.payload_at
    }

    /// Become a copy of another packet, keeping the memory.
    pub fn copy_from(&mut self, other: &Self) {
        let mut data = std::mem::take(&mut self.data);
        data.clear();
        data.extend_from_slice(&other.data);
        let Self { ext_seq, at_us, ts, marker, insight, passed, codec, payload_at, data: _ } = *other;
        *self = Self { ext_seq, at_us, ts, marker, insight, passed, codec, payload_at, data };
    }

    /// Overwrite with another packet, keeping the memory. `payload_at` ≤ `data.len()`.
    pub fn fill(&mut self, data: &[u8], payload_at: usize, codec: Codec) {
        self.data.clear();
        self.data.extend_from_slice(data);
        self.payload_at = payload_at.min(data.len());
        self.codec = Some(codec);
    }
}

/// A ring of packets addressed by extended sequence number.
pub struct Ring {
    packets: Vec<Option<Packet>>,
}

impl Ring {
    /// Room for `packets` packets; memory is taken as they come.
    pub fn new(packets: usize) -> Self {
        Self { packets: std::iter::repeat_with(|| None).take(packets.max(1)).collect() }
    }

    /// The place for `ext_seq`, its old content to be overwritten; None when a newer packet has it already.
    pub fn place(&mut self, ext_seq: u64) -> Option<&mut Packet> {
        let at = (ext_seq % self.packets.len() as u64) as usize;
        let packet = self.packets[at].get_or_insert_default();
        if packet.codec.is_some() && packet.ext_seq > ext_seq {
            return None;
        }
        packet.ext_seq = ext_seq;
        Some(packet)
    }

    /// The packet with this number, while it is kept.
    pub fn get(&self, ext_seq: u64) -> Option<&Packet> {
        let at = (ext_seq % self.packets.len() as u64) as usize;
        self.packets[at].as_ref().filter(|p| p.ext_seq == ext_seq && p.codec.is_some())
    }

    /// Forget everything, keeping no memory.
    pub fn clear(&mut self) {
        self.packets.iter_mut().for_each(|p| *p = None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_packet_does_not_push_out_a_newer_one() {
        let mut ring = Ring::new(4);
        ring.place(9).unwrap().fill(b"nine", 0, Codec::Vp8);
        assert!(ring.place(5).is_none());
        assert_eq!(ring.get(9).unwrap().payload(), b"nine");
        ring.place(13).unwrap().fill(b"thirteen", 4, Codec::Vp8);
        assert!(ring.get(9).is_none());
        assert_eq!(ring.get(13).unwrap().payload(), b"teen");
    }
}
