//! A load through the floor, without sockets: what is published arrives at every subscriber, once, whole, and is counted.

use forward::outbox::Kept;
use forward::remote::Remote;
use forward::srtp::Profile;
use load::Clock;
use load::agent::Login;
use load::floor::Floor;
use load::peer::{Happening, Peer};
use load::sink::Manner;
use load::stream::Plan;
use load::tally::Tally;
use std::net::SocketAddr;

const SUBSCRIBERS: usize = 3;
const SERVER: &str = "192.0.2.1:3478";

fn login(who: &str, n: usize) -> Login {
    Login { ufrag: format!("{who}{n}"), pwd: format!("{who}-secret-{n}") }
}

fn video() -> Plan {
    Plan {
        is_video: true,
        ssrc: 77,
        pt: 96,
        clock_hz: 90_000,
        frames_per_s: 30,
        packets: 5,
        size: 1100,
        key_packets: 40,
        key_every_us: 10_000_000,
        pace_us: 0,
        picture: (1280, 720),
        extension: vec![0xBE, 0xDE, 0, 1, 0x10, b'0', 0, 0],
    }
}

fn audio() -> Plan {
    let extension = Vec::new();
    Plan {
        is_video: false,
        ssrc: 78,
        pt: 111,
        clock_hz: 48_000,
        frames_per_s: 50,
        packets: 1,
        size: 100,
        extension,
        ..video()
    }
}

struct World {
    floor: Floor,
    peers: Vec<Peer>,
    tally: Tally,
    now: u64,
}

impl World {
    fn address(number: usize) -> SocketAddr {
        format!("192.0.2.2:{}", 1000 + number).parse().unwrap()
    }

    fn new() -> Self {
        let (mut floor, mut peers) = (Floor::default(), Vec::new());
        for n in 0..=SUBSCRIBERS {
            assert_eq!(floor.add_peer(&login("s", n).ufrag, &login("s", n).pwd, n == 0), n);
            let mut peer = Peer::new(login("c", n), 1000 + n as u64);
            peer.connect(SERVER.parse().unwrap(), login("s", n), true);
            peers.push(peer);
        }
        Self { floor, peers, tally: Tally::default(), now: 1_000_000 }
    }

    fn clock(&self) -> Clock {
        Clock { now: self.now, wall_ns: self.now * 1000 }
    }

    /// One turn: everything due is sent, forwarded, and received; what the peers report.
    fn turn(&mut self, damage: bool) -> Vec<(usize, Happening)> {
        let clock = self.clock();
        let mut kept = Kept::default();
        for (n, peer) in self.peers.iter_mut().enumerate() {
            let mut sent: Vec<Vec<u8>> = Vec::new();
            peer.tick(clock, &mut |d| sent.push(d.to_vec()));
            peer.send_media(clock, &mut self.tally, &mut |d| sent.push(d.to_vec()));
            for mut data in sent {
                self.floor.receive(Remote::udp(Self::address(n)), &mut data, &mut kept);
            }
            self.floor.fan_out(&mut kept);
        }
        let mut told = Vec::new();
        for (to, mut data) in kept.sent {
            let n = usize::from(to.addr.port()) - 1000;
            let from = (SERVER.parse().unwrap(), clock.wall_ns + 2_000_000);
            if damage && data[0] >= 128 {
                *data.last_mut().unwrap() ^= 1;
            }
            let tally = &mut self.tally;
            told.extend(self.peers[n].receive(&mut data, from, clock, tally, &mut |_| {}).map(|h| (n, h)));
        }
        self.now += 5_000;
        told
    }

    fn connect(&mut self) {
        let connected: Vec<_> = self.turn(false);
        assert_eq!(connected.len(), SUBSCRIBERS + 1);
        assert!(connected.iter().all(|(_, h)| *h == Happening::Connected));
        for n in 0..=SUBSCRIBERS {
            let (up, down) = ([n as u8; 16], [100 + n as u8; 16]);
            let salt = [9; 12];
            assert!(self.floor.set_srtp(n, Profile::Gcm128, (&up, &salt), (&down, &salt)));
            assert!(self.peers[n].set_srtp(Profile::Gcm128, (&down, &salt), (&up, &salt)));
            self.peers[n].listen(Manner { remb_bps: 1_000_000, ..Manner::default() }, 50 + n as u32);
        }
        self.peers[0].publish(video(), &mut self.tally, self.now);
        self.peers[0].publish(audio(), &mut self.tally, self.now);
    }
}

#[test]
fn every_packet_of_a_window_arrives_once_at_every_subscriber() {
    let mut world = World::new();
    world.connect();
    world.tally.open();
    for _ in 0..200 {
        world.turn(false);
    }
    world.tally.close();
    let sent: u32 = world.tally.sent().sum();
    assert_eq!(sent, 40 + 29 * 5 + 50, "a second: a keyframe first, then 29 frames and 50 packets of sound");
    assert_eq!(world.tally.received, u64::from(sent) * SUBSCRIBERS as u64);
    assert_eq!((world.tally.bad, world.tally.duplicates, world.tally.unparsed), (0, 0, 0));
    assert_eq!(world.tally.latency.max(), 2000);
    assert_eq!(world.peers[1].sink().gaps(), 0);
}

#[test]
fn damaged_packets_are_bad_and_nothing_else() {
    let mut world = World::new();
    world.connect();
    world.tally.open();
    for _ in 0..20 {
        world.turn(true);
    }
    let sent: u64 = world.tally.sent().map(u64::from).sum();
    assert_eq!((world.tally.received, world.tally.bad), (0, sent * SUBSCRIBERS as u64));
}

#[test]
fn a_wrong_password_never_connects() {
    let mut world = World::new();
    world.peers[0].connect(SERVER.parse().unwrap(), Login { ufrag: "s0".into(), pwd: "guess".into() }, true);
    let connected = world.turn(false);
    assert!(connected.iter().all(|(n, _)| *n != 0));
    assert_eq!(connected.len(), SUBSCRIBERS);
}
