//! Accepted TCP connections (ICE-TCP, RFC 6544, passive): who may hold one, reading frames, writing what waits, closing.
//!
//! Not here: what a frame means (`forward::relay`), how many may come (`forward::door`), what is dropped (`forward::backlog`).

use crate::outward::Outward;
use crate::shared::Meters;
use crate::socket::tune;
use crate::worker::{CONNECTION, rewatch, watch};
use forward::Micros;
use forward::door::{Door, IDLE_US, MAX_UNPROVEN_BYTES};
use forward::framing::Deframer;
use forward::relay::Relay;
use forward::remote::{Link, Remote};
use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::Ordering;

/// Read from one connection before the others get their turn.
const READ: usize = 64 << 10;
/// Accepted in one turn.
const MAX_ACCEPTED: usize = 32;
/// A connection that takes nothing for this long although something waits is closed: its peer finds another way.
const STUCK_US: Micros = 5_000_000;
const CHECK_US: Micros = 500_000;

struct Connection {
    stream: TcpStream,
    remote: Remote,
    deframer: Deframer,
    is_proven: bool,
    unproven_bytes: usize,
    heard_us: Micros,
    waits_to_write: bool,
}

#[derive(Default)]
struct Counts {
    accepted: u64,
    refused: u64,
    overdue: u64,
    malformed: u64,
    stuck: u64,
    frames_dropped: u64,
}

/// All connections of one engine.
pub struct Connections {
    epoll: RawFd,
    open: HashMap<u32, Connection>,
    door: Door,
    last: u32,
    bytes: Vec<u8>,
    next_check: Micros,
    counts: Counts,
    /// Given up for a moment when the process has no descriptors left, so that who waits can be turned away.
    spare: Option<File>,
}

impl Connections {
    /// None yet. `epoll` outlives it.
    pub fn new(epoll: RawFd) -> Self {
        Self {
            epoll,
            open: HashMap::new(),
            door: Door::default(),
            last: 0,
            bytes: vec![0; READ],
            next_check: 0,
            counts: Counts::default(),
            spare: File::open("/dev/null").ok(),
        }
    }

