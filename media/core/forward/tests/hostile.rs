//! Hostile input: whatever arrives, authentic or not, nothing panics and what one peer can cause stays bounded.

mod common;

use common::*;
use forward::codec::{Codec, inspect};
use forward::ids::{Kind, SlotId, SourceId};
use forward::remote::Remote;
use forward::rtcp;
use forward::srtp::Profile;
use forward::{ext, rtp, stun, twcc};

/// Flip, cut, repeat and splice: most mutations stay close to valid, which is where parsers go wrong.
fn mutate(random: &mut Random, data: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        if data.is_empty() {
            data.push(random.next() as u8);
        }
        let at = random.below(data.len() as u64) as usize;
        match random.below(6) {
            0 => data[at] ^= 1 << random.below(8),
            1 => data[at] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][random.below(6) as usize],
            2 => data.truncate(at),
            3 => data.insert(at, random.next() as u8),
            4 => {
                let end = (at + random.below(16) as usize).min(data.len());
                let part = data[at..end].to_vec();
                data.extend_from_slice(&part);
            }
            _ => data[at] = random.next() as u8,
        }
    }
    data.truncate(1500);
}

fn corpus() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    all.push(binding_request("u1:far", b"password-of-1", [7; 12], true));
    for keyframe in [true, false] {
        let packet = Rtp {
            pt: VP8_PT,
            ssrc: 11,
            extensions: vec![(EXT_MID, b"m1".to_vec()), (EXT_RID, b"q".to_vec()), (EXT_TWCC, vec![1, 2])],
            payload: vp8(keyframe, 5, 6, 1),
            ..Rtp::default()
        };
        all.push(packet.to_bytes().0);
    }
    let mut compound = Vec::new();
    let block =
        forward::reception::ReportBlock { ssrc: 5000, fraction_lost: 1, lost: 2, highest: 3, jitter: 4, lsr: 5, dlsr: 6 };
    rtcp::write_receiver_report(&mut compound, 1, &[block, block]);
    rtcp::write_nack(&mut compound, 1, 5000, &[1001, 1003, 1020]);
    rtcp::write_pli(&mut compound, 1, 5000);
    rtcp::write_remb(&mut compound, 1, 1 << 40, &[5000]);
    all.push(compound);
    let mut report = Vec::new();
    rtcp::write_sender_report(&mut report, 11, 1 << 60, 5, 6, 7, b"name");
    all.push(report);
    let mut arrivals = twcc::Arrivals::default();
    for i in 0..50u64 {
        arrivals.on_packet((i * i / 3) as u16, 1_000_000 + i * i * 900);
    }
    let mut feedback = Vec::new();
    arrivals.write_feedback(&mut feedback, 1, 5000);
    all.push(feedback);
    all
}

#[test]
fn parsers_are_total() {
    let mut random = Random(1);
    let corpus = corpus();
    let mut reports = Vec::new();
    for _ in 0..300_000 {
        let mut data = corpus[random.below(corpus.len() as u64) as usize].clone();
        mutate(&mut random, &mut data);
        if let Some(request) = stun::parse_request(&data) {
            request.ufrags();
            request.is_authentic(&data, b"pwd");
        }
        rtp::sort_of(&data);
        if let Some(header) = rtp::Header::parse(&data) {
            header.unpadded_len(&data);
            ext::elements(header.ext_profile, header.extension(&data)).count();
        }
        for packet in rtcp::packets(&data) {
            match packet {
                rtcp::Packet::Nack { fci, .. } => assert!(rtcp::nacked(fci).count() <= rtcp::MAX_NACKED),
                rtcp::Packet::ReceiverReport { blocks } => drop(rtcp::report_blocks(blocks).count()),
                _ => {}
            }
        }
        twcc::read_feedback(&data, &mut reports);
        for codec in [Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1, Codec::Opus] {
            inspect(codec, &data);
        }
    }
}

#[test]
fn a_relay_survives_a_peer_that_authenticates_nonsense() {
    for profile in [Profile::Cm80, Profile::Gcm128] {
        let mut random = Random(2);
        let mut world = World::default();
        let mut publisher = world.connected(1, profile);
        let mut viewer = world.connected(2, profile);
        world.add_camera(1, publisher.id, &["q", "h"]);
        world.add_slot(5, viewer.id, Kind::Video);
        world.relay.route(SlotId(5), Some(SourceId(1)), "q", 1).unwrap();
        world.relay.tap(SourceId(1), true, false).unwrap();
        let corpus = corpus();
        let mut index = 100;
        for round in 0..20_000u64 {
            let mut data = corpus[random.below(corpus.len() as u64) as usize].clone();
            if round % 4 > 0 {
                mutate(&mut random, &mut data);
            }
            if data.len() < 12 || data[0] >> 6 != 2 {
                let mut raw = data.clone();
                world.receive(publisher.address, &mut raw);
            } else if (192..224).contains(&data[1]) {
                let from = if round % 2 == 0 { &mut viewer } else { &mut publisher };
                world.send_rtcp(from, &data);
            } else if let Some(header) = rtp::Header::parse(&data) {
                // Sealed as it is, header and all, with a new index.
                index += 1 + random.below(3);
                let mut sealed = data.clone();
                sealed[2..4].copy_from_slice(&(index as u16).to_be_bytes());
                sealed.resize(data.len() + forward::srtp::MAX_OVERHEAD, 0);
                let len = publisher.seal.seal_rtp(&mut sealed, header.len, data.len(), header.ssrc, index).unwrap();
                world.receive(publisher.address, &mut sealed[..len]);
            }
            world.turn(random.below(50_000));
            world.take(&mut viewer);
            world.take(&mut publisher);
            world.relay.notices.clear();
            world.relay.tapped.clear();
        }
        // Still in order: a clean stream passes.
        let mut clean = world.connected(3, profile);
        world.add_camera(9, clean.id, &[]);
        world.relay.route(SlotId(5), Some(SourceId(9)), "", 7).unwrap();
        let extensions = vec![(EXT_MID, b"m9".to_vec())];
        let packet = Rtp { pt: VP8_PT, index: 5, ssrc: 77, extensions, payload: vp8(true, 1, 1, 0), ..Rtp::default() };
        world.send_rtp(&clean, &packet);
        world.turn(1000);
        assert_eq!(world.take(&mut viewer).0.len(), 1);
        world.take(&mut clean);
    }
}

