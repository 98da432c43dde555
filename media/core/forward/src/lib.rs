//! The relay's forwarding logic, pure: datagrams and the time go in, datagrams (through [`Outbox`]) and notices come out.
//!
//! Not here: sockets, threads, clocks, randomness, Python. Everything parsed is untrusted: parsers are total, bounded
//! and never panic.

#![forbid(unsafe_code)]

pub mod arriving;
pub mod backlog;
pub mod bwe;
pub mod ceiling;
pub mod codec;
pub mod counters;
pub mod crypto;
pub mod door;
pub mod downlink;
pub mod ext;
pub mod framing;
pub mod h264;
pub mod ice;
pub mod ids;
pub mod keyframe;
pub mod keyreq;
pub mod layer;
pub mod mirror;
pub mod nack;
pub mod notice;
pub mod outbox;
pub mod pacer;
pub mod peer;
pub mod permits;
pub mod reception;
pub mod red;
pub mod relay;
pub mod remote;
pub mod resend;
pub mod rewrite;
pub mod ring;
pub mod rtcp;
pub mod rtp;
pub mod slot;
pub mod source;
pub mod srtp;
pub mod stills;
pub mod stun;
pub mod tap;
pub mod temporal;
pub mod twcc;
pub mod window;

/// Microseconds of a monotonic clock.
pub type Micros = u64;

/// The largest datagram taken in or sent out, bytes: an Ethernet MTU; nothing in WebRTC sends more.
pub const MAX_DATAGRAM: usize = 1500;
