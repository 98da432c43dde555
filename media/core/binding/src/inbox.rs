//! Receiving many datagrams with one system call.

use crate::socket::RawAddress;
use std::mem::zeroed;
use std::net::SocketAddr;
use std::os::fd::RawFd;

/// Datagrams taken at once.
pub const BATCH: usize = 64;
/// Space for one: above any MTU we send through, so that a longer one is seen to be too long.
const SPACE: usize = 2048;

/// Buffers for a batch.
pub struct Inbox {
    bytes: Vec<u8>,
    addresses: Vec<RawAddress>,
    vectors: Vec<libc::iovec>,
    messages: Vec<libc::mmsghdr>,
}

// SAFETY: the raw pointers in the headers point into vectors of the same struct and are set anew before each system call.
unsafe impl Send for Inbox {}

impl Inbox {
    /// Buffers for [`BATCH`] datagrams.
    pub fn new() -> Self {
        // SAFETY: iovec and mmsghdr are plain data, for which zero (null pointers, lengths 0) is a value.
        let (vector, message) = unsafe { (zeroed::<libc::iovec>(), zeroed::<libc::mmsghdr>()) };
        Self {
            bytes: vec![0; BATCH * SPACE],
            addresses: vec![RawAddress::empty(); BATCH],
            vectors: vec![vector; BATCH],
            messages: vec![message; BATCH],
        }
    }

    /// Take what is there, at most [`BATCH`]; how many came.
    pub fn receive(&mut self, fd: RawFd) -> usize {
        for i in 0..BATCH {
            let space = &mut self.bytes[i * SPACE..(i + 1) * SPACE];
            self.vectors[i] = libc::iovec { iov_base: space.as_mut_ptr().cast(), iov_len: SPACE };
            let header = &mut self.messages[i].msg_hdr;
            header.msg_name = (&raw mut self.addresses[i]).cast();
            header.msg_namelen = RawAddress::SIZE;
            header.msg_iov = &raw mut self.vectors[i];
            header.msg_iovlen = 1;
        }
        let flags = libc::MSG_DONTWAIT;
        // SAFETY: every header points into vectors of this struct, which are neither moved nor resized during the call; the
        // kernel writes at most SPACE bytes and RawAddress::SIZE bytes behind each.
        let count =
            unsafe { libc::recvmmsg(fd, self.messages.as_mut_ptr(), BATCH as libc::c_uint, flags, std::ptr::null_mut()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// The `i`-th datagram of the last batch.
    pub fn datagram(&mut self, i: usize) -> Option<(SocketAddr, &mut [u8])> {
        let from = self.addresses[i].read()?;
        let len = (self.messages[i].msg_len as usize).min(SPACE);
        Some((from, &mut self.bytes[i * SPACE..i * SPACE + len]))
    }
}
