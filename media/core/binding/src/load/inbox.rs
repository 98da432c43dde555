//! Receiving from many sockets, with the time at which the kernel had each datagram.

use crate::socket::RawAddress;
use std::mem::zeroed;
use std::net::SocketAddr;
use std::os::fd::RawFd;

/// Datagrams taken from one socket at once.
pub const BATCH: usize = 32;
const SPACE: usize = 2048;
/// Room for one control message with a timespec, in words.
const CONTROL: usize = 8;

/// Buffers for a batch.
pub struct StampedInbox {
    bytes: Vec<u8>,
    controls: Vec<[u64; CONTROL]>,
    addresses: Vec<RawAddress>,
    vectors: Vec<libc::iovec>,
    messages: Vec<libc::mmsghdr>,
}

// SAFETY: the raw pointers in the headers point into vectors of the same struct and are set anew before each system call.
unsafe impl Send for StampedInbox {}

impl StampedInbox {
    /// Buffers for [`BATCH`] datagrams.
    pub fn new() -> Self {
        // SAFETY: iovec and mmsghdr are plain data, for which zero (null pointers, lengths 0) is a value.
        let (vector, message) = unsafe { (zeroed::<libc::iovec>(), zeroed::<libc::mmsghdr>()) };
        Self {
            bytes: vec![0; BATCH * SPACE],
            controls: vec![[0; CONTROL]; BATCH],
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
            header.msg_control = (&raw mut self.controls[i]).cast();
            header.msg_controllen = size_of::<[u64; CONTROL]>();
        }
        let flags = libc::MSG_DONTWAIT;
        // SAFETY: every header points into vectors of this struct, which are neither moved nor resized during the call; the
        // kernel writes at most the lengths given behind each.
        let count =
            unsafe { libc::recvmmsg(fd, self.messages.as_mut_ptr(), BATCH as libc::c_uint, flags, std::ptr::null_mut()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// The `i`-th datagram of the last batch: from, arrival in Unix nanoseconds (0: the kernel did not say), bytes.
    pub fn datagram(&mut self, i: usize) -> Option<(SocketAddr, u64, &mut [u8])> {
        let from = self.addresses[i].read()?;
        let arrival_ns = self.arrival_ns(i);
        let len = (self.messages[i].msg_len as usize).min(SPACE);
        Some((from, arrival_ns, &mut self.bytes[i * SPACE..i * SPACE + len]))
    }

    fn arrival_ns(&self, i: usize) -> u64 {
        let header = &raw const self.messages[i].msg_hdr;
        // SAFETY: the header was filled by the kernel and its control pointer leads to `controls[i]`, which is aligned for
        // cmsghdr; CMSG_FIRSTHDR answers null or a message within the length that the kernel wrote; a timespec is plain data.
        unsafe {
            let control = libc::CMSG_FIRSTHDR(header);
            if control.is_null() || (*control).cmsg_type != libc::SCM_TIMESTAMPNS {
                return 0;
            }
            let time: libc::timespec = std::ptr::read_unaligned(libc::CMSG_DATA(control).cast());
            time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
        }
    }
}
