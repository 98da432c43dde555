//! What was sent under which transport-wide number, until the receiver has spoken about it.

use crate::Micros;

/// Sent packets remembered: 2 s at 1000 packets/s. Feedback about older ones is ignored.
const KEPT: usize = 2048;

/// What is known of a sent packet's fate.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
enum Fate {
    /// No such packet, or its fate was told.
    #[default]
    Settled,
    /// Nothing was said yet.
    Waiting,
    /// Reported as missing; it may come late.
    Missing,
}

/// A sent packet in 12 bytes: there are many.
#[derive(Clone, Copy, Default)]
struct Entry {
    /// The low 32 bits of the time: 71 minutes.
    at_us: u32,
    seq: u16,
    bytes: u16,
    fate: Fate,
    cluster: u8,
}

/// A packet whose fate is told for the first time, or anew after it was missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// When it was sent.
    pub sent_us: Micros,
    /// Its size on the wire.
    pub bytes: u64,
    /// The probe it belongs to; 0 none.
    pub cluster: u8,
    /// It had been reported missing before.
    pub was_missing: bool,
}

/// Sent packets by number.
#[derive(Default)]
pub struct History {
    next_seq: u16,
    entries: Vec<Entry>,
}

impl History {
    /// The number of the next packet. It is used up by `on_sent` only: a number nobody sent would look like a loss.
    pub fn next_seq(&self) -> u16 {
        self.next_seq
    }

    /// Nothing was sent yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The packet with the next number went out. Memory is taken at the first.
    pub fn on_sent(&mut self, bytes: usize, cluster: u8, now: Micros) {
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        if self.entries.is_empty() {
            self.entries = vec![Entry::default(); KEPT];
        }
        let bytes = bytes.min(usize::from(u16::MAX)) as u16;
        self.entries[usize::from(seq) % KEPT] = Entry { at_us: now as u32, seq, bytes, fate: Fate::Waiting, cluster };
    }

    /// The receiver got it; None when that is no news.
    pub fn take_arrived(&mut self, seq: u16, now: Micros) -> Option<Known> {
        let entry = self.find(seq)?;
        let was_missing = entry.fate == Fate::Missing;
        entry.fate = Fate::Settled;
        Some(entry.known(was_missing, now))
    }

    /// The receiver misses it; None when that is no news.
    pub fn take_missing(&mut self, seq: u16, now: Micros) -> Option<Known> {
        let entry = self.find(seq).filter(|e| e.fate == Fate::Waiting)?;
        entry.fate = Fate::Missing;
        Some(entry.known(false, now))
    }

    /// Nothing that is told of it any more counts.
    pub fn settle(&mut self, seq: u16) {
        if let Some(entry) = self.find(seq) {
            entry.fate = Fate::Settled;
        }
    }

    fn find(&mut self, seq: u16) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(usize::from(seq) % KEPT)?;
        (entry.seq == seq && entry.fate != Fate::Settled).then_some(entry)
    }
}

impl Entry {
    fn known(&self, was_missing: bool, now: Micros) -> Known {
        let since_us = u64::from((now as u32).wrapping_sub(self.at_us));
        Known { sent_us: now.saturating_sub(since_us), bytes: u64::from(self.bytes), cluster: self.cluster, was_missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_told_of_once_and_may_come_late() {
        let mut h = History::default();
        (0..70_000u64).for_each(|i| h.on_sent(100, 0, 5_000_000_000 + i));
        let now = 5_000_100_000;
        let newest = 69_999u64 as u16;
        assert!(h.take_missing(newest, now).is_some());
        assert!(h.take_missing(newest, now).is_none());
        let late = h.take_arrived(newest, now).unwrap();
        assert!(late.was_missing && late.sent_us == 5_000_069_999);
        assert!(h.take_arrived(newest, now).is_none());
        assert!(h.take_arrived(newest.wrapping_sub(3000), now).is_none(), "forgotten");
    }
}
