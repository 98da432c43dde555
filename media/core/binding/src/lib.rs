//! `media._core`: the forwarding logic on a real socket, in a thread of its own that never takes the GIL.
//!
//! Not here: any decision about packets; that is `forward`. The face is described in `media/_core.pyi`.

mod connections;
mod engine;
mod events;
mod inbox;
mod load;
mod outward;
mod post;
mod priority;
mod sender;
mod shared;
mod socket;
mod stats;
mod worker;

use pyo3::prelude::*;

/// The packet engine. See `_core.pyi`.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<load::LoadEngine>()?;
    module.add_class::<load::FloorEngine>()
}
