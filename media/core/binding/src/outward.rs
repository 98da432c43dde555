//! The way out: datagrams to the socket of their family, frames to the connection they are for.

use crate::sender::Sender;
use crate::socket::Bound;
use forward::backlog::Backlog;
use forward::outbox::{MAX_SPACE, Outbox};
use forward::remote::{Link, Remote};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

/// Where the datagram begun last goes.
enum Way {
    V4,
    V6,
    Connection(u32),
}

/// The outbox of an engine thread.
pub struct Outward {
    v4: Option<Sender>,
    v6: Option<Sender>,
    way: Way,
    is_picture: bool,
    frame: Vec<u8>,
    /// What waits for each open connection.
    pub backlogs: HashMap<u32, Backlog>,
    /// Connections with something new; may name one twice.
    pub fresh: Vec<u32>,
    frames: u64,
}

impl Outward {
    /// Send on these sockets, which outlive it: the first of each family.
    pub fn new(udp: &[Bound]) -> Self {
        let sender = |is_v4: bool| {
            let bound = udp.iter().find(|b| b.local.is_ipv4() == is_v4);
            bound.map(|b| Sender::new(b.socket.as_raw_fd(), b.has_gso))
        };
        Self {
            v4: sender(true),
            v6: sender(false),
            way: Way::Connection(0),
            is_picture: false,
            frame: vec![0; MAX_SPACE],
            backlogs: HashMap::new(),
            fresh: Vec::new(),
            frames: 0,
        }
    }

    /// Send all datagrams written so far. Frames leave when their connections are written to.
    pub fn flush(&mut self) {
        for sender in [&mut self.v4, &mut self.v6].into_iter().flatten() {
            sender.flush();
        }
    }

    /// Datagrams and frames sent, and such that the kernel did not take.
    pub fn counts(&self) -> (u64, u64) {
        let senders = [&self.v4, &self.v6].into_iter().flatten().map(Sender::counts);
        senders.fold((self.frames, 0), |(sent, dropped), (s, d)| (sent + s, dropped + d))
    }
}

impl Outbox for Outward {
    fn begin(&mut self, to: Remote, max: usize) -> &mut [u8] {
        let sender = match (to.link, to.addr) {
            (Link::Udp, SocketAddr::V4(_)) => {
                self.way = Way::V4;
                self.v4.as_mut()
            }
            (Link::Udp, SocketAddr::V6(_)) => {
                self.way = Way::V6;
                self.v6.as_mut()
            }
            (Link::Tcp(connection), _) => {
                self.way = Way::Connection(connection);
                self.is_picture = false;
                None
            }
        };
        match sender {
            Some(sender) => sender.begin(to, max),
            None => &mut self.frame[..max.min(MAX_SPACE)],
        }
    }

    fn mark_picture(&mut self) {
        self.is_picture = true;
    }

    fn finish(&mut self, len: usize) {
        match self.way {
            Way::V4 => self.v4.iter_mut().for_each(|s| s.finish(len)),
            Way::V6 => self.v6.iter_mut().for_each(|s| s.finish(len)),
            Way::Connection(connection) => {
                let Some(backlog) = self.backlogs.get_mut(&connection).filter(|_| len > 0) else { return };
                backlog.push(&self.frame[..len], self.is_picture);
                self.frames += 1;
                self.fresh.push(connection);
            }
        }
    }
}
