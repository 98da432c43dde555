//! Datagrams in a byte stream (RFC 4571): two bytes of length, then the datagram. As ICE-TCP carries them (RFC 6544 §3).
//!
//! A frame longer than [`MAX_DATAGRAM`] ends the connection: nothing behind it can be trusted to begin where it seems to.

use crate::MAX_DATAGRAM;

/// Bytes before each frame.
pub const PREFIX: usize = 2;

/// The stream is not what it should be; close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlong;

/// Cuts a stream into frames. Keeps the beginning of a frame whose end has not come, never more.
#[derive(Default)]
pub struct Deframer {
    rest: Vec<u8>,
}

impl Deframer {
    /// Take what was read; `each` gets every whole frame, in place where it lies in `input`. Empty frames are passed over.
    pub fn feed(&mut self, input: &mut [u8], mut each: impl FnMut(&mut [u8])) -> Result<(), Overlong> {
        let mut at = self.complete(input, &mut each)?;
        while let Some(&prefix) = input[at..].first_chunk::<PREFIX>() {
            let len = length(prefix)?;
            let Some(frame) = input[at + PREFIX..].get_mut(..len) else { break };
            if len > 0 {
                each(frame);
            }
            at += PREFIX + len;
        }
        self.rest.extend_from_slice(&input[at..]);
        Ok(())
    }

    /// Bytes waiting for the rest of their frame.
    pub fn waiting(&self) -> usize {
        self.rest.len()
    }

    /// Finish the frame that was begun, if its end is in `input`; how much of `input` that took.
    fn complete(&mut self, input: &[u8], each: &mut impl FnMut(&mut [u8])) -> Result<usize, Overlong> {
        let mut at = 0;
        while !self.rest.is_empty() && at < input.len() {
            let wanted = match self.rest.first_chunk::<PREFIX>() {
                Some(&prefix) => PREFIX + length(prefix)?,
                None => PREFIX,
            };
            let take = (wanted - self.rest.len()).min(input.len() - at);
            self.rest.extend_from_slice(&input[at..at + take]);
            at += take;
            if let Some(&prefix) = self.rest.first_chunk::<PREFIX>()
                && self.rest.len() == PREFIX + length(prefix)?
            {
                if self.rest.len() > PREFIX {
                    each(&mut self.rest[PREFIX..]);
                }
                self.rest.clear();
            }
        }
        Ok(at)
    }
}

/// What goes before a frame of `len` bytes.
pub fn prefix(len: usize) -> [u8; PREFIX] {
    (len as u16).to_be_bytes()
}

fn length(prefix: [u8; PREFIX]) -> Result<usize, Overlong> {
    let len = usize::from(u16::from_be_bytes(prefix));
    if len > MAX_DATAGRAM { Err(Overlong) } else { Ok(len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(frames: &[Vec<u8>]) -> Vec<u8> {
        frames.iter().flat_map(|f| [&prefix(f.len())[..], f].concat()).collect()
    }

    fn fed(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, Result<(), Overlong>, usize) {
        let (mut deframer, mut got) = (Deframer::default(), Vec::new());
        for piece in pieces {
            let outcome = deframer.feed(&mut piece.to_vec(), |f| got.push(f.to_vec()));
            if outcome.is_err() {
                return (got, outcome, deframer.waiting());
            }
        }
        (got, Ok(()), deframer.waiting())
    }

    #[test]
    fn frames_come_out_as_they_went_in_however_the_stream_is_cut() {
        let frames: Vec<Vec<u8>> = [1, 2, 1500, 3, 700].iter().map(|&n| vec![n as u8; n]).collect();
        let stream = framed(&frames);
        for size in [1, 2, 3, 5, 64, 1501, 1502, 1503, stream.len()] {
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(fed(&pieces), (frames.clone(), Ok(()), 0), "in pieces of {size}");
        }
    }

    #[test]
    fn empty_frames_are_passed_over() {
        let stream = framed(&[vec![], vec![9], vec![], vec![8, 8]]);
        for size in 1..=stream.len() {
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(fed(&pieces).0, [vec![9], vec![8, 8]]);
        }
    }

    #[test]
    fn a_frame_above_the_limit_ends_the_stream_before_its_bytes_are_kept() {
        let mut stream = framed(&[vec![7; 10]]);
        stream.extend_from_slice(&1501u16.to_be_bytes());
        stream.resize(stream.len() + 1501, 1);
        for size in [1, 13, 14, stream.len()] {
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            let (got, outcome, kept) = fed(&pieces);
            assert_eq!((got, outcome), (vec![vec![7; 10]], Err(Overlong)), "in pieces of {size}");
            assert!(kept <= PREFIX);
        }
    }

    #[test]
    fn what_is_kept_is_never_more_than_one_frame() {
        let stream = framed(&[vec![1; 1500], vec![2; 1500]]);
        let mut deframer = Deframer::default();
        for byte in &stream {
            deframer.feed(&mut [*byte], |_| {}).unwrap();
            assert!(deframer.waiting() < PREFIX + MAX_DATAGRAM);
        }
    }
}