    /// Take in who waits, or turn them away.
    pub fn accept(&mut self, listener: &TcpListener, now: Micros, relay: &mut Relay, out: &mut Outward) {
        for _ in 0..MAX_ACCEPTED {
            match listener.accept() {
                Ok((stream, from)) => {
                    let number = self.last.wrapping_add(1);
                    match self.door.enter(number, from.ip(), now) {
                        None => self.counts.refused += 1,
                        Some(other) => {
                            if let Some(other) = other {
                                self.counts.overdue += 1;
                                self.close(other, relay, out);
                            }
                            self.last = number;
                            self.take_in(stream, Remote::tcp(from, number), now, out);
                        }
                    }
                }
                Err(error) if matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE)) => {
                    self.counts.refused += 1;
                    self.spare = None;
                    drop(listener.accept());
                    self.spare = File::open("/dev/null").ok();
                    return;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {}
            }
        }
    }

    fn take_in(&mut self, stream: TcpStream, remote: Remote, now: Micros, out: &mut Outward) {
        let Link::Tcp(number) = remote.link else { return };
        let token = CONNECTION | u64::from(number);
        if tune(&stream).and_then(|()| watch(self.epoll, stream.as_raw_fd(), token)).is_err() {
            return self.door.leave(number);
        }
        self.counts.accepted += 1;
        out.backlogs.insert(number, Default::default());
        let deframer = Deframer::default();
        let connection = Connection {
            stream,
            remote,
            deframer,
            is_proven: false,
            unproven_bytes: 0,
            heard_us: now,
            waits_to_write: false,
        };
        self.open.insert(number, connection);
    }

    /// Read once and hand the frames to the relay.
    pub fn receive(&mut self, number: u32, now: Micros, relay: &mut Relay, out: &mut Outward) {
        let Some(connection) = self.open.get_mut(&number) else { return };
        let room = if connection.is_proven { READ } else { MAX_UNPROVEN_BYTES - connection.unproven_bytes };
        let count = match connection.stream.read(&mut self.bytes[..room]) {
            Ok(0) => return self.close(number, relay, out),
            Ok(count) => count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return,
            Err(_) => return self.close(number, relay, out),
        };
        connection.heard_us = now;
        let remote = connection.remote;
        let input = &mut self.bytes[..count];
        let outcome = connection.deframer.feed(input, |frame| relay.receive(remote, frame, now, out));
        if !connection.is_proven {
            connection.unproven_bytes += count;
            connection.is_proven = relay.knows(&remote);
            if connection.is_proven {
                self.door.prove(number);
            }
        }
        if outcome.is_err() || (!connection.is_proven && connection.unproven_bytes >= MAX_UNPROVEN_BYTES) {
            self.counts.malformed += 1;
            self.close(number, relay, out);
        }
    }

    /// A connection takes bytes again.
    pub fn writable(&mut self, number: u32, out: &mut Outward) {
        out.fresh.push(number);
    }

    /// Write what waits, close what failed and what stands for nobody any more.
    pub fn flush(&mut self, now: Micros, relay: &mut Relay, out: &mut Outward) {
        let mut fresh = std::mem::take(&mut out.fresh);
        fresh.sort_unstable();
        fresh.dedup();
        for number in fresh.drain(..) {
            if self.write(number, now, out).is_err() {
                self.close(number, relay, out);
            }
        }
        out.fresh = fresh;
        for gone in std::mem::take(&mut relay.released) {
            if let Link::Tcp(number) = gone.link
                && !relay.knows(&gone)
            {
                self.close(number, relay, out);
            }
        }
    }

    fn write(&mut self, number: u32, now: Micros, out: &mut Outward) -> std::io::Result<()> {
        let (Some(connection), Some(backlog)) = (self.open.get_mut(&number), out.backlogs.get_mut(&number)) else {
            return Ok(());
        };
        let mut is_full = false;
        while !is_full {
            let bytes = backlog.next_bytes();
            if bytes.is_empty() {
                break;
            }
            // std sends with MSG_NOSIGNAL: a closed connection is an error here, not a signal.
            let count = match connection.stream.write(bytes) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    is_full = true;
                    0
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            backlog.wrote(count, now);
        }
        self.counts.frames_dropped += std::mem::take(&mut backlog.dropped);
        if is_full != connection.waits_to_write {
            connection.waits_to_write = is_full;
            rewatch(self.epoll, connection.stream.as_raw_fd(), CONNECTION | u64::from(number), is_full)?;
        }
        Ok(())
    }

    /// Close who proves nothing in time, who takes nothing, who says nothing. When to come back.
    pub fn check(&mut self, now: Micros, relay: &mut Relay, out: &mut Outward) -> Micros {
        if self.open.is_empty() {
            return Micros::MAX;
        }
        if now >= self.next_check {
            self.next_check = now + CHECK_US;
            for number in self.door.overdue(now) {
                self.counts.overdue += 1;
                self.close(number, relay, out);
            }
            let is_stuck = |n: &u32| out.backlogs.get(n).is_some_and(|b| b.stuck_us(now) >= STUCK_US);
            let is_idle = |c: &Connection| now.saturating_sub(c.heard_us) >= IDLE_US;
            let gone: Vec<u32> = self.open.iter().filter(|(n, c)| is_stuck(n) || is_idle(c)).map(|(n, _)| *n).collect();
            for number in gone {
                self.counts.stuck += 1;
                self.close(number, relay, out);
            }
        }
        self.next_check
    }

    /// Publish the counts.
    pub fn report(&self, meters: &Meters) {
        let counts = &self.counts;
        let pairs = [
            (&meters.tcp_open, self.door.count() as u64),
            (&meters.tcp_accepted, counts.accepted),
            (&meters.tcp_refused, counts.refused),
            (&meters.tcp_overdue, counts.overdue),
            (&meters.tcp_malformed, counts.malformed),
            (&meters.tcp_stuck, counts.stuck),
            (&meters.tcp_dropped, counts.frames_dropped),
        ];
        for (meter, value) in pairs {
            meter.store(value, Ordering::Relaxed);
        }
    }

    fn close(&mut self, number: u32, relay: &mut Relay, out: &mut Outward) {
        self.door.leave(number);
        out.backlogs.remove(&number);
        if let Some(connection) = self.open.remove(&number) {
            relay.disconnected(connection.remote);
        }
    }
}
