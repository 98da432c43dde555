//! Load on real sockets: `LoadEngine` with its synthetic peers, `FloorEngine` to compare a relay with.
//!
//! Not here: what peers say and count (`load`), DTLS and signalling (Python).

mod engine;
mod floor;
mod world;

pub use engine::LoadEngine;
pub use floor::FloorEngine;

use crate::shared::EventFd;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// What waits for Python, and the descriptor that says so.
pub struct Mailbox<T> {
    waiting: Mutex<VecDeque<T>>,
    fd: EventFd,
}

impl<T> Mailbox<T> {
    fn new() -> std::io::Result<Self> {
        Ok(Self { waiting: Mutex::default(), fd: EventFd::new()? })
    }

    fn put(&self, item: T) {
        let mut waiting = lock(&self.waiting);
        waiting.push_back(item);
        if waiting.len() == 1 {
            self.fd.signal();
        }
    }

    fn take(&self) -> VecDeque<T> {
        let mut waiting = lock(&self.waiting);
        self.fd.clear();
        std::mem::take(&mut waiting)
    }
}

/// A lock that outlives a panic of its holder.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wall_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

fn bad(reason: &'static str) -> PyErr {
    PyValueError::new_err(reason)
}
