//! What a synthetic packet says of itself: which stream, which packet, sent when. It stands early in the payload, after the codec's own header.

/// Stands first, so that it can be found.
const MAGIC: [u8; 8] = *b"gdload01";
/// Bytes of a mark.
pub const LEN: usize = 22;
/// A mark is looked for in so many payload bytes: VP8's descriptor (RFC 7741) and frame header, and an RTX number, stand before it.
const WITHIN: usize = 32;

/// A mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Which stream of the load.
    pub stream: u16,
    /// Counts the stream's packets.
    pub count: u32,
    /// Unix nanoseconds when it left.
    pub sent_ns: u64,
}

impl Mark {
    /// As bytes.
    pub fn to_bytes(self) -> [u8; LEN] {
        let mut out = [0; LEN];
        out[..8].copy_from_slice(&MAGIC);
        out[8..16].copy_from_slice(&self.sent_ns.to_be_bytes());
        out[16..20].copy_from_slice(&self.count.to_be_bytes());
        out[20..].copy_from_slice(&self.stream.to_be_bytes());
        out
    }

    /// Find it in a payload.
    pub fn find(payload: &[u8]) -> Option<Self> {
        let head = &payload[..payload.len().min(WITHIN + LEN)];
        let at = head.windows(MAGIC.len()).position(|w| w == MAGIC)?;
        let mark: &[u8; LEN] = head[at..].first_chunk()?;
        Some(Self {
            sent_ns: u64::from_be_bytes(mark[8..16].try_into().ok()?),
            count: u32::from_be_bytes(mark[16..20].try_into().ok()?),
            stream: u16::from_be_bytes(mark[20..].try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_behind_any_descriptor() {
        let mark = Mark { stream: 3, count: 70_000, sent_ns: 1_700_000_000_000_000_001 };
        for before in 0..=WITHIN {
            let mut payload = vec![b'g'; before];
            payload.extend_from_slice(&mark.to_bytes());
            payload.extend_from_slice(&[7; 40]);
            assert_eq!(Mark::find(&payload), Some(mark), "{before}");
            assert_eq!(Mark::find(&payload[..before + LEN - 1]), None);
        }
        assert_eq!(Mark::find(&[]), None);
    }
}
