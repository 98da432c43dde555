//! Receiving many datagrams with one system call; on request with the time at which the kernel had each.

use crate::socket::RawAddress;
use std::mem::zeroed;
use std::net::SocketAddr;
use std::os::fd::RawFd;

/// Datagrams that a server's socket hands over at once.
pub const MANY: usize = 64;
/// Datagrams that one of many clients' sockets hands over at once.
pub const FEW: usize = 32;
/// Space for one: above any MTU we send through, so that a longer one is seen to be too long.
const SPACE: usize = 2048;
/// Room for one control message with a timespec, in words.
const CONTROL: usize = 8;

/// Buffers for a batch.
pub struct Inbox {
    bytes: Vec<u8>,
    /// One for each datagram, or none when nobody asks for arrival times.
    controls: Vec<[u64; CONTROL]>,
    addresses: Vec<RawAddress>,
    vectors: Vec<libc::iovec>,
    messages: Vec<libc::mmsghdr>,
}

// SAFETY: the raw pointers in the headers point into vectors of the same struct and are set anew before each system call.
unsafe impl Send for Inbox {}

impl Inbox {
    /// Buffers for `batch` datagrams.
    pub fn new(batch: usize) -> Self {
        // SAFETY: iovec and mmsghdr are plain data, for which zero (null pointers, lengths 0) is a value.
        let (vector, message) = unsafe { (zeroed::<libc::iovec>(), zeroed::<libc::mmsghdr>()) };
        Self {
            bytes: vec![0; batch * SPACE],
            controls: Vec::new(),
            addresses: vec![RawAddress::empty(); batch],
            vectors: vec![vector; batch],
            messages: vec![message; batch],
        }
    }

    /// The same, for sockets with `SO_TIMESTAMPNS`.
    pub fn with_arrival_times(batch: usize) -> Self {
        Self { controls: vec![[0; CONTROL]; batch], ..Self::new(batch) }
    }

    /// Take what is there, at most a batch; how many came.
    pub fn receive(&mut self, fd: RawFd) -> usize {
        for i in 0..self.messages.len() {
            let space = &mut self.bytes[i * SPACE..(i + 1) * SPACE];
            self.vectors[i] = libc::iovec { iov_base: space.as_mut_ptr().cast(), iov_len: SPACE };
            let header = &mut self.messages[i].msg_hdr;
            header.msg_name = (&raw mut self.addresses[i]).cast();
            header.msg_namelen = RawAddress::SIZE;
            header.msg_iov = &raw mut self.vectors[i];
            header.msg_iovlen = 1;
            if let Some(control) = self.controls.get_mut(i) {
                header.msg_control = (&raw mut *control).cast();
                header.msg_controllen = size_of::<[u64; CONTROL]>();
            }
        }
        let (flags, batch) = (libc::MSG_DONTWAIT, self.messages.len() as libc::c_uint);
        // SAFETY: every header points into vectors of this struct, which are neither moved nor resized during the call; the
        // kernel writes at most the lengths given behind each.
        let count = unsafe { libc::recvmmsg(fd, self.messages.as_mut_ptr(), batch, flags, std::ptr::null_mut()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// The `i`-th datagram of the last batch.
    pub fn datagram(&mut self, i: usize) -> Option<(SocketAddr, &mut [u8])> {
        let from = self.addresses[i].read()?;
        let len = (self.messages[i].msg_len as usize).min(SPACE);
        Some((from, &mut self.bytes[i * SPACE..i * SPACE + len]))
    }

    /// When the `i`-th datagram of the last batch arrived, in Unix nanoseconds; 0: the kernel did not say.
    pub fn arrival_ns(&self, i: usize) -> u64 {
        let header = &raw const self.messages[i].msg_hdr;
        // SAFETY: the header was filled by the kernel and its control pointer is null or leads to `controls[i]`, which is
        // aligned for cmsghdr; CMSG_FIRSTHDR answers null or a message within the length that the kernel wrote; a timespec is
        // plain data.
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
