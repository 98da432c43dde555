//! RTCP compounds, every type; what we write of what we read is read the same again.
#![no_main]

use forward::rtcp::{self, MAX_NACKED, Packet, packets};
use forward::twcc::read_feedback;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut reports = Vec::new();
    for packet in packets(data) {
        match packet {
            Packet::SenderReport { blocks, .. } | Packet::ReceiverReport { blocks } => {
                let read: Vec<_> = rtcp::report_blocks(blocks).collect();
                assert!(read.len() <= 31);
                let mut out = Vec::new();
                rtcp::write_receiver_report(&mut out, 1, &read);
                let again = packets(&out).next();
                let Some(Packet::ReceiverReport { blocks: rewritten }) = again else { panic!("{again:?}") };
                assert_eq!(rtcp::report_blocks(rewritten).collect::<Vec<_>>(), read);
            }
            Packet::Nack { fci, .. } => {
                let seqs: Vec<u16> = rtcp::nacked(fci).collect();
                assert!(seqs.len() <= MAX_NACKED);
            }
            Packet::Transport { fci } => {
                read_feedback(fci, &mut reports);
            }
            Packet::Remb { ssrcs, .. } => assert!(rtcp::ssrcs(ssrcs).count() * 4 <= data.len()),
            Packet::KeyframeWanted { .. } => {}
        }
    }
});
