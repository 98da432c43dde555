//! UDP sockets, TCP listeners, and addresses in the kernel's form.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Kernel buffer each way, bytes: one keyframe to 200 subscribers does not fit the default of 212 kB.
const BUFFER: libc::c_int = 4 << 20;

/// Connections that wait to be accepted.
const WAITING: libc::c_int = 256;
/// What the kernel may hold of a TCP connection's bytes beyond what is on its way: more would only be delay.
const NOT_SENT: libc::c_int = 32 << 10;
/// Tries to find one port number that is free in all families and protocols.
const MAX_TRIES: usize = 32;

/// A bound, non-blocking UDP socket with large buffers.
pub struct Bound {
    /// The socket.
    pub socket: UdpSocket,
    /// Where it is.
    pub local: SocketAddr,
    /// UDP_SEGMENT works (Linux 4.18).
    pub has_gso: bool,
    /// What the kernel granted: receive and send buffer, bytes as it counts them.
    pub buffers: (u64, u64),
}

/// Everything one engine listens on.
pub struct Sockets {
    /// Datagrams.
    pub udp: Vec<Bound>,
    /// Connections.
    pub tcp: Vec<TcpListener>,
}

impl Sockets {
    /// What was bound, in the order asked for: UDP first.
    pub fn local(&self) -> io::Result<Vec<(&'static str, SocketAddr)>> {
        let udp = self.udp.iter().map(|b| Ok(("udp", b.local)));
        udp.chain(self.tcp.iter().map(|l| Ok(("tcp", l.local_addr()?)))).collect()
    }
}

/// Bind all of them. Port 0 is any free one, the same for all that ask for 0.
pub fn bind_all(udp: &[SocketAddr], tcp: &[SocketAddr]) -> io::Result<Sockets> {
    let is_free_choice = udp.iter().chain(tcp).any(|a| a.port() == 0);
    let mut tries = 0;
    loop {
        tries += 1;
        match bind_once(udp, tcp) {
            Err(error) if is_free_choice && tries < MAX_TRIES && error.kind() == io::ErrorKind::AddrInUse => {}
            outcome => return outcome,
        }
    }
}

fn bind_once(udp: &[SocketAddr], tcp: &[SocketAddr]) -> io::Result<Sockets> {
    let mut sockets = Sockets { udp: Vec::new(), tcp: Vec::new() };
    let mut chosen = 0;
    for &address in udp {
        let bound = bind(with_port(address, chosen))?;
        if address.port() == 0 {
            chosen = bound.local.port();
        }
        sockets.udp.push(bound);
    }
    for &address in tcp {
        let listener = listen(with_port(address, chosen))?;
        if address.port() == 0 {
            chosen = listener.local_addr()?.port();
        }
        sockets.tcp.push(listener);
    }
    Ok(sockets)
}

fn with_port(address: SocketAddr, chosen: u16) -> SocketAddr {
    SocketAddr::new(address.ip(), if address.port() == 0 { chosen } else { address.port() })
}

/// Bind one UDP socket; port 0 = any.
pub fn bind(address: SocketAddr) -> io::Result<Bound> {
    let socket = UdpSocket::from(open(address, libc::SOCK_DGRAM)?);
    bind_fd(socket.as_raw_fd(), address)?;
    let fd = socket.as_raw_fd();
    // The FORCE forms pass the system's limit where we may; the plain ones take what is allowed.
    for (force, plain) in [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)] {
        if set_option(fd, libc::SOL_SOCKET, force, BUFFER).is_err() {
            set_option(fd, libc::SOL_SOCKET, plain, BUFFER)?;
        }
    }
    let buffers = (get_option(fd, libc::SO_RCVBUF), get_option(fd, libc::SO_SNDBUF));
    let has_gso = set_option(fd, libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok();
    let local = socket.local_addr()?;
    Ok(Bound { socket, local, has_gso, buffers })
}

