//! Transport-wide feedback: reading anything; and writing down any arrivals so that they are read back as they were.
#![no_main]

use forward::rtcp::{Packet, packets};
use forward::twcc::{Arrivals, read_feedback};
use libfuzzer_sys::fuzz_target;

/// A feedback's unit of time, and what rounding may add up to.
const TICK_US: i64 = 250;

fuzz_target!(|data: &[u8]| {
    let mut reports = Vec::new();
    read_feedback(data, &mut reports);
    let mut arrivals = Arrivals::default();
    let mut now = 1_000_000u64;
    let mut came = [0u64; 512];
    for step in data.chunks_exact(4).take(300) {
        now += u64::from(u16::from_le_bytes([step[2], step[3]]));
        let seq = u16::from_le_bytes([step[0], step[1] & 1]);
        arrivals.on_packet(seq, now);
        let first = &mut came[usize::from(seq)];
        *first = if *first == 0 { now } else { *first };
    }
    let mut out = Vec::new();
    for _ in 0..8 {
        if !arrivals.write_feedback(&mut out, 1, 2) {
            break;
        }
    }
    for packet in packets(&out) {
        let Packet::Transport { fci } = packet else { panic!("{packet:?}") };
        read_feedback(fci, &mut reports).expect("we read what we write");
        for report in &reports {
            let Some(at) = report.arrival_us else { continue };
            let then = came[usize::from(report.seq)];
            assert_ne!(then, 0, "{} is reported and never came", report.seq);
            // The reference time has 24 bits of 64 ms; the times here stay far below.
            assert!((at - then as i64).abs() <= TICK_US, "{} reported at {at}, came at {then}", report.seq);
        }
    }
});
