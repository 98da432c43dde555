//! Whole datagrams at a relay, from a stranger and from an address that proved itself: nothing is sent to the stranger.
#![no_main]

#[path = "../../forward/tests/common/mod.rs"]
mod common;

use common::World;
use forward::ids::Kind;
use forward::remote::Remote;
use forward::srtp::Profile;
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

thread_local! {
    static WORLD: RefCell<World> = RefCell::new({
        let mut world = World::default();
        let publisher = world.connected(1, Profile::Gcm128);
        world.add_camera(1, publisher.id, &["q", "h"]);
        world.add_slot(5, publisher.id, Kind::Video);
        world.with_path(2, Profile::Gcm128);
        world
    });
}

fuzz_target!(|data: &[u8]| {
    WORLD.with_borrow_mut(|world| {
        let stranger = Remote::udp(([192, 0, 2, 9], 9999).into());
        let known = Remote::udp(([10, 0, 0, 1], 5000).into());
        let keyless = Remote::udp(([10, 0, 0, 2], 5000).into());
        world.out.sent.clear();
        world.receive(stranger, &mut data.to_vec());
        assert!(world.out.sent.is_empty());
        world.receive(known, &mut data.to_vec());
        world.receive(keyless, &mut data.to_vec());
        world.turn(1000);
        world.out.sent.clear();
        world.relay.notices.clear();
    });
});
