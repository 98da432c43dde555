//! Sound that carries its past (RED, RFC 2198): a packet takes earlier frames along, so that a lost one is heard from the next.
//! Written for a subscriber out of the source's ring; read where a publisher on a bad line sends it.

use crate::codec::Codec;
use crate::ring::{Packet, Ring};
use std::ops::Range;

/// Earlier frames in one packet at most.
pub const MAX_COPIES: usize = 2;
/// RFC 2198 §3: 14 bits of timestamp offset, 10 bits of length.
const MAX_OFFSET: u32 = 1 << 14;
const MAX_LENGTH: usize = 1 << 10;
/// A block's header; the primary's has one byte.
const BLOCK_HEADER: usize = 4;
/// Earlier frames read from one packet; browsers send one.
const MAX_READ: usize = 4;
/// Frames and headers of one packet, bytes: with everything around them they fit a datagram.
const MAX_PAYLOAD: usize = 1100;

/// Earlier frames that go with a packet, oldest first.
#[derive(Clone, Copy, Default)]
pub struct Carried<'a> {
    frames: [Option<&'a Packet>; MAX_COPIES],
}

impl<'a> Carried<'a> {
    /// Of the `count` packets before `packet`, those that are in the ring, not older than `since`, and fit.
    pub fn gather(ring: &'a Ring, packet: &Packet, count: usize, since: u64) -> Self {
        let mut carried = Self::default();
        let mut space = 1 + packet.payload().len();
        for back in 1..=count.min(MAX_COPIES) as u64 {
            let Some(frame) = packet.ext_seq.checked_sub(back).filter(|&s| s >= since).and_then(|s| ring.get(s)) else {
                continue;
            };
            space += BLOCK_HEADER + frame.payload().len();
            if fits(packet, frame) && space <= MAX_PAYLOAD {
                carried.frames[MAX_COPIES - back as usize] = Some(frame);
            } else {
                break;
            }
        }
        carried
    }

    /// True when the packet goes alone.
    pub fn is_empty(&self) -> bool {
        self.frames.iter().all(Option::is_none)
    }

    /// Bytes that the headers and earlier frames add to the packet's own payload.
    pub fn space(&self) -> usize {
        1 + self.frames.iter().flatten().map(|f| BLOCK_HEADER + f.payload().len()).sum::<usize>()
    }

    /// Write the payload with `packet` as its primary; `pt` is what the receiver knows each frame as. `out` has the room.
    pub fn write(&self, out: &mut [u8], pt: u8, packet: &Packet) -> usize {
        let mut at = 0;
        for frame in self.frames.iter().flatten() {
            let offset = packet.ts.wrapping_sub(frame.ts);
            let sizes = offset << 10 | frame.payload().len() as u32;
            out[at] = 0x80 | pt;
            out[at + 1..at + BLOCK_HEADER].copy_from_slice(&sizes.to_be_bytes()[1..]);
            at += BLOCK_HEADER;
        }
        out[at] = pt & 0x7F;
        at += 1;
        for frame in self.frames.iter().flatten().copied().chain([packet]) {
            let end = at + frame.payload().len();
            out[at..end].copy_from_slice(frame.payload());
            at = end;
        }
        at
    }
}

fn fits(packet: &Packet, frame: &Packet) -> bool {
    let offset = packet.ts.wrapping_sub(frame.ts);
    let length = frame.payload().len();
    frame.codec() == Codec::Opus && (1..MAX_OFFSET).contains(&offset) && (1..MAX_LENGTH).contains(&length)
}

/// Where the frames of a RED payload are.
#[derive(Default, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Earlier frames, newest first: how much earlier in ticks, and where.
    pub earlier: [Option<(u32, Range<usize>)>; MAX_READ],
    /// The packet's own frame.
    pub primary: Range<usize>,
}

/// Read a RED payload; None when it is malformed or has more blocks than anybody sends.
pub fn read(payload: &[u8]) -> Option<Blocks> {
    let mut heads = [(0u32, 0usize); MAX_READ];
    let (mut at, mut count) = (0, 0);
    while payload.get(at)? & 0x80 != 0 {
        let head: &[u8; BLOCK_HEADER] = payload.get(at..)?.first_chunk()?;
        let sizes = u32::from_be_bytes([0, head[1], head[2], head[3]]);
        *heads.get_mut(count)? = (sizes >> 10, (sizes & 0x3FF) as usize);
        (at, count) = (at + BLOCK_HEADER, count + 1);
    }
    at += 1;
    let mut blocks = Blocks::default();
    for (i, &(offset, len)) in heads[..count].iter().enumerate() {
        blocks.earlier[count - 1 - i] = (len > 0).then_some((offset, at..at + len));
        at += len;
    }
    blocks.primary = at..payload.len();
    (at < payload.len()).then_some(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(frames: &[(u64, u32, &[u8])]) -> Ring {
        let mut ring = Ring::new(16);
        for (ext_seq, ts, payload) in frames {
            let packet = ring.place(*ext_seq).unwrap();
            packet.fill(payload, 0, Codec::Opus);
            packet.ts = *ts;
        }
        ring
    }

    #[test]
    fn earlier_frames_stand_before_the_primary_with_their_offsets() {
        let ring = ring(&[(7, 0, b"one"), (8, 960, b"four"), (9, 1920, b"now")]);
        let packet = ring.get(9).unwrap();
        let carried = Carried::gather(&ring, packet, 2, 0);
        let mut out = [0; 64];
        let len = carried.write(&mut out, 111, packet);
        assert_eq!(len, carried.space() + 3);
        let offset_and_length = |offset: u32, length: u32| (offset << 10 | length).to_be_bytes();
        assert_eq!(out[0], 0x80 | 111);
        assert_eq!(out[1..4], offset_and_length(1920, 3)[1..]);
        assert_eq!(out[5..8], offset_and_length(960, 4)[1..]);
        assert_eq!(out[8], 111);
        assert_eq!(&out[9..len], b"onefournow");
        let blocks = read(&out[..len]).unwrap();
        assert_eq!(blocks.earlier, [Some((960, 12..16)), Some((1920, 9..12)), None, None]);
        assert_eq!(blocks.primary, 16..19);
    }

    #[test]
    fn cut_payloads_are_refused() {
        let whole = [0x80 | 111, 0, 0, 3, 111, 1, 2, 3, 4];
        assert!(read(&whole).is_some());
        for len in 0..whole.len() {
            assert_eq!(read(&whole[..len]), None, "{len}");
        }
        assert_eq!(read(&[0xEF; 64]), None, "headers without end");
        assert_eq!(read(&[111]), None, "nothing behind the header");
    }

    #[test]
    fn what_is_missing_too_old_or_too_long_stays_behind() {
        let long = [7; 1095];
        let frames: [(u64, u32, &[u8]); 4] = [(6, 0, b"far"), (8, 20_000, b"near"), (9, 20_960, b"a"), (10, 21_920, &long)];
        let ring = ring(&frames);
        let carried = |ext_seq: u64, since: u64| Carried::gather(&ring, ring.get(ext_seq).unwrap(), 2, since);
        assert!(carried(8, 0).is_empty(), "7 is missing, 6 too far back for 14 bits");
        assert_eq!(carried(9, 0).space(), 1 + 4 + 4);
        assert!(carried(9, 9).is_empty(), "before the slot showed this source");
        assert_eq!(carried(10, 0).space(), 1, "the primary fills the packet");
        assert!(Carried::gather(&ring, ring.get(9).unwrap(), 0, 0).is_empty());
    }
}
