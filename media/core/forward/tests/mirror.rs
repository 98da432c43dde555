//! A source of one relay with viewers in another: they are served as those at home are, and what they need travels back.

mod common;

use common::*;
use forward::codec::Codec;
use forward::ids::{Kind, PeerId, RelayId, SlotId, SourceId};
use forward::mirror::{AUDIO_LIMIT, VIDEO_LIMIT};
use forward::notice::Notice;
use forward::relay::NewMirror;
use forward::rtcp::{self, Packet};
use forward::source::CodecParams;
use forward::srtp::Profile;
use std::collections::HashSet;

const PROFILE: Profile = Profile::Gcm128;
const HOME: RelayId = RelayId(1);
const AWAY: RelayId = RelayId(2);
const CAMERA: SourceId = SourceId(1);
const MIRROR: SourceId = SourceId(71);

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

fn voice(index: u64, level: u8) -> Rtp {
    Rtp {
        pt: OPUS_PT,
        index,
        ts: (index as u32).wrapping_mul(960),
        ssrc: 31,
        extensions: vec![(EXT_MID, b"m3".to_vec()), (EXT_LEVEL, vec![0x80 | level])],
        payload: vec![5; 60],
        ..Rtp::default()
    }
}

fn sender_report(ssrc: u32, ntp: u64, rtp: u32) -> Vec<u8> {
    let mut compound = Vec::new();
    rtcp::write_sender_report(&mut compound, ssrc, ntp, rtp, 1, 1, b"x");
    compound
}

fn keyframe_requests(compounds: &[Vec<u8>]) -> usize {
    let all = compounds.iter().flat_map(|c| rtcp::packets(c));
    all.filter(|p| matches!(p, Packet::KeyframeWanted { .. })).count()
}

/// Two relays and what carries parcels between them.
struct Pair {
    home: World,
    away: World,
    /// Parcels wait here while the far thread stands still.
    carried: Vec<(bool, forward::mirror::Parcel)>,
    holds: bool,
}

impl Pair {
    fn new() -> Self {
        Self { home: World::default(), away: World::default(), carried: Vec::new(), holds: false }
    }

    /// A publisher (camera 1 with layers q = 11, h = 12, microphone 3) and a viewer at home, and one away.
    fn classroom() -> (Self, Client, Client, Client) {
        let mut pair = Self::new();
        let publisher = pair.home.connected(1, PROFILE);
        let near = pair.home.connected(2, PROFILE);
        let far = pair.away.connected(3, PROFILE);
        pair.home.add_camera(1, publisher.id, &["q", "h"]);
        pair.home.add_microphone(3, publisher.id);
        for (world, peer, slot) in [(&mut pair.home, near.id, 5), (&mut pair.away, far.id, 5)] {
            world.add_slot(slot, peer, Kind::Video);
            world.add_slot(slot + 1, peer, Kind::Audio);
        }
        pair.mirror(1, 71, Kind::Video);
        pair.mirror(3, 73, Kind::Audio);
        (pair, publisher, near, far)
    }

    fn mirror(&mut self, source: u32, mirror: u32, kind: Kind) {
        let (codecs, rids) = match kind {
            Kind::Video => (
                vec![CodecParams { pt: VP8_PT, codec: Codec::Vp8, rtx_pt: Some(RTX_PT), clock_hz: 90_000 }],
                vec!["q".to_owned(), "h".to_owned()],
            ),
            Kind::Audio => (vec![CodecParams { pt: OPUS_PT, codec: Codec::Opus, rtx_pt: None, clock_hz: 48_000 }], vec![]),
        };
        let (id, source, publisher) = (SourceId(mirror), SourceId(source), PeerId(1));
        self.away.relay.add_mirror(NewMirror { id, relay: HOME, source, publisher, kind, codecs, rids }).unwrap();
        self.carry();
    }

    fn route(&mut self, rid: &str) {
        self.home.relay.route(SlotId(5), Some(CAMERA), rid, 7).unwrap();
        self.away.relay.route(SlotId(5), Some(MIRROR), rid, 7).unwrap();
        self.turn(0);
    }

