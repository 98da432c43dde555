//! H.264 as far as forwarding needs it (RFC 6184, ITU-T H.264 §7.3.2.1): where a keyframe begins, and how large the picture is.

use crate::codec::Insight;

const NAL_IDR: u8 = 5;
const NAL_SPS: u8 = 7;
const NAL_STAP_A: u8 = 24;
const NAL_FU_A: u8 = 28;
/// Profiles whose parameter sets say more about colour before the size.
const HIGH_PROFILES: [u8; 12] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134];
/// A parameter set that is longer is not from a camera; only its beginning is read.
const MAX_SPS: usize = 256;
/// Larger pictures than this are not believed, macroblocks along one side (8192 samples).
const MAX_SIDE: u32 = 512;

/// What an H.264 payload says. A keyframe begins with its parameter set or its IDR slice, also inside an aggregation or as the
/// first fragment; `bare_idr` tells the latter from the former.
pub fn inspect(payload: &[u8]) -> Insight {
    let mut insight = Insight::default();
    match payload.first().map(|b| b & 0x1F) {
        Some(NAL_STAP_A) => aggregated(&payload[1..]).for_each(|nal| note(&mut insight, nal)),
        Some(NAL_FU_A) => {
            let is_first = payload.get(1).is_some_and(|&b| b & 0x80 != 0);
            let kind = payload.get(1).map_or(0, |b| b & 0x1F);
            insight.keyframe = is_first && matches!(kind, NAL_IDR | NAL_SPS);
            insight.bare_idr = is_first && kind == NAL_IDR;
        }
        Some(_) => note(&mut insight, payload),
        None => {}
    }
    insight
}

/// A whole NAL unit.
fn note(insight: &mut Insight, nal: &[u8]) {
    match nal.first().map(|b| b & 0x1F) {
        Some(NAL_SPS) => {
            insight.keyframe = true;
            insight.bare_idr = false;
            insight.size = size(&nal[1..]);
        }
        Some(NAL_IDR) => {
            insight.bare_idr = !insight.keyframe;
            insight.keyframe = true;
        }
        _ => {}
    }
}

/// The NAL units of a STAP-A body: 16-bit length and bytes, repeated.
fn aggregated(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let len = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
        let nal = rest.get(2..2 + len)?;
        rest = &rest[2 + len..];
        Some(nal)
    })
}

/// Width and height of a sequence parameter set, cropping taken off.
fn size(sps: &[u8]) -> Option<(u16, u16)> {
    let mut bits = Bits::new(sps);
    let profile = bits.take(8)? as u8;
    bits.take(16)?;
    bits.golomb()?;
    let mut chroma = 1;
    if HIGH_PROFILES.contains(&profile) {
        chroma = bits.golomb()?;
        if chroma == 3 {
            bits.take(1)?;
        }
        bits.golomb()?;
        bits.golomb()?;
        bits.take(1)?;
        if bits.take(1)? == 1 {
            // Scaling lists: rare, and long to read only to skip them.
            return None;
        }
    }
    bits.golomb()?;
    match bits.golomb()? {
        0 => {
            bits.golomb()?;
        }
        1 => {
            bits.take(1)?;
            bits.golomb()?;
            bits.golomb()?;
            for _ in 0..bits.golomb()?.min(255) {
                bits.golomb()?;
            }
        }
        _ => {}
    }
    bits.golomb()?;
    bits.take(1)?;
    let columns = bits.golomb()?.checked_add(1).filter(|&n| n <= MAX_SIDE)?;
    let rows = bits.golomb()?.checked_add(1).filter(|&n| n <= MAX_SIDE)?;
    let is_progressive = bits.take(1)? == 1;
    if !is_progressive {
        bits.take(1)?;
    }
    bits.take(1)?;
    let height = rows * 16 * if is_progressive { 1 } else { 2 };
    let mut crop = [0; 4];
    if bits.take(1)? == 1 {
        for side in &mut crop {
            *side = bits.golomb()?;
        }
    }
    // Table 6-1: samples per step; 4:2:0 crops by two, field pairs by two rows more.
    let across = if chroma == 1 || chroma == 2 { 2 } else { 1 };
    let down = if chroma == 1 { 2 } else { 1 } * if is_progressive { 1 } else { 2 };
    let cut = |whole: u32, a: u32, b: u32, unit: u32| whole.checked_sub(a.checked_add(b)?.checked_mul(unit)?);
    let width = cut(columns * 16, crop[0], crop[1], across)?;
    let height = cut(height, crop[2], crop[3], down)?;
    (width > 0 && height > 0).then_some((width as u16, height as u16))
}

