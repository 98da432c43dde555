//! What forwarding needs to know of a payload: does a keyframe begin here, which temporal layer, which bytes number pictures.
//!
//! VP8 (RFC 7741); H.264 in a module of its own; VP9 and AV1 only as far as their keyframes. Nothing is decoded.

use crate::h264;

/// A codec by its forwarding rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Codec {
    /// audio/opus
    Opus,
    /// audio/red
    Red,
    /// video/VP8
    Vp8,
    /// video/H264
    H264,
    /// video/VP9
    Vp9,
    /// video/AV1
    Av1,
    /// Forwarded without knowledge.
    Other,
}

impl Codec {
    /// From the name used in commands.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "opus" => Self::Opus,
            "red" => Self::Red,
            "vp8" => Self::Vp8,
            "h264" => Self::H264,
            "vp9" => Self::Vp9,
            "av1" => Self::Av1,
            "other" => Self::Other,
            _ => return None,
        })
    }

    /// The name used in commands and notices.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Red => "red",
            Self::Vp8 => "vp8",
            Self::H264 => "h264",
            Self::Vp9 => "vp9",
            Self::Av1 => "av1",
            Self::Other => "other",
        }
    }
}

/// What a payload says of itself.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Insight {
    /// The first packet of a keyframe: a switch may happen here.
    pub keyframe: bool,
    /// The first packet of any frame.
    pub frame_start: bool,
    /// Temporal layer; 0 where there are none.
    pub tid: u8,
    /// Decoding may go up to this temporal layer from here on (VP8's Y bit).
    pub layer_sync: bool,
    /// VP8's numbers, and where in the payload they stand.
    pub vp8: Option<Vp8Numbers>,
    /// A keyframe's IDR slice without its parameter sets (H.264).
    pub bare_idr: bool,
    /// Picture size of a keyframe.
    pub size: Option<(u16, u16)>,
}

/// Picture id and TL0PICIDX of a VP8 payload descriptor, with their offsets in the payload. Offset 0: absent.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Vp8Numbers {
    /// 7 or 15 bits.
    pub picture_id: u16,
    /// Where it stands.
    pub picture_id_at: u8,
    /// It has 15 bits.
    pub wide: bool,
    /// Running number of base layer frames.
    pub tl0: u8,
    /// Where it stands.
    pub tl0_at: u8,
}

/// Look at a payload.
pub fn inspect(codec: Codec, payload: &[u8]) -> Insight {
    match codec {
        Codec::Vp8 => vp8(payload).unwrap_or_default(),
        Codec::H264 => h264::inspect(payload),
        Codec::Vp9 => vp9(payload),
        Codec::Av1 => Insight { keyframe: payload.first().is_some_and(|b| b & 0x88 == 0x08), ..Insight::default() },
        Codec::Opus | Codec::Red | Codec::Other => Insight { keyframe: true, frame_start: true, ..Insight::default() },
    }
}

/// RFC 7741 §4.2: X|R|N|S|R|PID, then I|L|T|K, picture id, TL0PICIDX, TID|Y|KEYIDX.
fn vp8(payload: &[u8]) -> Option<Insight> {
    let first = *payload.first()?;
    let mut at = 1;
    let mut insight = Insight { frame_start: first & 0x17 == 0x10, ..Insight::default() };
    let mut numbers = Vp8Numbers::default();
    if first & 0x80 != 0 {
        let flags = *payload.get(at)?;
        at += 1;
        if flags & 0x80 != 0 {
            let high = *payload.get(at)?;
            numbers.picture_id_at = at as u8;
            numbers.wide = high & 0x80 != 0;
            numbers.picture_id = u16::from(high & 0x7F);
            at += 1;
            if numbers.wide {
                numbers.picture_id = numbers.picture_id << 8 | u16::from(*payload.get(at)?);
                at += 1;
            }
        }
        if flags & 0x40 != 0 {
            numbers.tl0_at = at as u8;
            numbers.tl0 = *payload.get(at)?;
            at += 1;
        }
        if flags & 0x30 != 0 {
            let layer = *payload.get(at)?;
            if flags & 0x20 != 0 {
                insight.tid = layer >> 6;
                insight.layer_sync = layer & 0x20 != 0;
            }
            at += 1;
        }
    }
    insight.vp8 = Some(numbers);
    let frame = payload.get(at..)?;
    if insight.frame_start && frame.first().is_some_and(|b| b & 1 == 0) {
        insight.keyframe = true;
        insight.size = vp8_size(frame);
    }
    Some(insight)
}