    /// What the threads do after each turn.
    fn carry(&mut self) {
        while let Some((to, parcel)) = self.home.relay.take_parcel() {
            assert_eq!(to, AWAY);
            self.carried.push((true, parcel));
        }
        while let Some((to, parcel)) = self.away.relay.take_parcel() {
            assert_eq!(to, HOME);
            self.carried.push((false, parcel));
        }
        if !self.holds {
            for (outward, mut parcel) in std::mem::take(&mut self.carried) {
                let (world, from) = if outward { (&mut self.away, HOME) } else { (&mut self.home, AWAY) };
                world.relay.import(from, &mut parcel, world.now, &mut world.out);
                let back = if outward { &mut self.home } else { &mut self.away };
                back.relay.give_back(parcel);
            }
        }
        let behind = self.carried.iter().filter(|(outward, _)| *outward).map(|(_, p)| p.bytes()).sum();
        self.home.relay.set_behind(AWAY, behind);
    }

    fn turn(&mut self, us: u64) {
        self.home.relay.export();
        self.carry();
        self.home.turn(us);
        self.away.turn(us);
        self.carry();
        self.away.turn(0);
        self.carry();
    }
}

#[test]
fn a_viewer_in_another_relay_gets_the_very_packets_that_a_viewer_at_home_gets() {
    let (mut pair, publisher, mut near, mut far) = Pair::classroom();
    pair.route("q");
    for index in 100..140 {
        pair.home.send_rtp(&publisher, &frame(11, index, index == 103, "q"));
        pair.home.send_rtp(&publisher, &frame(12, index, index == 103, "h"));
        pair.turn(33_000);
    }
    let (at_home, _) = pair.home.take(&mut near);
    let (away, _) = pair.away.take(&mut far);
    assert_eq!(at_home.len(), 37);
    let bodies = |all: &[Opened]| all.iter().map(|(h, data)| (h.seq, h.ts, data[h.len..].to_vec())).collect::<Vec<_>>();
    assert_eq!(bodies(&at_home), bodies(&away));
    assert_eq!(pair.home.relay.counters.exported, 40, "only the layer that is watched there crosses");
    let switched = Notice::Switched { slot: SlotId(5), shown: Some((MIRROR, "q".into())) };
    assert!(pair.away.notices().contains(&switched));
}

#[test]
fn a_switch_away_from_home_asks_the_publisher_and_waits_for_the_keyframe() {
    let (mut pair, mut publisher, _, mut far) = Pair::classroom();
    pair.away.relay.route(SlotId(5), Some(MIRROR), "q", 7).unwrap();
    let (mut asked, mut answer) = (0, false);
    for step in 0..60u64 {
        pair.home.send_rtp(&publisher, &frame(11, 100 + step, step == 0 || answer, "q"));
        pair.home.send_rtp(&publisher, &frame(12, 60_000 + step, step == 0 || answer, "h"));
        if step == 20 {
            pair.away.relay.route(SlotId(5), Some(MIRROR), "h", 7).unwrap();
        }
        pair.turn(33_000);
        let requests = keyframe_requests(&pair.home.take(&mut publisher).1);
        asked += requests;
        answer = requests > 0;
    }
    let (rtp, _) = pair.away.take(&mut far);
    assert_eq!(asked, 2, "one for each layer");
    for two in rtp.windows(2) {
        assert_eq!(two[1].0.seq, two[0].0.seq + 1);
        assert!((1..9000).contains(&two[1].0.ts.wrapping_sub(two[0].0.ts)));
    }
    let shown: Vec<_> = pair.away.notices().into_iter().filter(|n| matches!(n, Notice::Switched { .. })).collect();
    assert_eq!(shown.last(), Some(&Notice::Switched { slot: SlotId(5), shown: Some((MIRROR, "h".into())) }));
}

#[test]
fn a_pli_from_another_relay_reaches_the_publisher_once_per_half_second() {
    let (mut pair, mut publisher, _, mut far) = Pair::classroom();
    pair.route("q");
    for index in 100..130 {
        pair.home.send_rtp(&publisher, &frame(11, index, index == 100, "q"));
        pair.turn(33_000);
    }
    pair.home.take(&mut publisher);
    let mut pli = Vec::new();
    rtcp::write_pli(&mut pli, 7, 5000);
    let mut asked = 0;
    for index in 130..160 {
        pair.away.send_rtcp(&mut far, &pli);
        pair.home.send_rtp(&publisher, &frame(11, index, false, "q"));
        pair.turn(33_000);
        asked += keyframe_requests(&pair.home.take(&mut publisher).1);
    }
    assert_eq!(asked, 2);
}

