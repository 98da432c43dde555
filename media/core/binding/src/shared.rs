//! What Python's side and the engine thread share: commands down, events up, two eventfds, the last snapshot.
//!
//! Locks are held for moments and by nobody who waits for anything else.

use crate::post::{Mailbox, Neighbour, new_id};
use forward::Micros;
use forward::ids::RelayId;
use forward::notice::Notice;
use forward::outbox::Outbox;
use forward::relay::{Relay, Snapshot};
use forward::tap::Tapped;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Events waiting before those that repeat anyway (levels, rates, feedback, DTLS) are dropped.
const MAX_EVENTS: usize = 16_384;
/// Events waiting before anything is dropped: Python has stopped reading.
const MAX_EVENTS_EVER: usize = 262_144;
/// Tapped packets in one event.
const MAX_TAPPED: usize = 512;

/// Something to be done by the engine thread. An error is a reason for the log.
pub type Deed = Box<dyn FnOnce(&mut Relay, Micros, &mut dyn Outbox) -> Result<(), &'static str> + Send>;

/// A queued command.
pub struct Command {
    /// Its name.
    pub call: &'static str,
    /// What it is about.
    pub handle: u32,
    /// What to do.
    pub run: Deed,
}

/// An event on its way up.
pub enum Event {
    /// A notice.
    Notice(Notice),
    /// Tapped packets.
    Tap(Vec<Tapped>),
}

/// Numbers of the thread and its socket, beside the relay's own.
#[derive(Default)]
pub struct Meters {
    /// Datagrams sent.
    pub tx_packets: AtomicU64,
    /// Datagrams the kernel did not take.
    pub tx_dropped: AtomicU64,
    /// Datagrams that came while the receive buffer was full.
    pub rx_dropped: AtomicU64,
    /// TCP connections that are open.
    pub tcp_open: AtomicU64,
    /// TCP connections taken in so far.
    pub tcp_accepted: AtomicU64,
    /// Turned away: too many.
    pub tcp_refused: AtomicU64,
    /// Closed because they proved no password in time, or before the newest of too many.
    pub tcp_overdue: AtomicU64,
    /// Closed because of a frame too long, or too many bytes without a password.
    pub tcp_malformed: AtomicU64,
    /// Closed because they took or said nothing.
    pub tcp_stuck: AtomicU64,
    /// Frames dropped because a connection was too slow for them.
    pub tcp_dropped: AtomicU64,
    /// Times Python was woken.
    pub wakes: AtomicU64,
    /// Events dropped.
    pub events_lost: AtomicU64,
    /// Turns of the loop given up because of an error of ours.
    pub faults: AtomicU64,
    /// CPU time of the thread.
    pub cpu_us: AtomicU64,
    /// Time the thread could have run and had to wait for a core.
    pub waited_us: AtomicU64,
}

/// The shared state.
pub struct Shared {
    /// The engine's number in this process.
    pub id: RelayId,
    /// Parcels of other engines.
    pub mailbox: Mailbox,
    neighbours: Mutex<Vec<Neighbour>>,
    commands: Mutex<Vec<Command>>,
    command_fd: EventFd,
    events: Mutex<VecDeque<Event>>,
    event_fd: EventFd,
    is_signalled: AtomicBool,
    tap_bytes: AtomicUsize,
    snapshot: Mutex<Arc<Snapshot>>,
    lost: AtomicU64,
    /// Ask for a fresh snapshot soon.
    pub wants_snapshot: AtomicBool,
    /// The thread is to end.
    pub is_stopping: AtomicBool,
    /// Meters.
    pub meters: Meters,
}

