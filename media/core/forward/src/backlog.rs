//! What waits to be written to one TCP connection: whole frames, sound and control before pictures, pictures dropped first.
//!
//! A frame whose first byte was handed out is handed out to its end: a stream cut inside a frame would be lost for good.

use crate::Micros;
use crate::framing::{PREFIX, prefix};
use std::collections::VecDeque;

/// Pictures waiting: above one keyframe of 720p, below half a second of it. The oldest go first.
const MAX_PICTURES: usize = 192 << 10;
/// Everything else waiting: minutes of sound. Above it nothing more is taken.
const MAX_OTHERS: usize = 64 << 10;
/// Frames are gathered into writes of about this much.
const CHUNK: usize = 16 << 10;

/// Frames for one connection.
#[derive(Default)]
pub struct Backlog {
    pictures: VecDeque<Box<[u8]>>,
    others: VecDeque<Box<[u8]>>,
    picture_bytes: usize,
    other_bytes: usize,
    /// Being written; frames in here are out of reach.
    chunk: Vec<u8>,
    written: usize,
    /// Since when nothing was taken although something waits.
    stuck_since: Option<Micros>,
    /// Frames dropped.
    pub dropped: u64,
}

impl Backlog {
    /// Queue a frame of at most 65 535 bytes.
    pub fn push(&mut self, data: &[u8], is_picture: bool) {
        let mut frame = Vec::with_capacity(PREFIX + data.len());
        frame.extend_from_slice(&prefix(data.len()));
        frame.extend_from_slice(data);
        if is_picture {
            self.picture_bytes += frame.len();
            self.pictures.push_back(frame.into());
            while self.picture_bytes > MAX_PICTURES {
                let Some(oldest) = self.pictures.pop_front() else { break };
                self.picture_bytes -= oldest.len();
                self.dropped += 1;
            }
        } else if self.other_bytes + frame.len() > MAX_OTHERS {
            self.dropped += 1;
        } else {
            self.other_bytes += frame.len();
            self.others.push_back(frame.into());
        }
    }

    /// The bytes to be written next; empty: nothing waits.
    pub fn next_bytes(&mut self) -> &[u8] {
        if self.written == self.chunk.len() {
            self.chunk.clear();
            self.written = 0;
            while self.chunk.len() < CHUNK {
                let Some(frame) = self.take() else { break };
                self.chunk.extend_from_slice(&frame);
            }
        }
        &self.chunk[self.written..]
    }

    /// So many of them were written.
    pub fn wrote(&mut self, count: usize, now: Micros) {
        self.written = (self.written + count).min(self.chunk.len());
        if count > 0 || self.is_empty() {
            self.stuck_since = None;
        } else if self.stuck_since.is_none() {
            self.stuck_since = Some(now);
        }
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.written == self.chunk.len() && self.pictures.is_empty() && self.others.is_empty()
    }

    /// How long nothing was taken, µs.
    pub fn stuck_us(&self, now: Micros) -> u64 {
        self.stuck_since.map_or(0, |since| now.saturating_sub(since))
    }

    fn take(&mut self) -> Option<Box<[u8]>> {
        if let Some(frame) = self.others.pop_front() {
            self.other_bytes -= frame.len();
            return Some(frame);
        }
        let frame = self.pictures.pop_front()?;
        self.picture_bytes -= frame.len();
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Deframer;

    /// Everything that would be written, in writes of `size`, as frames.
    fn drained(backlog: &mut Backlog, size: usize) -> Vec<Vec<u8>> {
        let (mut deframer, mut frames) = (Deframer::default(), Vec::new());
        loop {
            let mut bytes = backlog.next_bytes().to_vec();
            if bytes.is_empty() {
                assert_eq!(deframer.waiting(), 0, "a frame was cut off");
                return frames;
            }
            bytes.truncate(size);
            deframer.feed(&mut bytes, |f| frames.push(f.to_vec())).unwrap();
            backlog.wrote(bytes.len(), 0);
        }
    }

    #[test]
    fn sound_and_control_overtake_pictures_that_wait() {
        let mut backlog = Backlog::default();
        backlog.push(&[1; 100], true);
        backlog.push(&[2; 10], false);
        backlog.push(&[3; 10], false);
        let first: Vec<u8> = drained(&mut backlog, 7).iter().map(|f| f[0]).collect();
        assert_eq!(first, [2, 3, 1]);
    }

    #[test]
    fn a_slow_connection_loses_its_oldest_pictures_whole_and_no_sound() {
        let mut backlog = Backlog::default();
        backlog.push(&[9; 1000], true);
        assert!(!backlog.next_bytes().is_empty());
        backlog.wrote(500, 1);
        for n in 0..1000u32 {
            backlog.push(&[&n.to_be_bytes()[..], &[0; 1196]].concat(), true);
            if n % 10 == 0 {
                backlog.push(&[&n.to_be_bytes()[..], &[1; 76]].concat(), false);
            }
        }
        let first = backlog.next_bytes().len();
        assert_eq!(first, 502, "the frame begun is finished first");
        backlog.wrote(first, 2);
        let frames = drained(&mut backlog, 1111);
        let number = |f: &Vec<u8>| u32::from_be_bytes([f[0], f[1], f[2], f[3]]);
        let (sound, pictures): (Vec<_>, Vec<_>) = frames.iter().partition(|f| f.len() == 80);
        assert_eq!(sound.iter().map(|f| number(f)).collect::<Vec<_>>(), (0..100).map(|n| n * 10).collect::<Vec<_>>());
        let last: Vec<u32> = pictures.iter().map(|f| number(f)).collect();
        assert_eq!(*last.last().unwrap(), 999, "the newest stays");
        assert!(last.windows(2).all(|w| w[1] == w[0] + 1));
        assert_eq!(backlog.dropped, 1000 - last.len() as u64);
    }

    #[test]
    fn what_waits_is_bounded_whatever_is_pushed() {
        let mut backlog = Backlog::default();
        for n in 0..10_000 {
            backlog.push(&[0; 1400], n % 2 == 0);
        }
        assert!(backlog.picture_bytes <= MAX_PICTURES && backlog.other_bytes <= MAX_OTHERS);
    }

    #[test]
    fn a_connection_that_takes_nothing_is_stuck_until_it_takes_something() {
        let mut backlog = Backlog::default();
        backlog.push(&[1; 100], false);
        backlog.next_bytes();
        backlog.wrote(0, 1_000);
        backlog.wrote(0, 5_000);
        assert_eq!(backlog.stuck_us(9_000), 8_000);
        backlog.wrote(1, 9_500);
        assert_eq!(backlog.stuck_us(10_000), 0);
    }
}