#[test]
fn a_nack_is_answered_from_the_mirrors_own_ring() {
    let (mut pair, publisher, _, mut far) = Pair::classroom();
    pair.route("q");
    for index in 300..310 {
        pair.home.send_rtp(&publisher, &frame(11, index, index == 300, "q"));
        pair.turn(1000);
    }
    let sent = pair.away.take(&mut far).0;
    let mut nack = Vec::new();
    rtcp::write_nack(&mut nack, 7, 5000, &[1004, 1006, 2000]);
    pair.holds = true;
    pair.away.send_rtcp(&mut far, &nack);
    let (again, _) = pair.away.take(&mut far);
    assert_eq!(again.len(), 2);
    for (header, data) in &again {
        let osn = u16::from_be_bytes([data[header.len], data[header.len + 1]]);
        let original = sent.iter().find(|(h, _)| h.seq == osn).unwrap();
        assert_eq!(data[header.len + 2..], original.1[original.0.len..]);
    }
}

#[test]
fn time_runs_alike_in_both_relays() {
    let (mut pair, mut publisher, mut near, mut far) = Pair::classroom();
    pair.route("q");
    for index in 100..105 {
        pair.home.send_rtp(&publisher, &frame(11, index, index == 100, "q"));
        pair.turn(33_000);
    }
    pair.home.send_rtcp(&mut publisher, &sender_report(11, 7 << 32, 105 * 3000));
    pair.turn(0);
    let report = |compounds: &[Vec<u8>]| {
        compounds.iter().flat_map(|c| rtcp::packets(c)).find_map(|p| match p {
            Packet::SenderReport { ntp, rtp, .. } => Some((ntp, rtp)),
            _ => None,
        })
    };
    let at_home = report(&pair.home.take(&mut near).1);
    assert!(at_home.is_some());
    assert_eq!(at_home, report(&pair.away.take(&mut far).1));
}

#[test]
fn a_mirror_that_begins_late_knows_what_flows() {
    let (mut pair, mut publisher, _, mut far) = Pair::classroom();
    for index in 100..110 {
        pair.home.send_rtp(&publisher, &frame(11, index, index == 100, "q"));
        pair.turn(33_000);
    }
    assert_eq!(pair.home.relay.counters.exported, 0, "nobody watches there");
    pair.home.take(&mut publisher);
    // The upper layer is wished for; the lower one flows and is shown until then.
    pair.away.relay.route(SlotId(5), Some(MIRROR), "h", 7).unwrap();
    pair.turn(0);
    pair.turn(0);
    assert_eq!(keyframe_requests(&pair.home.take(&mut publisher).1), 1);
    for index in 110..115 {
        pair.home.send_rtp(&publisher, &frame(11, index, index == 111, "q"));
        pair.turn(33_000);
    }
    assert_eq!(pair.away.take(&mut far).0.len(), 4);
    // The layer stops: those away fall silent as those at home do, and come back with it.
    pair.turn(2_500_000);
    assert!(pair.away.notices().iter().all(|n| !matches!(n, Notice::Layer { .. })), "told once, at home");
    pair.home.send_rtp(&publisher, &frame(12, 500, true, "h"));
    pair.turn(1000);
    assert_eq!(pair.away.take(&mut far).0.len(), 1, "its first keyframe is used at once");
}

#[test]
fn a_publication_that_is_not_permitted_is_silent_everywhere_at_once() {
    let (mut pair, publisher, _, mut far) = Pair::classroom();
    pair.route("q");
    pair.home.send_rtp(&publisher, &frame(11, 100, true, "q"));
    pair.turn(1000);
    assert_eq!(pair.away.take(&mut far).0.len(), 1);
    pair.home.relay.enable_source(CAMERA, false).unwrap();
    pair.home.send_rtp(&publisher, &frame(11, 101, true, "q"));
    pair.turn(1000);
    let mut nack = Vec::new();
    rtcp::write_nack(&mut nack, 7, 5000, &[1001]);
    pair.away.send_rtcp(&mut far, &nack);
    pair.turn(1000);
    assert_eq!(pair.away.take(&mut far).0.len(), 0, "nothing new, and nothing again");
    assert!(pair.away.notices().contains(&Notice::Switched { slot: SlotId(5), shown: None }));
    pair.home.relay.enable_source(CAMERA, true).unwrap();
    pair.turn(0);
    pair.home.send_rtp(&publisher, &frame(11, 102, true, "q"));
    pair.turn(1000);
    assert_eq!(pair.away.take(&mut far).0.len(), 1);
}

