//! The floor: the cheapest thing that still is a WebRTC forwarder, to compare a relay with. Opened once, sealed anew for each subscriber.
//!
//! Left out on purpose: retransmission, feedback, keyframe requests, layers, header extensions, bandwidth estimation, pacing.

use forward::MAX_DATAGRAM;
use forward::outbox::Outbox;
use forward::remote::Remote;
use forward::rtp::{Header, Sort, sort_of};
use forward::srtp::{Inbound, MAX_OVERHEAD, Outbound, Profile};
use forward::stun::{MAX_RESPONSE, parse_request, write_response};
use std::collections::HashMap;

/// The fixed RTP header.
const HEADER: usize = 12;
/// Packets forwarded together; the caller's batch of datagrams.
const BATCH: usize = 64;

struct Peer {
    ufrag: Vec<u8>,
    pwd: Vec<u8>,
    publishes: bool,
    /// Added to every sequence number: a subscriber's own count.
    offset: u64,
    path: Option<Remote>,
    keys: Option<(Inbound, Outbound)>,
}

/// A packet of the batch: whose stream, its 48-bit number, its plaintext.
struct Opened {
    stream: u32,
    index: u64,
    len: usize,
    data: [u8; MAX_DATAGRAM],
}

/// Peers and the batch at hand. Peers are numbered from 0 in order of arrival.
#[derive(Default)]
pub struct Floor {
    peers: Vec<Peer>,
    by_path: HashMap<Remote, usize>,
    /// Streams by publisher and SSRC, numbered in order of appearance: one SSRC towards each subscriber per stream.
    streams: Vec<(usize, u32)>,
    batch: Vec<Opened>,
    used: usize,
}

impl Floor {
    /// A peer that may connect with these credentials of ours; its number.
    pub fn add_peer(&mut self, ufrag: &str, pwd: &str, publishes: bool) -> usize {
        let offset = self.peers.len() as u64 * 7;
        let (ufrag, pwd) = (ufrag.as_bytes().to_vec(), pwd.as_bytes().to_vec());
        self.peers.push(Peer { ufrag, pwd, publishes, offset, path: None, keys: None });
        self.peers.len() - 1
    }

    /// Take the keys of a handshake; false when the peer is unknown or they do not fit.
    pub fn set_srtp(&mut self, peer: usize, profile: Profile, rx: (&[u8], &[u8]), tx: (&[u8], &[u8])) -> bool {
        let Some(peer) = self.peers.get_mut(peer) else { return false };
        peer.keys = Inbound::new(profile, rx.0, rx.1).zip(Outbound::new(profile, tx.0, tx.1));
        peer.keys.is_some()
    }

    /// Send a DTLS datagram to a peer.
    pub fn send_dtls(&self, peer: usize, data: &[u8], out: &mut dyn Outbox) {
        let Some(path) = self.peers.get(peer).and_then(|p| p.path) else { return };
        out.begin(path, data.len())[..data.len()].copy_from_slice(data);
        out.finish(data.len());
    }

    /// A datagram came. DTLS comes back with its peer's number; media wait for [`Floor::fan_out`].
    pub fn receive(&mut self, from: Remote, data: &mut [u8], out: &mut dyn Outbox) -> Option<(usize, Vec<u8>)> {
        let known = self.by_path.get(&from).copied();
        match (sort_of(data), known) {
            (Sort::Stun, _) => self.on_stun(from, data, out),
            (Sort::Dtls, Some(peer)) => return Some((peer, data.to_vec())),
            (Sort::Rtp, Some(peer)) => self.on_rtp(peer, data),
            _ => {}
        }
        None
    }

    /// Send the batch to everyone, one subscriber after the other.
    pub fn fan_out(&mut self, out: &mut dyn Outbox) {
        for (number, peer) in self.peers.iter().enumerate().filter(|(_, p)| !p.publishes) {
            let (Some(path), Some((_, keys))) = (peer.path, &peer.keys) else { continue };
            for packet in &self.batch[..self.used] {
                let (ssrc, index) = (packet.stream << 16 | number as u32, packet.index + peer.offset);
                let space = out.begin(path, packet.len + MAX_OVERHEAD);
                space[..packet.len].copy_from_slice(&packet.data[..packet.len]);
                space[2..4].copy_from_slice(&(index as u16).to_be_bytes());
                space[8..12].copy_from_slice(&ssrc.to_be_bytes());
                let sealed = keys.seal_rtp(space, HEADER, packet.len, ssrc, index).unwrap_or(0);
                out.finish(sealed);
            }
        }
        self.used = 0;
    }

    fn on_stun(&mut self, from: Remote, data: &[u8], out: &mut dyn Outbox) {
        let Some(request) = parse_request(data) else { return };
        let Some((ours, _)) = request.ufrags() else { return };
        let Some(number) = self.peers.iter().position(|p| p.ufrag == ours) else { return };
        let peer = &mut self.peers[number];
        if !request.is_authentic(data, &peer.pwd) {
            return;
        }
        peer.path = Some(from);
        self.by_path.insert(from, number);
        let len = write_response(out.begin(from, MAX_RESPONSE), &request.transaction, from.addr, &peer.pwd);
        out.finish(len);
    }

    fn on_rtp(&mut self, number: usize, data: &mut [u8]) {
        let peer = &mut self.peers[number];
        let (Some(header), Some((keys, _))) = (Header::parse(data), peer.keys.as_mut().filter(|_| peer.publishes)) else {
            return;
        };
        let Ok((len, index)) = keys.open_rtp(data, header.len, header.ssrc, header.seq) else { return };
        let key = (number, header.ssrc);
        let stream = self.streams.iter().position(|s| *s == key).unwrap_or_else(|| {
            self.streams.push(key);
            self.streams.len() - 1
        });
        if self.used == self.batch.len() {
            if self.used == BATCH {
                return;
            }
            self.batch.push(Opened { stream: 0, index: 0, len: 0, data: [0; MAX_DATAGRAM] });
        }
        let place = &mut self.batch[self.used];
        // Extensions are dropped: the payload moves up to the fixed header.
        place.data[..HEADER].copy_from_slice(&data[..HEADER]);
        place.data[0] &= 0xA0;
        place.len = HEADER + len - header.len;
        place.data[HEADER..place.len].copy_from_slice(&data[header.len..len]);
        (place.stream, place.index) = (stream as u32 + 1, index);
        self.used += 1;
    }
}
