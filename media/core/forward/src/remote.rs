//! Where a peer is reached: an address and what carries packets there.

use std::hash::{Hash, Hasher};
use std::net::SocketAddr;

/// What carries packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// Datagrams on the shared socket of the address's family.
    Udp,
    /// Frames (RFC 4571) on one accepted TCP connection; its number is the caller's and never used twice.
    Tcp(u32),
}

/// One end of a path. Two connections from one address are two remotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remote {
    /// Address and port.
    pub addr: SocketAddr,
    /// What carries packets there.
    pub link: Link,
}

impl Remote {
    /// Reached by UDP.
    pub fn udp(addr: SocketAddr) -> Self {
        Self { addr, link: Link::Udp }
    }

    /// Reached over an accepted TCP connection.
    pub fn tcp(addr: SocketAddr, connection: u32) -> Self {
        Self { addr, link: Link::Tcp(connection) }
    }

    /// "udp" or "tcp".
    pub fn proto(&self) -> &'static str {
        match self.link {
            Link::Udp => "udp",
            Link::Tcp(_) => "tcp",
        }
    }
}

impl Hash for Remote {
    /// The address alone: looked up for each datagram, and links differ for hardly any two.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.addr.hash(state);
    }
}