#[test]
fn permission_goes_by_the_publisher_and_holds_for_its_mirrors() {
    let (mut pair, publisher, _, mut far) = Pair::classroom();
    pair.route("q");
    pair.home.send_rtp(&publisher, &frame(11, 100, true, "q"));
    pair.turn(1000);
    assert_eq!(pair.away.take(&mut far).0.len(), 1);
    pair.away.relay.set_sees(far.id, Kind::Video, Some(&[])).unwrap();
    pair.home.send_rtp(&publisher, &frame(11, 101, true, "q"));
    pair.turn(1000);
    let mut nack = Vec::new();
    rtcp::write_nack(&mut nack, 7, 5000, &[1001]);
    pair.away.send_rtcp(&mut far, &nack);
    pair.turn(1000);
    assert_eq!(pair.away.take(&mut far).0.len(), 0);
    pair.away.relay.set_sees(far.id, Kind::Video, Some(&[publisher.id])).unwrap();
    pair.turn(0);
    pair.home.send_rtp(&publisher, &frame(11, 102, true, "q"));
    pair.turn(1000);
    assert_eq!(pair.away.take(&mut far).0.len(), 1);
}

#[test]
fn a_source_that_ends_while_it_is_mirrored_leaves_no_trace_of_it() {
    let (mut pair, publisher, _, mut far) = Pair::classroom();
    pair.route("q");
    pair.home.send_rtp(&publisher, &frame(11, 100, true, "q"));
    pair.turn(1000);
    assert_eq!(pair.away.take(&mut far).0.len(), 1);
    pair.home.send_rtp(&publisher, &frame(11, 101, false, "q"));
    pair.home.relay.export();
    pair.home.relay.remove_peer(publisher.id).unwrap();
    pair.turn(1000);
    assert!(pair.away.notices().contains(&Notice::Switched { slot: SlotId(5), shown: None }));
    pair.away.relay.remove_source(MIRROR).unwrap();
    pair.turn(1000);
    assert!(pair.away.relay.route(SlotId(5), Some(MIRROR), "q", 7).is_err());
    // One that is gone already when its mirror is asked for.
    pair.mirror(1, 72, Kind::Video);
    pair.turn(1000);
    pair.away.relay.route(SlotId(5), Some(SourceId(72)), "q", 7).unwrap();
    pair.turn(1000);
    assert_eq!(pair.away.take(&mut far).0.len(), 0);
}

#[test]
fn a_mirror_that_ends_costs_its_home_nothing_more() {
    let (mut pair, publisher, mut near, _) = Pair::classroom();
    pair.route("q");
    pair.away.relay.remove_source(MIRROR).unwrap();
    pair.turn(0);
    for index in 100..110 {
        pair.home.send_rtp(&publisher, &frame(11, index, index == 100, "q"));
        pair.turn(1000);
    }
    assert_eq!(pair.home.relay.counters.exported, 0);
    assert_eq!(pair.home.take(&mut near).0.len(), 10);
}

#[test]
fn a_new_ssrc_begins_at_its_keyframe_away_too() {
    let (mut pair, publisher, _, mut far) = Pair::classroom();
    pair.route("q");
    for index in 100..105 {
        pair.home.send_rtp(&publisher, &frame(11, index, index == 100, "q"));
        pair.turn(33_000);
    }
    for index in 7..12 {
        pair.home.send_rtp(&publisher, &frame(19, index, index == 9, "q"));
        pair.turn(33_000);
    }
    let rtp = pair.away.take(&mut far).0;
    assert_eq!(rtp.len(), 8);
    assert!(rtp.windows(2).all(|two| two[1].0.seq == two[0].0.seq + 1));
}

#[test]
fn levels_are_told_at_home_only() {
    let (mut pair, publisher, _, mut far) = Pair::classroom();
    pair.away.relay.route(SlotId(6), Some(SourceId(73)), "", 7).unwrap();
    pair.turn(0);
    for index in 1..20 {
        pair.home.send_rtp(&publisher, &voice(index, 20));
        pair.turn(20_000);
    }
    assert!(pair.home.notices().iter().any(|n| matches!(n, Notice::Levels(_))));
    assert!(!pair.away.notices().iter().any(|n| matches!(n, Notice::Levels(_) | Notice::Rates(_))));
    assert_eq!(pair.away.take(&mut far).0.len(), 19);
}

