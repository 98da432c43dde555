//! The rules by which a slot goes from one layer or codec to another, for H.264 and between codecs. VP8's are in `relay.rs`, what
//! always holds in `properties.rs`.

mod common;

use common::*;
use forward::codec::Codec;
use forward::ids::{Kind, SlotId, SourceId};
use forward::notice::Notice;
use forward::relay::{NewSlot, NewSource};
use forward::rtcp::{self, Packet};
use forward::slot::SlotCodec;
use forward::source::CodecParams;
use forward::srtp::Profile;

const H264_PT: u8 = 102;
const SLOT_H264_PT: u8 = 98;
/// A STAP-A of a 640×360 parameter set and a picture parameter set.
const SETS: [u8; 24] = [
    0x78, 0, 15, 0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x2F, 0xF9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0, 4, 0x68, 0xCB,
    0x83, 0xCB,
];

fn lesson(world: &mut World) -> (Client, Client) {
    let (publisher, viewer) = (world.connected(1, Profile::Gcm128), world.connected(2, Profile::Gcm128));
    let new = NewSource {
        id: SourceId(1),
        peer: publisher.id,
        mid: "m1".into(),
        kind: Kind::Video,
        codecs: vec![CodecParams { pt: H264_PT, codec: Codec::H264, rtx_pt: None, clock_hz: 90_000 }],
        rids: vec!["q".into(), "h".into()],
        ssrcs: vec![],
    };
    world.relay.add_source(new).unwrap();
    let codec = |codec, pt| SlotCodec { codec, pt, rtx_pt: Some(SLOT_RTX_PT) };
    let new = NewSlot {
        id: SlotId(5),
        peer: viewer.id,
        mid: "s5".into(),
        kind: Kind::Video,
        ssrc: 5000,
        rtx_ssrc: 5001,
        codecs: vec![codec(Codec::Vp8, SLOT_VP8_PT), codec(Codec::H264, SLOT_H264_PT)],
        cname: "sfu".into(),
    };
    world.relay.add_slot(new).unwrap();
    (publisher, viewer)
}

/// One packet of layer 0 (SSRC 11, "q") or 1 (SSRC 12, "h").
fn packet(layer: u32, index: u64, ts: u32, marker: bool, payload: &[u8]) -> Rtp {
    let rid = ["q", "h"][layer as usize].as_bytes().to_vec();
    let extensions = vec![(EXT_MID, b"m1".to_vec()), (EXT_RID, rid)];
    Rtp { pt: H264_PT, index, ts, ssrc: 11 + layer, marker, extensions, payload: payload.to_vec() }
}

/// A frame of two packets: parameter sets and an IDR slice, or two fragments.
fn frame(world: &mut World, from: &Client, layer: u32, number: u64, is_key: bool) {
    let (base, ts) = (1000 * u64::from(layer) + 2 * number, number as u32 * 3000 + 70_000 * layer);
    let parts: [&[u8]; 2] = if is_key { [&SETS, &[0x65, 9, 9]] } else { [&[0x7C, 0x81, 7], &[0x7C, 0x41, 7]] };
    world.send_rtp(from, &packet(layer, base, ts, false, parts[0]));
    world.send_rtp(from, &packet(layer, base + 1, ts, true, parts[1]));
}

fn report(world: &mut World, from: &mut Client, layer: u32, ntp_s: u64, rtp: u32) {
    let mut compound = Vec::new();
    rtcp::write_sender_report(&mut compound, 11 + layer, ntp_s << 32, rtp, 1, 1, b"them");
    world.send_rtcp(from, &compound);
}

