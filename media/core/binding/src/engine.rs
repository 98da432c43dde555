//! The class Python sees: arguments are judged here, then travel to the thread as commands.

use crate::post::Neighbour;
use crate::shared::{Command, Deed, Shared};
use crate::worker::Worker;
use crate::{events, socket, stats};
use forward::MAX_DATAGRAM;
use forward::codec::Codec;
use forward::ext::{ExtMap, Extension, MAX_NAME};
use forward::ice::Credentials;
use forward::ids::{Kind, PeerId, SlotId, SourceId};
use forward::red::MAX_COPIES;
use forward::relay::{NewMirror, NewSlot, NewSource};
use forward::slot::SlotCodec;
use forward::source::{CodecParams, MAX_LAYERS};
use forward::srtp::Profile;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// ICE fragments and passwords: RFC 8839 §5.4 allows up to 256 characters.
const MAX_CREDENTIAL: usize = 256;

/// One engine thread with its sockets.
#[pyclass(frozen, module = "media._core")]
pub struct Engine {
    shared: Arc<Shared>,
    thread: Mutex<Thread>,
}

#[derive(Default)]
struct Thread {
    handle: Option<JoinHandle<()>>,
    buffers: (u64, u64),
    is_closed: bool,
}

#[pymethods]
impl Engine {
    #[new]
    fn new() -> PyResult<Self> {
        Ok(Self { shared: Arc::new(Shared::new()?), thread: Mutex::default() })
    }