/// Bits of a NAL unit without its emulation prevention bytes (§7.3.1.1).
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    zeros: u8,
    byte: u8,
    left: u8,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data: &data[..data.len().min(MAX_SPS)], at: 0, zeros: 0, byte: 0, left: 0 }
    }

    fn bit(&mut self) -> Option<u32> {
        if self.left == 0 {
            let mut byte = *self.data.get(self.at)?;
            self.at += 1;
            if self.zeros >= 2 && byte == 3 {
                byte = *self.data.get(self.at)?;
                self.at += 1;
                self.zeros = 0;
            }
            self.zeros = if byte == 0 { self.zeros.saturating_add(1) } else { 0 };
            (self.byte, self.left) = (byte, 8);
        }
        self.left -= 1;
        Some(u32::from(self.byte >> self.left & 1))
    }

    /// An unsigned number of `count` ≤ 32 bits.
    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |number: u32, _| Some(number << 1 | self.bit()?))
    }

    /// ue(v), also good for skipping se(v) (§9.1).
    fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1u32 << zeros) - 1 + self.take(zeros)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parameter sets as x264 writes them: baseline, high (cropped), main (odd), 4:4:4 upright, interlaced.
    const SETS: [(&[u8], (u16, u16)); 5] = [
        (&[0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x2F, 0xF9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01], (640, 360)),
        (&[0x67, 0x64, 0x00, 0x28, 0xAC, 0xD9, 0x40, 0x78, 0x02, 0x27, 0xE5, 0x84, 0x00, 0x00, 0x03], (1920, 1080)),
        (&[0x67, 0x4D, 0x40, 0x0D, 0xEC, 0xA0, 0xA0, 0xCF, 0x51, 0x10, 0x80, 0x00, 0x00, 0x03, 0x00], (318, 178)),
        (&[0x67, 0xF4, 0x00, 0x1E, 0x91, 0x9B, 0x28, 0x2E, 0x0A, 0x3C, 0x4F, 0x08, 0x00, 0x00, 0x03], (360, 640)),
        (&[0x67, 0x64, 0x00, 0x28, 0xAC, 0xD9, 0x40, 0x78, 0x04, 0x4F, 0xDC, 0x20, 0x00, 0x00, 0x03], (1920, 1080)),
    ];

    #[test]
    fn keyframes_alone_aggregated_and_fragmented() {
        assert!(inspect(&[0x67, 1]).keyframe);
        assert!(inspect(&[0x65, 1]).keyframe && inspect(&[0x65, 1]).bare_idr);
        let both = inspect(&[0x78, 0, 1, 0x06, 0, 2, 0x67, 1, 0, 1, 0x65]);
        assert!(both.keyframe && !both.bare_idr);
        assert!(inspect(&[0x7C, 0x85]).bare_idr);
        assert!(!inspect(&[0x7C, 0x45]).keyframe, "not the first fragment");
        assert!(!inspect(&[0x41, 1]).keyframe);
        assert!(!inspect(&[0x78, 0, 9, 0x67]).keyframe, "cut");
        assert!(!inspect(&[]).keyframe);
    }

    #[test]
    fn a_parameter_set_tells_the_size_wherever_it_is_cut_nothing_breaks() {
        for (set, size) in SETS {
            assert_eq!(inspect(set).size, Some(size));
            for len in 0..set.len() {
                inspect(&set[..len]);
            }
        }
    }

    #[test]
    fn any_bytes_give_a_sane_size_or_none() {
        let mut x = 7u64;
        for _ in 0..200_000 {
            let mut sps = [0u8; 24];
            for byte in &mut sps {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = (x >> 56) as u8 & if x >> 40 & 3 == 0 { 0 } else { 0xFF };
            }
            sps[0] = 0x67;
            if let Some((width, height)) = inspect(&sps).size {
                assert!(width > 0 && height > 0 && width <= 8192 && height <= 16_384);
            }
        }
    }
}
