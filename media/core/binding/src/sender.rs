//! Sending many datagrams with one system call; runs to one address as one message that the kernel (or card) cuts up (GSO).

use crate::socket::RawAddress;
use forward::outbox::{MAX_SPACE, Outbox};
use forward::remote::Remote;
use std::mem::{size_of, zeroed};
use std::os::fd::RawFd;

/// Where datagrams are written before they go out, bytes. Small enough to stay in the second-level cache.
const SPACE: usize = 256 << 10;
/// Messages in one system call.
const BATCH: usize = 64;
/// The kernel cuts a message into at most 64 (UDP_MAX_SEGMENTS) of together less than 64 KiB.
const MAX_SEGMENTS: usize = 60;
const MAX_BYTES: usize = 65_000;
/// So many runs refused in a row, and none is tried any more.
const MAX_GSO_FAILURES: u32 = 16;

/// One datagram, or a run of equally long ones (the last may be shorter).
#[derive(Clone, Copy)]
struct Message {
    to: Remote,
    start: usize,
    len: usize,
    segment: usize,
}

/// Room for one control message with the segment size, aligned as the kernel wants it.
#[derive(Clone, Copy)]
#[repr(C)]
struct SegmentSize {
    header: libc::cmsghdr,
    size: u16,
    padding: [u8; 6],
}

/// An outbox that sends on one socket.
pub struct Sender {
    fd: RawFd,
    has_gso: bool,
    gso_failures: u32,
    bytes: Vec<u8>,
    used: usize,
    queue: Vec<Message>,
    to: Option<Remote>,
    addresses: Vec<RawAddress>,
    vectors: Vec<libc::iovec>,
    controls: Vec<SegmentSize>,
    headers: Vec<libc::mmsghdr>,
    sent: u64,
    dropped: u64,
}

// SAFETY: the raw pointers in the headers point into vectors of the same struct and are set anew before each system call.
unsafe impl Send for Sender {}

impl Sender {
    /// Send on `fd`, which outlives the sender.
    pub fn new(fd: RawFd, has_gso: bool) -> Self {
        // SAFETY: these are plain data, for which zero is a value.
        let (vector, header, control) = unsafe { (zeroed(), zeroed(), zeroed()) };
        Self {
            fd,
            has_gso,
            gso_failures: 0,
            bytes: vec![0; SPACE],
            used: 0,
            queue: Vec::with_capacity(BATCH),
            to: None,
            addresses: vec![RawAddress::empty(); BATCH],
            vectors: vec![vector; BATCH],
            controls: vec![control; BATCH],
            headers: vec![header; BATCH],
            sent: 0,
            dropped: 0,
        }
    }

    /// Send everything written so far. What the kernel does not take at once is dropped and counted: never wait.
    pub fn flush(&mut self) {
        let mut at = 0;
        while at < self.queue.len() {
            match self.send_from(at) {
                Ok(count) => {
                    if self.queue[at].datagrams() > 1 {
                        self.gso_failures = 0;
                    }
                    self.sent += self.queue[at..at + count].iter().map(Message::datagrams).sum::<u64>();
                    at += count;
                }
                Err(libc::EINTR) => {}
                Err(libc::EINVAL | libc::EIO | libc::EMSGSIZE) if self.queue[at].datagrams() > 1 => {
                    // A path with a small MTU, or a card or tunnel that does not take GSO: cut the run up ourselves.
                    self.gso_failures += 1;
                    self.has_gso &= self.gso_failures < MAX_GSO_FAILURES;
                    self.send_one_by_one(at);
                    at += 1;
                }
                Err(libc::EAGAIN | libc::ENOBUFS) => {
                    self.dropped += self.queue[at..].iter().map(Message::datagrams).sum::<u64>();
                    break;
                }
                Err(_) => {
                    self.dropped += self.queue[at].datagrams();
                    at += 1;
                }
            }
        }
        self.queue.clear();
        self.used = 0;
    }

    /// Datagrams sent, and such that the kernel did not take.
    pub fn counts(&self) -> (u64, u64) {
        (self.sent, self.dropped)
    }

    /// One system call for the messages from `at` on; how many were taken, at least one.
    fn send_from(&mut self, at: usize) -> Result<usize, i32> {
        let count = self.queue.len() - at;
        for i in 0..count {
            self.prepare(i, self.queue[at + i]);
        }
        // SAFETY: the first `count` headers were just prepared; what they point to is in vectors of this struct that are
        // neither moved nor resized before the call returns.
        let taken = unsafe { libc::sendmmsg(self.fd, self.headers.as_mut_ptr(), count as libc::c_uint, libc::MSG_DONTWAIT) };
        match usize::try_from(taken) {
            Ok(taken) if taken > 0 => Ok(taken),
            _ => Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        }
    }

    fn prepare(&mut self, i: usize, message: Message) {
        let (address, address_len) = RawAddress::new(message.to.addr);
        self.addresses[i] = address;
        let bytes = &mut self.bytes[message.start..message.start + message.len];
        self.vectors[i] = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: message.len };
        let header = &mut self.headers[i].msg_hdr;
        header.msg_name = (&raw mut self.addresses[i]).cast();
        header.msg_namelen = address_len;
        header.msg_iov = &raw mut self.vectors[i];
        header.msg_iovlen = 1;
        header.msg_control = std::ptr::null_mut();
        header.msg_controllen = 0;
        if message.len > message.segment {
            let control = &mut self.controls[i];
            control.header.cmsg_level = libc::SOL_UDP;
            control.header.cmsg_type = libc::UDP_SEGMENT;
            control.header.cmsg_len = (size_of::<libc::cmsghdr>() + size_of::<u16>()) as _;
            control.size = message.segment as u16;
            header.msg_control = (&raw mut *control).cast();
            header.msg_controllen = size_of::<SegmentSize>() as _;
        }
    }

    fn send_one_by_one(&mut self, at: usize) {
        let message = self.queue[at];
        let (address, address_len) = RawAddress::new(message.to.addr);
        for part in self.bytes[message.start..message.start + message.len].chunks(message.segment) {
            // SAFETY: both pointers are to memory that lives for the call, with the lengths given.
            let sent = unsafe {
                let to = (&raw const address).cast();
                libc::sendto(self.fd, part.as_ptr().cast(), part.len(), libc::MSG_DONTWAIT, to, address_len)
            };
            if sent >= 0 {
                self.sent += 1;
            } else {
                self.dropped += 1;
            }
        }
    }
}

impl Message {
    fn datagrams(&self) -> u64 {
        self.len.div_ceil(self.segment.max(1)) as u64
    }

    /// True when a datagram of `len` bytes to `to` may go with this run.
    fn takes(&self, to: Remote, len: usize) -> bool {
        self.to == to
            && len <= self.segment
            && self.len.is_multiple_of(self.segment)
            && self.len / self.segment < MAX_SEGMENTS
            && self.len + len <= MAX_BYTES
    }
}

impl Outbox for Sender {
    fn begin(&mut self, to: Remote, max: usize) -> &mut [u8] {
        let max = max.min(MAX_SPACE);
        if self.queue.len() == BATCH || self.used + max > SPACE {
            self.flush();
        }
        self.to = Some(to);
        &mut self.bytes[self.used..self.used + max]
    }

    fn finish(&mut self, len: usize) {
        let Some(to) = self.to.take().filter(|_| len > 0) else { return };
        let start = self.used;
        self.used += len;
        match self.queue.last_mut() {
            Some(last) if self.has_gso && last.takes(to, len) => last.len += len,
            _ => self.queue.push(Message { to, start, len, segment: len }),
        }
    }
}