    #[pyo3(signature = (udp, tcp = Vec::new()))]
    fn bind(&self, udp: Vec<(String, u16)>, tcp: Vec<(String, u16)>) -> PyResult<Vec<(&'static str, String, u16)>> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_closed || thread.handle.is_some() {
            return Err(PyRuntimeError::new_err("the engine is bound or closed already"));
        }
        let (udp, tcp) = (addresses(&udp)?, addresses(&tcp)?);
        if udp.is_empty() {
            return Err(bad("at least one UDP address is needed"));
        }
        let sockets = socket::bind_all(&udp, &tcp)?;
        let local = sockets.local()?;
        thread.buffers = sockets.udp[0].buffers;
        let worker = Worker::new(self.shared.clone(), sockets)?;
        let builder = std::thread::Builder::new().name("media-engine".into());
        thread.handle = Some(builder.spawn(move || worker.run())?);
        Ok(local.into_iter().map(|(proto, a)| (proto, a.ip().to_string(), a.port())).collect())
    }

    fn fileno(&self) -> i32 {
        self.shared.event_fd()
    }

    #[pyo3(signature = (max = 1024))]
    fn poll_events<'py>(&self, py: Python<'py>, max: usize) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let (taken, lost) = self.shared.take_events(max);
        let mut tuples = Vec::with_capacity(taken.len() + 1);
        if lost > 0 {
            tuples.push(("lost_events", lost).into_pyobject(py)?);
        }
        for event in taken {
            tuples.push(events::tuple(py, event)?);
        }
        Ok(tuples)
    }

    fn close(&self, py: Python<'_>) {
        let handle = {
            let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
            thread.is_closed = true;
            thread.handle.take()
        };
        self.shared.is_stopping.store(true, Ordering::Release);
        self.shared.wake_thread();
        if let Some(handle) = handle {
            // The thread ends within one turn of its loop; a panic in it was printed by the runtime.
            py.detach(|| drop(handle.join()));
        }
    }

    fn add_peer(&self, peer: u32, ufrag: String, pwd: String, remote_ufrag: String) -> PyResult<()> {
        let credentials = credentials(ufrag, pwd, remote_ufrag)?;
        self.command("add_peer", peer, Box::new(move |r, _, _| r.add_peer(PeerId(peer), credentials)))
    }

    #[pyo3(signature = (peer, r#gen, ufrag, pwd, remote_ufrag))]
    fn restart_peer(&self, peer: u32, r#gen: u32, ufrag: String, pwd: String, remote_ufrag: String) -> PyResult<()> {
        let credentials = credentials(ufrag, pwd, remote_ufrag)?;
        let run: Deed = Box::new(move |r, _, _| r.restart_peer(PeerId(peer), r#gen, credentials));
        self.command("restart_peer", peer, run)
    }

    fn remove_peer(&self, peer: u32) -> PyResult<()> {
        self.command("remove_peer", peer, Box::new(move |r, _, _| r.remove_peer(PeerId(peer))))
    }

    fn send_dtls(&self, peer: u32, data: Vec<u8>) -> PyResult<()> {
        if data.is_empty() || data.len() > MAX_DATAGRAM {
            return Err(bad("a DTLS datagram has 1 to 1500 bytes"));
        }
        self.command("send_dtls", peer, Box::new(move |r, _, out| r.send_dtls(PeerId(peer), &data, out)))
    }

    fn set_srtp(
        &self,
        peer: u32,
        profile: u16,
        rx_key: Vec<u8>,
        rx_salt: Vec<u8>,
        tx_key: Vec<u8>,
        tx_salt: Vec<u8>,
    ) -> PyResult<()> {
        let profile = Profile::from_number(profile).ok_or_else(|| bad("unknown SRTP profile"))?;
        let lengths = [(rx_key.len(), rx_salt.len()), (tx_key.len(), tx_salt.len())];
        if lengths != [profile.lengths(); 2] {
            return Err(bad("key or salt length does not fit the profile"));
        }
        let run: Deed = Box::new(move |r, _, _| r.set_srtp(PeerId(peer), profile, (&rx_key, &rx_salt), (&tx_key, &tx_salt)));
        self.command("set_srtp", peer, run)
    }

    fn set_ext(&self, peer: u32, ids: HashMap<String, u8>) -> PyResult<()> {
        let pair = |(name, id): (&String, &u8)| {
            let extension = Extension::from_name(name).ok_or_else(|| bad("unknown header extension"))?;
            if *id == 0 { Err(bad("header extension id 0")) } else { Ok((extension, *id)) }
        };
        let pairs = ids.iter().map(pair).collect::<PyResult<Vec<_>>>()?;
        let map = ExtMap::new(&pairs);
        self.command("set_ext", peer, Box::new(move |r, _, _| r.set_ext(PeerId(peer), map)))
    }

    #[pyo3(signature = (src, peer, mid, kind, codecs, rids = Vec::new(), ssrcs = Vec::new()))]
    #[allow(clippy::too_many_arguments)] // the face has these, by name
    fn add_source(
        &self,
        src: u32,
        peer: u32,
        mid: String,
        kind: &str,
        codecs: Vec<(u8, String, u8, u32)>,
        rids: Vec<String>,
        ssrcs: Vec<(u32, String, u32)>,
    ) -> PyResult<()> {
        handle(peer)?;
        name(&mid)?;
        rids.iter().try_for_each(|r| name(r))?;
        if rids.len() > MAX_LAYERS {
            return Err(bad("more layers than 4"));
        }
        let codecs = codecs.into_iter().map(codec_params).collect::<PyResult<Vec<_>>>()?;
        let new = NewSource { id: SourceId(src), peer: PeerId(peer), mid, kind: kind_named(kind)?, codecs, rids, ssrcs };
        self.command("add_source", src, Box::new(move |r, _, _| r.add_source(new)))
    }

    #[pyo3(signature = (src, of, of_src, publisher, kind, codecs, rids = Vec::new()))]
    #[allow(clippy::too_many_arguments)] // the face has these, by name
    fn add_mirror(
        &self,
        src: u32,
        of: PyRef<'_, Self>,
        of_src: u32,
        publisher: u32,
        kind: &str,
        codecs: Vec<(u8, String, u8, u32)>,
        rids: Vec<String>,
    ) -> PyResult<()> {
        handle(of_src)?;
        handle(publisher)?;
        rids.iter().try_for_each(|r| name(r))?;
        if rids.len() > MAX_LAYERS {
            return Err(bad("more layers than 4"));
        }
        if of.shared.id == self.shared.id {
            return Err(bad("an engine needs no mirror of its own source"));
        }
        let codecs = codecs.into_iter().map(codec_params).collect::<PyResult<Vec<_>>>()?;
        self.shared.meet(Neighbour::new(&of.shared));
        of.shared.meet(Neighbour::new(&self.shared));
        let new = NewMirror {
            id: SourceId(src),
            relay: of.shared.id,
            source: SourceId(of_src),
            publisher: PeerId(publisher),
            kind: kind_named(kind)?,
            codecs,
            rids,
        };
        // The home has to know us before our first parcel is answered: it looks when it is woken.
        self.command("add_mirror", src, Box::new(move |r, _, _| r.add_mirror(new)))
    }

    fn enable_source(&self, src: u32, on: bool) -> PyResult<()> {
        self.command("enable_source", src, Box::new(move |r, _, _| r.enable_source(SourceId(src), on)))
    }

    fn set_patient(&self, src: u32, on: bool) -> PyResult<()> {
        self.command("set_patient", src, Box::new(move |r, _, _| r.set_patient(SourceId(src), on)))
    }

    fn remove_source(&self, src: u32) -> PyResult<()> {
        self.command("remove_source", src, Box::new(move |r, _, _| r.remove_source(SourceId(src))))
    }

    #[pyo3(signature = (slot, peer, mid, kind, ssrc, rtx_ssrc, codecs, cname = "sfu"))]
    #[allow(clippy::too_many_arguments)] // the face has these, by name
    fn add_slot(
        &self,
        slot: u32,
        peer: u32,
        mid: String,
        kind: &str,
        ssrc: u32,
        rtx_ssrc: u32,
        codecs: HashMap<String, (u8, u8)>,
        cname: &str,
    ) -> PyResult<()> {
        handle(peer)?;
        name(&mid)?;
        let codec = |(codec, (pt, rtx_pt)): (String, (u8, u8))| {
            let rtx_pt = Some(payload_type(rtx_pt)?).filter(|&pt| pt != 0);
            Ok(SlotCodec { codec: codec_named(&codec)?, pt: payload_type(pt)?, rtx_pt })
        };
        let codecs = codecs.into_iter().map(codec).collect::<PyResult<Vec<_>>>()?;
        let (id, kind, cname) = (SlotId(slot), kind_named(kind)?, cname.to_owned());
        let new = NewSlot { id, peer: PeerId(peer), mid, kind, ssrc, rtx_ssrc, codecs, cname };
        self.command("add_slot", slot, Box::new(move |r, _, _| r.add_slot(new)))
    }

    fn remove_slot(&self, slot: u32) -> PyResult<()> {
        self.command("remove_slot", slot, Box::new(move |r, _, _| r.remove_slot(SlotId(slot))))
    }

    #[pyo3(signature = (slot, src, rid = "", max_tid = 7, stills = false))]
    fn route(&self, slot: u32, src: u32, rid: &str, max_tid: u8, stills: bool) -> PyResult<()> {
        let (source, rid) = (Some(SourceId(src)).filter(|s| s.0 != 0), rid.to_owned());
        let run: Deed = Box::new(move |r, _, _| {
            r.set_stills(SlotId(slot), stills)?;
            r.route(SlotId(slot), source, &rid, max_tid)
        });
        self.command("route", slot, run)
    }

    fn set_red(&self, slot: u32, copies: usize) -> PyResult<()> {
        if copies > MAX_COPIES {
            return Err(bad("at most 2 earlier frames"));
        }
        self.command("set_red", slot, Box::new(move |r, _, _| r.set_red(SlotId(slot), copies)))
    }

    fn request_keyframe(&self, src: u32) -> PyResult<()> {
        let run: Deed = Box::new(move |r, now, out| r.request_keyframe(SourceId(src), now, out));
        self.command("request_keyframe", src, run)
    }

    fn set_remb(&self, peer: u32, bps: u64) -> PyResult<()> {
        self.command("set_remb", peer, Box::new(move |r, _, _| r.set_remb(PeerId(peer), bps)))
    }

    fn set_desired(&self, peer: u32, bps: u64) -> PyResult<()> {
        self.command("set_desired", peer, Box::new(move |r, _, _| r.set_desired(PeerId(peer), bps)))
    }

    fn set_sees(&self, peer: u32, kind: &str, publishers: Option<Vec<u32>>) -> PyResult<()> {
        let kind = kind_named(kind)?;
        let publishers = publishers.map(|p| p.into_iter().map(PeerId).collect::<Vec<_>>());
        self.command("set_sees", peer, Box::new(move |r, _, _| r.set_sees(PeerId(peer), kind, publishers.as_deref())))
    }

    #[pyo3(signature = (src, on, best_layer = true))]
    fn tap(&self, src: u32, on: bool, best_layer: bool) -> PyResult<()> {
        self.command("tap", src, Box::new(move |r, _, _| r.tap(SourceId(src), on, best_layer)))
    }

    fn busy_us(&self) -> (u64, u64) {
        let meters = &self.shared.meters;
        (meters.cpu_us.load(Ordering::Relaxed), meters.waited_us.load(Ordering::Relaxed))
    }

    #[pyo3(signature = (peer = 0))]
    fn stats<'py>(&self, py: Python<'py>, peer: u32) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.shared.wants_snapshot.store(true, Ordering::Release);
        self.shared.wake_thread();
        let snapshot = self.shared.snapshot();
        let mut all = Vec::new();
        if peer == 0 {
            let buffers = self.thread.lock().unwrap_or_else(PoisonError::into_inner).buffers;
            all.push(stats::engine(py, &snapshot, &self.shared, buffers)?);
        }
        for p in snapshot.peers.iter().filter(|p| peer == 0 || p.id.0 == peer) {
            all.push(stats::peer(py, p)?);
        }
        Ok(all)
    }
}

