//! STUN: parsing, integrity and the size of the answer.
#![no_main]

use forward::stun;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(request) = stun::parse_request(data) else { return };
    assert!(stun::is_stun(data));
    if let Some((ours, theirs)) = request.ufrags() {
        assert!(ours.len() + theirs.len() < data.len());
    }
    request.is_authentic(data, b"password");
    let mut answer = [0; stun::MAX_RESPONSE];
    let from = ([192, 0, 2, 1], 5000).into();
    let len = stun::write_response(&mut answer, &request.transaction, from, b"password");
    assert!(len <= data.len() * 3 / 2, "an answer is at most half as long again as what it answers");
});
