//! Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): arrivals of what a peer
//! sends us are written back to it; what a peer writes about ours is read.

use crate::Micros;
use crate::rtcp::{RTPFB, TWCC, finish, header};
use crate::window::extend;

/// Arrivals kept, packets; half of it may wait to be reported (1 s at 500 packets/s), older ones count as reported.
const KEPT: u64 = 1024;
/// Bits of a time in a kept arrival; the 16 above hold the number. 48 bits of microseconds last nine years.
const TIME_BITS: u32 = 48;
/// Packets in one feedback: its body stays below 1100 B even if every delta takes two bytes.
const MAX_REPORTED: u64 = 400;
/// A delta's unit.
const TICK_US: u64 = 250;
/// Ticks in a unit of the reference time (64 ms).
const REFERENCE_TICKS: u64 = 256;
/// The reference time has 24 bits of 64 ms: after this the receiver's time begins anew.
pub const REFERENCE_PERIOD_US: i64 = (1 << 24) * REFERENCE_TICKS as i64 * TICK_US as i64;
/// Statuses that one packet may claim, a bound on the work it can cause.
const MAX_STATUSES: usize = 2048;

/// When a peer's packets came.
#[derive(Default)]
pub struct Arrivals {
    /// Number and time, addressed by number; time 0 = empty.
    at: Vec<u64>,
    newest: Option<u64>,
    /// The first number not reported yet.
    next: u64,
    count: u8,
}

impl Arrivals {
    /// A packet with this transport-wide number came. Memory is taken at the first.
    pub fn on_packet(&mut self, seq: u16, now: Micros) {
        if self.at.is_empty() {
            self.at = vec![0; KEPT as usize];
        }
        let near = self.newest.unwrap_or(1 << 16 | u64::from(seq));
        let Some(ext) = extend(near, seq) else { return };
        if self.newest.is_none() {
            self.next = ext;
        }
        let newest = near.max(ext);
        self.newest = Some(newest);
        if newest - ext >= KEPT / 2 {
            return;
        }
        // A number reported as missing that comes late is reported again.
        self.next = self.next.min(ext).max((newest + 1).saturating_sub(KEPT / 2));
        if self.arrival(ext).is_none() {
            let time = now.max(1) & ((1 << TIME_BITS) - 1);
            self.at[(ext % KEPT) as usize] = (ext & 0xFFFF) << TIME_BITS | time;
        }
    }

    /// Append one feedback packet about what came since the last; false when there is nothing to say.
    pub fn write_feedback(&mut self, out: &mut Vec<u8>, sender: u32, media: u32) -> bool {
        let Some(newest) = self.newest.filter(|&n| n >= self.next) else { return false };
        let Some(first) = (self.next..=newest).find(|&s| self.arrival(s).is_some()) else { return false };
        let base = self.next;
        let last = newest.min(base.max(first.saturating_sub(MAX_REPORTED / 2)) + MAX_REPORTED - 1);
        let base = base.max(first.saturating_sub(MAX_REPORTED / 2));
        let reference = self.arrival(first).unwrap_or(0) / TICK_US / REFERENCE_TICKS;
        let (statuses, deltas) = self.statuses(base, last, reference * REFERENCE_TICKS);
        let start = out.len();
        header(out, TWCC, RTPFB, 0);
        out.extend_from_slice(&sender.to_be_bytes());
        out.extend_from_slice(&media.to_be_bytes());
        out.extend_from_slice(&(base as u16).to_be_bytes());
        out.extend_from_slice(&(statuses.len() as u16).to_be_bytes());
        out.extend_from_slice(&((reference as u32) << 8 | u32::from(self.count)).to_be_bytes());
        write_chunks(out, &statuses);
        write_deltas(out, &deltas);
        pad(out, start);
        self.count = self.count.wrapping_add(1);
        self.next = base + statuses.len() as u64;
        true
    }

    /// Statuses (0 missing, 1 small, 2 large delta) of `base ..= last` and the deltas; ends before a delta that cannot be written.
    fn statuses(&self, base: u64, last: u64, reference_ticks: u64) -> (Vec<u8>, Vec<i16>) {
        let (mut statuses, mut deltas) = (Vec::new(), Vec::new());
        let mut before = reference_ticks as i64;
        for seq in base..=last {
            let Some(at) = self.arrival(seq) else {
                statuses.push(0);
                continue;
            };
            let ticks = (at / TICK_US) as i64;
            let Ok(delta) = i16::try_from(ticks - before) else { break };
            statuses.push(if (0..=255).contains(&delta) { 1 } else { 2 });
            deltas.push(delta);
            before = ticks;
        }
        (statuses, deltas)
    }

    fn arrival(&self, seq: u64) -> Option<Micros> {
        let kept = *self.at.get((seq % KEPT) as usize)?;
        let (number, at) = (kept >> TIME_BITS, kept & ((1 << TIME_BITS) - 1));
        (number == seq & 0xFFFF && at != 0).then_some(at)
    }
}

/// Runs of seven or more as run length chunks, the rest as vectors of seven two-bit symbols.
fn write_chunks(out: &mut Vec<u8>, mut statuses: &[u8]) {
    while let Some(&first) = statuses.first() {
        let run = statuses.iter().take_while(|&&s| s == first).count().min(0x1FFF);
        let (chunk, taken) = if run >= 7 {
            (u16::from(first) << 13 | run as u16, run)
        } else {
            let taken = statuses.len().min(7);
            let symbols = (0..7).fold(0u16, |bits, i| bits << 2 | u16::from(*statuses.get(i).unwrap_or(&0)));
            (0xC000 | symbols, taken)
        };
        out.extend_from_slice(&chunk.to_be_bytes());
        statuses = &statuses[taken..];
    }
}

