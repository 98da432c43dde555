//! The class `LoadEngine`: arguments are judged here.

use super::world::{MAX_PEERS, Shared, World};
use super::{bad, lock};
use crate::worker::monotonic_us;
use forward::MAX_DATAGRAM;
use forward::srtp::Profile;
use load::agent::Login;
use load::peer::{Happening, Peer};
use load::sink::Manner;
use load::stream::Plan;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// One thread with synthetic peers. See `_core.pyi`.
#[pyclass(frozen, module = "media._core")]
pub struct LoadEngine {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[pymethods]
impl LoadEngine {
    #[new]
    fn new(ip: &str) -> PyResult<Self> {
        let ip: IpAddr = ip.parse().map_err(|_| bad("not an IP address"))?;
        let shared = Arc::new(Shared::new(ip)?);
        let running = shared.clone();
        let thread = std::thread::Builder::new().name("load".into()).spawn(move || running.run())?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    fn fileno(&self) -> i32 {
        self.shared.mail.fd.raw()
    }

    fn add_peer(&self, py: Python<'_>, ufrag: String, pwd: String, seed: u64) -> PyResult<(u32, u16)> {
        let peer = Peer::new(Login { ufrag, pwd }, seed);
        let mut world = self.world(py)?;
        if world.members.len() >= MAX_PEERS {
            return Err(PyRuntimeError::new_err("too many peers"));
        }
        Ok(world.add(peer)?)
    }

    #[allow(clippy::too_many_arguments)] // the face has these, by name
    fn connect(
        &self,
        py: Python<'_>,
        peer: u32,
        ufrag: String,
        pwd: String,
        ip: &str,
        port: u16,
        controlling: bool,
    ) -> PyResult<()> {
        let ip: IpAddr = ip.parse().map_err(|_| bad("not an IP address"))?;
        let mut world = self.world(py)?;
        member(&world, peer)?;
        Ok(world.connect(peer as usize, SocketAddr::new(ip, port), Login { ufrag, pwd }, controlling)?)
    }

    fn poll_events<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let tuple = |(peer, happening)| match happening {
            Happening::Connected => ("path", peer).into_pyobject(py),
            Happening::Dtls(data) => ("dtls", peer, PyBytes::new(py, &data)).into_pyobject(py),
        };
        self.shared.mail.take().into_iter().map(tuple).collect()
    }

    fn send_dtls(&self, py: Python<'_>, peer: u32, data: &[u8]) -> PyResult<()> {
        if data.is_empty() || data.len() > MAX_DATAGRAM {
            return Err(bad("a DTLS datagram has 1 to 1500 bytes"));
        }
        let world = self.world(py)?;
        member(&world, peer)?;
        world.members[peer as usize].send(data);
        Ok(())
    }

    #[allow(clippy::too_many_arguments)] // the face has these, by name
    fn set_srtp(
        &self,
        py: Python<'_>,
        peer: u32,
        profile: u16,
        rx_key: &[u8],
        rx_salt: &[u8],
        tx_key: &[u8],
        tx_salt: &[u8],
    ) -> PyResult<()> {
        let profile = Profile::from_number(profile).ok_or_else(|| bad("unknown SRTP profile"))?;
        let mut world = self.world(py)?;
        member(&world, peer)?;
        let peer = &mut world.members[peer as usize].peer;
        let fits = peer.set_srtp(profile, (rx_key, rx_salt), (tx_key, tx_salt));
        if fits { Ok(()) } else { Err(bad("key or salt length does not fit the profile")) }
    }

    #[pyo3(signature = (peer, ssrc, remb_bps = 0, twcc_id = 0, nack = false, rtx_pt = 0))]
    #[allow(clippy::too_many_arguments)] // the face has these, by name
    fn listen(
        &self,
        py: Python<'_>,
        peer: u32,
        ssrc: u32,
        remb_bps: u64,
        twcc_id: u8,
        nack: bool,
        rtx_pt: u8,
    ) -> PyResult<()> {
        let mut world = self.world(py)?;
        member(&world, peer)?;
        world.members[peer as usize].peer.listen(Manner { remb_bps, twcc_id, nack, rtx_pt }, ssrc);
        Ok(())
    }

