//! RTP headers (RFC 3550 §5.1) and what a datagram is (RFC 7983).

/// What the first bytes of a datagram say it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// 0…3.
    Stun,
    /// 20…63.
    Dtls,
    /// 128…191, second byte not 192…223.
    Rtp,
    /// 128…191, second byte 192…223 (RFC 5761 §4).
    Rtcp,
    /// Nothing we take.
    Other,
}

/// Tell the protocols on one port apart.
pub fn sort_of(data: &[u8]) -> Sort {
    match (data.first(), data.get(1)) {
        (Some(0..=3), _) => Sort::Stun,
        (Some(20..=63), _) => Sort::Dtls,
        (Some(128..=191), Some(192..=223)) => Sort::Rtcp,
        (Some(128..=191), Some(_)) => Sort::Rtp,
        _ => Sort::Other,
    }
}

/// The fixed header and where things are. Offsets are inside the packet it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// End of a talk spurt's or picture's packets.
    pub marker: bool,
    /// Payload type.
    pub pt: u8,
    /// Sequence number.
    pub seq: u16,
    /// Timestamp in clock ticks.
    pub ts: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Bytes before the payload, extensions included.
    pub len: usize,
    /// The last payload byte counts padding bytes.
    pub padded: bool,
    /// Extension profile; 0 when there is none.
    pub ext_profile: u16,
    /// Where the extension's elements begin; they end at `len`.
    pub ext_at: usize,
}

impl Header {
    /// Read a header; None when the packet is too short for what it says.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let fixed: &[u8; 12] = data.first_chunk()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut header = Self {
            marker: fixed[1] & 0x80 != 0,
            pt: fixed[1] & 0x7F,
            seq: u16::from_be_bytes([fixed[2], fixed[3]]),
            ts: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            len: 12 + 4 * usize::from(fixed[0] & 0x0F),
            padded: fixed[0] & 0x20 != 0,
            ext_profile: 0,
            ext_at: 0,
        };
        if fixed[0] & 0x10 != 0 {
            let head = data.get(header.len..header.len + 4)?;
            header.ext_profile = u16::from_be_bytes([head[0], head[1]]);
            header.ext_at = header.len + 4;
            header.len = header.ext_at + 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
        }
        (header.len <= data.len()).then_some(header)
    }

    /// The extension's elements.
    pub fn extension<'a>(&self, data: &'a [u8]) -> &'a [u8] {
        if self.ext_at == 0 { &[] } else { data.get(self.ext_at..self.len).unwrap_or(&[]) }
    }

    /// Length of the packet without its padding; None when the padding is longer than the payload. `data` is plaintext.
    pub fn unpadded_len(&self, data: &[u8]) -> Option<usize> {
        if !self.padded {
            return Some(data.len());
        }
        let padding = usize::from(*data.get(self.len..)?.last()?);
        (padding > 0).then(|| data.len().checked_sub(padding)).flatten().filter(|&end| end >= self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_with_contributors_extension_and_padding() {
        let mut p = vec![0xB1, 0xE0, 0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 7, 1, 1, 1, 1, 0xBE, 0xDE, 0, 1, 0x10, 0xFF, 0, 0];
        p.extend_from_slice(&[5, 5, 5, 0, 2]);
        let h = Header::parse(&p).unwrap();
        assert_eq!((h.marker, h.pt, h.seq, h.ts, h.ssrc, h.len), (true, 96, 0x1234, 9, 7, 24));
        assert_eq!(h.extension(&p), [0x10, 0xFF, 0, 0]);
        assert_eq!(h.unpadded_len(&p), Some(27));
        *p.last_mut().unwrap() = 6;
        assert_eq!(h.unpadded_len(&p), None);
        assert_eq!(Header::parse(&p[..20]), None);
    }

    #[test]
    fn one_port_carries_four_protocols() {
        assert_eq!(sort_of(&[0, 1]), Sort::Stun);
        assert_eq!(sort_of(&[22, 254]), Sort::Dtls);
        assert_eq!(sort_of(&[0x80, 96]), Sort::Rtp);
        assert_eq!(sort_of(&[0x81, 206]), Sort::Rtcp);
        assert_eq!(sort_of(&[64, 0]), Sort::Other);
        assert_eq!(sort_of(&[0x80]), Sort::Other);
    }
}
