//! A byte stream as a TCP connection brings it: however it is cut, the same frames come out, and little is kept.
#![no_main]

use forward::MAX_DATAGRAM;
use forward::framing::{Deframer, PREFIX};
use libfuzzer_sys::fuzz_target;

/// The frames of a stream cut every `size` bytes, and whether it was refused.
fn frames(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, bool) {
    let (mut deframer, mut found) = (Deframer::default(), Vec::new());
    for piece in stream.chunks(size) {
        let outcome = deframer.feed(&mut piece.to_vec(), |frame| found.push(frame.to_vec()));
        assert!(deframer.waiting() < PREFIX + MAX_DATAGRAM);
        if outcome.is_err() {
            return (found, true);
        }
    }
    (found, false)
}

fuzz_target!(|data: &[u8]| {
    let Some((&size, stream)) = data.split_first() else { return };
    let whole = frames(stream, usize::MAX);
    assert_eq!(frames(stream, usize::from(size) + 1), whole);
    assert!(whole.0.iter().all(|frame| (1..=MAX_DATAGRAM).contains(&frame.len())));
});
