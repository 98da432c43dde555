//! Stills: of a layer only whole keyframes are forwarded, for lines too narrow for moving pictures. Not here: who asks for keyframes.

/// One slot's.
#[derive(Clone, Copy, Default, Debug)]
pub struct Stills {
    wanted: bool,
    /// Delta frames are held back: as long as stills are wanted, and after that until a keyframe comes for them to build on.
    on: bool,
    /// Time of the keyframe whose packets pass.
    ts: Option<u32>,
}

impl Stills {
    /// Only keyframes from now on, or everything again. True when the latter needs a keyframe to begin with.
    pub fn want(&mut self, wanted: bool) -> bool {
        let ended = self.wanted && !wanted;
        self.wanted = wanted;
        self.on |= wanted;
        ended
    }

    /// Another layer begins at its keyframe of this time.
    pub fn begin(&mut self, ts: u32) {
        (self.on, self.ts) = (self.wanted, Some(ts));
    }

    /// Whether a packet of the current layer is forwarded. `starts_keyframe`: it is the first packet of one.
    pub fn passes(&mut self, starts_keyframe: bool, ts: u32) -> bool {
        if !self.on {
            return true;
        }
        if starts_keyframe {
            self.begin(ts);
        }
        !self.on || self.ts == Some(ts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keyframes_pass_and_all_of_their_packets() {
        let mut stills = Stills::default();
        assert!(stills.passes(false, 1));
        assert!(!stills.want(true));
        assert!(!stills.passes(false, 2));
        assert!(stills.passes(true, 3));
        assert!(stills.passes(false, 3));
        assert!(!stills.passes(false, 4));
    }

    #[test]
    fn moving_pictures_come_back_at_a_keyframe() {
        let mut stills = Stills::default();
        stills.want(true);
        assert!(stills.want(false));
        assert!(!stills.passes(false, 5), "nothing to build on yet");
        assert!(stills.passes(true, 6));
        assert!(stills.passes(false, 7));
    }
}
