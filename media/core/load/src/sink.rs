//! What one peer receives: every packet is opened and counted; receiver reports, REMB and transport-wide feedback go back.

use crate::Clock;
use crate::mark::Mark;
use crate::tally::Tally;
use forward::Micros;
use forward::ext::{ExtMap, Extension};
use forward::nack::{Nacks, Pace};
use forward::reception::Reception;
use forward::rtcp;
use forward::rtp::Header;
use forward::srtp::{Inbound, Refusal};
use forward::twcc::Arrivals;

const REPORT_EVERY_US: Micros = 1_000_000;
const FEEDBACK_EVERY_US: Micros = 100_000;
const NACK_EVERY_US: Micros = 20_000;
/// Video's clock; for audio the jitter reported is not in its ticks, which no relay minds.
const CLOCK_HZ: u32 = 90_000;

/// How a peer listens.
#[derive(Clone, Copy, Default)]
pub struct Manner {
    /// Bits per second claimed by REMB each second; 0: none.
    pub remb_bps: u64,
    /// Header extension of transport-wide numbers, 1 to 14; 0: no feedback.
    pub twcc_id: u8,
    /// Ask for missing packets.
    pub nack: bool,
    /// Payload type of retransmissions and padding; 0: none.
    pub rtx_pt: u8,
}

struct Heard {
    ssrc: u32,
    is_repair: bool,
    reception: Reception,
    nacks: Nacks,
}

/// One peer's receiving half.
pub struct Sink {
    manner: Manner,
    extensions: ExtMap,
    own_ssrc: u32,
    heard: Vec<Heard>,
    arrivals: Arrivals,
    report_at: Micros,
    feedback_at: Micros,
    nack_at: Micros,
    /// When the first marked packet came; 0: none yet.
    pub first_at: Micros,
    /// Marked packets ever.
    pub packets: u64,
}

impl Sink {
    /// `own_ssrc`: whom its reports come from; spreads reports of many peers over the second, too.
    pub fn new(manner: Manner, own_ssrc: u32) -> Self {
        let extensions = ExtMap::new(&[(Extension::TransportSeq, manner.twcc_id)]);
        Self {
            manner,
            extensions,
            own_ssrc,
            heard: Vec::new(),
            arrivals: Arrivals::default(),
            report_at: 0,
            feedback_at: 0,
            nack_at: 0,
            first_at: 0,
            packets: 0,
        }
    }

    /// An RTP packet came; `data` is opened in place. `arrival_ns`: Unix nanoseconds by the kernel.
    pub fn on_rtp(&mut self, data: &mut [u8], keys: &mut Inbound, clock: Clock, arrival_ns: u64, tally: &mut Tally) {
        let bytes = data.len();
        let Some(header) = Header::parse(data) else {
            tally.bad += 1;
            return;
        };
        let (len, index) = match keys.open_rtp(data, header.len, header.ssrc, header.seq) {
            Ok(opened) => opened,
            Err(Refusal::Replay) => return tally.duplicates += 1,
            Err(_) => return tally.bad += 1,
        };
        if self.manner.twcc_id != 0
            && let Some(seq) = self.extensions.read(&header, data).transport_seq
        {
            // Sockets are read now and then; what counts is when the kernel had the packet.
            let since_us = clock.wall_ns.saturating_sub(arrival_ns) / 1000;
            self.arrivals.on_packet(seq, clock.now.saturating_sub(since_us));
        }
        let is_repair = self.manner.rtx_pt != 0 && header.pt == self.manner.rtx_pt;
        let heard = self.heard(header.ssrc, is_repair);
        heard.reception.on_packet(index, header.ts, CLOCK_HZ, clock.now);
        if is_repair {
            tally.repairs += 1;
            return;
        }
        heard.nacks.on_packet(index, clock.now);
        let Some(mark) = Mark::find(&data[header.len..len]) else {
            tally.unparsed += 1;
            return;
        };
        if self.packets == 0 {
            self.first_at = clock.now;
        }
        self.packets += 1;
        tally.arrive(mark, bytes, arrival_ns);
    }

    /// Packets missing in the sequences received so far.
    pub fn gaps(&self) -> u64 {
        self.heard.iter().filter(|h| !h.is_repair).map(|h| h.reception.lost()).sum()
    }

    /// Append what is due to a compound; when to come back.
    pub fn report(&mut self, clock: Clock, out: &mut Vec<u8>) -> Micros {
        if self.heard.is_empty() {
            return clock.now + FEEDBACK_EVERY_US;
        }
        if clock.now >= self.report_at {
            // The first one comes somewhere in the first second, so that those of many peers do not come together.
            let wait = if self.report_at == 0 { Micros::from(self.own_ssrc) % REPORT_EVERY_US } else { REPORT_EVERY_US };
            self.report_at = clock.now + wait;
            self.write_report(clock.now, out);
        }
        if self.manner.twcc_id != 0 && clock.now >= self.feedback_at {
            self.feedback_at = clock.now + FEEDBACK_EVERY_US;
            while self.arrivals.write_feedback(out, self.own_ssrc, self.heard[0].ssrc) && out.len() < 1000 {}
        }
        if self.manner.nack && clock.now >= self.nack_at {
            self.nack_at = clock.now + NACK_EVERY_US;
            self.write_nacks(clock.now, out);
        }
        let nack_at = if self.manner.nack { self.nack_at } else { Micros::MAX };
        let feedback_at = if self.manner.twcc_id != 0 { self.feedback_at } else { Micros::MAX };
        self.report_at.min(feedback_at).min(nack_at)
    }

    fn write_report(&mut self, now: Micros, out: &mut Vec<u8>) {
        let blocks: Vec<_> = self.heard.iter_mut().filter_map(|h| h.reception.report(h.ssrc, None, now)).collect();
        rtcp::write_receiver_report(out, self.own_ssrc, &blocks);
        if self.manner.remb_bps > 0 {
            let ssrcs: Vec<u32> = self.heard.iter().map(|h| h.ssrc).collect();
            rtcp::write_remb(out, self.own_ssrc, self.manner.remb_bps, &ssrcs);
        }
    }

    fn write_nacks(&mut self, now: Micros, out: &mut Vec<u8>) {
        let mut missing = Vec::new();
        for heard in self.heard.iter_mut().filter(|h| !h.is_repair && h.nacks.is_waiting()) {
            missing.clear();
            heard.nacks.due(Pace::VIDEO, now, &mut missing);
            if !missing.is_empty() {
                rtcp::write_nack(out, self.own_ssrc, heard.ssrc, &missing);
            }
        }
    }

    fn heard(&mut self, ssrc: u32, is_repair: bool) -> &mut Heard {
        let at = self.heard.iter().position(|h| h.ssrc == ssrc).unwrap_or_else(|| {
            self.heard.push(Heard { ssrc, is_repair, reception: Reception::default(), nacks: Nacks::default() });
            self.heard.len() - 1
        });
        &mut self.heard[at]
    }
}
