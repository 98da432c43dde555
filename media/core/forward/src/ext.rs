//! RTP header extensions (RFC 8285): a peer's ids, reading what a publisher sent, writing what a subscriber gets.

use crate::rtp::Header;

const ONE_BYTE: u16 = 0xBEDE;
/// 0x100 and four application bits.
const TWO_BYTE: u16 = 0x1000;
const TWO_BYTE_MASK: u16 = 0xFFF0;
/// Longest mid or rid we keep, bytes; browsers use up to 3, SDP allows more.
pub const MAX_NAME: usize = 16;

/// The extensions we know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extension {
    /// urn:ietf:params:rtp-hdrext:sdes:mid
    Mid,
    /// urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
    Rid,
    /// urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
    RepairedRid,
    /// transport-wide-cc-extensions-01
    TransportSeq,
    /// abs-send-time
    AbsSendTime,
    /// urn:ietf:params:rtp-hdrext:ssrc-audio-level
    AudioLevel,
    /// urn:3gpp:video-orientation
    Orientation,
    /// playout-delay
    PlayoutDelay,
}

const KNOWN: usize = 8;

impl Extension {
    /// From the name used in commands.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "mid" => Self::Mid,
            "rid" => Self::Rid,
            "rrid" => Self::RepairedRid,
            "twcc" => Self::TransportSeq,
            "abs_send_time" => Self::AbsSendTime,
            "audio_level" => Self::AudioLevel,
            "orientation" => Self::Orientation,
            "playout_delay" => Self::PlayoutDelay,
            _ => return None,
        })
    }
}

/// A peer's ids, both ways.
#[derive(Clone, Default)]
pub struct ExtMap {
    ids: [u8; KNOWN],
}

/// What a packet's extensions say. Slices point into the packet.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// Media section the packet belongs to.
    pub mid: Option<&'a [u8]>,
    /// Its simulcast layer.
    pub rid: Option<&'a [u8]>,
    /// The layer that this retransmission repairs.
    pub repaired_rid: Option<&'a [u8]>,
    /// Transport-wide sequence number.
    pub transport_seq: Option<u16>,
    /// What is handed on unchanged.
    pub passed: Passed,
}

/// Values that go from the publisher to every subscriber unchanged.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Passed {
    /// V bit and level, -dBov.
    pub audio_level: Option<u8>,
    /// Camera rotation and flip.
    pub orientation: Option<u8>,
    /// Minimum and maximum playout delay.
    pub playout_delay: Option<[u8; 3]>,
}

impl ExtMap {
    /// From (extension, id) pairs; an id of 0 means absent.
    pub fn new(pairs: &[(Extension, u8)]) -> Self {
        let mut map = Self::default();
        for &(extension, id) in pairs {
            map.ids[extension as usize] = id;
        }
        map
    }

    fn id(&self, extension: Extension) -> u8 {
        self.ids[extension as usize]
    }

    /// The id to write with: one-byte form only, so 1…14.
    fn writable(&self, extension: Extension) -> Option<u8> {
        Some(self.id(extension)).filter(|id| (1..15).contains(id))
    }

    /// Read a packet's extensions. Unknown or malformed elements are skipped or end the reading.
    pub fn read<'a>(&self, header: &Header, data: &'a [u8]) -> Found<'a> {
        let mut found = Found::default();
        for (id, value) in elements(header.ext_profile, header.extension(data)) {
            self.note(&mut found, id, value);
        }
        found
    }

    fn note<'a>(&self, found: &mut Found<'a>, id: u8, value: &'a [u8]) {
        let name = || (!value.is_empty() && value.len() <= MAX_NAME).then_some(value);
        if id == self.id(Extension::TransportSeq) {
            found.transport_seq = value.first_chunk().map(|v| u16::from_be_bytes(*v));
        } else if id == self.id(Extension::AudioLevel) {
            found.passed.audio_level = value.first().copied();
        } else if id == self.id(Extension::Mid) {
            found.mid = name();
        } else if id == self.id(Extension::Rid) {
            found.rid = name();
        } else if id == self.id(Extension::RepairedRid) {
            found.repaired_rid = name();
        } else if id == self.id(Extension::Orientation) {
            found.passed.orientation = value.first().copied();
        } else if id == self.id(Extension::PlayoutDelay) {
            found.passed.playout_delay = value.first_chunk().copied();
        }
    }
}

