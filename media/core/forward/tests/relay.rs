//! The relay as its peers see it: what is forwarded, in which numbers, and what it asks of publishers.

mod common;

use common::*;
use forward::codec::Codec;
use forward::ids::{Kind, SlotId, SourceId};
use forward::notice::Notice;
use forward::relay::NewSource;
use forward::rtcp::{self, Packet};
use forward::source::CodecParams;
use forward::srtp::Profile;
use std::collections::HashMap;

const PROFILE: Profile = Profile::Gcm128;

fn frame(ssrc: u32, index: u64, keyframe: bool, rid: &str) -> Rtp {
    Rtp {
        pt: VP8_PT,
        index,
        ts: (index as u32).wrapping_mul(3000),
        ssrc,
        marker: true,
        extensions: vec![(EXT_MID, b"m1".to_vec()), (EXT_RID, rid.as_bytes().to_vec())],
        payload: vp8(keyframe, index as u16, index as u8, 0),
    }
}

fn keyframe_requests(compounds: &[Vec<u8>]) -> usize {
    let all = compounds.iter().flat_map(|c| rtcp::packets(c));
    all.filter(|p| matches!(p, Packet::KeyframeWanted { .. })).count()
}

/// A publisher with two layers (SSRC 11 = q, 12 = h) and a viewer with a slot.
fn classroom(world: &mut World) -> (Client, Client) {
    let publisher = world.connected(1, PROFILE);
    let viewer = world.connected(2, PROFILE);
    world.add_camera(1, publisher.id, &["q", "h"]);
    world.add_slot(5, viewer.id, Kind::Video);
    (publisher, viewer)
}

