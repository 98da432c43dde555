//! Sealing and opening against what libsrtp made (`vectors/srtp.txt`; `tests/media/test_engine_vectors.py` writes and checks it).

use forward::rtp::Header;
use forward::srtp::{Inbound, MAX_OVERHEAD, Outbound, Profile};
use std::collections::HashMap;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
}

#[test]
fn every_vector_is_sealed_and_opened_as_libsrtp_does() {
    let mut ends: HashMap<u16, (Outbound, Inbound)> = HashMap::new();
    let mut count = 0;
    for line in include_str!("vectors/srtp.txt").lines().filter(|l| !l.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let [number, key, salt, kind, index, plain, sealed] = fields[..] else { panic!("{line}") };
        let (number, index): (u16, u64) = (number.parse().unwrap(), index.parse().unwrap());
        let profile = Profile::from_number(number).unwrap();
        let (key, salt, plain, sealed) = (bytes(key), bytes(salt), bytes(plain), bytes(sealed));
        let (out, inbound) = ends
            .entry(number)
            .or_insert_with(|| (Outbound::new(profile, &key, &salt).unwrap(), Inbound::new(profile, &key, &salt).unwrap()));
        let (mut made, mut opened) = (plain.clone(), sealed.clone());
        made.resize(plain.len() + MAX_OVERHEAD, 0);
        if kind == "rtp" {
            let header = Header::parse(&plain).unwrap();
            let len = out.seal_rtp(&mut made, header.len, plain.len(), header.ssrc, index).unwrap();
            assert_eq!(made[..len], sealed, "sealed: {line}");
            let found = inbound.open_rtp(&mut opened, header.len, header.ssrc, header.seq);
            assert_eq!(found, Ok((plain.len(), index)), "opened: {line}");
        } else {
            let len = out.seal_rtcp(&mut made, plain.len()).unwrap();
            assert_eq!(made[..len], sealed, "sealed: {line}");
            assert_eq!(inbound.open_rtcp(&mut opened), Ok(plain.len()), "opened: {line}");
        }
        assert_eq!(opened[..plain.len()], plain, "plaintext: {line}");
        count += 1;
    }
    assert_eq!(count, 30);
}
