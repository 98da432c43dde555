//! One synthetic peer: its path, keys, published streams and receiving half.

use crate::agent::{Agent, Login};
use crate::sink::{Manner, Sink};
use crate::stream::{Plan, Stream};
use crate::tally::Tally;
use crate::{Clock, Send};
use forward::rtcp;
use forward::rtp::{Sort, sort_of};
use forward::srtp::{Inbound, MAX_OVERHEAD, Outbound, Profile};
use forward::{MAX_DATAGRAM, Micros};
use std::net::SocketAddr;

/// What a peer tells its owner.
#[derive(Debug, PartialEq, Eq)]
pub enum Happening {
    /// The path works: DTLS may begin.
    Connected,
    /// A DTLS datagram came.
    Dtls(Vec<u8>),
}

struct Keys {
    rx: Inbound,
    tx: Outbound,
}

/// A peer.
pub struct Peer {
    agent: Agent,
    keys: Option<Keys>,
    streams: Vec<Stream>,
    sink: Sink,
    due: Micros,
    compound: Vec<u8>,
}

impl Peer {
    /// `seed`: a number that no other peer of the load has.
    pub fn new(login: Login, seed: u64) -> Self {
        let sink = Sink::new(Manner::default(), (seed as u32) | 1);
        Self { agent: Agent::new(login, seed), keys: None, streams: Vec::new(), sink, due: 0, compound: Vec::new() }
    }

    /// Begin to check the path there.
    pub fn connect(&mut self, addr: SocketAddr, login: Login, controlling: bool) {
        self.agent.connect(addr, login, controlling);
        self.due = 0;
    }

    /// Where it sends to.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.agent.remote()
    }

    /// Take the keys of the handshake; false when they do not fit the profile.
    pub fn set_srtp(&mut self, profile: Profile, rx: (&[u8], &[u8]), tx: (&[u8], &[u8])) -> bool {
        let pair = Inbound::new(profile, rx.0, rx.1).zip(Outbound::new(profile, tx.0, tx.1));
        self.keys = pair.map(|(rx, tx)| Keys { rx, tx });
        self.keys.is_some()
    }

    /// How it listens.
    pub fn listen(&mut self, manner: Manner, own_ssrc: u32) {
        self.sink = Sink::new(manner, own_ssrc);
    }

    /// Publish a further stream.
    pub fn publish(&mut self, plan: Plan, tally: &mut Tally, now: Micros) {
        self.streams.push(Stream::new(plan, tally.add_stream(), now));
    }

    /// Publish no more.
    pub fn fall_silent(&mut self) {
        self.streams.clear();
    }

    /// The receiving half.
    pub fn sink(&self) -> &Sink {
        &self.sink
    }

    /// A datagram came; it is opened in place.
    pub fn receive(
        &mut self,
        data: &mut [u8],
        (from, arrival_ns): (SocketAddr, u64),
        clock: Clock,
        tally: &mut Tally,
        out: Send<'_>,
    ) -> Option<Happening> {
        match (sort_of(data), &mut self.keys) {
            (Sort::Stun, _) => return self.agent.on_stun(data, from, out).then_some(Happening::Connected),
            (Sort::Dtls, _) => return Some(Happening::Dtls(data.to_vec())),
            (Sort::Rtp, Some(keys)) => self.sink.on_rtp(data, &mut keys.rx, clock, arrival_ns, tally),
            (Sort::Rtcp, Some(keys)) => match keys.rx.open_rtcp(data) {
                Ok(len) => self.on_rtcp(&data[..len], tally),
                Err(_) => tally.bad += 1,
            },
            _ => {}
        }
        None
    }

    fn on_rtcp(&mut self, compound: &[u8], tally: &mut Tally) {
        tally.rtcp += 1;
        for packet in rtcp::packets(compound) {
            match packet {
                rtcp::Packet::KeyframeWanted { media } => {
                    tally.keyframes_asked += 1;
                    self.streams.iter_mut().filter(|s| s.ssrc() == media).for_each(Stream::want_key);
                }
                rtcp::Packet::Nack { fci, .. } => tally.nacked += rtcp::nacked(fci).count() as u64,
                _ => {}
            }
        }
    }

    /// When a packet of its streams is due.
    pub fn media_due(&self) -> Micros {
        let due = self.streams.iter().map(Stream::due).min();
        due.filter(|_| self.keys.is_some()).unwrap_or(Micros::MAX)
    }

    /// Send the packets that are due.
    pub fn send_media(&mut self, clock: Clock, tally: &mut Tally, out: Send<'_>) {
        let Some(keys) = &self.keys else { return };
        for stream in &mut self.streams {
            stream.send_due(clock, &keys.tx, tally, out);
        }
    }

    /// Checks and reports that are due; when to come back.
    pub fn tick(&mut self, clock: Clock, out: Send<'_>) -> Micros {
        if clock.now < self.due {
            return self.due;
        }
        self.due = self.agent.tick(clock, out);
        if self.keys.is_some() {
            self.compound.clear();
            let mut report_due = Micros::MAX;
            for stream in &mut self.streams {
                stream.report(clock, &mut self.compound);
                report_due = clock.now + 1_000_000;
            }
            if self.streams.is_empty() {
                report_due = self.sink.report(clock, &mut self.compound);
            }
            self.send_compound(out);
            self.due = self.due.min(report_due);
        }
        self.due
    }

    fn send_compound(&mut self, out: Send<'_>) {
        let Some(keys) = self.keys.as_mut().filter(|_| !self.compound.is_empty()) else { return };
        let len = self.compound.len().min(MAX_DATAGRAM - MAX_OVERHEAD);
        let mut buf = [0; MAX_DATAGRAM];
        buf[..len].copy_from_slice(&self.compound[..len]);
        if let Some(sealed) = keys.tx.seal_rtcp(&mut buf, len) {
            out(&buf[..sealed]);
        }
    }
}
