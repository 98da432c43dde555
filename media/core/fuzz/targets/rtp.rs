//! RTP headers, padding and header extensions in both forms.
#![no_main]

use forward::ext::{ExtMap, Extension, elements};
use forward::rtp::{Header, sort_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    sort_of(data);
    let Some(header) = Header::parse(data) else { return };
    assert!(header.len <= data.len());
    if let Some(end) = header.unpadded_len(data) {
        assert!((header.len..=data.len()).contains(&end));
    }
    let block = header.extension(data);
    assert!(elements(header.ext_profile, block).map(|(_, value)| value.len()).sum::<usize>() <= block.len());
    let map = ExtMap::new(&[
        (Extension::Mid, 1),
        (Extension::Rid, 2),
        (Extension::RepairedRid, 3),
        (Extension::TransportSeq, 4),
        (Extension::AudioLevel, 5),
        (Extension::Orientation, 6),
        (Extension::PlayoutDelay, 15),
    ]);
    map.read(&header, data);
});
