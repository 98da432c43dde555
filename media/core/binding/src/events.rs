//! Events as Python tuples, in the shapes that `_core.pyi` lists.

use crate::shared::Event;
use forward::notice::{Feedback, Notice, Rid};
use forward::tap::Tapped;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

/// An event's tuple.
pub fn tuple<'py>(py: Python<'py>, event: Event) -> PyResult<Bound<'py, PyTuple>> {
    match event {
        Event::Tap(batch) => {
            let packets = batch.iter().map(|t| tapped(py, t)).collect::<PyResult<Vec<_>>>()?;
            ("tap", PyList::new(py, packets)?).into_pyobject(py)
        }
        Event::Notice(notice) => notice_tuple(py, notice),
    }
}

fn notice_tuple<'py>(py: Python<'py>, notice: Notice) -> PyResult<Bound<'py, PyTuple>> {
    match notice {
        Notice::Dtls { peer, data } => ("dtls", peer.0, PyBytes::new(py, &data)).into_pyobject(py),
        Notice::Path { peer, generation, to } => {
            ("path", peer.0, generation, to.proto(), to.addr.ip().to_string(), to.addr.port()).into_pyobject(py)
        }
        Notice::Stalled { peer, ms, last_us } => ("stalled", peer.0, ms, last_us).into_pyobject(py),
        Notice::Resumed { peer, ms, last_us } => ("resumed", peer.0, ms, last_us).into_pyobject(py),
        Notice::Layer { source, rid, ssrc, codec, up, size } => {
            ("layer", source.0, &*rid, ssrc, codec.name(), up, size.0, size.1).into_pyobject(py)
        }
        Notice::Switched { slot, shown } => {
            let (source, rid) = shown.map_or((0, Rid::from("")), |(s, r)| (s.0, r));
            ("switched", slot.0, source, &*rid).into_pyobject(py)
        }
        Notice::Levels(levels) => {
            let levels: Vec<_> = levels.into_iter().map(|(s, l)| (s.0, l)).collect();
            ("levels", levels).into_pyobject(py)
        }
        Notice::Feedback(peers) => ("fb", peers.iter().map(feedback).collect::<Vec<_>>()).into_pyobject(py),
        Notice::Rates(rates) => {
            let rates: Vec<_> =
                rates.iter().map(|r| (r.source.0, &*r.rid, r.bps, r.pps, r.base_bps.0, r.base_bps.1)).collect();
            ("rates", rates).into_pyobject(py)
        }
        Notice::SenderReport { source, rid, ntp, rtp, at_us } => ("sr", source.0, &*rid, ntp, rtp, at_us).into_pyobject(py),
        Notice::TapGap { source, rid, packets, from_us, to_us } => {
            ("tap_gap", source.0, &*rid, packets, from_us, to_us).into_pyobject(py)
        }
        Notice::Refused { call, handle, reason } => ("refused", call, handle, reason).into_pyobject(py),
    }
}

fn tapped<'py>(py: Python<'py>, packet: &Tapped) -> PyResult<Bound<'py, PyTuple>> {
    let data = PyBytes::new(py, &packet.data);
    (packet.source.0, &*packet.rid, packet.at_us, packet.ext_seq, data).into_pyobject(py)
}

fn feedback(f: &Feedback) -> (u32, u64, u64, u64, f32, f32, f32, u64) {
    (f.peer.0, f.sent_bps, f.acked_bps, f.estimate_bps, f.owd_ms, f.loss, f.rtt_ms, f.remb_bps)
}
