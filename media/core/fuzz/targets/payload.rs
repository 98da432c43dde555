//! Payload descriptors of every codec: what they point at lies inside the payload.
#![no_main]

use forward::codec::{Codec, inspect};
use forward::red;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for codec in [Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1, Codec::Opus, Codec::Red, Codec::Other] {
        let insight = inspect(codec, data);
        assert!(insight.tid < 8);
        if let Some(numbers) = insight.vp8 {
            let end = usize::from(numbers.picture_id_at) + 1 + usize::from(numbers.wide);
            assert!(numbers.picture_id_at == 0 || end <= data.len());
            assert!(usize::from(numbers.tl0_at) < data.len());
        }
    }
    if let Some(blocks) = red::read(data) {
        assert!(blocks.primary.start < blocks.primary.end && blocks.primary.end == data.len());
        assert!(
            blocks.earlier.iter().flatten().all(|(offset, place)| *offset < 1 << 14 && place.end <= blocks.primary.start)
        );
    }
});