/// Everything that a peer may say about streams, said by one whom they do not concern.
#[test]
fn what_a_peer_says_of_anothers_streams_changes_nothing_of_them() {
    let mut world = World::default();
    let (publisher, mut viewer) = (world.connected(1, Profile::Gcm128), world.connected(2, Profile::Gcm128));
    let mut stranger = world.connected(3, Profile::Gcm128);
    world.add_camera(1, publisher.id, &[]);
    world.add_slot(5, viewer.id, Kind::Video);
    world.relay.route(SlotId(5), Some(SourceId(1)), "", 7).unwrap();
    let frame = |index: u64| {
        let extensions = vec![(EXT_MID, b"m1".to_vec())];
        let payload = vp8(index == 1, index as u16, index as u8, 0);
        Rtp { pt: VP8_PT, index, ts: index as u32 * 3000, ssrc: 11, marker: true, extensions, payload }
    };
    for index in 1..20 {
        world.send_rtp(&publisher, &frame(index));
        world.turn(33_000);
    }
    let sent = world.take(&mut viewer).0;
    let ssrc = sent[0].0.ssrc;
    world.turn(2_000_000);
    let watched = viewer.id;
    let told = |world: &World| {
        let found = world.relay.snapshot();
        let of = |id| {
            found.peers.iter().find(|p| p.id == id).map(|p| {
                format!(
                    "{:?} {:?}",
                    p.slots[..].iter().map(|s| (s.id, &s.counters)).collect::<Vec<_>>(),
                    (&p.counters, p.rtt_us)
                )
            })
        };
        let sources = found.peers.iter().flat_map(|p| &p.sources).map(|s| format!("{:?} {:?} {}", s.id, s.counters, s.lost));
        (of(watched), sources.collect::<Vec<_>>())
    };
    world.out.sent.clear();
    let before = told(&world);
    let mut compound = Vec::new();
    let block =
        forward::reception::ReportBlock { ssrc, fraction_lost: 255, lost: 99, highest: 3, jitter: 4, lsr: 5, dlsr: 6 };
    rtcp::write_receiver_report(&mut compound, 1, &[block]);
    rtcp::write_nack(&mut compound, 1, ssrc, &[1001, 1002, 1003]);
    rtcp::write_pli(&mut compound, 1, ssrc);
    rtcp::write_remb(&mut compound, 1, 10_000, &[ssrc]);
    rtcp::write_sender_report(&mut compound, 11, 1 << 60, 5, 6, 7, b"name");
    world.send_rtcp(&mut stranger, &compound);
    world.send_rtp(&stranger, &frame(20));
    assert_eq!(told(&world), before);
    let media = world.out.sent.iter().filter(|(to, _)| *to != stranger.address).count();
    assert_eq!(media, 0, "nobody else is sent anything for it");
    // The viewer's own words count.
    world.send_rtcp(&mut viewer, &compound);
    assert_ne!(told(&world).0, before.0);
}

#[test]
fn strangers_get_no_answer() {
    let mut world = World::default();
    world.connected(1, Profile::Gcm128);
    world.out.sent.clear();
    let from = Remote::udp(([192, 0, 2, 1], 9).into());
    let wrong = [
        binding_request("u1:far", b"password-of-2", [1; 12], true),
        binding_request("u1:other", b"password-of-1", [2; 12], true),
        binding_request("u9:far", b"password-of-1", [3; 12], true),
    ];
    for mut data in wrong.into_iter().chain([vec![22, 254, 253, 0], vec![0x80; 40], vec![0x80, 200, 0, 1, 0, 0, 0, 1]]) {
        world.receive(from, &mut data);
    }
    assert!(world.out.sent.is_empty());
    let c = &world.relay.counters;
    assert_eq!((c.bad_integrity, c.bad_stun, c.unknown_address), (1, 2, 3));
}

#[test]
fn one_peer_cannot_flood_python_with_dtls() {
    let mut world = World::default();
    let peer = world.connected(1, Profile::Gcm128);
    world.notices();
    for _ in 0..10_000 {
        world.receive(peer.address, &mut [22, 254, 253, 0, 0]);
    }
    assert_eq!(world.notices().len(), 100);
}