/// RFC 6386 §9.1: start code 9d 01 2a, then 14 bits each of width and height.
fn vp8_size(frame: &[u8]) -> Option<(u16, u16)> {
    let head: &[u8; 10] = frame.first_chunk()?;
    (head[3..6] == [0x9D, 0x01, 0x2A]).then(|| {
        let at = |i: usize| u16::from_le_bytes([head[i], head[i + 1]]) & 0x3FFF;
        (at(6), at(8))
    })
}

/// RFC 9628 §4.2: I|P|L|F|B|E|V|Z. Not predicted from another picture (P = 0), beginning of a frame (B = 1), lowest spatial layer.
fn vp9(payload: &[u8]) -> Insight {
    let Some(&first) = payload.first() else { return Insight::default() };
    let is_base = first & 0x20 == 0 || vp9_spatial_layer(payload) == Some(0);
    Insight { keyframe: first & 0x48 == 0x08 && is_base, frame_start: first & 0x08 != 0, ..Insight::default() }
}

/// SID of a VP9 payload descriptor whose L bit is set; it stands behind the picture id.
fn vp9_spatial_layer(payload: &[u8]) -> Option<u8> {
    let id = if payload.first()? & 0x80 == 0 { 0 } else { 1 + usize::from(payload.get(1)? >> 7) };
    Some(payload.get(1 + id)? >> 1 & 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vp8_keyframe_with_all_fields() {
        let p = [0x90, 0xF0, 0x81, 0x02, 0x33, 0x40 | 0x20 | 5, 0x10, 2, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01];
        let i = inspect(Codec::Vp8, &p);
        assert!(i.keyframe && i.frame_start && i.layer_sync);
        assert_eq!((i.tid, i.size), (1, Some((640, 360))));
        let n = i.vp8.unwrap();
        assert_eq!((n.picture_id, n.picture_id_at, n.wide, n.tl0, n.tl0_at), (0x102, 2, true, 0x33, 4));
    }

    #[test]
    fn a_vp9_keyframe_begins_in_the_lowest_spatial_layer() {
        let keyframe = |payload: &[u8]| inspect(Codec::Vp9, payload).keyframe;
        assert!(keyframe(&[0x08, 0]));
        assert!(keyframe(&[0xA8, 0x81, 0x02, 0x00]) && keyframe(&[0x28, 0x00]));
        assert!(!keyframe(&[0xA8, 0x81, 0x02, 0x03]), "spatial layer 1 builds on layer 0");
        assert!(!keyframe(&[0x48, 0]) && !keyframe(&[0x00, 0]) && !keyframe(&[0xA8, 0x81]) && !keyframe(&[]));
    }

    #[test]
    fn later_packets_and_delta_frames_are_no_keyframes() {
        assert!(!inspect(Codec::Vp8, &[0x80, 0x80, 0x05, 0x10]).keyframe, "S = 0");
        assert!(!inspect(Codec::Vp8, &[0x10, 0x11]).keyframe, "inter frame");
        assert!(!inspect(Codec::Vp8, &[0x11, 0x10]).keyframe, "partition 1");
        assert!(!inspect(Codec::Vp8, &[]).keyframe);
        assert!(!inspect(Codec::Vp8, &[0x90, 0x80, 0x81]).keyframe, "cut in the picture id");
    }
}
