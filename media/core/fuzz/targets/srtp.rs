//! SRTP and SRTCP of every profile: forged bytes are refused, sealed bytes come back once and only once.
#![no_main]

use forward::rtp::Header;
use forward::srtp::{Inbound, MAX_OVERHEAD, Outbound, Profile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, data)) = data.split_first() else { return };
    let profile = [Profile::Cm80, Profile::Gcm128, Profile::Gcm256][usize::from(choice) % 3];
    let (key, salt) = profile.lengths();
    let (key, salt) = (vec![7; key], vec![9; salt]);
    let mut open = Inbound::new(profile, &key, &salt).expect("lengths fit");
    let mut forged = data.to_vec();
    assert!(open.open_rtcp(&mut forged).is_err());
    let Some(header) = Header::parse(data) else { return };
    let mut forged = data.to_vec();
    assert!(open.open_rtp(&mut forged, header.len, header.ssrc, header.seq).is_err());

    let mut seal = Outbound::new(profile, &key, &salt).expect("lengths fit");
    let mut sealed = data.to_vec();
    sealed.resize(data.len() + MAX_OVERHEAD, 0);
    let index = u64::from(header.seq);
    let len = seal.seal_rtp(&mut sealed, header.len, data.len(), header.ssrc, index).expect("there is room");
    let (mut first, mut second) = (sealed[..len].to_vec(), sealed[..len].to_vec());
    let opened = open.open_rtp(&mut first, header.len, header.ssrc, header.seq).expect("authentic");
    assert_eq!((&first[..opened.0], opened.1), (data, index));
    assert!(open.open_rtp(&mut second, header.len, header.ssrc, header.seq).is_err(), "a replay");
    if data.len() >= 8 {
        let mut sealed = data.to_vec();
        sealed.resize(data.len() + MAX_OVERHEAD, 0);
        let len = seal.seal_rtcp(&mut sealed, data.len()).expect("there is room");
        let plain = open.open_rtcp(&mut sealed[..len]).expect("authentic");
        assert_eq!(&sealed[..plain], data);
    }
});