#[test]
fn a_viewer_gets_a_stream_from_its_keyframe_on_in_the_slots_own_numbers() {
    let mut world = World::default();
    let (publisher, mut viewer) = classroom(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    for index in 100..110 {
        world.send_rtp(&publisher, &frame(11, index, index == 103, "q"));
        world.turn(33_000);
    }
    let (rtp, _) = world.take(&mut viewer);
    let seqs: Vec<_> = rtp.iter().map(|(h, _)| h.seq).collect();
    assert_eq!(seqs, (1001..1008).collect::<Vec<_>>());
    for (header, data) in &rtp {
        assert_eq!((header.ssrc, header.pt), (5000, SLOT_VP8_PT));
        assert_eq!(&data[header.len + 6..], &vp8(header.seq == 1001, 0, 0, 0)[6..]);
    }
    let switched = Notice::Switched { slot: SlotId(5), shown: Some((SourceId(1), "q".into())) };
    assert!(world.notices().contains(&switched));
}

#[test]
fn a_switch_waits_for_the_keyframe_and_shows_no_seam() {
    let mut world = World::default();
    let (mut publisher, mut viewer) = classroom(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    let mut asked = 0;
    for step in 0..60u64 {
        world.send_rtp(&publisher, &frame(11, 100 + step, step == 0, "q"));
        world.send_rtp(&publisher, &frame(12, 60_000 + step, step == 0 || step == 40, "h"));
        if step == 20 {
            world.relay.route(SlotId(5), Some(SourceId(1)), "h", 7).unwrap();
        }
        world.turn(33_000);
        asked += keyframe_requests(&world.take(&mut publisher).1);
    }
    let (rtp, rtcp) = world.take(&mut viewer);
    assert_eq!(rtp.len(), 61, "one frame per step, and both layers' where they change over");
    for pair in rtp.windows(2) {
        assert_eq!(pair[1].0.seq, pair[0].0.seq + 1);
        let step = pair[1].0.ts.wrapping_sub(pair[0].0.ts);
        assert!((1..9000).contains(&step), "time step {step}");
        let id = |data: &[u8], at: usize| u16::from_be_bytes([data[at + 2], data[at + 3]]) & 0x7FFF;
        assert_eq!(id(&pair[1].1, pair[1].0.len), id(&pair[0].1, pair[0].0.len) + 1);
    }
    assert_eq!(asked, 2, "20 steps of 33 ms: at once and after half a second");
    assert!(rtcp.is_empty(), "no sender report known, none made up");
}

#[test]
fn a_lost_packet_is_asked_for_and_its_retransmission_used_once() {
    let mut world = World::default();
    let (mut publisher, mut viewer) = classroom(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    for index in [200, 201, 203] {
        world.send_rtp(&publisher, &frame(11, index, index == 200, "q"));
    }
    world.turn(1000);
    let nacked: Vec<u16> = (world.take(&mut publisher).1.iter())
        .flat_map(|c| {
            rtcp::packets(c)
                .filter_map(|p| {
                    if let Packet::Nack { media: 11, fci } = p { Some(rtcp::nacked(fci).collect::<Vec<_>>()) } else { None }
                })
                .collect::<Vec<_>>()
        })
        .flatten()
        .collect();
    assert_eq!(nacked, [202]);
    let lost = frame(11, 202, false, "q");
    let mut rtx = lost.clone();
    (rtx.pt, rtx.ssrc, rtx.index) = (RTX_PT, 21, 9);
    rtx.extensions[1].0 = EXT_RRID;
    rtx.payload = [&202u16.to_be_bytes()[..], &lost.payload].concat();
    world.send_rtp(&publisher, &rtx);
    rtx.index = 10;
    world.send_rtp(&publisher, &rtx);
    world.send_rtp(&publisher, &lost);
    world.turn(1000);
    let (rtp, _) = world.take(&mut viewer);
    let mut seqs: Vec<_> = rtp.iter().map(|(h, _)| h.seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, [1001, 1002, 1003, 1004]);
    let late = rtp.iter().find(|(h, _)| h.seq == 1003).unwrap();
    assert_eq!(late.1[late.0.len + 6..], lost.payload[6..]);
}

#[test]
fn a_viewers_nack_is_answered_once_with_the_slots_rtx_stream() {
    let mut world = World::default();
    let (publisher, mut viewer) = classroom(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    for index in 300..310 {
        world.send_rtp(&publisher, &frame(11, index, index == 300, "q"));
    }
    world.turn(1000);
    let sent = world.take(&mut viewer).0;
    let mut nack = Vec::new();
    rtcp::write_nack(&mut nack, 7, 5000, &[1004, 1006, 2000]);
    world.send_rtcp(&mut viewer, &nack);
    world.send_rtcp(&mut viewer, &nack);
    let (again, _) = world.take(&mut viewer);
    assert_eq!(again.len(), 2, "once within 20 ms, and never what was not sent");
    for (header, data) in &again {
        assert_eq!((header.ssrc, header.pt), (5001, SLOT_RTX_PT));
        let osn = u16::from_be_bytes([data[header.len], data[header.len + 1]]);
        let original = sent.iter().find(|(h, _)| h.seq == osn).unwrap();
        assert_eq!(data[header.len + 2..], original.1[original.0.len..]);
        assert_eq!(header.ts, original.0.ts);
    }
}

#[test]
fn a_publication_that_is_not_permitted_goes_nowhere() {
    let mut world = World::default();
    let (publisher, mut viewer) = classroom(&mut world);
    world.relay.tap(SourceId(1), true, true).unwrap();
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    world.relay.enable_source(SourceId(1), false).unwrap();
    for index in 0..20 {
        world.send_rtp(&publisher, &frame(11, index, true, "q"));
        world.turn(20_000);
    }
    assert!(world.take(&mut viewer).0.is_empty());
    assert!(world.relay.tapped.is_empty());
    world.relay.enable_source(SourceId(1), true).unwrap();
    world.send_rtp(&publisher, &frame(11, 20, false, "q"));
    world.send_rtp(&publisher, &frame(11, 21, true, "q"));
    world.turn(20_000);
    assert_eq!(world.take(&mut viewer).0.len(), 1, "from the next keyframe");
    assert_eq!(world.relay.tapped.len(), 1);
}

#[test]
fn temporal_layers_above_the_limit_are_left_out_without_gaps() {
    let mut world = World::default();
    let (publisher, mut viewer) = classroom(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 0).unwrap();
    for index in 0..40u64 {
        let mut packet = frame(11, index, index == 0, "q");
        packet.payload = vp8(index == 0, index as u16, (index / 2) as u8, (index % 2) as u8);
        world.send_rtp(&publisher, &packet);
        world.turn(16_000);
    }
    let (rtp, _) = world.take(&mut viewer);
    assert_eq!(rtp.iter().map(|(h, _)| h.seq).collect::<Vec<_>>(), (1001..1021).collect::<Vec<_>>());
}

#[test]
fn of_stills_whole_keyframes_arrive_without_gaps_and_motion_comes_back_at_one() {
    let mut world = World::default();
    let (publisher, mut viewer) = classroom(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    world.relay.set_stills(SlotId(5), true).unwrap();
    for index in 0..60u64 {
        if index == 45 {
            world.relay.set_stills(SlotId(5), false).unwrap();
        }
        world.send_rtp(&publisher, &frame(11, index, index % 20 == 0, "q"));
        world.turn(16_000);
    }
    let (rtp, _) = world.take(&mut viewer);
    let seqs: Vec<_> = rtp.iter().map(|(h, _)| h.seq).collect();
    assert_eq!(seqs, (1001..1004).collect::<Vec<_>>(), "three keyframes, delta frames neither between nor after them");
    for index in 60..70u64 {
        world.send_rtp(&publisher, &frame(11, index, index == 60, "q"));
        world.turn(16_000);
    }
    assert_eq!(world.take(&mut viewer).0.len(), 10);
}

#[test]
fn silence_is_reported_in_steps_and_ends_with_the_next_packet() {
    let mut world = World::default();
    let (publisher, _) = classroom(&mut world);
    let last_us = world.now;
    world.notices();
    for _ in 0..200 {
        world.turn(100_000);
    }
    let of_publisher = |n: &Notice| matches!(n, Notice::Stalled { peer, .. } | Notice::Resumed { peer, .. } if peer.0 == 1);
    let stalls: Vec<_> = world.notices().into_iter().filter(of_publisher).collect();
    let stalled = |ms| Notice::Stalled { peer: publisher.id, ms, last_us };
    assert_eq!(stalls, [stalled(1500), stalled(5000), stalled(15_000)]);
    world.send_rtp(&publisher, &frame(11, 1, true, "q"));
    let resumed: Vec<_> = world.notices().into_iter().filter(of_publisher).collect();
    assert_eq!(resumed, [Notice::Resumed { peer: publisher.id, ms: 20_000, last_us }]);
}

#[test]
fn removing_a_publisher_silences_its_viewers_and_frees_its_address() {
    let mut world = World::default();
    let (publisher, mut viewer) = classroom(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    world.send_rtp(&publisher, &frame(11, 1, true, "q"));
    world.turn(1000);
    assert_eq!(world.take(&mut viewer).0.len(), 1);
    world.relay.remove_peer(publisher.id).unwrap();
    assert!(world.notices().contains(&Notice::Switched { slot: SlotId(5), shown: None }));
    world.send_rtp(&publisher, &frame(11, 2, true, "q"));
    assert_eq!(world.relay.counters.unknown_address, 1);
    assert_eq!(world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7), Err("unknown source"));
    let again = world.connected(1, PROFILE);
    world.add_camera(1, again.id, &["q", "h"]);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    world.send_rtp(&again, &frame(11, 2, true, "q"));
    world.turn(1000);
    assert_eq!(world.take(&mut viewer).0.len(), 1, "the slot's stream goes on");
}

#[test]
fn a_layer_that_begins_anew_under_another_ssrc_is_taken_up_at_its_keyframe() {
    let mut world = World::default();
    let (publisher, mut viewer) = classroom(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    world.send_rtp(&publisher, &frame(11, 50_000, true, "q"));
    world.turn(30_000);
    for index in 3..8 {
        world.send_rtp(&publisher, &frame(99, index, index == 5, "q"));
        // A late packet of the old stream does not bring it back.
        world.send_rtp(&publisher, &frame(11, 50_000 + index, true, "q"));
        world.turn(30_000);
    }
    let (rtp, _) = world.take(&mut viewer);
    assert_eq!(rtp.iter().map(|(h, _)| h.seq).collect::<Vec<_>>(), [1001, 1002, 1003, 1004]);
}

#[test]
fn a_layer_the_publisher_gave_up_is_replaced_within_a_moment() {
    let mut world = World::default();
    let (mut publisher, mut viewer) = classroom(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "h", 7).unwrap();
    let (mut asked_for_low, mut before_us) = (0, 0);
    for step in 0..120u64 {
        let low_is_asked = asked_for_low > 0;
        world.send_rtp(&publisher, &frame(11, step, step == 0 || low_is_asked, "q"));
        if step < 60 {
            world.send_rtp(&publisher, &frame(12, 500 + step, step == 0, "h"));
            before_us = world.now;
        }
        world.turn(33_000);
        asked_for_low += keyframe_requests(&world.take(&mut publisher).1) * usize::from(step >= 60);
        let shown = Notice::Switched { slot: SlotId(5), shown: Some((SourceId(1), "q".into())) };
        if step >= 60 && world.notices().contains(&shown) {
            assert!(world.now - before_us < 800_000, "{}", world.now - before_us);
            world.take(&mut viewer);
            return;
        }
    }
    panic!("still frozen");
}

#[test]
fn a_layer_that_comes_back_costs_a_keyframe_only_when_it_lasts() {
    let mut world = World::default();
    let (mut publisher, mut viewer) = classroom(&mut world);
    world.relay.route(SlotId(5), Some(SourceId(1)), "h", 7).unwrap();
    let mut asked_at = Vec::new();
    for step in 0..200u64 {
        world.send_rtp(&publisher, &frame(11, step, step == 0 || step == 75, "q"));
        if !(50..100).contains(&step) {
            world.send_rtp(&publisher, &frame(12, 500 + step, step == 0, "h"));
        }
        world.turn(33_000);
        world.take(&mut viewer);
        if keyframe_requests(&world.take(&mut publisher).1) > 0 {
            asked_at.push(step);
        }
    }
    let (falling, rising): (Vec<u64>, Vec<u64>) = asked_at.into_iter().partition(|&s| s < 100);
    assert!(!falling.is_empty());
    assert!(rising[0] >= 130, "back at 100, asked for at {}", rising[0]);
}

#[test]
fn another_publisher_and_another_codec_in_the_same_slot() {
    let mut world = World::default();
    let (publisher, mut viewer) = classroom(&mut world);
    let other = world.connected(3, PROFILE);
    let codecs = vec![CodecParams { pt: 102, codec: Codec::H264, rtx_pt: None, clock_hz: 90_000 }];
    let (id, mid, kind) = (SourceId(2), "m2".to_owned(), Kind::Video);
    let source = NewSource { id, peer: other.id, mid, kind, codecs, rids: vec![], ssrcs: vec![(31, String::new(), 0)] };
    world.relay.add_source(source).unwrap();
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    world.send_rtp(&publisher, &frame(11, 100, true, "q"));
    world.turn(40_000);
    world.relay.route(SlotId(5), Some(SourceId(2)), "", 7).unwrap();
    world.send_rtp(&publisher, &frame(11, 101, true, "q"));
    let nal =
        |index: u64, payload: &[u8]| Rtp { pt: 102, index, ts: 5, ssrc: 31, payload: payload.to_vec(), ..Rtp::default() };
    for (index, payload) in [(9, &[0x41, 1][..]), (10, &[0x78, 0, 2, 0x67, 1]), (11, &[0x7C, 0x85, 9])] {
        world.send_rtp(&other, &nal(index, payload));
    }
    world.turn(40_000);
    let (rtp, _) = world.take(&mut viewer);
    assert_eq!(rtp.iter().map(|(h, _)| (h.seq, h.pt)).collect::<Vec<_>>(), [(1001, SLOT_VP8_PT), (1002, 98), (1003, 98)]);
    assert_eq!(rtp[1].0.ts.wrapping_sub(rtp[0].0.ts), 3600, "40 ms went by");
}

/// Whatever the network and Python do, no (SSRC, index) pair is sealed twice: `take` opens with a replay check, and every
/// packet's bytes are remembered by SSRC and sequence number.
#[test]
fn no_nonce_is_used_twice() {
    for seed in 0..12 {
        let mut random = Random(seed);
        let mut world = World::default();
        let publisher = world.connected(1, PROFILE);
        let mut viewer = world.connected(2, PROFILE);
        world.add_camera(1, publisher.id, &["q", "h"]);
        world.add_microphone(2, publisher.id);
        world.add_slot(5, viewer.id, Kind::Video);
        world.add_slot(6, viewer.id, Kind::Audio);
        world.relay.route(SlotId(6), Some(SourceId(2)), "", 7).unwrap();
        let mut heads = [random.below(65_536), random.below(65_536), random.below(65_536)];
        let mut seen: HashMap<(u32, u16), u64> = HashMap::new();
        let mut got = 0;
        for step in 0..3000u64 {
            let rid = if random.below(2) == 0 { "q" } else { "h" };
            match random.below(40) {
                0 => world.relay.route(SlotId(5), Some(SourceId(1)), rid, random.below(3) as u8).unwrap(),
                1 => world.relay.route(SlotId(5), None, "", 7).unwrap(),
                2 => world.relay.route(SlotId(6), Some(SourceId(2)).filter(|_| step % 2 == 0), "", 7).unwrap(),
                3 => world.relay.enable_source(SourceId(1), random.below(3) > 0).unwrap(),
                _ => {}
            }
            for (i, head) in heads.iter_mut().enumerate() {
                *head += 1 + random.below(12) / 11 * random.below(4);
                let index = (*head).saturating_sub(random.below(8) / 7 * random.below(20));
                let mut packet = frame(11 + i as u32, index, random.below(15) == 0, if i == 0 { "q" } else { "h" });
                if i == 2 {
                    packet.pt = OPUS_PT;
                    packet.extensions = vec![(EXT_MID, b"m2".to_vec())];
                } else {
                    packet.payload[5] = (random.below(3) as u8) << 6;
                    if random.below(20) == 0 {
                        packet.payload.clear();
                    }
                }
                world.send_rtp(&publisher, &packet);
            }
            if random.below(5) == 0 {
                let mut nack = Vec::new();
                let around = 1000 + step as u16;
                let seqs: Vec<u16> = (0..10).map(|_| around.wrapping_sub(random.below(60) as u16)).collect();
                rtcp::write_nack(&mut nack, 7, 5000, &seqs);
                world.send_rtcp(&mut viewer, &nack);
            }
            world.turn(random.below(30_000));
            for (header, _) in world.take(&mut viewer).0 {
                got += 1;
                assert_eq!(seen.insert((header.ssrc, header.seq), step), None, "seed {seed}: {}", header.seq);
            }
        }
        assert!(got > 1000, "seed {seed}: only {got} packets came through");
        let guarded: u64 = world.relay.snapshot().peers.iter().flat_map(|p| &p.slots).map(|s| s.counters.guarded).sum();
        assert_eq!(guarded, 0, "seed {seed}: the guard had to step in");
    }
}

/// Pages of fifteen packets, each packet 100 ms after the other; the viewer asks for a keyframe each second. When the publisher was asked, in seconds.
fn asked_of_a_thin_line(patient: bool) -> Vec<u64> {
    let mut world = World::default();
    let (mut publisher, mut viewer) = classroom(&mut world);
    world.relay.set_patient(SourceId(1), patient).unwrap();
    world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    world.send_rtp(&publisher, &frame(11, 100, true, "q"));
    world.turn(100_000);
    world.take(&mut publisher);
    let mut pli = Vec::new();
    rtcp::write_pli(&mut pli, 7, 5000);
    let mut asked = Vec::new();
    for n in 0..300u64 {
        if n % 10 == 9 {
            world.send_rtcp(&mut viewer, &pli);
        }
        let page = n / 15;
        let part = frame(11, 101 + n, false, "q");
        world.send_rtp(&publisher, &Rtp { ts: (200 + page as u32) * 3000 * 15, marker: n % 15 == 14, ..part });
        world.turn(100_000);
        asked.extend((0..keyframe_requests(&world.take(&mut publisher).1)).map(|_| n / 10));
    }
    asked
}

#[test]
fn while_pages_trickle_in_over_the_publishers_line_no_keyframes_are_asked_for_but_seldom() {
    assert_eq!(asked_of_a_thin_line(true), [10, 20]);
    assert!(asked_of_a_thin_line(false).len() > 20, "a camera is asked again and again until its keyframe comes");
}
