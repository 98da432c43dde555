//! Reception statistics of one incoming stream, as receiver reports want them (RFC 3550 §6.4.1, appendix A.3 and A.8).

use crate::Micros;

/// A sender report as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// 32.32 seconds since 1900.
    pub ntp: u64,
    /// The same moment in RTP time.
    pub rtp: u32,
    /// When it came.
    pub at_us: Micros,
}

/// A report block's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportBlock {
    /// Whom it is about.
    pub ssrc: u32,
    /// Lost since the last report, of 256.
    pub fraction_lost: u8,
    /// Lost since the beginning, 24 bits signed.
    pub lost: i32,
    /// Highest extended sequence number.
    pub highest: u32,
    /// Clock ticks.
    pub jitter: u32,
    /// Middle 32 bits of the last sender report's NTP time.
    pub lsr: u32,
    /// Since then, 1/65536 s.
    pub dlsr: u32,
}

/// Running statistics.
#[derive(Default)]
pub struct Reception {
    first: Option<u64>,
    highest: u64,
    received: u64,
    last_expected: u64,
    last_received: u64,
    last_transit: Option<i64>,
    /// Ticks × 16, as in appendix A.8.
    jitter_x16: u32,
}

impl Reception {
    /// An original (not retransmitted) packet came.
    pub fn on_packet(&mut self, ext_seq: u64, ts: u32, clock_hz: u32, now: Micros) {
        let first = *self.first.get_or_insert(ext_seq);
        if ext_seq < first {
            self.first = Some(ext_seq);
        }
        self.received += 1;
        self.highest = self.highest.max(ext_seq);
        let arrival = (u128::from(now) * u128::from(clock_hz) / 1_000_000) as u32;
        let transit = i64::from(arrival.wrapping_sub(ts) as i32);
        if let Some(last) = self.last_transit.replace(transit) {
            let d = (transit - last).unsigned_abs().min(u64::from(clock_hz) * 8) as u32;
            self.jitter_x16 = self.jitter_x16 + d - ((self.jitter_x16 + 8) >> 4);
        }
    }

    /// Packets never received so far.
    pub fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }

    fn expected(&self) -> u64 {
        self.first.map_or(0, |first| self.highest - first + 1)
    }

    /// The block for the next report; None before the first packet.
    pub fn report(&mut self, ssrc: u32, sr: Option<&SenderReport>, now: Micros) -> Option<ReportBlock> {
        self.first?;
        let expected = self.expected();
        let interval = expected.saturating_sub(self.last_expected);
        let lost = interval.saturating_sub(self.received - self.last_received);
        self.last_expected = expected;
        self.last_received = self.received;
        let (lsr, dlsr) = sr.map_or((0, 0), |sr| {
            let since = u128::from(now.saturating_sub(sr.at_us));
            ((sr.ntp >> 16) as u32, (since * 65_536 / 1_000_000).min(u128::from(u32::MAX)) as u32)
        });
        Some(ReportBlock {
            ssrc,
            fraction_lost: (lost * 256).checked_div(interval).unwrap_or(0).min(255) as u8,
            lost: (expected as i64 - self.received as i64).clamp(-0x80_0000, 0x7F_FFFF) as i32,
            highest: self.highest as u32,
            jitter: self.jitter_x16 >> 4,
            lsr,
            dlsr,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_lost_is_reported_as_64_of_256() {
        let mut r = Reception::default();
        for seq in (100..200u64).filter(|s| s % 4 != 3) {
            r.on_packet(seq, seq as u32 * 960, 48_000, seq * 20_000);
        }
        r.on_packet(200, 200 * 960, 48_000, 4_000_000);
        let sr = SenderReport { ntp: 0x1234_5678_9ABC_DEF0, rtp: 0, at_us: 3_500_000 };
        let block = r.report(7, Some(&sr), 4_000_000).unwrap();
        assert_eq!((block.lost, block.fraction_lost, block.highest, block.jitter), (25, 63, 200, 0));
        assert_eq!((block.lsr, block.dlsr), (0x5678_9ABC, 32_768));
        assert_eq!(r.report(7, None, 5_000_000).unwrap().fraction_lost, 0);
    }
}
