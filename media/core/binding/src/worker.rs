//! The engine thread: wait, take commands, take datagrams, forward, do what is due, tell Python. One clock read per batch.

use crate::connections::Connections;
use crate::inbox::{Inbox, MANY};
use crate::outward::Outward;
use crate::post::Neighbour;
use crate::priority::go_first;
use crate::shared::{Command, Shared};
use crate::socket::{Sockets, receive_drops};
use forward::Micros;
use forward::ids::RelayId;
use forward::mirror::Parcel;
use forward::relay::Relay;
use forward::remote::Remote;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Full batches taken before commands and timers get their turn.
const MAX_BATCHES: usize = 4;
/// Notices that can wait are delivered together this often.
const DELIVER_US: Micros = 50_000;
const SNAPSHOT_US: Micros = 1_000_000;
/// When somebody asks for statistics, a snapshot may be this young.
const SNAPSHOT_ASKED_US: Micros = 100_000;
/// A pause after an error of ours, so that one that comes at once again does not eat the core.
const AFTER_FAULT: Duration = Duration::from_millis(10);
/// Descriptors told of by one wait.
const MAX_READY: usize = 64;
/// What a descriptor is, in the upper half of its token; which one of them, in the lower.
const KIND: u64 = 0xFF << 32;
const COMMANDS: u64 = 0;
const SOCKET: u64 = 1 << 32;
const LISTENER: u64 = 2 << 32;
/// An accepted connection; its number is the lower half.
pub const CONNECTION: u64 = 3 << 32;

/// Everything the thread owns.
pub struct Worker {
    shared: Arc<Shared>,
    sockets: Sockets,
    epoll: OwnedFd,
    relay: Relay,
    inbox: Inbox,
    out: Outward,
    connections: Connections,
    ready: Vec<(u64, u32)>,
    commands: Vec<Command>,
    neighbours: Vec<Neighbour>,
    parcels: Vec<(RelayId, Parcel)>,
    next_delivery: Micros,
    last_snapshot: Micros,
}

impl Worker {
    /// Ready to run.
    pub fn new(shared: Arc<Shared>, sockets: Sockets) -> io::Result<Self> {
        // SAFETY: takes no pointers; the result is checked before it is owned.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: fd is a fresh descriptor that nobody else owns.
        let epoll = unsafe { OwnedFd::from_raw_fd(fd) };
        for (i, bound) in (0..).zip(&sockets.udp) {
            watch(epoll.as_raw_fd(), bound.socket.as_raw_fd(), SOCKET | i)?;
        }
        for (i, listener) in (0..).zip(&sockets.tcp) {
            watch(epoll.as_raw_fd(), listener.as_raw_fd(), LISTENER | i)?;
        }
        watch(epoll.as_raw_fd(), shared.command_fd(), COMMANDS)?;
        let out = Outward::new(&sockets.udp);
        let connections = Connections::new(epoll.as_raw_fd());
        Ok(Self {
            shared,
            sockets,
            epoll,
            relay: Relay::new(),
            inbox: Inbox::new(MANY),
            out,
            connections,
            ready: Vec::with_capacity(MAX_READY),
            commands: Vec::new(),
            neighbours: Vec::new(),
            parcels: Vec::new(),
            next_delivery: 0,
            last_snapshot: 0,
        })
    }

    /// Run until told to stop.
    pub fn run(mut self) {
        block_signals();
        go_first();
        let mut due = 0;
        while !self.shared.is_stopping.load(Ordering::Acquire) {
            // An error of ours in one packet must not end the lesson: the turn is given up, counted and told on stderr.
            due = catch_unwind(AssertUnwindSafe(|| self.turn(due))).unwrap_or_else(|_| {
                self.shared.meters.faults.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(AFTER_FAULT);
                0
            });
        }
        self.shared.set_snapshot(self.relay.snapshot());
    }

