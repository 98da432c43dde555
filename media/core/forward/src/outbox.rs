//! Where outgoing datagrams are written: the caller lends the space, so that a packet is encrypted where it will be sent from.

use crate::remote::Remote;

/// A place for outgoing datagrams. `begin` and `finish` alternate.
pub trait Outbox {
    /// Space of at least `max` bytes (`max` ≤ [`MAX_SPACE`]) for one datagram to `to`.
    fn begin(&mut self, to: Remote, max: usize) -> &mut [u8];
    /// The datagram begun last carries pictures: where what is sent has to wait, it may be dropped first.
    fn mark_picture(&mut self) {}
    /// The datagram begun last is `len` bytes long; 0: it is not sent.
    fn finish(&mut self, len: usize);
}

/// The most that `begin` is asked for: a full datagram, room for header extensions, RTX number and authentication tag.
pub const MAX_SPACE: usize = 2048;

/// An outbox that keeps everything, for tests and tools.
#[derive(Default)]
pub struct Kept {
    /// What was sent, in order.
    pub sent: Vec<(Remote, Vec<u8>)>,
    space: Vec<u8>,
    to: Option<Remote>,
}

impl Outbox for Kept {
    fn begin(&mut self, to: Remote, max: usize) -> &mut [u8] {
        self.space.clear();
        self.space.resize(max, 0xA5);
        self.to = Some(to);
        &mut self.space
    }

    fn finish(&mut self, len: usize) {
        if let Some(to) = self.to.take()
            && len > 0
        {
            self.sent.push((to, self.space[..len].to_vec()));
        }
    }
}