#[test]
fn h264_goes_over_at_parameter_sets_only_and_tells_the_size() {
    let mut world = World::default();
    let (publisher, mut viewer) = lesson(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    for number in 1..30 {
        frame(&mut world, &publisher, 0, number, number == 3);
        frame(&mut world, &publisher, 1, number, number == 20);
        // An IDR slice whose parameter sets were lost begins nothing.
        if number == 10 {
            world.relay.route(SlotId(5), Some(SourceId(1)), "h", 7).unwrap();
        }
        world.turn(33_000);
    }
    let (rtp, _) = world.take(&mut viewer);
    assert_eq!(rtp[0].1[rtp[0].0.len..], SETS, "nothing before the first keyframe");
    assert!(rtp.iter().all(|(h, _)| (h.pt, h.ssrc) == (SLOT_H264_PT, 5000)));
    let seqs: Vec<_> = rtp.iter().map(|(h, _)| h.seq).collect();
    assert_eq!(seqs, (1001..1001 + seqs.len() as u16).collect::<Vec<_>>());
    assert!(rtp.windows(2).all(|p| (p[1].0.ts.wrapping_sub(p[0].0.ts) as i32) >= 0));
    let begins: Vec<_> = rtp.iter().enumerate().filter(|(_, (h, d))| d[h.len..] == SETS).map(|(i, _)| i).collect();
    assert_eq!(begins.len(), 2, "the switch is at the other layer's keyframe");
    let sizes = world.notices().into_iter().filter(|n| matches!(n, Notice::Layer { size: (640, 360), .. })).count();
    assert_eq!(sizes, 2);
}

#[test]
fn a_slice_whose_parameter_sets_were_lost_is_no_place_to_begin() {
    let mut world = World::default();
    let (publisher, mut viewer) = lesson(&mut world);
    frame(&mut world, &publisher, 0, 1, true);
    world.turn(33_000);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    world.send_rtp(&publisher, &packet(0, 5, 6000, true, &[0x65, 9, 9]));
    world.turn(33_000);
    assert!(world.take(&mut viewer).0.is_empty());
    frame(&mut world, &publisher, 0, 4, true);
    world.turn(33_000);
    assert_eq!(world.take(&mut viewer).0.len(), 2);
}

/// Each RTP packet that left: number, time, payload.
fn sent(world: &mut World, viewer: &mut Client) -> Vec<(u16, u32, Vec<u8>)> {
    world.take(viewer).0.into_iter().map(|(h, d)| (h.seq, h.ts, d[h.len..].to_vec())).collect()
}

/// "q" is shown, both layers' reports are known, "h" is wanted.
fn about_to_switch() -> (World, Client, Client) {
    let mut world = World::default();
    let (mut publisher, mut viewer) = lesson(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    frame(&mut world, &publisher, 0, 1, true);
    frame(&mut world, &publisher, 1, 1, true);
    report(&mut world, &mut publisher, 0, 100, 3000);
    report(&mut world, &mut publisher, 1, 100, 73_000);
    world.turn(33_000);
    assert_eq!(sent(&mut world, &mut viewer).len(), 2);
    world.relay.route(SlotId(5), Some(SourceId(1)), "h", 7).unwrap();
    (world, publisher, viewer)
}

/// Numbers without a gap, times that do not go back.
fn runs_on(sent: &[(u16, u32, Vec<u8>)]) {
    assert!(sent.windows(2).all(|p| p[1].0 == p[0].0 + 1), "{sent:?}");
    assert!(sent.windows(2).all(|p| p[1].1 >= p[0].1), "{sent:?}");
}

#[test]
fn the_old_layer_goes_on_until_the_new_ones_keyframe_is_whole() {
    let (mut world, publisher, mut viewer) = about_to_switch();
    frame(&mut world, &publisher, 0, 2, false);
    world.send_rtp(&publisher, &packet(1, 1004, 76_000, false, &SETS));
    world.turn(33_000);
    frame(&mut world, &publisher, 0, 3, false);
    world.send_rtp(&publisher, &packet(1, 1005, 76_000, false, &[0x65, 9, 9]));
    world.turn(33_000);
    assert_eq!(sent(&mut world, &mut viewer).len(), 4, "two frames of the old layer, nothing of the other's half keyframe");
    frame(&mut world, &publisher, 0, 4, false);
    world.send_rtp(&publisher, &packet(1, 1006, 76_000, true, &[0x65, 8, 8]));
    world.turn(33_000);
    frame(&mut world, &publisher, 0, 5, false);
    world.send_rtp(&publisher, &packet(1, 1007, 85_000, false, &[0x7C, 0x81, 7]));
    world.send_rtp(&publisher, &packet(1, 1008, 85_000, true, &[0x7C, 0x41, 7]));
    world.turn(33_000);
    let sent = sent(&mut world, &mut viewer);
    runs_on(&sent);
    let payloads: Vec<&[u8]> = sent.iter().map(|s| &s.2[..2]).collect();
    let (old, key, new) = ([[0x7C, 0x81], [0x7C, 0x41]], [[0x78, 0], [0x65, 9], [0x65, 8]], [[0x7C, 0x81], [0x7C, 0x41]]);
    assert_eq!(payloads, [&old[..], &key[..], &new[..]].concat());
}

#[test]
fn a_keyframe_that_lost_its_first_packet_on_the_way_is_shown_as_soon_as_that_comes_with_all_behind_it() {
    let (mut world, publisher, mut viewer) = about_to_switch();
    world.send_rtp(&publisher, &packet(1, 1005, 76_000, true, &[0x65, 9, 9]));
    for number in 3..6 {
        frame(&mut world, &publisher, 0, number, false);
        frame(&mut world, &publisher, 1, number, false);
        world.turn(33_000);
    }
    assert_eq!(sent(&mut world, &mut viewer).len(), 6, "the old layer");
    world.send_rtp(&publisher, &packet(1, 1004, 76_000, false, &SETS));
    world.turn(33_000);
    frame(&mut world, &publisher, 1, 6, false);
    frame(&mut world, &publisher, 1, 7, false);
    world.turn(33_000);
    let sent = sent(&mut world, &mut viewer);
    runs_on(&sent);
    assert_eq!(sent.len(), 12, "the keyframe, three frames behind it, two new ones");
    let mut times: Vec<u32> = sent.iter().map(|s| s.1).collect();
    times.dedup();
    assert_eq!(times.len(), 6, "each frame has a time of its own: {times:?}");
    assert_eq!(times[4..], [18_000, 21_000], "what is not late is where it was");
}

#[test]
fn a_layer_that_stopped_is_left_with_the_first_packet_of_anothers_keyframe() {
    let (mut world, publisher, mut viewer) = about_to_switch();
    for number in 2..100 {
        world.send_rtp(&publisher, &packet(1, 1000 + 2 * number, 70_000 + 3000 * number as u32, true, &[0x41, 9, 9]));
        world.turn(33_000);
    }
    world.take(&mut viewer);
    world.send_rtp(&publisher, &packet(1, 1300, 400_000, false, &SETS));
    world.turn(33_000);
    assert_eq!(sent(&mut world, &mut viewer).len(), 1);
}

#[test]
fn a_sender_report_follows_each_switch_and_both_layers_mean_the_same_time() {
    let mut world = World::default();
    let (mut publisher, mut viewer) = lesson(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    frame(&mut world, &publisher, 0, 1, true);
    frame(&mut world, &publisher, 1, 1, true);
    // Layer q's RTP 3000 and layer h's 73 000 are both 100 s.
    report(&mut world, &mut publisher, 0, 100, 3000);
    report(&mut world, &mut publisher, 1, 100, 73_000);
    world.turn(33_000);
    world.take(&mut viewer);
    world.relay.route(SlotId(5), Some(SourceId(1)), "h", 7).unwrap();
    frame(&mut world, &publisher, 1, 2, true);
    world.turn(33_000);
    let (rtp, rtcp) = world.take(&mut viewer);
    assert_eq!(rtp[0].0.ts, 6000, "the frame 33 ms after RTP 3000, whatever layer it is of");
    let reports: Vec<_> = rtcp.iter().flat_map(|c| rtcp::packets(c)).collect();
    let Some(Packet::SenderReport { ssrc: 5000, ntp, rtp: time, .. }) =
        reports.iter().find(|p| matches!(p, Packet::SenderReport { .. }))
    else {
        panic!("no sender report: {reports:?}")
    };
    let since_s = (ntp - (100 << 32)) as f64 / f64::from(u32::MAX);
    assert!((f64::from(*time) - 3000.0 - since_s * 90_000.0).abs() < 2.0, "{time} at {since_s} s");
}

#[test]
fn one_slot_shows_one_codec_after_another() {
    let mut world = World::default();
    let (publisher, mut viewer) = lesson(&mut world);
    world.add_camera(2, publisher.id, &["q"]);
    let vp8_frame = |index: u64, is_key: bool| Rtp {
        pt: VP8_PT,
        index,
        ts: index as u32 * 3000,
        ssrc: 21,
        marker: true,
        extensions: vec![(EXT_MID, b"m2".to_vec()), (EXT_RID, b"q".to_vec())],
        payload: vp8(is_key, index as u16, index as u8, 0),
    };
    for step in 0..60u64 {
        if step % 20 == 0 {
            let source = if step == 20 { 1 } else { 2 };
            world.relay.route(SlotId(5), Some(SourceId(source)), "q", 7).unwrap();
        }
        frame(&mut world, &publisher, 0, step + 1, step % 20 == 3);
        world.send_rtp(&publisher, &vp8_frame(500 + step, step % 20 == 5));
        world.turn(33_000);
    }
    let (rtp, _) = world.take(&mut viewer);
    let mut kinds: Vec<u8> = rtp.iter().map(|(h, _)| h.pt).collect();
    kinds.dedup();
    assert_eq!(kinds, [SLOT_VP8_PT, SLOT_H264_PT, SLOT_VP8_PT]);
    assert!(rtp.windows(2).all(|p| p[1].0.seq == p[0].0.seq + 1), "one run of numbers");
    let pictures: Vec<u16> = rtp
        .iter()
        .filter(|(h, _)| h.pt == SLOT_VP8_PT)
        .map(|(h, d)| u16::from_be_bytes([d[h.len + 2], d[h.len + 3]]) & 0x7FFF)
        .collect();
    assert!(pictures.windows(2).all(|p| p[1] == p[0] + 1), "VP8's pictures run on over the other codec's");
}
