//! Send-side bandwidth estimation: from what a receiver's transport-wide feedback says to what the way to it carries. Pure: bytes, numbers
//! and times in, an estimate out. `Downlink` (../downlink.rs) joins the parts; docs/congestion.md explains them.

pub mod control;
pub mod delay;
pub mod history;
pub mod loss;
pub mod probe;
pub mod rate;
pub mod trend;
