//! RTCP (RFC 3550 §6, RFC 4585, RFC 5104, REMB draft): reading compound packets, writing the ones we send.
//!
//! Writers append to a buffer the caller keeps. Transport-wide feedback has its own module (`twcc`).

use crate::reception::ReportBlock;

const SR: u8 = 200;
const RR: u8 = 201;
const SDES: u8 = 202;
/// Transport-layer feedback.
pub const RTPFB: u8 = 205;
const PSFB: u8 = 206;
const NACK: u8 = 1;
/// Format of transport-wide congestion control feedback.
pub const TWCC: u8 = 15;
const PLI: u8 = 1;
const FIR: u8 = 4;
const AFB: u8 = 15;
/// A report block, bytes.
const BLOCK: usize = 24;
/// Blocks that fit the count field.
pub const MAX_BLOCKS: usize = 31;
/// Sequence numbers taken from one NACK packet, a bound on the work one packet can cause.
pub const MAX_NACKED: usize = 512;

/// One packet of a compound.
#[derive(Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// A sender report; its report blocks are about what we send.
    SenderReport {
        /// Who.
        ssrc: u32,
        /// 32.32 seconds.
        ntp: u64,
        /// The same moment in RTP time.
        rtp: u32,
        /// Report blocks.
        blocks: &'a [u8],
    },
    /// A receiver report.
    ReceiverReport {
        /// Report blocks.
        blocks: &'a [u8],
    },
    /// A generic NACK.
    Nack {
        /// Whose packets.
        media: u32,
        /// Pairs of number and bit mask.
        fci: &'a [u8],
    },
    /// Transport-wide feedback.
    Transport {
        /// The feedback.
        fci: &'a [u8],
    },
    /// A keyframe is wanted, by PLI or FIR.
    KeyframeWanted {
        /// Of whom.
        media: u32,
    },
    /// The receiver's estimate of what it can take.
    Remb {
        /// Bits per second.
        bps: u64,
        /// The streams it is about, four bytes each.
        ssrcs: &'a [u8],
    },
}

/// The packets of a compound that we understand; malformed rest ends it.
pub fn packets(data: &[u8]) -> impl Iterator<Item = Packet<'_>> {
    let mut rest = data;
    std::iter::from_fn(move || {
        loop {
            let head: &[u8; 4] = rest.first_chunk()?;
            let len = 4 + 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
            if head[0] >> 6 != 2 || len > rest.len() {
                return None;
            }
            let (one, after) = rest.split_at(len);
            rest = after;
            if let Some(packet) = read(one) {
                return Some(packet);
            }
        }
    })
}

fn read(packet: &[u8]) -> Option<Packet<'_>> {
    let count = usize::from(packet[0] & 0x1F);
    let mut end = packet.len();
    if packet[0] & 0x20 != 0 {
        end = end.checked_sub(usize::from(*packet.last()?))?;
    }
    let body = packet.get(4..end)?;
    match (packet[1], count as u8) {
        (SR, _) => Some(Packet::SenderReport {
            ssrc: be32(body, 0)?,
            ntp: u64::from(be32(body, 4)?) << 32 | u64::from(be32(body, 8)?),
            rtp: be32(body, 12)?,
            blocks: body.get(24..24 + count * BLOCK)?,
        }),
        (RR, _) => Some(Packet::ReceiverReport { blocks: body.get(4..4 + count * BLOCK)? }),
        (RTPFB, NACK) => Some(Packet::Nack { media: be32(body, 4)?, fci: body.get(8..)? }),
        (RTPFB, TWCC) => Some(Packet::Transport { fci: body.get(8..)? }),
        (PSFB, PLI) => Some(Packet::KeyframeWanted { media: be32(body, 4)? }),
        (PSFB, FIR) => Some(Packet::KeyframeWanted { media: be32(body, 8)? }),
        (PSFB, AFB) if body.get(8..12)? == b"REMB" => {
            let value = be32(body, 12)?;
            let bps = u64::from(value & 0x3_FFFF).checked_shl(value >> 18 & 0x3F)?;
            Some(Packet::Remb { bps, ssrcs: body.get(16..)? })
        }
        _ => None,
    }
}

/// The report blocks of an SR or RR.
pub fn report_blocks(blocks: &[u8]) -> impl Iterator<Item = ReportBlock> {
    blocks.chunks_exact(BLOCK).filter_map(|b| {
        let lost = be32(b, 4)?;
        Some(ReportBlock {
            ssrc: be32(b, 0)?,
            fraction_lost: (lost >> 24) as u8,
            lost: ((lost << 8) as i32) >> 8,
            highest: be32(b, 8)?,
            jitter: be32(b, 12)?,
            lsr: be32(b, 16)?,
            dlsr: be32(b, 20)?,
        })
    })
}

/// The SSRCs of a list.
pub fn ssrcs(list: &[u8]) -> impl Iterator<Item = u32> {
    list.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
}

/// The sequence numbers of a NACK, at most [`MAX_NACKED`].
pub fn nacked(fci: &[u8]) -> impl Iterator<Item = u16> {
    fci.chunks_exact(4)
        .flat_map(|pair| {
            let first = u16::from_be_bytes([pair[0], pair[1]]);
            let mask = u16::from_be_bytes([pair[2], pair[3]]);
            let following = (0..16).filter(move |bit| mask >> bit & 1 == 1).map(move |bit| first.wrapping_add(bit + 1));
            std::iter::once(first).chain(following)
        })
        .take(MAX_NACKED)
}

