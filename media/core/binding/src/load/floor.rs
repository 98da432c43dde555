//! The class `FloorEngine`: the floor on one socket and one thread, with the relay's own sender (sendmmsg, GSO).

use super::{Mailbox, bad, lock};
use crate::inbox::{Inbox, MANY};
use crate::sender::Sender;
use crate::socket::{Bound as BoundSocket, bind};
use crate::worker::block_signals;
use forward::MAX_DATAGRAM;
use forward::remote::Remote;
use forward::srtp::Profile;
use load::floor::Floor;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// How long the thread waits for a datagram before it looks whether it is to end.
const WAIT_MS: libc::c_int = 100;

struct Shared {
    floor: Mutex<(Floor, Sender)>,
    mail: Mailbox<(usize, Vec<u8>)>,
    is_stopping: AtomicBool,
    bound: BoundSocket,
}

/// One thread, one socket. See `_core.pyi`.
#[pyclass(frozen, module = "media._core")]
pub struct FloorEngine {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[pymethods]
impl FloorEngine {
    #[new]
    #[pyo3(signature = (ip, gso = true))]
    fn new(ip: &str, gso: bool) -> PyResult<Self> {
        let ip: IpAddr = ip.parse().map_err(|_| bad("not an IP address"))?;
        let bound = bind(SocketAddr::new(ip, 0))?;
        let sender = Sender::new(bound.socket.as_raw_fd(), bound.has_gso && gso);
        let floor = Mutex::new((Floor::default(), sender));
        let shared = Arc::new(Shared { floor, mail: Mailbox::new()?, is_stopping: AtomicBool::new(false), bound });
        let running = shared.clone();
        let thread = std::thread::Builder::new().name("floor".into()).spawn(move || running.run())?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    fn port(&self) -> u16 {
        self.shared.bound.local.port()
    }

    fn fileno(&self) -> i32 {
        self.shared.mail.fd.raw()
    }

    fn poll_events<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let tuple = |(peer, data): (usize, Vec<u8>)| ("dtls", peer, PyBytes::new(py, &data)).into_pyobject(py);
        self.shared.mail.take().into_iter().map(tuple).collect()
    }

    fn add_peer(&self, ufrag: &str, pwd: &str, publishes: bool) -> usize {
        lock(&self.shared.floor).0.add_peer(ufrag, pwd, publishes)
    }

    fn send_dtls(&self, peer: usize, data: &[u8]) -> PyResult<()> {
        if data.is_empty() || data.len() > MAX_DATAGRAM {
            return Err(bad("a DTLS datagram has 1 to 1500 bytes"));
        }
        let (floor, sender) = &mut *lock(&self.shared.floor);
        floor.send_dtls(peer, data, sender);
        sender.flush();
        Ok(())
    }

    fn set_srtp(
        &self,
        peer: usize,
        profile: u16,
        rx_key: &[u8],
        rx_salt: &[u8],
        tx_key: &[u8],
        tx_salt: &[u8],
    ) -> PyResult<()> {
        let profile = Profile::from_number(profile).ok_or_else(|| bad("unknown SRTP profile"))?;
        let fits = lock(&self.shared.floor).0.set_srtp(peer, profile, (rx_key, rx_salt), (tx_key, tx_salt));
        if fits { Ok(()) } else { Err(PyRuntimeError::new_err("no such peer, or the keys do not fit the profile")) }
    }

    fn close(&self, py: Python<'_>) {
        self.shared.is_stopping.store(true, Ordering::Release);
        if let Some(thread) = lock(&self.thread).take() {
            // The thread ends within one turn; a panic in it was printed by the runtime.
            py.detach(|| drop(thread.join()));
        }
    }
}

impl Shared {
    fn run(self: Arc<Self>) {
        block_signals();
        let fd = self.bound.socket.as_raw_fd();
        let mut inbox = Inbox::new(MANY);
        while !self.is_stopping.load(Ordering::Acquire) {
            if !is_readable(fd) {
                continue;
            }
            loop {
                let count = inbox.receive(fd);
                let (floor, sender) = &mut *lock(&self.floor);
                for i in 0..count {
                    let Some((from, data)) = inbox.datagram(i) else { continue };
                    if let Some(dtls) = floor.receive(Remote::udp(from), data, sender) {
                        self.mail.put(dtls);
                    }
                }
                floor.fan_out(sender);
                sender.flush();
                if count < MANY {
                    break;
                }
            }
        }
    }
}

impl Drop for FloorEngine {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::Release);
    }
}

fn is_readable(fd: RawFd) -> bool {
    let mut wanted = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    // SAFETY: one entry is announced and lives for the call.
    unsafe { libc::poll(&raw mut wanted, 1, WAIT_MS) > 0 }
}