impl Shared {
    /// Two eventfds and nothing queued.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            id: new_id(),
            mailbox: Mailbox::default(),
            neighbours: Mutex::default(),
            commands: Mutex::default(),
            command_fd: EventFd::new()?,
            events: Mutex::default(),
            event_fd: EventFd::new()?,
            is_signalled: AtomicBool::new(false),
            tap_bytes: AtomicUsize::new(0),
            snapshot: Mutex::default(),
            lost: AtomicU64::new(0),
            wants_snapshot: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
            meters: Meters::default(),
        })
    }

    /// Queue a command and wake the thread if it may be asleep.
    pub fn command(&self, command: Command) {
        let mut commands = lock(&self.commands);
        commands.push(command);
        if commands.len() == 1 {
            self.command_fd.signal();
        }
    }

    /// Wake the thread.
    pub fn wake_thread(&self) {
        self.command_fd.signal();
    }

    /// From now on a command or a parcel wakes the thread again. Before both are taken: what comes in between is seen then.
    pub fn clear_wake(&self) {
        self.command_fd.clear();
    }

    /// Know another engine, as it is to know this one.
    pub fn meet(&self, other: Neighbour) {
        let mut neighbours = lock(&self.neighbours);
        if neighbours.iter().all(|n| n.id != other.id) {
            neighbours.push(other);
        }
    }

    /// The engines known, put into `known` when there are others than in there.
    pub fn neighbours(&self, known: &mut Vec<Neighbour>) {
        let neighbours = lock(&self.neighbours);
        if neighbours.len() != known.len() {
            known.clone_from(&neighbours);
        }
    }

    /// Exchange the queued commands for an empty vector.
    pub fn take_commands(&self, into: &mut Vec<Command>) {
        std::mem::swap(&mut *lock(&self.commands), into);
    }

    /// The descriptor that wakes the thread.
    pub fn command_fd(&self) -> RawFd {
        self.command_fd.raw()
    }

    /// The descriptor that wakes Python.
    pub fn event_fd(&self) -> RawFd {
        self.event_fd.raw()
    }

    /// Bytes of tapped packets that Python has not taken.
    pub fn tap_backlog(&self) -> usize {
        self.tap_bytes.load(Ordering::Relaxed)
    }

    /// Queue notices and tapped packets, in order; true when one is worth a wake-up of its own.
    pub fn publish(&self, notices: &mut Vec<Notice>, tapped: &mut Vec<Tapped>) -> bool {
        if notices.is_empty() && tapped.is_empty() {
            return false;
        }
        let mut is_urgent = false;
        let mut events = lock(&self.events);
        for notice in notices.drain(..) {
            is_urgent |= notice.is_urgent();
            if events.len() >= limit_for(&notice) {
                self.lost.fetch_add(1, Ordering::Relaxed);
                self.meters.events_lost.fetch_add(1, Ordering::Relaxed);
            } else {
                events.push_back(Event::Notice(notice));
            }
        }
        if !tapped.is_empty() {
            self.tap_bytes.fetch_add(tapped.iter().map(|t| t.data.len()).sum(), Ordering::Relaxed);
        }
        for packet in tapped.drain(..) {
            match events.back_mut() {
                Some(Event::Tap(batch)) if batch.len() < MAX_TAPPED => batch.push(packet),
                _ => events.push_back(Event::Tap(vec![packet])),
            }
        }
        is_urgent
    }

    /// True when Python has something to take.
    pub fn has_events(&self) -> bool {
        !lock(&self.events).is_empty()
    }

    /// Wake Python if there is something and it has not been woken for it.
    pub fn signal_events(&self) {
        if self.has_events() && !self.is_signalled.swap(true, Ordering::AcqRel) {
            self.meters.wakes.fetch_add(1, Ordering::Relaxed);
            self.event_fd.signal();
        }
    }

    /// Up to `max` events, and how many were lost since the last call.
    pub fn take_events(&self, max: usize) -> (Vec<Event>, u64) {
        self.is_signalled.store(false, Ordering::Release);
        let taken: Vec<Event> = {
            let mut events = lock(&self.events);
            let count = events.len().min(max);
            events.drain(..count).collect()
        };
        let bytes = |event: &Event| match event {
            Event::Tap(batch) => batch.iter().map(|t| t.data.len()).sum(),
            Event::Notice(_) => 0usize,
        };
        self.tap_bytes.fetch_sub(taken.iter().map(bytes).sum(), Ordering::Relaxed);
        (taken, self.lost.swap(0, Ordering::Relaxed))
    }

    /// Publish a snapshot.
    pub fn set_snapshot(&self, snapshot: Snapshot) {
        *lock(&self.snapshot) = Arc::new(snapshot);
    }

    /// The last snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        lock(&self.snapshot).clone()
    }
}

fn limit_for(notice: &Notice) -> usize {
    if !notice.is_urgent() || matches!(notice, Notice::Dtls { .. }) { MAX_EVENTS } else { MAX_EVENTS_EVER }
}

/// A lock that outlives a panic of its holder: the data are queues of whole items.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A non-blocking eventfd.
pub struct EventFd(OwnedFd);

impl EventFd {
    /// Not signalled.
    pub fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes no pointers; the result is checked before it is owned.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: fd is a fresh descriptor that nobody else owns.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// The descriptor.
    pub fn raw(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Make it readable.
    pub fn signal(&self) {
        let one = 1u64;
        // SAFETY: `one` lives for the call and has the 8 bytes that are written. A full counter fails, and is readable anyway.
        unsafe { libc::write(self.raw(), (&raw const one).cast(), 8) };
    }

    /// Make it unreadable.
    pub fn clear(&self) {
        let mut count = 0u64;
        // SAFETY: `count` lives for the call and has room for the 8 bytes that are read.
        unsafe { libc::read(self.raw(), (&raw mut count).cast(), 8) };
    }
}
