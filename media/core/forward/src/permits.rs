//! Whose pictures and sounds a peer may be sent: one row of the visibility matrix.

use crate::ids::{Kind, PeerId};
use std::collections::HashSet;

/// Publishers that a peer may be sent. Everybody, until something else is said.
#[derive(Default)]
pub struct Permits {
    pictures: Option<HashSet<PeerId>>,
    sounds: Option<HashSet<PeerId>>,
}

impl Permits {
    /// These publishers only; None: everybody.
    pub fn set(&mut self, kind: Kind, publishers: Option<&[PeerId]>) {
        let row = publishers.map(|p| p.iter().copied().collect());
        match kind {
            Kind::Video => self.pictures = row,
            Kind::Audio => self.sounds = row,
        }
    }

    /// May what `publisher` sends of this kind be sent on to the peer?
    pub fn allow(&self, kind: Kind, publisher: PeerId) -> bool {
        let row = match kind {
            Kind::Video => &self.pictures,
            Kind::Audio => &self.sounds,
        };
        row.as_ref().is_none_or(|publishers| publishers.contains(&publisher))
    }
}
