//! Two connected peers whose bytes are read as deeds: authentic nonsense in any order, time passing, routes changing.
//!
//! Whatever they do: nothing panics, nothing leaves that its receiver cannot open exactly once (no nonce is used twice), and
//! no datagram is larger than the network takes.
#![no_main]

#[path = "../../forward/tests/common/mod.rs"]
mod common;

use common::{Client, EXT_MID, EXT_RID, Rtp, VP8_PT, World, vp8};
use forward::ids::{Kind, SlotId, SourceId};
use forward::rtp::Header;
use forward::srtp::{MAX_OVERHEAD, Profile};
use libfuzzer_sys::fuzz_target;

const DEEDS: usize = 64;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, mut rest)) = data.split_first() else { return };
    let profile = if choice & 1 == 0 { Profile::Gcm128 } else { Profile::Cm80 };
    let mut world = World::default();
    let mut publisher = world.connected(1, profile);
    let mut viewer = world.connected(2, profile);
    world.add_camera(1, publisher.id, &["q", "h"]);
    world.add_microphone(2, publisher.id);
    world.add_slot(5, viewer.id, Kind::Video);
    world.add_slot(6, viewer.id, Kind::Audio);
    let mut index = 10;
    for _ in 0..DEEDS {
        let Some((&[deed, size], after)) = rest.split_first_chunk::<2>() else { break };
        let (bytes, after) = after.split_at(usize::from(size).min(after.len()));
        rest = after;
        carry_out(deed, bytes, &mut world, &mut publisher, &mut viewer, &mut index);
        assert!(world.out.sent.iter().all(|(_, d)| d.len() <= 1500 + 200));
        world.take(&mut viewer);
        world.take(&mut publisher);
        world.relay.notices.clear();
    }
    let snapshot = world.relay.snapshot();
    assert!(snapshot.peers.iter().flat_map(|p| &p.slots).all(|s| s.counters.guarded == 0));
});

fn carry_out(deed: u8, bytes: &[u8], world: &mut World, publisher: &mut Client, viewer: &mut Client, index: &mut u64) {
    let arg = u64::from(bytes.first().copied().unwrap_or(0));
    match deed % 10 {
        0 => world.turn(arg * 1000),
        1 => world.receive(publisher.address, &mut bytes.to_vec()),
        2 => drop(world.relay.route(
            SlotId(5),
            (arg & 1 == 0).then_some(SourceId(1)),
            ["", "q", "h"][arg as usize % 3],
            arg as u8 % 4,
        )),
        3 => drop(world.relay.route(SlotId(6), (arg & 1 == 0).then_some(SourceId(2)), "", 7)),
        4 => drop(world.relay.enable_source(SourceId(1), arg & 1 == 0)),
        5 if bytes.len() >= 8 => world.send_rtcp(viewer, bytes),
        6 if bytes.len() >= 8 => world.send_rtcp(publisher, bytes),
        7 => {
            // A proper picture packet of one of the layers, now and then with a leap in its numbers.
            *index += 1 + (arg >> 6) * 7;
            let extensions =
                vec![(EXT_MID, b"m1".to_vec()), (EXT_RID, if arg & 1 == 0 { b"q".to_vec() } else { b"h".to_vec() })];
            let payload = vp8(arg & 2 == 0, *index as u16, *index as u8, (arg >> 2 & 3) as u8);
            let ssrc = 70 + (arg as u32 & 1);
            let ts = *index as u32 * 3000;
            world.send_rtp(publisher, &Rtp { pt: VP8_PT, index: *index, ts, ssrc, extensions, payload, ..Rtp::default() });
        }
        8 => seal_as_it_is(bytes, world, publisher, index),
        _ => world.relay.request_keyframe(SourceId(1), world.now, &mut world.out).unwrap_or_default(),
    }
}

fn seal_as_it_is(bytes: &[u8], world: &mut World, publisher: &Client, index: &mut u64) {
    let Some(header) = Header::parse(bytes) else { return };
    *index += 1;
    let mut sealed = bytes.to_vec();
    sealed[2..4].copy_from_slice(&(*index as u16).to_be_bytes());
    sealed.resize(bytes.len() + MAX_OVERHEAD, 0);
    if let Some(len) = publisher.seal.seal_rtp(&mut sealed, header.len, bytes.len(), header.ssrc, *index) {
        world.receive(publisher.address, &mut sealed[..len]);
    }
}