    /// Wait for something and see to it; when to come back at the latest.
    fn turn(&mut self, due: Micros) -> Micros {
        self.wait(due);
        let mut now = monotonic_us();
        self.relay.tap_backlog = self.shared.tap_backlog();
        let ready = std::mem::take(&mut self.ready);
        if ready.iter().any(|(what, _)| *what == COMMANDS) {
            self.shared.clear_wake();
            // Parcels before commands: whatever a parcel speaks of was commanded before it was sent.
            self.shared.mailbox.take(&mut self.parcels);
            self.carry_out(now);
            self.take_parcels(now);
        }
        for (what, _) in ready.iter().filter(|(what, _)| what & KIND == SOCKET) {
            now = self.take_datagrams((what & !KIND) as usize, now);
        }
        self.see_to_connections(&ready, now);
        self.ready = ready;
        let due = self.relay.tick(now, &mut self.out);
        self.out.flush();
        self.connections.flush(now, &mut self.relay, &mut self.out);
        let due = due.min(self.connections.check(now, &mut self.relay, &mut self.out));
        self.send_parcels();
        due.min(self.deliver(now))
    }

    /// Sleep until something comes or `due`.
    fn wait(&mut self, due: Micros) {
        let sleep_us = due.saturating_sub(monotonic_us());
        let timeout = i32::try_from(sleep_us.div_ceil(1000)).unwrap_or(i32::MAX);
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; MAX_READY];
        // SAFETY: `events` has room for as many entries as are announced.
        let count =
            unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), events.as_mut_ptr(), MAX_READY as libc::c_int, timeout) };
        self.ready.clear();
        self.ready.extend(events[..usize::try_from(count).unwrap_or(0)].iter().map(|e| (e.u64, e.events)));
    }

    fn see_to_connections(&mut self, ready: &[(u64, u32)], now: Micros) {
        let Self { relay, out, connections, sockets, .. } = self;
        let mut has_frames = false;
        for &(what, events) in ready {
            let number = (what & !KIND) as u32;
            match what & KIND {
                LISTENER => {
                    if let Some(listener) = sockets.tcp.get(number as usize) {
                        connections.accept(listener, now, relay, out);
                    }
                }
                CONNECTION => {
                    if events & libc::EPOLLOUT as u32 != 0 {
                        connections.writable(number, out);
                    }
                    if events & !(libc::EPOLLOUT as u32) != 0 {
                        connections.receive(number, now, relay, out);
                        has_frames = true;
                    }
                }
                _ => {}
            }
        }
        if has_frames {
            self.forward(now);
        }
    }

    fn carry_out(&mut self, now: Micros) {
        let mut commands = std::mem::take(&mut self.commands);
        self.shared.take_commands(&mut commands);
        self.shared.neighbours(&mut self.neighbours);
        for command in commands.drain(..) {
            if let Err(reason) = (command.run)(&mut self.relay, now, &mut self.out) {
                self.relay.refuse(command.call, command.handle, reason);
            }
        }
        self.commands = commands;
    }

    /// Take in what other engines sent, and forward it.
    fn take_parcels(&mut self, now: Micros) {
        if self.parcels.is_empty() {
            return;
        }
        let mut parcels = std::mem::take(&mut self.parcels);
        for (from, mut parcel) in parcels.drain(..) {
            self.relay.import(from, &mut parcel, now, &mut self.out);
            self.shared.mailbox.give_back(parcel);
        }
        self.parcels = parcels;
        self.relay.fan_out(now, &mut self.out);
        self.out.flush();
    }

    /// Forward what came in.
    fn forward(&mut self, now: Micros) {
        // First to the other engines, so that they begin while we do.
        self.relay.export();
        self.send_parcels();
        self.relay.fan_out(now, &mut self.out);
        self.out.flush();
    }

    /// Carry parcels over, and note how far behind the others are.
    fn send_parcels(&mut self) {
        while let Some((to, parcel)) = self.relay.take_parcel() {
            let Some(neighbour) = self.neighbours.iter().find(|n| n.id == to) else { continue };
            if let Some(empty) = neighbour.post(self.shared.id, parcel) {
                self.relay.give_back(empty);
            }
        }
        for neighbour in &self.neighbours {
            self.relay.set_behind(neighbour.id, neighbour.behind());
        }
    }

    fn take_datagrams(&mut self, socket: usize, mut now: Micros) -> Micros {
        let Some(fd) = self.sockets.udp.get(socket).map(|b| b.socket.as_raw_fd()) else { return now };
        for _ in 0..MAX_BATCHES {
            let count = self.inbox.receive(fd);
            for i in 0..count {
                if let Some((from, data)) = self.inbox.datagram(i) {
                    self.relay.receive(Remote::udp(from), data, now, &mut self.out);
                }
            }
            self.forward(now);
            if count < MANY {
                break;
            }
            now = monotonic_us();
        }
        now
    }

    /// Hand notices and tapped packets over; wake Python now for urgent ones, else with the next batch. When to come back.
    fn deliver(&mut self, now: Micros) -> Micros {
        let is_urgent = self.shared.publish(&mut self.relay.notices, &mut self.relay.tapped);
        let is_time = now >= self.next_delivery;
        if is_time {
            self.next_delivery = now + DELIVER_US;
        }
        if is_urgent || is_time {
            self.shared.signal_events();
        }
        let age = now.saturating_sub(self.last_snapshot);
        let is_asked = age >= SNAPSHOT_ASKED_US && self.shared.wants_snapshot.swap(false, Ordering::AcqRel);
        if age >= SNAPSHOT_US || is_asked {
            self.last_snapshot = now;
            self.report();
            self.shared.set_snapshot(self.relay.snapshot());
        }
        // An idle engine sleeps on: without peers nothing can be waiting.
        if self.shared.has_events() { self.next_delivery } else { now + SNAPSHOT_US }
    }

    fn report(&self) {
        let meters = &self.shared.meters;
        let (sent, dropped) = self.out.counts();
        let lost = self.sockets.udp.iter().map(|b| receive_drops(b.socket.as_raw_fd())).sum();
        let pairs = [
            (&meters.tx_packets, sent),
            (&meters.tx_dropped, dropped),
            (&meters.rx_dropped, lost),
            (&meters.cpu_us, thread_cpu_us()),
            (&meters.waited_us, thread_waited_us()),
        ];
        for (meter, value) in pairs {
            meter.store(value, Ordering::Relaxed);
        }
        self.connections.report(meters);
    }
}

