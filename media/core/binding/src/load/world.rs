//! All peers of a load with their sockets, and the thread that moves them: publishers on time, receivers drained on a timer.
//!
//! Receivers are never waited for: a receiver that sleeps until a packet comes makes the server pay for waking it up.

use super::{Mailbox, lock, wall_ns};
use crate::inbox::{FEW, Inbox};
use crate::socket::{Bound, bind, receive_drops, stamp_arrivals};
use crate::worker::{block_signals, monotonic_us};
use forward::Micros;
use load::Clock;
use load::peer::{Happening, Peer};
use load::tally::Tally;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Sockets read before publishers get their turn again.
const DRAINED_AT_ONCE: usize = 8;
/// Batches taken from one socket per turn.
const MAX_BATCHES: usize = 8;
/// Peers of one load: each has a socket.
pub const MAX_PEERS: usize = 2000;

/// A peer and its socket.
pub struct Member {
    /// What it says and counts.
    pub peer: Peer,
    bound: Bound,
}

/// Everything the thread works on.
pub struct World {
    /// Peers by number.
    pub members: Vec<Member>,
    /// What they counted together.
    pub tally: Tally,
    /// Between two drains.
    pub poll_us: Micros,
    ip: IpAddr,
    inbox: Inbox,
    next_drain: Micros,
    next_tick: Micros,
}

/// Shared by the thread and Python.
pub struct Shared {
    /// The peers.
    pub world: Mutex<World>,
    /// What they tell.
    pub mail: Mailbox<(u32, Happening)>,
    /// The thread is to end.
    pub is_stopping: AtomicBool,
}

impl Shared {
    /// No peers yet; theirs will be sockets of this address.
    pub fn new(ip: IpAddr) -> io::Result<Self> {
        let world = World {
            members: Vec::new(),
            tally: Tally::default(),
            poll_us: 1000,
            ip,
            inbox: Inbox::with_arrival_times(FEW),
            next_drain: 0,
            next_tick: 0,
        };
        Ok(Self { world: Mutex::new(world), mail: Mailbox::new()?, is_stopping: AtomicBool::new(false) })
    }

    /// The thread's life.
    pub fn run(self: Arc<Self>) {
        block_signals();
        sleep_exactly();
        while !self.is_stopping.load(Ordering::Acquire) {
            let due = lock(&self.world).turn(&self.mail);
            let wait_us = due.saturating_sub(monotonic_us());
            if wait_us > 0 {
                std::thread::sleep(Duration::from_micros(wait_us));
            } else {
                // Python may want the lock.
                std::thread::yield_now();
            }
        }
    }
}

impl World {
    /// A further peer with a socket of its own; its number and port.
    pub fn add(&mut self, peer: Peer) -> io::Result<(u32, u16)> {
        let bound = bind(SocketAddr::new(self.ip, 0))?;
        stamp_arrivals(bound.socket.as_raw_fd())?;
        let port = bound.local.port();
        self.members.push(Member { peer, bound });
        Ok((self.members.len() as u32 - 1, port))
    }

    /// Begin to check the path there: from now on the socket takes datagrams from there alone.
    pub fn connect(
        &mut self,
        peer: usize,
        addr: SocketAddr,
        login: load::agent::Login,
        controlling: bool,
    ) -> io::Result<()> {
        let member = &mut self.members[peer];
        member.bound.socket.connect(addr)?;
        member.peer.connect(addr, login, controlling);
        self.next_tick = 0;
        Ok(())
    }

    /// Datagrams thrown away because our own receive buffers were full.
    pub fn overflows(&self) -> u64 {
        self.members.iter().map(|m| receive_drops(m.bound.socket.as_raw_fd())).sum()
    }

    fn turn(&mut self, mail: &Mailbox<(u32, Happening)>) -> Micros {
        let mut clock = clock();
        self.send_media(clock);
        if clock.now >= self.next_drain {
            for from in (0..self.members.len()).step_by(DRAINED_AT_ONCE) {
                for number in from..(from + DRAINED_AT_ONCE).min(self.members.len()) {
                    self.drain(number, clock, mail);
                }
                clock = self::clock();
                self.send_media(clock);
            }
            self.next_drain = clock.now + self.poll_us;
        }
        if clock.now >= self.next_tick {
            let Self { members, tally, .. } = self;
            let due =
                members.iter_mut().map(|Member { peer, bound }| peer.tick(clock, &mut |data| send(bound, data, tally)));
            // A peer that has nothing to do may be given something.
            self.next_tick = due.min().unwrap_or(Micros::MAX).clamp(clock.now + 1000, clock.now + 50_000);
        }
        let media_due = self.members.iter().map(|m| m.peer.media_due()).min().unwrap_or(Micros::MAX);
        self.next_drain.min(self.next_tick).min(media_due)
    }

    fn send_media(&mut self, clock: Clock) {
        for Member { peer, bound } in &mut self.members {
            if peer.media_due() <= clock.now {
                let mut unsent = 0;
                peer.send_media(clock, &mut self.tally, &mut |data| unsent += u64::from(bound.socket.send(data).is_err()));
                self.tally.unsent += unsent;
            }
        }
    }

    fn drain(&mut self, number: usize, clock: Clock, mail: &Mailbox<(u32, Happening)>) {
        let Member { peer, bound } = &mut self.members[number];
        for _ in 0..MAX_BATCHES {
            let count = self.inbox.receive(bound.socket.as_raw_fd());
            for i in 0..count {
                let arrival_ns = self.inbox.arrival_ns(i);
                let Some((from, data)) = self.inbox.datagram(i) else { continue };
                let stamped = (from, if arrival_ns == 0 { clock.wall_ns } else { arrival_ns });
                let out = &mut |data: &[u8]| drop(bound.socket.send(data));
                if let Some(happening) = peer.receive(data, stamped, clock, &mut self.tally, out) {
                    mail.put((number as u32, happening));
                }
            }
            if count < FEW {
                return;
            }
        }
    }
}

impl Member {
    /// Send a DTLS datagram.
    pub fn send(&self, data: &[u8]) {
        drop(self.bound.socket.send(data));
    }
}

fn send(bound: &Bound, data: &[u8], tally: &mut Tally) {
    tally.unsent += u64::from(bound.socket.send(data).is_err());
}

fn clock() -> Clock {
    Clock { now: monotonic_us(), wall_ns: wall_ns() }
}

/// The kernel may let a sleeper lie 50 µs longer than asked; a publisher that paces packets by the millisecond minds.
fn sleep_exactly() {
    // SAFETY: PR_SET_TIMERSLACK takes a number of nanoseconds and no pointer.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1000 as libc::c_ulong, 0, 0, 0) };
}
