//! A small world around a relay: peers with addresses, keys and their own ends of SRTP; deterministic randomness.

#![allow(dead_code, missing_docs)] // each test file uses its part

pub mod lesson;
pub mod link;

use forward::codec::Codec;
use forward::crypto::Sha1Mac;
use forward::ext::{ExtMap, Extension};
use forward::ice::Credentials;
use forward::ids::{Kind, PeerId, SlotId, SourceId};
use forward::notice::Notice;
use forward::outbox::Kept;
use forward::relay::{NewSlot, NewSource, Relay};
use forward::remote::Remote;
use forward::rtp::Header;
use forward::slot::SlotCodec;
use forward::source::CodecParams;
use forward::srtp::{Inbound, MAX_OVERHEAD, Outbound, Profile};

pub const EXT_LEVEL: u8 = 1;
pub const EXT_TWCC: u8 = 3;
pub const EXT_MID: u8 = 4;
pub const EXT_RID: u8 = 5;
pub const EXT_RRID: u8 = 6;
pub const VP8_PT: u8 = 96;
pub const RTX_PT: u8 = 97;
pub const OPUS_PT: u8 = 111;
pub const SLOT_VP8_PT: u8 = 120;
pub const SLOT_RTX_PT: u8 = 121;

/// SplitMix64: the same numbers in every run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

/// The far end of one peer.
pub struct Client {
    pub id: PeerId,
    pub address: Remote,
    pub seal: Outbound,
    pub open: Inbound,
    pub transaction: u8,
}

pub struct World {
    pub relay: Relay,
    pub out: Kept,
    pub now: u64,
}

impl Default for World {
    fn default() -> Self {
        Self { relay: Relay::new(), out: Kept::default(), now: 1_000_000 }
    }
}

impl World {
    pub fn connected(&mut self, id: u32, profile: Profile) -> Client {
        let mut client = self.with_path(id, profile);
        self.give_keys(&mut client, profile);
        client
    }

    pub fn with_path(&mut self, id: u32, profile: Profile) -> Client {
        let credentials = Credentials {
            ufrag: format!("u{id}").into(),
            pwd: format!("password-of-{id}").into(),
            remote_ufrag: b"far".to_vec(),
        };
        self.relay.add_peer(PeerId(id), credentials).unwrap();
        let (k, s) = profile.lengths();
        let mut client = Client {
            id: PeerId(id),
            address: Remote::udp(([10, 0, 0, id as u8], 5000).into()),
            seal: Outbound::new(profile, &vec![id as u8; k], &vec![1; s]).unwrap(),
            open: Inbound::new(profile, &vec![id as u8 + 100; k], &vec![2; s]).unwrap(),
            transaction: 0,
        };
        self.check(&mut client, true);
        client
    }

    pub fn give_keys(&mut self, client: &mut Client, profile: Profile) {
        let (k, s) = profile.lengths();
        let id = client.id.0 as u8;
        let (rx, tx) = (vec![id; k], vec![id + 100; k]);
        self.relay.set_srtp(client.id, profile, (&rx, &vec![1; s]), (&tx, &vec![2; s])).unwrap();
        let pairs = [
            (Extension::AudioLevel, EXT_LEVEL),
            (Extension::TransportSeq, EXT_TWCC),
            (Extension::Mid, EXT_MID),
            (Extension::Rid, EXT_RID),
            (Extension::RepairedRid, EXT_RRID),
        ];
        self.relay.set_ext(client.id, ExtMap::new(&pairs)).unwrap();
    }

    pub fn check(&mut self, client: &mut Client, nominated: bool) {
        client.transaction += 1;
        let id = client.id.0;
        let transaction = [client.transaction; 12];
        let name = format!("u{id}:far");
        let mut data = binding_request(&name, format!("password-of-{id}").as_bytes(), transaction, nominated);
        self.receive(client.address, &mut data);
    }

    pub fn receive(&mut self, from: Remote, data: &mut [u8]) {
        self.relay.receive(from, data, self.now, &mut self.out);
    }

    pub fn send_rtp(&mut self, from: &Client, packet: &Rtp) {
        let (mut data, header) = packet.to_bytes();
        let len = data.len();
        data.resize(len + MAX_OVERHEAD, 0);
        let len = from.seal.seal_rtp(&mut data, header, len, packet.ssrc, packet.index).unwrap();
        self.receive(from.address, &mut data[..len]);
    }

    pub fn send_rtcp(&mut self, from: &mut Client, compound: &[u8]) {
        let mut data = compound.to_vec();
        data.resize(compound.len() + MAX_OVERHEAD, 0);
        let len = from.seal.seal_rtcp(&mut data, compound.len()).unwrap();
        self.receive(from.address, &mut data[..len]);
    }

    pub fn turn(&mut self, us: u64) {
        self.now += us;
        self.relay.fan_out(self.now, &mut self.out);
        self.relay.tick(self.now, &mut self.out);
    }

