//! Synthetic WebRTC peers, pure: they publish marked packets and count what a relay makes of them. Also the floor, the least that a relay could do.
//!
//! Not here: sockets, threads, clocks (`binding`), DTLS and signalling (Python).

#![forbid(unsafe_code)]

pub mod agent;
pub mod floor;
pub mod histogram;
pub mod mark;
pub mod peer;
pub mod sink;
pub mod stream;
pub mod stun;
pub mod tally;

/// Where a peer's outgoing datagrams go.
pub type Send<'a> = &'a mut dyn FnMut(&[u8]);

/// The time, read once per turn.
#[derive(Clone, Copy)]
pub struct Clock {
    /// Microseconds of a monotonic clock.
    pub now: forward::Micros,
    /// Unix nanoseconds of the same moment: marks carry it, so that it can be compared with the kernel's arrival times.
    pub wall_ns: u64,
}
