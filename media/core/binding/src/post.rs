//! How parcels travel between the threads of one process: each engine has a mailbox, and knows those it has to do with.
//!
//! Locks are held for moments. A thread never waits for another one: what a slow one does not take, `forward::mirror` drops.

use crate::shared::Shared;
use forward::ids::RelayId;
use forward::mirror::Parcel;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Empty parcels that wait to be taken back by whoever posts next.
const EMPTY_PARCELS: usize = 8;

/// A number for a new engine, never given twice in a process.
pub fn new_id() -> RelayId {
    static LAST: AtomicU32 = AtomicU32::new(0);
    RelayId(LAST.fetch_add(1, Ordering::Relaxed) + 1)
}

/// Where other engines put parcels for this one.
#[derive(Default)]
pub struct Mailbox {
    parcels: Mutex<Parcels>,
    bytes: AtomicUsize,
}

#[derive(Default)]
struct Parcels {
    waiting: Vec<(RelayId, Parcel)>,
    empty: Vec<Parcel>,
}

impl Mailbox {
    /// Put a parcel in. An empty one to be used again, if there is; and whether the box was empty: then its owner is to be woken.
    fn put(&self, from: RelayId, parcel: Parcel) -> (Option<Parcel>, bool) {
        self.bytes.fetch_add(parcel.bytes(), Ordering::Relaxed);
        let mut parcels = self.parcels.lock().unwrap_or_else(PoisonError::into_inner);
        parcels.waiting.push((from, parcel));
        (parcels.empty.pop(), parcels.waiting.len() == 1)
    }

    /// Exchange what waits for an empty vector.
    pub fn take(&self, into: &mut Vec<(RelayId, Parcel)>) {
        let mut parcels = self.parcels.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut parcels.waiting, into);
        self.bytes.store(0, Ordering::Relaxed);
    }

    /// A parcel was taken in: its memory goes back with the next one that comes.
    pub fn give_back(&self, mut parcel: Parcel) {
        parcel.clear();
        let mut parcels = self.parcels.lock().unwrap_or_else(PoisonError::into_inner);
        if parcels.empty.len() < EMPTY_PARCELS {
            parcels.empty.push(parcel);
        }
    }

    /// Bytes of packets that wait.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Another engine, while it is there.
#[derive(Clone)]
pub struct Neighbour {
    /// Its number.
    pub id: RelayId,
    shared: Weak<Shared>,
}

impl Neighbour {
    /// The engine with this shared state.
    pub fn new(shared: &Arc<Shared>) -> Self {
        Self { id: shared.id, shared: Arc::downgrade(shared) }
    }

    /// Post a parcel and wake the engine; a parcel to be used again, if there is. For one that has ended: the same, unread.
    pub fn post(&self, from: RelayId, parcel: Parcel) -> Option<Parcel> {
        let Some(shared) = self.shared.upgrade().filter(|s| !s.is_stopping.load(Ordering::Acquire)) else {
            return Some(parcel);
        };
        let (empty, was_empty) = shared.mailbox.put(from, parcel);
        if was_empty {
            shared.wake_thread();
        }
        empty
    }

    /// Bytes that it has not taken in.
    pub fn behind(&self) -> usize {
        self.shared.upgrade().map_or(0, |s| s.mailbox.bytes())
    }
}
