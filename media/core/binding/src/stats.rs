//! Snapshots as Python dictionaries.

use crate::shared::Shared;
use forward::relay::{LayerStats, PeerStats, SlotStats, Snapshot, SourceStats};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! dict {
    ($py:expr, { $($name:literal: $value:expr),* $(,)? }) => {{
        let dict = PyDict::new($py);
        $(dict.set_item($name, $value)?;)*
        dict
    }};
}

/// The engine's own numbers.
pub fn engine<'py>(
    py: Python<'py>,
    snapshot: &Snapshot,
    shared: &Shared,
    buffers: (u64, u64),
) -> PyResult<Bound<'py, PyDict>> {
    let (c, m) = (&snapshot.engine.counters, &shared.meters);
    let read = |meter: &AtomicU64| meter.load(Ordering::Relaxed);
    Ok(dict!(py, {
        "peer": 0,
        "peers": snapshot.peers.len(),
        "rx_packets": c.rx_packets,
        "rx_dropped": read(&m.rx_dropped),
        "tx_packets": read(&m.tx_packets),
        "tx_dropped": read(&m.tx_dropped),
        "tcp_open": read(&m.tcp_open),
        "tcp_accepted": read(&m.tcp_accepted),
        "tcp_refused": read(&m.tcp_refused),
        "tcp_overdue": read(&m.tcp_overdue),
        "tcp_malformed": read(&m.tcp_malformed),
        "tcp_stuck": read(&m.tcp_stuck),
        "tcp_dropped": read(&m.tcp_dropped),
        "unknown_address": c.unknown_address,
        "bad_stun": c.bad_stun,
        "bad_integrity": c.bad_integrity,
        "wakes": read(&m.wakes),
        "events_lost": read(&m.events_lost),
        "faults": read(&m.faults),
        "tap_dropped": c.tap_dropped,
        "exported": c.exported,
        "export_dropped": c.export_dropped,
        "imported": c.imported,
        "tap_backlog": snapshot.engine.tap_backlog,
        "cpu_us": read(&m.cpu_us),
        "waited_us": read(&m.waited_us),
        "rcvbuf": buffers.0,
        "sndbuf": buffers.1,
    }))
}

/// One peer's numbers.
pub fn peer<'py>(py: Python<'py>, p: &PeerStats) -> PyResult<Bound<'py, PyDict>> {
    let c = &p.counters;
    let sources = p.sources.iter().map(|s| source(py, s)).collect::<PyResult<Vec<_>>>()?;
    let slots = p.slots.iter().map(|s| slot(py, s)).collect::<PyResult<Vec<_>>>()?;
    Ok(dict!(py, {
        "peer": p.id.0,
        "gen": p.generation,
        "proto": p.path.map_or("", |to| to.proto()),
        "path": p.path.map_or(String::new(), |to| to.addr.to_string()),
        "last_us": p.last_us,
        "rtt_ms": p.rtt_us.map_or(-1.0, |us| us as f64 / 1000.0),
        "rx_packets": c.rx_packets,
        "rx_bytes": c.rx_bytes,
        "tx_packets": c.tx_packets,
        "tx_bytes": c.tx_bytes,
        "stun": c.stun,
        "dtls": c.dtls,
        "dtls_dropped": c.dtls_dropped,
        "auth_failures": c.auth_failures,
        "replays": c.replays,
        "before_keys": c.before_keys,
        "unmapped": c.unmapped,
        "rtx_sent": c.rtx_sent,
        "padding": c.padding,
        "paced": c.paced,
        "pace_dropped": c.pace_dropped,
        "nacks_in": c.nacks_in,
        "plis_in": c.plis_in,
        "sources": PyList::new(py, sources)?,
        "slots": PyList::new(py, slots)?,
    }))
}

fn source<'py>(py: Python<'py>, s: &SourceStats) -> PyResult<Bound<'py, PyDict>> {
    let c = &s.counters;
    let layers = s.layers.iter().map(|l| layer(py, l)).collect::<PyResult<Vec<_>>>()?;
    Ok(dict!(py, {
        "src": s.id.0,
        "enabled": s.enabled,
        "rx_packets": c.rx_packets,
        "rx_bytes": c.rx_bytes,
        "lost": s.lost,
        "recovered": c.recovered,
        "duplicates": c.duplicates,
        "nacks_out": c.nacks_out,
        "plis_out": c.plis_out,
        "dropped_disabled": c.dropped_disabled,
        "unknown_pt": c.unknown_pt,
        "tap_dropped": c.tap_dropped,
        "layers": PyList::new(py, layers)?,
    }))
}

fn layer<'py>(py: Python<'py>, l: &LayerStats) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "rid": &*l.rid,
        "ssrc": l.ssrc,
        "up": l.up,
        "packets": l.packets,
        "bytes": l.bytes,
        "bps": l.bps,
    }))
}

fn slot<'py>(py: Python<'py>, s: &SlotStats) -> PyResult<Bound<'py, PyDict>> {
    let c = &s.counters;
    Ok(dict!(py, {
        "slot": s.id.0,
        "src": s.shown.as_ref().map_or(0, |(source, _)| source.0),
        "rid": s.shown.as_ref().map_or("", |(_, rid)| rid),
        "packets": c.packets,
        "bytes": c.octets,
        "rtx": c.rtx,
        "nacks": c.nacks,
        "plis": c.plis,
        "lost": c.lost,
        "guarded": c.guarded,
    }))
}