/// Append a receiver report with up to [`MAX_BLOCKS`] blocks.
pub fn write_receiver_report(out: &mut Vec<u8>, sender: u32, blocks: &[ReportBlock]) {
    let blocks = &blocks[..blocks.len().min(MAX_BLOCKS)];
    header(out, blocks.len() as u8, RR, 4 + blocks.len() * BLOCK);
    out.extend_from_slice(&sender.to_be_bytes());
    for b in blocks {
        out.extend_from_slice(&b.ssrc.to_be_bytes());
        let lost = u32::from(b.fraction_lost) << 24 | (b.lost as u32 & 0xFF_FFFF);
        for word in [lost, b.highest, b.jitter, b.lsr, b.dlsr] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
}

/// Append a sender report and the CNAME that ties a participant's tracks together.
pub fn write_sender_report(out: &mut Vec<u8>, ssrc: u32, ntp: u64, rtp: u32, packets: u32, octets: u32, cname: &[u8]) {
    header(out, 0, SR, 24);
    out.extend_from_slice(&ssrc.to_be_bytes());
    out.extend_from_slice(&ntp.to_be_bytes());
    for word in [rtp, packets, octets] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    let cname = &cname[..cname.len().min(255)];
    let body = (4 + 2 + cname.len() + 1).next_multiple_of(4);
    header(out, 1, SDES, body);
    let end = out.len() + body;
    out.extend_from_slice(&ssrc.to_be_bytes());
    out.extend_from_slice(&[1, cname.len() as u8]);
    out.extend_from_slice(cname);
    out.resize(end, 0);
}

/// Append a NACK for ascending sequence numbers (in the sense of wrapping order).
pub fn write_nack(out: &mut Vec<u8>, sender: u32, media: u32, seqs: &[u16]) {
    let start = out.len();
    header(out, NACK, RTPFB, 8);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
    let mut at = 0;
    while let Some(&first) = seqs.get(at) {
        let mut mask = 0u16;
        at += 1;
        while let Some(bit) = seqs.get(at).map(|s| s.wrapping_sub(first)).filter(|d| (1..=16).contains(d)) {
            mask |= 1 << (bit - 1);
            at += 1;
        }
        out.extend_from_slice(&first.to_be_bytes());
        out.extend_from_slice(&mask.to_be_bytes());
    }
    finish(out, start);
}

/// Append a picture loss indication.
pub fn write_pli(out: &mut Vec<u8>, sender: u32, media: u32) {
    header(out, PLI, PSFB, 8);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
}

/// Append a receiver estimated maximum bitrate for all the given SSRCs.
pub fn write_remb(out: &mut Vec<u8>, sender: u32, bps: u64, ssrcs: &[u32]) {
    let ssrcs = &ssrcs[..ssrcs.len().min(255)];
    let exponent = (64 - bps.leading_zeros()).saturating_sub(18);
    header(out, AFB, PSFB, 16 + 4 * ssrcs.len());
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(b"REMB");
    let word = (ssrcs.len() as u32) << 24 | exponent << 18 | (bps >> exponent) as u32;
    out.extend_from_slice(&word.to_be_bytes());
    for ssrc in ssrcs {
        out.extend_from_slice(&ssrc.to_be_bytes());
    }
}

/// Append an RTCP header for a body of `body` bytes.
pub fn header(out: &mut Vec<u8>, count: u8, kind: u8, body: usize) {
    out.push(0x80 | count);
    out.push(kind);
    out.extend_from_slice(&((body / 4) as u16).to_be_bytes());
}

/// Set the length of the packet that began at `start` and ends here.
pub fn finish(out: &mut [u8], start: usize) {
    let words = ((out.len() - start) / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

fn be32(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*data.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nack_is_read_as_it_was_written() {
        let asked = [65_533, 65_535, 0, 12, 13, 400];
        let mut out = Vec::new();
        write_nack(&mut out, 1, 2, &asked);
        let read: Vec<_> = packets(&out).collect();
        let [Packet::Nack { media: 2, fci }] = read[..] else { panic!("{read:?}") };
        assert_eq!(nacked(fci).collect::<Vec<_>>(), asked);
        assert_eq!(out.len(), 12 + 2 * 4, "two pairs are enough");
    }

    #[test]
    fn a_compound_of_report_pli_and_remb() {
        let block = ReportBlock { ssrc: 9, fraction_lost: 3, lost: -5, highest: 70_000, jitter: 4, lsr: 5, dlsr: 6 };
        let mut out = Vec::new();
        write_receiver_report(&mut out, 1, &[block]);
        write_pli(&mut out, 1, 77);
        write_remb(&mut out, 1, 5_000_000, &[9, 10]);
        write_sender_report(&mut out, 5, 6 << 32, 7, 8, 9, b"sfu");
        let read: Vec<_> = packets(&out).collect();
        let Packet::ReceiverReport { blocks } = read[0] else { panic!() };
        assert_eq!(report_blocks(blocks).collect::<Vec<_>>(), [block]);
        assert_eq!(read[1], Packet::KeyframeWanted { media: 77 });
        let Packet::Remb { bps, ssrcs: about } = read[2] else { panic!() };
        assert!((4_999_900..=5_000_000).contains(&bps));
        assert_eq!(ssrcs(about).collect::<Vec<_>>(), [9, 10]);
        assert_eq!(read[3], Packet::SenderReport { ssrc: 5, ntp: 6 << 32, rtp: 7, blocks: &[] });
        assert_eq!(read.len(), 4);
        assert_eq!(out.len() % 4, 0);
    }

    #[test]
    fn lying_lengths_end_the_compound() {
        assert_eq!(packets(&[0x80, 201, 0, 9, 0, 0, 0, 1]).count(), 0);
        assert_eq!(packets(&[0x9F, 201, 0, 1, 0, 0, 0, 1]).count(), 0);
        assert_eq!(packets(&[0xA1, 205, 0, 1, 0, 0, 0, 0xFF]).count(), 0);
    }
}