fn write_deltas(out: &mut Vec<u8>, deltas: &[i16]) {
    for &delta in deltas {
        match u8::try_from(delta) {
            Ok(small) => out.push(small),
            Err(_) => out.extend_from_slice(&delta.to_be_bytes()),
        }
    }
}

/// RTCP padding to whole words: the last byte counts, the P bit says so.
fn pad(out: &mut Vec<u8>, start: usize) {
    let missing = (4 - out.len() % 4) % 4;
    if missing > 0 {
        out.resize(out.len() + missing - 1, 0);
        out.push(missing as u8);
        out[start] |= 0x20;
    }
    finish(out, start);
}

/// What a feedback packet says of one of our packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its transport-wide number.
    pub seq: u16,
    /// When it arrived, in the receiver's own time; None: it did not.
    pub arrival_us: Option<i64>,
}

/// Read a feedback body (after both SSRCs); None when malformed. `out` is overwritten.
pub fn read_feedback(fci: &[u8], out: &mut Vec<Report>) -> Option<()> {
    out.clear();
    let head: &[u8; 8] = fci.first_chunk()?;
    let base = u16::from_be_bytes([head[0], head[1]]);
    let count = usize::from(u16::from_be_bytes([head[2], head[3]]));
    if count > MAX_STATUSES {
        return None;
    }
    let reference = i64::from(u32::from_be_bytes([0, head[4], head[5], head[6]]));
    let mut rest = &fci[8..];
    let mut statuses = Vec::with_capacity(count);
    while statuses.len() < count {
        let chunk = u16::from_be_bytes(*rest.first_chunk()?);
        rest = &rest[2..];
        match chunk >> 14 {
            0 | 1 => statuses.extend(std::iter::repeat_n((chunk >> 13 & 3) as u8, usize::from(chunk & 0x1FFF).min(count))),
            2 => statuses.extend((0..14).rev().map(|bit| (chunk >> bit & 1) as u8)),
            _ => statuses.extend((0..7).rev().map(|pair| (chunk >> (2 * pair) & 3) as u8)),
        }
        if chunk >> 13 < 4 && chunk & 0x1FFF == 0 {
            return None;
        }
    }
    let mut ticks = reference * REFERENCE_TICKS as i64;
    for (i, status) in statuses.into_iter().take(count).enumerate() {
        let arrival_us = match status {
            1 => {
                let (&delta, after) = rest.split_first()?;
                rest = after;
                ticks += i64::from(delta);
                Some(ticks * TICK_US as i64)
            }
            2 => {
                ticks += i64::from(i16::from_be_bytes(*rest.first_chunk()?));
                rest = &rest[2..];
                Some(ticks * TICK_US as i64)
            }
            _ => None,
        };
        out.push(Report { seq: base.wrapping_add(i as u16), arrival_us });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};

    fn feedback(a: &mut Arrivals) -> Vec<Report> {
        let mut out = Vec::new();
        assert!(a.write_feedback(&mut out, 1, 2));
        let Some(Packet::Transport { fci }) = packets(&out).next() else { panic!("{out:?}") };
        let mut reports = Vec::new();
        read_feedback(fci, &mut reports).unwrap();
        reports
    }

    #[test]
    fn arrivals_are_read_back_to_the_quarter_millisecond() {
        let mut a = Arrivals::default();
        let mut sent = Vec::new();
        for i in 0..59u64 {
            let (seq, at) = (65_500u16.wrapping_add(i as u16), 5_000_000_000 + i * i * 700);
            if i % 7 != 3 && !(20..34).contains(&i) {
                a.on_packet(seq, at);
                sent.push((seq, at));
            }
        }
        let reports = feedback(&mut a);
        assert_eq!(reports.len(), 59);
        let got: Vec<_> = reports.iter().filter_map(|r| r.arrival_us.map(|at| (r.seq, at))).collect();
        assert_eq!(got.len(), sent.len());
        let offset = got[0].1 - sent[0].1 as i64;
        for (g, s) in got.iter().zip(&sent) {
            assert_eq!(g.0, s.0);
            assert!((g.1 - offset - s.1 as i64).abs() <= 250);
        }
        assert!(!a.write_feedback(&mut Vec::new(), 1, 2), "nothing new");
    }

    #[test]
    fn a_late_packet_is_reported_again() {
        let mut a = Arrivals::default();
        a.on_packet(10, 1_000_000);
        a.on_packet(12, 1_010_000);
        assert_eq!(feedback(&mut a)[1], Report { seq: 11, arrival_us: None });
        a.on_packet(11, 1_020_000);
        let again = feedback(&mut a);
        assert_eq!(again[0].seq, 11);
        assert!(again[0].arrival_us.is_some());
    }

    #[test]
    fn a_pause_longer_than_a_delta_is_told_in_two_packets() {
        let mut a = Arrivals::default();
        a.on_packet(1, 1_000_000);
        a.on_packet(2, 20_000_000);
        assert_eq!(feedback(&mut a).len(), 1);
        assert_eq!(feedback(&mut a).len(), 1);
    }

    #[test]
    fn a_jump_or_a_flood_stays_small() {
        let mut a = Arrivals::default();
        let mut x = 1u64;
        for i in 0..50_000u64 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            a.on_packet((x >> 40) as u16, 1 + i * 100);
            if i % 50 == 0 {
                let mut out = Vec::new();
                a.write_feedback(&mut out, 1, 2);
                assert!(out.len() < 1200, "{}", out.len());
            }
        }
    }
}