/// The (id, value) pairs of an extension block in the one-byte or two-byte form.
pub fn elements(profile: u16, block: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let two = profile & TWO_BYTE_MASK == TWO_BYTE;
    let mut rest = if two || profile == ONE_BYTE { block } else { &[] };
    std::iter::from_fn(move || {
        while let Some((&0, after)) = rest.split_first() {
            rest = after;
        }
        let (&first, after) = rest.split_first()?;
        let (id, len, after) = if two {
            let (&len, after) = after.split_first()?;
            (first, usize::from(len), after)
        } else {
            (first >> 4, usize::from(first & 15) + 1, after)
        };
        if !two && id == 15 {
            return None;
        }
        let value = after.get(..len)?;
        rest = &after[len..];
        Some((id, value))
    })
}

/// What to write into an outgoing packet.
pub struct Outgoing<'a> {
    /// Fresh transport-wide sequence number.
    pub transport_seq: u16,
    /// 24-bit absolute send time.
    pub abs_send_time: u32,
    /// The slot's mid, while the receiver may still need it.
    pub mid: Option<&'a [u8]>,
    /// Handed on from the publisher.
    pub passed: Passed,
}

impl ExtMap {
    /// Write the extension block at the beginning of `out` (needs 64 bytes); returns its length, 0 when there is nothing to say.
    pub fn write(&self, out: &mut [u8], values: &Outgoing<'_>) -> usize {
        let mut block = Block { out, at: 4 };
        if let Some(id) = self.writable(Extension::TransportSeq) {
            block.put(id, &values.transport_seq.to_be_bytes());
        }
        if let Some(id) = self.writable(Extension::AbsSendTime) {
            block.put(id, &values.abs_send_time.to_be_bytes()[1..]);
        }
        if let (Some(id), Some(level)) = (self.writable(Extension::AudioLevel), values.passed.audio_level) {
            block.put(id, &[level]);
        }
        if let (Some(id), Some(o)) = (self.writable(Extension::Orientation), values.passed.orientation) {
            block.put(id, &[o]);
        }
        if let (Some(id), Some(delay)) = (self.writable(Extension::PlayoutDelay), values.passed.playout_delay) {
            block.put(id, &delay);
        }
        if let (Some(id), Some(mid)) = (self.writable(Extension::Mid), values.mid) {
            block.put(id, mid);
        }
        block.finish()
    }

    /// True when outgoing packets carry a transport-wide sequence number.
    pub fn sends_transport_seq(&self) -> bool {
        self.writable(Extension::TransportSeq).is_some()
    }
}

/// The longest block `write` makes: head, all extensions with the longest mid, rounding.
pub const MAX_BLOCK: usize = 4 + 3 + 4 + 2 + 2 + 4 + 1 + MAX_NAME + 3;

struct Block<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Block<'_> {
    fn put(&mut self, id: u8, value: &[u8]) {
        let end = self.at + 1 + value.len();
        if value.is_empty() || value.len() > MAX_NAME || end > self.out.len() {
            return;
        }
        self.out[self.at] = id << 4 | (value.len() - 1) as u8;
        self.out[self.at + 1..end].copy_from_slice(value);
        self.at = end;
    }

    fn finish(self) -> usize {
        if self.at == 4 {
            return 0;
        }
        let end = self.at.next_multiple_of(4);
        self.out[self.at..end].fill(0);
        self.out[..2].copy_from_slice(&ONE_BYTE.to_be_bytes());
        self.out[2..4].copy_from_slice(&((end / 4 - 1) as u16).to_be_bytes());
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_with_one_map_is_read_with_the_same() {
        let map = ExtMap::new(&[(Extension::Mid, 4), (Extension::TransportSeq, 3), (Extension::AudioLevel, 1)]);
        let mut packet = vec![0x90, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5];
        let mut block = [0; 64];
        let passed = Passed { audio_level: Some(0x8A), orientation: Some(1), playout_delay: None };
        let values = Outgoing { transport_seq: 777, abs_send_time: 5, mid: Some(b"12"), passed };
        let len = map.write(&mut block, &values);
        packet.extend_from_slice(&block[..len]);
        let header = Header::parse(&packet).unwrap();
        let found = map.read(&header, &packet);
        assert_eq!(found.transport_seq, Some(777));
        assert_eq!(found.mid, Some(&b"12"[..]));
        assert_eq!(found.passed.audio_level, Some(0x8A));
        assert_eq!(found.passed.orientation, None, "not negotiated");
        assert_eq!(len, 12);
    }

    #[test]
    fn the_two_byte_form_and_padding_are_understood() {
        let block = [0, 20, 2, 1, 2, 0, 0, 3, 0, 9, 1, 7];
        let all: Vec<_> = elements(0x1000, &block).collect();
        assert_eq!(all, [(20, &[1, 2][..]), (3, &[][..]), (9, &[7][..])]);
        assert_eq!(elements(0x1234, &block).count(), 0);
        assert_eq!(elements(ONE_BYTE, &[0xF0, 1, 0x10, 2]).count(), 0, "id 15 ends the block");
    }
}
