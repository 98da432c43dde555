//! Sealed packets kept for a while, to be sent once more as they were. Sound has no stream for retransmissions: what a receiver
//! asks for again goes out byte for byte, so its index never seals two contents (RFC 3711 §9.1, RFC 7714 §8.1).

/// Packets kept of one slot: 1.3 s at 20 ms.
const KEPT: usize = 64;

struct Sealed {
    seq: u64,
    transport_seq: u16,
    data: Vec<u8>,
}

/// The last sealed packets of a slot. Kept only from its first request on: a line that loses nothing costs nothing.
#[derive(Default)]
pub struct Resends {
    kept: Vec<Sealed>,
    wanted: bool,
}

impl Resends {
    /// Somebody asked: keep packets from now on.
    pub fn begin(&mut self) {
        self.wanted = true;
    }

    /// A packet was sealed.
    pub fn keep(&mut self, seq: u64, transport_seq: u16, data: &[u8]) {
        if !self.wanted {
            return;
        }
        if self.kept.is_empty() {
            self.kept.resize_with(KEPT, || Sealed { seq: 0, transport_seq: 0, data: Vec::new() });
        }
        let place = &mut self.kept[(seq % KEPT as u64) as usize];
        if place.seq <= seq {
            (place.seq, place.transport_seq) = (seq, transport_seq);
            place.data.clear();
            place.data.extend_from_slice(data);
        }
    }

    /// The packet sent as `seq` with its transport-wide number, while it is kept.
    pub fn get(&self, seq: u64) -> Option<(&[u8], u16)> {
        let place = self.kept.get((seq % KEPT as u64) as usize)?;
        (place.seq == seq && !place.data.is_empty()).then_some((&place.data[..], place.transport_seq))
    }

    /// Forget what was sent; go on keeping.
    pub fn clear(&mut self) {
        self.kept.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_kept_from_the_first_request_on_and_only_the_last_ones() {
        let mut r = Resends::default();
        r.keep(1000, 1, b"before");
        assert_eq!(r.get(1000), None);
        r.begin();
        for seq in 1001..1101 {
            r.keep(seq, seq as u16 + 5, &seq.to_be_bytes());
        }
        assert_eq!(r.get(1100), Some((&1100u64.to_be_bytes()[..], 1105)));
        assert!(r.get(1037).is_some());
        assert_eq!(r.get(1036), None, "64 later ones came");
        r.keep(1036, 0, b"late");
        assert_eq!(r.get(1036), None, "does not push out a newer one");
        r.clear();
        assert_eq!(r.get(1100), None);
    }
}