    #[pyo3(signature = (
        peer, kind, ssrc, pt, clock_hz, frames_per_s, packets = 1, size = 1100, key_packets = 1, key_every_ms = 0, pace_us = 0,
        width = 1280, height = 720, extension = Vec::new(),
    ))]
    #[allow(clippy::too_many_arguments)] // the face has these, by name
    fn publish(
        &self,
        py: Python<'_>,
        peer: u32,
        kind: &str,
        ssrc: u32,
        pt: u8,
        clock_hz: u32,
        frames_per_s: u32,
        packets: u32,
        size: usize,
        key_packets: u32,
        key_every_ms: u64,
        pace_us: u64,
        width: u16,
        height: u16,
        extension: Vec<u8>,
    ) -> PyResult<()> {
        let (is_video, picture, key_every_us) = (kind == "video", (width, height), key_every_ms.saturating_mul(1000));
        let (packets, key_packets) = (packets.min(1000), key_packets.min(1000));
        let plan = Plan {
            is_video,
            ssrc,
            pt,
            clock_hz,
            frames_per_s,
            packets,
            size,
            key_packets,
            key_every_us,
            pace_us,
            picture,
            extension,
        };
        if !plan.is_possible() || pt > 127 || pace_us > 1_000_000 {
            return Err(bad("no such stream can be sent"));
        }
        let mut world = self.world(py)?;
        member(&world, peer)?;
        let World { members, tally, .. } = &mut *world;
        members[peer as usize].peer.publish(plan, tally, monotonic_us());
        Ok(())
    }

    fn fall_silent(&self, py: Python<'_>, peer: u32) -> PyResult<()> {
        let mut world = self.world(py)?;
        member(&world, peer)?;
        world.members[peer as usize].peer.fall_silent();
        Ok(())
    }

    fn set_poll_us(&self, py: Python<'_>, us: u64) -> PyResult<()> {
        self.world(py)?.poll_us = us.clamp(100, 100_000);
        Ok(())
    }

    fn open_window(&self, py: Python<'_>) -> PyResult<()> {
        self.world(py)?.tally.open();
        Ok(())
    }

    fn close_window(&self, py: Python<'_>) -> PyResult<()> {
        self.world(py)?.tally.close();
        Ok(())
    }

    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let world = self.world(py)?;
        let tally = &world.tally;
        let dict = PyDict::new(py);
        dict.set_item("sent", tally.sent().collect::<Vec<u32>>())?;
        let gaps: u64 = world.members.iter().map(|m| m.peer.sink().gaps()).sum();
        let counters = [
            ("received", tally.received),
            ("bytes", tally.bytes),
            ("bad", tally.bad),
            ("duplicates", tally.duplicates),
            ("unparsed", tally.unparsed),
            ("repairs", tally.repairs),
            ("rtcp", tally.rtcp),
            ("unsent", tally.unsent),
            ("overflows", world.overflows()),
            ("gaps", gaps),
            ("keyframes_asked", tally.keyframes_asked),
            ("nacked", tally.nacked),
            ("p50_us", tally.latency.quantile(0.5)),
            ("p90_us", tally.latency.quantile(0.9)),
            ("p99_us", tally.latency.quantile(0.99)),
            ("max_us", tally.latency.max()),
        ];
        for (name, value) in counters {
            dict.set_item(name, value)?;
        }
        Ok(dict)
    }

    fn heard(&self, py: Python<'_>) -> PyResult<Vec<(u64, u64)>> {
        let world = self.world(py)?;
        Ok(world.members.iter().map(|m| (m.peer.sink().packets, m.peer.sink().first_at)).collect())
    }

    fn close(&self, py: Python<'_>) {
        self.shared.is_stopping.store(true, Ordering::Release);
        if let Some(thread) = lock(&self.thread).take() {
            // The thread ends within one turn; a panic in it was printed by the runtime.
            py.detach(|| drop(thread.join()));
        }
    }
}

impl LoadEngine {
    /// The peers. The thread holds them for a turn, so Python waits without the GIL.
    fn world(&self, py: Python<'_>) -> PyResult<MutexGuard<'_, World>> {
        if self.shared.is_stopping.load(Ordering::Acquire) {
            return Err(PyRuntimeError::new_err("the load is closed"));
        }
        if let Ok(world) = self.shared.world.try_lock() {
            return Ok(world);
        }
        loop {
            // A guard may not cross the border, so wait for the lock outside and take it inside.
            py.detach(|| drop(lock(&self.shared.world)));
            if let Ok(world) = self.shared.world.try_lock() {
                return Ok(world);
            }
        }
    }
}

impl Drop for LoadEngine {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::Release);
    }
}

fn member(world: &World, peer: u32) -> PyResult<()> {
    if (peer as usize) < world.members.len() { Ok(()) } else { Err(bad("no such peer")) }
}