impl Engine {
    fn command(&self, call: &'static str, about: u32, run: Deed) -> PyResult<()> {
        handle(about)?;
        if self.shared.is_stopping.load(Ordering::Acquire) {
            return Err(PyRuntimeError::new_err("the engine is closed"));
        }
        self.shared.command(Command { call, handle: about, run });
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Not joined here: the last reference may go away while the GIL is held. The thread ends by itself.
        self.shared.is_stopping.store(true, Ordering::Release);
        self.shared.wake_thread();
    }
}

fn bad(reason: &'static str) -> PyErr {
    PyValueError::new_err(reason)
}

/// At most one address per family.
fn addresses(given: &[(String, u16)]) -> PyResult<Vec<SocketAddr>> {
    let parse = |(ip, port): &(String, u16)| {
        let ip: IpAddr = ip.parse().map_err(|_| bad("not an IP address"))?;
        Ok(SocketAddr::new(ip, *port))
    };
    let addresses = given.iter().map(parse).collect::<PyResult<Vec<_>>>()?;
    let v4 = addresses.iter().filter(|a| a.is_ipv4()).count();
    if v4 > 1 || addresses.len() - v4 > 1 {
        return Err(bad("one address per family and protocol"));
    }
    Ok(addresses)
}

fn handle(number: u32) -> PyResult<()> {
    if number == 0 { Err(bad("handle 0")) } else { Ok(()) }
}

