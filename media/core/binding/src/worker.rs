//! The engine thread: wait, take commands, take datagrams, forward, do what is due, tell Python. One clock read per batch.

use crate::inbox::{BATCH, Inbox};
use crate::post::Neighbour;
use crate::sender::Sender;
use crate::shared::{Command, Shared};
use crate::socket::{Bound, receive_drops};
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
const SOCKET: u64 = 0;
const COMMANDS: u64 = 1;

/// Everything the thread owns.
pub struct Worker {
    shared: Arc<Shared>,
    bound: Bound,
    epoll: OwnedFd,
    relay: Relay,
    inbox: Inbox,
    sender: Sender,
    commands: Vec<Command>,
    neighbours: Vec<Neighbour>,
    parcels: Vec<(RelayId, Parcel)>,
    next_delivery: Micros,
    last_snapshot: Micros,
}

impl Worker {
    /// Ready to run.
    pub fn new(shared: Arc<Shared>, bound: Bound) -> io::Result<Self> {
        // SAFETY: takes no pointers; the result is checked before it is owned.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: fd is a fresh descriptor that nobody else owns.
        let epoll = unsafe { OwnedFd::from_raw_fd(fd) };
        watch(epoll.as_raw_fd(), bound.socket.as_raw_fd(), SOCKET)?;
        watch(epoll.as_raw_fd(), shared.command_fd(), COMMANDS)?;
        let sender = Sender::new(bound.socket.as_raw_fd(), bound.has_gso);
        Ok(Self {
            shared,
            bound,
            epoll,
            relay: Relay::new(),
            inbox: Inbox::new(),
            sender,
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
        let (has_datagrams, has_commands) = self.wait(due);
        let mut now = monotonic_us();
        self.relay.tap_backlog = self.shared.tap_backlog();
        if has_commands {
            self.shared.clear_wake();
            // Parcels before commands: whatever a parcel speaks of was commanded before it was sent.
            self.shared.mailbox.take(&mut self.parcels);
            self.carry_out(now);
            self.take_parcels(now);
        }
        if has_datagrams {
            now = self.take_datagrams(now);
        }
        let due = self.relay.tick(now, &mut self.sender);
        self.sender.flush();
        self.send_parcels();
        due.min(self.deliver(now))
    }

    /// Sleep until something comes or `due`; what came.
    fn wait(&self, due: Micros) -> (bool, bool) {
        let sleep_us = due.saturating_sub(monotonic_us());
        let timeout = i32::try_from(sleep_us.div_ceil(1000)).unwrap_or(i32::MAX);
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 2];
        // SAFETY: `events` has room for the two entries that are announced.
        let count = unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), events.as_mut_ptr(), 2, timeout) };
        let seen = &events[..usize::try_from(count).unwrap_or(0)];
        let has = |what: u64| seen.iter().any(|e| e.u64 == what);
        (has(SOCKET), has(COMMANDS))
    }

    fn carry_out(&mut self, now: Micros) {
        let mut commands = std::mem::take(&mut self.commands);
        self.shared.take_commands(&mut commands);
        self.shared.neighbours(&mut self.neighbours);
        for command in commands.drain(..) {
            if let Err(reason) = (command.run)(&mut self.relay, now, &mut self.sender) {
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
            self.relay.import(from, &mut parcel, now, &mut self.sender);
            self.shared.mailbox.give_back(parcel);
        }
        self.parcels = parcels;
        self.relay.fan_out(now, &mut self.sender);
        self.sender.flush();
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

    fn take_datagrams(&mut self, mut now: Micros) -> Micros {
        for _ in 0..MAX_BATCHES {
            let count = self.inbox.receive(self.bound.socket.as_raw_fd());
            for i in 0..count {
                if let Some((from, data)) = self.inbox.datagram(i) {
                    self.relay.receive(Remote::udp(from), data, now, &mut self.sender);
                }
            }
            // First to the other engines, so that they begin while we do.
            self.relay.export();
            self.send_parcels();
            self.relay.fan_out(now, &mut self.sender);
            self.sender.flush();
            if count < BATCH {
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
            self.sender.report(&self.shared.meters);
            let drops = receive_drops(self.bound.socket.as_raw_fd());
            self.shared.meters.rx_dropped.store(drops, Ordering::Relaxed);
            self.shared.meters.cpu_us.store(thread_cpu_us(), Ordering::Relaxed);
            self.shared.set_snapshot(self.relay.snapshot());
        }
        // An idle engine sleeps on: without peers nothing can be waiting.
        if self.shared.has_events() { self.next_delivery } else { now + SNAPSHOT_US }
    }
}

fn watch(epoll: RawFd, fd: RawFd, what: u64) -> io::Result<()> {
    let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: what };
    // SAFETY: `event` lives for the call; both descriptors are open.
    let result = unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event) };
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

fn clock_us(clock: libc::clockid_t) -> Micros {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` lives for the call.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1000
}