/// Have the kernel say when each datagram came (SCM_TIMESTAMPNS).
pub fn stamp_arrivals(fd: RawFd) -> io::Result<()> {
    set_option(fd, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = open(address, libc::SOCK_STREAM)?;
    let fd = socket.as_raw_fd();
    // A restarted server takes its port back although old connections linger.
    set_option(fd, libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
    bind_fd(fd, address)?;
    // SAFETY: takes no pointers; fd is open.
    if unsafe { libc::listen(fd, WAITING) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(TcpListener::from(socket))
}

/// A fresh non-blocking socket of the address's family; IPv6 without IPv4 in it, which has a socket of its own.
fn open(address: SocketAddr, kind: libc::c_int) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    // SAFETY: takes no pointers; the result is checked before it is owned.
    let fd = unsafe { libc::socket(family, kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: fd is a fresh descriptor that nobody else owns.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    if address.is_ipv6() {
        set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1)?;
    }
    Ok(socket)
}

fn bind_fd(fd: RawFd, address: SocketAddr) -> io::Result<()> {
    let (raw, len) = RawAddress::new(address);
    // SAFETY: the address lives for the call and has the length given.
    let result = unsafe { libc::bind(fd, (&raw const raw).cast(), len) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// An accepted connection as media needs it: nothing is held back to fill packets, and little waits in the kernel.
pub fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    set_option(stream.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT, NOT_SENT)
}

/// Datagrams the kernel threw away because the receive buffer was full (SO_MEMINFO, Linux 4.12).
pub fn receive_drops(fd: RawFd) -> u64 {
    /// SK_MEMINFO_DROPS, the last of nine counters.
    const DROPS: usize = 8;
    let mut counters = [0u32; DROPS + 1];
    let mut size = size_of_val(&counters) as libc::socklen_t;
    // SAFETY: both pointers are to locals that live for the call; `size` says how much fits.
    unsafe {
        let into = counters.as_mut_ptr().cast();
        libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_MEMINFO, into, &raw mut size)
    };
    u64::from(counters[DROPS])
}

fn set_option(fd: RawFd, level: libc::c_int, name: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the pointer is to a c_int that lives for the call, and `size` is its size.
    let result = unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn get_option(fd: RawFd, name: libc::c_int) -> u64 {
    let mut value: libc::c_int = 0;
    let mut size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: both pointers are to locals that live for the call; `size` says how much fits.
    let result = unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, (&raw mut value).cast(), &raw mut size) };
    if result == 0 { u64::try_from(value).unwrap_or(0) } else { 0 }
}

/// A socket address as the kernel reads and writes it.
#[derive(Clone, Copy)]
#[repr(C)]
pub union RawAddress {
    family: libc::sa_family_t,
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
}

impl RawAddress {
    /// Room for the kernel to write an address into.
    pub const SIZE: libc::socklen_t = size_of::<RawAddress>() as libc::socklen_t;

    /// No address.
    pub fn empty() -> Self {
        // SAFETY: all fields are plain integers, for which zero is a value.
        unsafe { zeroed() }
    }

    /// From a std address; with its length.
    pub fn new(address: SocketAddr) -> (Self, libc::socklen_t) {
        match address {
            SocketAddr::V4(a) => {
                let v4 = libc::sockaddr_in {
                    sin_family: libc::AF_INET as libc::sa_family_t,
                    sin_port: a.port().to_be(),
                    sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(a.ip().octets()) },
                    sin_zero: [0; 8],
                };
                (Self { v4 }, size_of::<libc::sockaddr_in>() as libc::socklen_t)
            }
            SocketAddr::V6(a) => {
                let v6 = libc::sockaddr_in6 {
                    sin6_family: libc::AF_INET6 as libc::sa_family_t,
                    sin6_port: a.port().to_be(),
                    sin6_flowinfo: a.flowinfo(),
                    sin6_addr: libc::in6_addr { s6_addr: a.ip().octets() },
                    sin6_scope_id: a.scope_id(),
                };
                (Self { v6 }, size_of::<libc::sockaddr_in6>() as libc::socklen_t)
            }
        }
    }

    /// To a std address; None for other families.
    pub fn read(&self) -> Option<SocketAddr> {
        // SAFETY: the union was zeroed or written by `new` or the kernel; the family says which variant was, and every
        // variant consists of plain integers.
        unsafe {
            match libc::c_int::from(self.family) {
                libc::AF_INET => {
                    let ip = Ipv4Addr::from(self.v4.sin_addr.s_addr.to_ne_bytes());
                    Some(SocketAddr::new(IpAddr::V4(ip), u16::from_be(self.v4.sin_port)))
                }
                libc::AF_INET6 => {
                    let ip = Ipv6Addr::from(self.v6.sin6_addr.s6_addr);
                    Some(SocketAddr::new(IpAddr::V6(ip), u16::from_be(self.v6.sin6_port)))
                }
                _ => None,
            }
        }
    }
}
