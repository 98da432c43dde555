//! Identifiers. Handles are the caller's numbers; they never come from the network.

use std::fmt;

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

handle!(
    /// A peer: one ICE + DTLS association.
    PeerId
);
handle!(
    /// A source: one publication of a peer.
    SourceId
);
handle!(
    /// A slot: one receive transceiver of a peer.
    SlotId
);

handle!(
    /// Another relay of the same process, as the caller numbers it.
    RelayId
);

/// Sound or picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Sound: no keyframes, never held back.
    Audio,
    /// Picture: switched on keyframes only.
    Video,
}