/// Be told when there is something to read.
pub fn watch(epoll: RawFd, fd: RawFd, what: u64) -> io::Result<()> {
    control(epoll, libc::EPOLL_CTL_ADD, fd, what, libc::EPOLLIN)
}

/// The same from now on also, or no more, when bytes can be written.
pub fn rewatch(epoll: RawFd, fd: RawFd, what: u64, to_write: bool) -> io::Result<()> {
    control(epoll, libc::EPOLL_CTL_MOD, fd, what, libc::EPOLLIN | if to_write { libc::EPOLLOUT } else { 0 })
}

fn control(epoll: RawFd, how: libc::c_int, fd: RawFd, what: u64, events: libc::c_int) -> io::Result<()> {
    let mut event = libc::epoll_event { events: events as u32, u64: what };
    // SAFETY: `event` lives for the call; both descriptors are open.
    let result = unsafe { libc::epoll_ctl(epoll, how, fd, &raw mut event) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Signals are Python's, on its main thread.
pub fn block_signals() {
    // SAFETY: the set is initialised by sigfillset before it is read; null is allowed for the old set.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, std::ptr::null_mut());
    }
}

/// CLOCK_MONOTONIC in microseconds, as Python's `time.monotonic_ns() // 1000`.
pub fn monotonic_us() -> Micros {
    clock_us(libc::CLOCK_MONOTONIC)
}

fn thread_cpu_us() -> Micros {
    clock_us(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// From the scheduler's statistics (proc(5), schedstat: time on a core, time in the run queue, ns); 0 where there are none.
fn thread_waited_us() -> Micros {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    line.split_ascii_whitespace().nth(1).and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0) / 1000
}

fn clock_us(clock: libc::clockid_t) -> Micros {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` lives for the call.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1000
}