    /// What the client got since the last call: RTP (header, plaintext) and RTCP compounds. Panics on what does not open.
    pub fn take(&mut self, client: &mut Client) -> (Vec<Opened>, Vec<Vec<u8>>) {
        let (mut rtp, mut rtcp) = (Vec::new(), Vec::new());
        let (mine, others) = std::mem::take(&mut self.out.sent).into_iter().partition(|(to, _)| *to == client.address);
        self.out.sent = others;
        let mine: Vec<(Remote, Vec<u8>)> = mine;
        for (_, mut data) in mine {
            if data[0] < 4 || (20..64).contains(&data[0]) {
                continue;
            }
            if (192..224).contains(&data[1]) {
                let len = client.open.open_rtcp(&mut data).expect("authentic RTCP");
                data.truncate(len);
                rtcp.push(data);
                continue;
            }
            let header = Header::parse(&data).unwrap();
            let (len, _) = client.open.open_rtp(&mut data, header.len, header.ssrc, header.seq).expect("authentic, new RTP");
            data.truncate(len);
            rtp.push((header, data));
        }
        (rtp, rtcp)
    }

    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.relay.notices)
    }

    pub fn add_camera(&mut self, src: u32, peer: PeerId, rids: &[&str]) {
        let codecs = vec![CodecParams { pt: VP8_PT, codec: Codec::Vp8, rtx_pt: Some(RTX_PT), clock_hz: 90_000 }];
        let rids = rids.iter().map(|r| (*r).to_owned()).collect();
        let (id, mid) = (SourceId(src), format!("m{src}"));
        self.relay.add_source(NewSource { id, peer, mid, kind: Kind::Video, codecs, rids, ssrcs: vec![] }).unwrap();
    }

    pub fn add_microphone(&mut self, src: u32, peer: PeerId) {
        let codecs = vec![CodecParams { pt: OPUS_PT, codec: Codec::Opus, rtx_pt: None, clock_hz: 48_000 }];
        let (id, mid) = (SourceId(src), format!("m{src}"));
        let new = NewSource { id, peer, mid, kind: Kind::Audio, codecs, rids: vec![], ssrcs: vec![] };
        self.relay.add_source(new).unwrap();
    }

    pub fn add_slot(&mut self, slot: u32, peer: PeerId, kind: Kind) {
        let vp8 = SlotCodec { codec: Codec::Vp8, pt: SLOT_VP8_PT, rtx_pt: Some(SLOT_RTX_PT) };
        let opus = SlotCodec { codec: Codec::Opus, pt: 109, rtx_pt: None };
        let h264 = SlotCodec { codec: Codec::H264, pt: 98, rtx_pt: None };
        let new = NewSlot {
            id: SlotId(slot),
            peer,
            mid: format!("s{slot}"),
            kind,
            ssrc: slot * 1000,
            rtx_ssrc: if kind == Kind::Video { slot * 1000 + 1 } else { 0 },
            codecs: vec![vp8, opus, h264],
            cname: "sfu".into(),
        };
        self.relay.add_slot(new).unwrap();
    }
}

/// A received RTP packet: header and plaintext.
pub type Opened = (Header, Vec<u8>);

/// An RTP packet to be sent by a client.
#[derive(Clone, Default)]
pub struct Rtp {
    pub pt: u8,
    pub index: u64,
    pub ts: u32,
    pub ssrc: u32,
    pub marker: bool,
    pub extensions: Vec<(u8, Vec<u8>)>,
    pub payload: Vec<u8>,
}

impl Rtp {
    pub fn to_bytes(&self) -> (Vec<u8>, usize) {
        let mut data = vec![0x80 | u8::from(!self.extensions.is_empty()) << 4, u8::from(self.marker) << 7 | self.pt];
        data.extend_from_slice(&(self.index as u16).to_be_bytes());
        data.extend_from_slice(&self.ts.to_be_bytes());
        data.extend_from_slice(&self.ssrc.to_be_bytes());
        if !self.extensions.is_empty() {
            let mut block = Vec::new();
            for (id, value) in &self.extensions {
                block.push(id << 4 | (value.len() - 1) as u8);
                block.extend_from_slice(value);
            }
            block.resize(block.len().next_multiple_of(4), 0);
            data.extend_from_slice(&[0xBE, 0xDE, 0, (block.len() / 4) as u8]);
            data.extend_from_slice(&block);
        }
        let header = data.len();
        data.extend_from_slice(&self.payload);
        (data, header)
    }
}

/// A VP8 payload of one packet frames: 15-bit picture id, TL0PICIDX, TID.
pub fn vp8(keyframe: bool, picture_id: u16, tl0: u8, tid: u8) -> Vec<u8> {
    let id = 0x8000 | (picture_id & 0x7FFF);
    let mut p = vec![0x90, 0xE0, (id >> 8) as u8, id as u8, tl0, tid << 6];
    if keyframe {
        p.extend_from_slice(&[0x10, 2, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01]);
    } else {
        p.push(0x11);
    }
    p.extend_from_slice(&[7; 40]);
    p
}

pub fn binding_request(username: &str, pwd: &[u8], transaction: [u8; 12], nominated: bool) -> Vec<u8> {
    let mut data = vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42];
    data.extend_from_slice(&transaction);
    data.extend_from_slice(&[0, 6, 0, username.len() as u8]);
    data.extend_from_slice(username.as_bytes());
    data.resize(data.len().next_multiple_of(4), 0);
    if nominated {
        data.extend_from_slice(&[0, 0x25, 0, 0]);
    }
    let len = (data.len() + 24 - 20) as u16;
    data[2..4].copy_from_slice(&len.to_be_bytes());
    let mut mac = Sha1Mac::new(pwd);
    mac.update(&data);
    data.extend_from_slice(&[0, 8, 0, 20]);
    data.extend_from_slice(&mac.finish());
    data
}