fn credentials(ufrag: String, pwd: String, remote_ufrag: String) -> PyResult<Credentials> {
    if ufrag.is_empty() || pwd.is_empty() || [&ufrag, &pwd, &remote_ufrag].iter().any(|c| c.len() > MAX_CREDENTIAL) {
        return Err(bad("ICE ufrag and pwd have 1 to 256 characters"));
    }
    if ufrag.contains(':') {
        return Err(bad("':' in an ICE ufrag"));
    }
    Ok(Credentials { ufrag: ufrag.into(), pwd: pwd.into(), remote_ufrag: remote_ufrag.into() })
}

fn name(text: &str) -> PyResult<()> {
    if text.is_empty() || text.len() > MAX_NAME { Err(bad("a mid or rid has 1 to 16 bytes")) } else { Ok(()) }
}

fn kind_named(kind: &str) -> PyResult<Kind> {
    match kind {
        "audio" => Ok(Kind::Audio),
        "video" => Ok(Kind::Video),
        _ => Err(bad("kind is \"audio\" or \"video\"")),
    }
}

fn codec_named(name: &str) -> PyResult<Codec> {
    Codec::from_name(name).ok_or_else(|| bad("unknown codec"))
}

fn codec_params((pt, codec, rtx_pt, clock_hz): (u8, String, u8, u32)) -> PyResult<CodecParams> {
    let rtx_pt = Some(payload_type(rtx_pt)?).filter(|&pt| pt != 0);
    if clock_hz == 0 {
        return Err(bad("a clock of 0 Hz"));
    }
    Ok(CodecParams { pt: payload_type(pt)?, codec: codec_named(&codec)?, rtx_pt, clock_hz })
}

fn payload_type(pt: u8) -> PyResult<u8> {
    if pt > 127 { Err(bad("a payload type is at most 127")) } else { Ok(pt) }
}