#[test]
fn a_relay_that_stands_still_loses_video_up_to_a_keyframe_and_keeps_its_sound() {
    let (mut pair, mut publisher, _, mut far) = Pair::classroom();
    pair.route("q");
    pair.away.relay.route(SlotId(6), Some(SourceId(73)), "", 7).unwrap();
    pair.turn(0);
    pair.home.send_rtp(&publisher, &frame(11, 100, true, "q"));
    pair.home.send_rtp(&publisher, &voice(1, 20));
    pair.turn(0);
    assert_eq!(pair.away.take(&mut far).0.len(), 2);
    pair.home.relay.set_behind(AWAY, VIDEO_LIMIT);
    pair.home.send_rtp(&publisher, &frame(11, 101, true, "q"));
    pair.home.send_rtp(&publisher, &voice(2, 20));
    pair.turn(0);
    assert_eq!(pair.away.take(&mut far).0.len(), 1, "the sound");
    assert_eq!(pair.home.relay.counters.export_dropped, 1);
    pair.home.take(&mut publisher);
    pair.home.send_rtp(&publisher, &frame(11, 102, false, "q"));
    pair.turn(600_000);
    pair.turn(600_000);
    assert_eq!(pair.away.take(&mut far).0.len(), 0, "not before a keyframe");
    assert!(keyframe_requests(&pair.home.take(&mut publisher).1) > 0, "which is asked for");
    pair.home.send_rtp(&publisher, &frame(11, 103, true, "q"));
    pair.turn(0);
    assert_eq!(pair.away.take(&mut far).0.len(), 1);
    pair.home.relay.set_behind(AWAY, AUDIO_LIMIT);
    pair.home.send_rtp(&publisher, &voice(3, 20));
    pair.turn(0);
    assert_eq!(pair.away.take(&mut far).0.len(), 0, "a thread that is gone does not fill the memory");
}

#[test]
fn a_relay_listens_only_to_a_mirrors_own_home() {
    let (mut pair, publisher, _, mut far) = Pair::classroom();
    pair.route("q");
    pair.home.send_rtp(&publisher, &frame(11, 100, true, "q"));
    pair.home.relay.export();
    while let Some((_, mut parcel)) = pair.home.relay.take_parcel() {
        let world = &mut pair.away;
        world.relay.import(RelayId(9), &mut parcel, world.now, &mut world.out);
    }
    pair.away.turn(1000);
    assert_eq!(pair.away.take(&mut far).0.len(), 0);
}

#[test]
fn no_number_is_used_twice_whatever_is_mirrored_removed_and_mirrored_again() {
    let (mut pair, publisher, _, mut far) = Pair::classroom();
    let mut random = Random(5);
    let (mut mirror, mut numbers) = (71, HashSet::new());
    for step in 0..2000u64 {
        let keyframe = random.below(10) == 0;
        for (ssrc, rid) in [(11, "q"), (12, "h")] {
            if random.below(20) > 0 {
                pair.home.send_rtp(&publisher, &frame(ssrc, 100 + step, keyframe, rid));
            }
        }
        match random.below(60) {
            0 => {
                pair.away.relay.remove_source(SourceId(mirror)).unwrap();
                mirror += 1000;
                pair.mirror(1, mirror, Kind::Video);
            }
            1 => {
                let rid = ["q", "h"][random.below(2) as usize];
                pair.away.relay.route(SlotId(5), Some(SourceId(mirror)), rid, 7).unwrap();
            }
            2 => pair.away.relay.route(SlotId(5), None, "", 7).unwrap(),
            3 => pair.home.relay.enable_source(CAMERA, random.below(2) == 0).unwrap(),
            4 => pair.holds = !pair.holds,
            _ => {}
        }
        pair.turn(random.below(40_000));
        for (header, _) in pair.away.take(&mut far).0 {
            assert!(numbers.insert((header.ssrc, header.seq)), "{} {}", header.ssrc, header.seq);
        }
    }
    assert!(numbers.len() > 200, "{}", numbers.len());
    let slots = pair.away.relay.snapshot().peers.into_iter().flat_map(|p| p.slots);
    assert!(slots.map(|s| s.counters.guarded).sum::<u64>() == 0);
}
