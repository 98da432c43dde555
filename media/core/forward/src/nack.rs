//! Which packets of a layer are missing and when to ask for them again: at once, then every 50 ms, 8 times, for a second;
//! sound, which is late sooner, twice a round trip for 300 ms.

use crate::Micros;
use std::collections::VecDeque;

const MAX_TRIES: u8 = 8;
/// A round trip nobody measured is taken for this long.
const UNKNOWN_RTT_US: Micros = 60_000;
/// More missing than this is an outage, which only a keyframe mends.
const MAX_MISSING: usize = 256;
/// Numbers in one request (each pair of bytes pairs names up to 17; we count single numbers).
pub const MAX_REQUEST: usize = 128;

/// How a medium is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two requests for one packet.
    interval_us: Micros,
    /// After this it would come too late.
    give_up_us: Micros,
}

impl Pace {
    /// Picture: a receiver can wait for it, everything after it depends on it.
    pub const VIDEO: Self = Self { interval_us: 50_000, give_up_us: 1_000_000 };

    /// Sound: twice a round trip, for a request may be lost as well; browsers answer once a round trip.
    pub fn audio(rtt_us: Option<u64>) -> Self {
        Self { interval_us: (rtt_us.unwrap_or(UNKNOWN_RTT_US) / 2).clamp(20_000, 100_000), give_up_us: 300_000 }
    }
}

struct Missing {
    ext_seq: u64,
    since_us: Micros,
    asked_us: Micros,
    tries: u8,
}

/// What is missing of one layer.
#[derive(Default)]
pub struct Nacks {
    highest: Option<u64>,
    missing: VecDeque<Missing>,
}

impl Nacks {
    /// A packet came (original or retransmitted). True: the gap is too large to mend; ask for a keyframe.
    pub fn on_packet(&mut self, ext_seq: u64, now: Micros) -> bool {
        let Some(highest) = self.highest else {
            self.highest = Some(ext_seq);
            return false;
        };
        if ext_seq <= highest {
            if let Ok(at) = self.missing.binary_search_by_key(&ext_seq, |m| m.ext_seq) {
                self.missing.remove(at);
            }
            return false;
        }
        self.highest = Some(ext_seq);
        let gap = (ext_seq - highest - 1) as usize;
        if gap > MAX_MISSING {
            self.missing.clear();
            return true;
        }
        let missing = |ext_seq| Missing { ext_seq, since_us: now, asked_us: 0, tries: 0 };
        self.missing.extend((highest + 1..ext_seq).map(missing));
        let excess = self.missing.len().saturating_sub(MAX_MISSING);
        self.missing.drain(..excess);
        false
    }

    /// True when this number was asked for: what comes now was lost before.
    pub fn was_asked(&self, ext_seq: u64) -> bool {
        let found = self.missing.binary_search_by_key(&ext_seq, |m| m.ext_seq);
        found.is_ok_and(|at| self.missing[at].tries > 0)
    }

    /// True when something is missing.
    pub fn is_waiting(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Put the numbers to ask for now into `out`, ascending, at most [`MAX_REQUEST`].
    pub fn due(&mut self, pace: Pace, now: Micros, out: &mut Vec<u16>) {
        self.missing.retain(|m| m.tries < MAX_TRIES && now.saturating_sub(m.since_us) < pace.give_up_us);
        for m in self.missing.iter_mut().filter(|m| m.tries == 0 || now >= m.asked_us + pace.interval_us).take(MAX_REQUEST) {
            m.tries += 1;
            m.asked_us = now;
            out.push(m.ext_seq as u16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(n: &mut Nacks, now: Micros) -> Vec<u16> {
        let mut out = Vec::new();
        n.due(Pace::VIDEO, now, &mut out);
        out
    }

    #[test]
    fn a_gap_is_asked_for_at_once_then_every_50_ms_until_filled() {
        let mut n = Nacks::default();
        n.on_packet(65_534, 0);
        n.on_packet(65_538, 0);
        assert_eq!(due(&mut n, 0), [65_535, 0, 1]);
        assert!(due(&mut n, 49_000).is_empty());
        n.on_packet(65_536, 49_500);
        assert_eq!(due(&mut n, 50_000), [65_535, 1]);
    }

    #[test]
    fn asking_stops_after_eight_tries_or_a_second() {
        let mut n = Nacks::default();
        n.on_packet(1, 0);
        n.on_packet(3, 0);
        let asked = (0..100).filter(|i| !due(&mut n, i * 50_000).is_empty()).count();
        assert_eq!(asked, 8);
        assert!(!n.is_waiting());
        n.on_packet(5, 10_000_000);
        assert!(due(&mut n, 11_000_000).is_empty());
    }

    #[test]
    fn sound_is_asked_for_twice_a_round_trip_while_it_can_still_be_heard() {
        let mut n = Nacks::default();
        n.on_packet(1, 0);
        n.on_packet(3, 0);
        let mut asked = Vec::new();
        for ms in (0..1000).step_by(10) {
            let mut out = Vec::new();
            n.due(Pace::audio(Some(80_000)), ms * 1000, &mut out);
            asked.extend(out.iter().map(|_| ms));
        }
        assert_eq!(asked, [0, 40, 80, 120, 160, 200, 240, 280]);
        n.on_packet(5, 2_000_000);
        assert!(!n.was_asked(4));
        n.due(Pace::audio(None), 2_000_000, &mut Vec::new());
        assert!(n.was_asked(4));
    }

    #[test]
    fn an_outage_wants_a_keyframe_instead() {
        let mut n = Nacks::default();
        n.on_packet(1, 0);
        assert!(n.on_packet(1000, 0));
        assert!(!n.is_waiting());
    }
}
