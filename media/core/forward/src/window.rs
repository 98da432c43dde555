//! A window over a growing 48-bit index: seen already, too old, or new (RFC 3711 §3.3.2). Also the sequence number extension.

/// How far behind the newest index a packet may be, in packets.
pub const WINDOW: u64 = 1024;
const WORDS: usize = (WINDOW / 64) as usize;

/// Which of the last [`WINDOW`] indices were seen.
#[derive(Clone)]
pub struct Window {
    top: u64,
    started: bool,
    bits: [u64; WORDS],
}

impl Default for Window {
    fn default() -> Self {
        Self { top: 0, started: false, bits: [0; WORDS] }
    }
}

impl Window {
    /// The newest index, if any came.
    pub fn top(&self) -> Option<u64> {
        self.started.then_some(self.top)
    }

    /// True when `index` was not seen and is not too old.
    pub fn is_new(&self, index: u64) -> bool {
        if !self.started || index > self.top {
            return true;
        }
        self.top - index < WINDOW && self.bits[word(index)] & bit(index) == 0
    }

    /// Mark `index` as seen; false when it was already, or is too old.
    pub fn accept(&mut self, index: u64) -> bool {
        if !self.is_new(index) {
            return false;
        }
        if !self.started {
            self.started = true;
            self.top = index;
        } else if index > self.top {
            self.forget(self.top + 1, index);
            self.top = index;
        }
        self.bits[word(index)] |= bit(index);
        true
    }

    /// The extended form of a 16-bit number that is nearest to the newest index (RFC 3711 §3.3.1); None before roll-over 0.
    pub fn extend(&self, seq: u16) -> Option<u64> {
        if self.started { extend(self.top, seq) } else { Some(u64::from(seq)) }
    }

    fn forget(&mut self, from: u64, to: u64) {
        if to - from >= WINDOW {
            self.bits = [0; WORDS];
            return;
        }
        for index in from..=to {
            self.bits[word(index)] &= !bit(index);
        }
    }
}

/// The extended index nearest to `near` whose low 16 bits are `seq`; None when that would be negative.
pub fn extend(near: u64, seq: u16) -> Option<u64> {
    let delta = i64::from(seq.wrapping_sub(near as u16) as i16);
    near.checked_add_signed(delta)
}

fn word(index: u64) -> usize {
    (index % WINDOW / 64) as usize
}

fn bit(index: u64) -> u64 {
    1 << (index % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_accepted_once() {
        let mut w = Window::default();
        assert!(w.accept(70_000));
        assert!(!w.accept(70_000));
        assert!(w.accept(69_990));
        assert!(!w.accept(69_990));
        assert!(!w.accept(70_000 - WINDOW));
        assert!(w.accept(70_000 + 5000));
        assert!(!w.accept(70_000));
        assert!(w.accept(74_999));
    }

    #[test]
    fn agrees_with_a_set() {
        let mut w = Window::default();
        let (mut seen, mut top, mut x) = (std::collections::HashSet::new(), 0u64, 12345u64);
        for _ in 0..200_000 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let index = (top + (x >> 33) % 1500).saturating_sub(1200);
            let expected = (seen.is_empty() || index > top || top - index < WINDOW) && !seen.contains(&index);
            assert_eq!(w.accept(index), expected, "{index} top {top}");
            if expected {
                seen.insert(index);
                top = top.max(index);
            }
        }
    }

    #[test]
    fn numbers_are_extended_across_the_wrap() {
        assert_eq!(extend(65_535, 0), Some(65_536));
        assert_eq!(extend(65_536, 65_535), Some(65_535));
        assert_eq!(extend(5, 65_535), None);
        assert_eq!(extend(3 << 16, 10), Some((3 << 16) + 10));
    }
}
