//! What holds whatever happens: thousands of random steps in a small lesson, with every packet that left looked at.
//!
//! Steps: frames, losses and late packets on the way in, switches of layer and source, temporal limits, muting, copies, requests for
//! packets again (also by those whom they do not concern), keyframe requests, ICE restarts. The seeds are fixed.

mod common;

use common::*;
use forward::codec::Codec;
use forward::ice::Credentials;
use forward::ids::{Kind, SlotId, SourceId};
use forward::relay::{NewSlot, NewSource};
use forward::rtcp;
use forward::rtp::Header;
use forward::slot::SlotCodec;
use forward::source::CodecParams;
use forward::srtp::Profile;
use std::collections::{BTreeMap, HashMap, VecDeque};

const RIDS: [&str; 3] = ["q", "h", "f"];
const H264_PT: u8 = 102;
const H264_RTX_PT: u8 = 103;
const RED_PT: u8 = 63;
/// Chromium's temporal pattern: (TID, Y).
const PATTERN: [(u8, bool); 8] =
    [(0, false), (2, true), (1, true), (2, false), (0, false), (2, false), (1, false), (2, false)];

/// A camera or microphone as its publisher runs it.
struct Sender {
    source: u32,
    peer: usize,
    codec: Codec,
    layers: Vec<Stream>,
    enabled: bool,
}

struct Stream {
    ssrc: u32,
    index: u64,
    late: Vec<Rtp>,
    /// Packets that wait at the publisher: a layer may come behind the others.
    held: VecDeque<Rtp>,
}

struct Lesson {
    world: World,
    random: Random,
    clients: Vec<Client>,
    senders: Vec<Sender>,
    /// Slot → (client, kind, routed source or 0).
    slots: BTreeMap<u32, (usize, Kind, u32)>,
    frame: u64,
    loss_percent: u64,
    /// Layers come behind each other, by more and by less, and sender reports say which of their pictures are of the same time.
    lags: bool,
    /// All RTP that left, per client: by (SSRC, number), the bytes.
    left: Vec<HashMap<(u32, u16), Vec<u8>>>,
    /// What each slot's SSRC was sent, opened: number → (time, payload).
    opened: HashMap<u32, BTreeMap<u64, (u32, Vec<u8>)>>,
    generation: u32,
}

impl Lesson {
    /// Four people: two publish VP8 in three layers, one H.264 in two, all a voice; each has two video slots and one for sound.
    fn new(seed: u64, loss_percent: u64) -> Self {
        let mut world = World::default();
        let clients: Vec<_> = (1..=4).map(|id| world.connected(id, Profile::Gcm128)).collect();
        let (mut senders, mut slots) = (Vec::new(), BTreeMap::new());
        for (at, client) in clients.iter().enumerate() {
            let number = at as u32 + 1;
            if at < 3 {
                let codec = if at < 2 { Codec::Vp8 } else { Codec::H264 };
                let rids = &RIDS[..if at < 2 { 3 } else { 2 }];
                senders.push(publish(&mut world, client, at, 10 + number, codec, rids));
            }
            senders.push(publish(&mut world, client, at, 20 + number, Codec::Opus, &[]));
            for (slot, kind) in [(number * 10, Kind::Video), (number * 10 + 1, Kind::Video), (number * 10 + 2, Kind::Audio)]
            {
                add_slot(&mut world, client, slot, kind);
                slots.insert(slot, (at, kind, 0));
            }
        }
        let left = clients.iter().map(|_| HashMap::new()).collect();
        let random = Random(seed);
        Self {
            world,
            random,
            clients,
            senders,
            slots,
            frame: 0,
            loss_percent,
            lags: false,
            left,
            opened: HashMap::new(),
            generation: 0,
        }
    }

    fn one_of(&mut self, n: usize) -> usize {
        self.random.below(n as u64) as usize
    }

    fn random_slot(&mut self) -> u32 {
        let at = self.one_of(self.slots.len());
        *self.slots.keys().nth(at).unwrap()
    }

    /// 20 ms of everybody's sound and picture, and something that somebody does.
    fn step(&mut self) {
        if self.random.below(3) == 0 {
            self.act();
        }
        self.frame += 1;
        for at in 0..self.senders.len() {
            for layer in 0..self.senders[at].layers.len() {
                self.send(at, layer);
            }
        }
        if self.lags {
            self.release();
            if self.frame.is_multiple_of(50) {
                self.report();
            }
        }
        self.world.turn(20_000);
        self.look();
    }

    fn act(&mut self) {
        match self.random.below(10) {
            0..=3 => self.route(),
            4 => {
                let at = self.one_of(self.senders.len());
                let sender = &mut self.senders[at];
                sender.enabled = !sender.enabled;
                self.world.relay.enable_source(SourceId(sender.source), sender.enabled).unwrap();
            }
            5 => {
                let (slot, copies) = (self.random_slot(), self.one_of(3));
                let is_audio = self.slots[&slot].1 == Kind::Audio;
                assert_eq!(self.world.relay.set_red(SlotId(slot), copies).is_ok(), is_audio);
            }
            6 => self.restart(),
            7 => self.ask_again(true),
            _ => self.ask_again(false),
        }
    }

    fn route(&mut self) {
        let slot = self.random_slot();
        let (_, kind, _) = self.slots[&slot];
        let fitting: Vec<_> = self.senders.iter().filter(|s| (s.codec == Codec::Opus) == (kind == Kind::Audio)).collect();
        let sender = fitting[self.random.below(fitting.len() as u64) as usize];
        let (source, layers) = (sender.source, sender.layers.len());
        let rid = if kind == Kind::Audio { "" } else { RIDS[self.random.below(layers as u64) as usize] };
        let max_tid = self.random.below(4) as u8;
        let to = (self.random.below(8) > 0).then_some(SourceId(source));
        self.world.relay.route(SlotId(slot), to, if to.is_some() { rid } else { "" }, max_tid).unwrap();
        self.slots.get_mut(&slot).unwrap().2 = to.map_or(0, |s| s.0);
    }

    fn restart(&mut self) {
        self.generation += 1;
        let at = self.one_of(self.clients.len());
        let credentials = Credentials {
            ufrag: format!("again{}", self.generation).into(),
            pwd: b"a-password-of-some-length".to_vec(),
            remote_ufrag: b"far".to_vec(),
        };
        self.world.relay.restart_peer(self.clients[at].id, self.generation, credentials).unwrap();
    }

    /// NACKs and PLIs for a slot's recent numbers, by its owner or by somebody else, who must get nothing for it.
    fn ask_again(&mut self, by_stranger: bool) {
        let slot = self.random_slot();
        let owner = self.slots[&slot].0;
        let by = if by_stranger { (owner + 1) % self.clients.len() } else { owner };
        let top = self.opened.get(&(slot * 1000)).and_then(|o| o.keys().next_back()).copied().unwrap_or(1000);
        let seqs: Vec<u16> = (0..6).map(|_| top.saturating_sub(self.random.below(40)) as u16).collect();
        let mut compound = Vec::new();
        rtcp::write_nack(&mut compound, 1, slot * 1000, &seqs);
        rtcp::write_pli(&mut compound, 1, slot * 1000);
        self.look();
        let mut client = self.clients.remove(by);
        self.world.send_rtcp(&mut client, &compound);
        self.clients.insert(by, client);
        if by_stranger {
            let media = self.world.out.sent.iter().filter(|(_, d)| d[0] >= 128 && !(192..224).contains(&d[1])).count();
            assert_eq!(media, 0, "somebody else's packets were asked for, and sent");
        }
        self.look();
    }

    /// One packet or two of a layer's next frame; some are lost, some of those come later.
    fn send(&mut self, at: usize, layer: usize) {
        let lost_at = self.loss_percent;
        let (frame, random, sender) = (self.frame, &mut self.random, &mut self.senders[at]);
        if sender.codec != Codec::Opus && !frame.is_multiple_of(2) {
            return;
        }
        let (source, codec, peer) = (sender.source, sender.codec, sender.peer);
        let stream = &mut sender.layers[layer];
        let packets = if codec == Codec::Opus { 1 } else { 1 + random.below(2) };
        let picture = frame / 2;
        let is_key = picture % 40 == 4 * u64::from(source % 7);
        for part in 0..packets {
            stream.index += 1;
            let packet = Rtp {
                pt: payload_type(codec),
                index: stream.index,
                ts: (frame * if codec == Codec::Opus { 960 } else { 1800 }) as u32,
                ssrc: stream.ssrc,
                marker: part + 1 == packets,
                extensions: names(source, codec, layer),
                payload: payload(source, codec, layer, picture, is_key, part),
            };
            let client = &self.clients[peer];
            if random.below(100) < lost_at {
                stream.late.push(packet);
                continue;
            }
            if self.lags && layer > 0 {
                stream.held.push_back(packet);
                continue;
            }
            self.world.send_rtp(client, &packet);
            if !stream.late.is_empty() && random.below(4) == 0 {
                let late = stream.late.remove(0);
                self.world.send_rtp(client, &late);
            }
        }
    }

    /// Of each layer that lags, what has waited for up to ten packets' time.
    fn release(&mut self) {
        for at in 0..self.senders.len() {
            for layer in 0..self.senders[at].layers.len() {
                let most = self.random.below(10) as usize;
                let sender = &mut self.senders[at];
                let held = &mut sender.layers[layer].held;
                for packet in held.drain(..held.len().saturating_sub(most)) {
                    self.world.send_rtp(&self.clients[sender.peer], &packet);
                }
            }
        }
    }

    /// Sender reports of all layers of pictures: the same moment is the same RTP time in each.
    fn report(&mut self) {
        for sender in self.senders.iter().filter(|s| s.codec != Codec::Opus) {
            for layer in &sender.layers {
                let mut compound = Vec::new();
                let ntp = (1000 << 32) + ((self.frame << 32) / 50);
                rtcp::write_sender_report(&mut compound, layer.ssrc, ntp, (self.frame * 1800) as u32, 1, 1, b"them");
                self.world.send_rtcp(&mut self.clients[sender.peer], &compound);
            }
        }
    }

    /// Take what left and judge it.
    fn look(&mut self) {
        let sent = std::mem::take(&mut self.world.out.sent);
        for (to, mut data) in sent {
            if data[0] < 128 || (192..224).contains(&data[1]) {
                continue;
            }
            let at = self.clients.iter().position(|c| c.address == to).expect("to somebody's address");
            let header = Header::parse(&data).unwrap();
            let before = self.left[at].insert((header.ssrc, header.seq), data.clone());
            if let Some(before) = before {
                assert_eq!(before, data, "one number for two contents: the nonce was used twice");
                continue;
            }
            let (len, index) = self.clients[at].open.open_rtp(&mut data, header.len, header.ssrc, header.seq).unwrap();
            let slot = header.ssrc / 1000;
            let (owner, _, source) = self.slots[&slot];
            assert_eq!(owner, at, "a slot's packets go to its owner");
            let is_rtx = header.ssrc % 1000 == 1;
            let payload = data[header.len + if is_rtx { 2 } else { 0 }..len].to_vec();
            let from = u32::from(payload[payload.len() - 1]);
            assert_eq!(from, source, "slot {slot} shows only what it is routed to");
            assert!(self.senders.iter().any(|s| s.source == from && s.enabled), "muted is not sent");
            if !is_rtx {
                self.opened.entry(header.ssrc).or_default().insert(index, (header.ts, payload));
            }
        }
    }
}

fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Vp8 => VP8_PT,
        Codec::H264 => H264_PT,
        _ => OPUS_PT,
    }
}

fn names(source: u32, codec: Codec, layer: usize) -> Vec<(u8, Vec<u8>)> {
    let mut names = vec![(EXT_MID, format!("m{source}").into_bytes())];
    if codec != Codec::Opus {
        names.push((EXT_RID, RIDS[layer].as_bytes().to_vec()));
    }
    names
}

/// A payload whose last byte names its source.
fn payload(source: u32, codec: Codec, layer: usize, picture: u64, is_key: bool, part: u64) -> Vec<u8> {
    let (tid, sync) = if is_key { (0, false) } else { PATTERN[(picture % 8) as usize] };
    let mut payload = match codec {
        Codec::Vp8 => {
            let tl0 = (picture / 4 + 3 * u64::from(source)) as u8;
            let mut p = vp8(is_key && part == 0, (picture + 1000 * u64::from(source)) as u16, tl0, tid);
            p[5] |= u8::from(sync) << 5;
            p[0] = if part == 0 { 0x90 } else { 0x80 };
            p
        }
        Codec::H264 if is_key && part == 0 => vec![0x67, 0x42, 0xC0, 0x1E, 0xD9],
        Codec::H264 => vec![if is_key { 0x65 } else { 0x41 }, layer as u8],
        _ => b"voice".to_vec(),
    };
    payload.push(source as u8);
    payload
}

fn publish(world: &mut World, client: &Client, peer: usize, source: u32, codec: Codec, rids: &[&str]) -> Sender {
    let (kind, rtx_pt, clock_hz) = match codec {
        Codec::Vp8 => (Kind::Video, RTX_PT, 90_000),
        Codec::H264 => (Kind::Video, H264_RTX_PT, 90_000),
        _ => (Kind::Audio, OPUS_PT, 48_000),
    };
    let params = CodecParams { pt: payload_type(codec), codec, rtx_pt: Some(rtx_pt), clock_hz };
    let new = NewSource {
        id: SourceId(source),
        peer: client.id,
        mid: format!("m{source}"),
        kind,
        codecs: vec![params],
        rids: rids.iter().map(|r| (*r).to_owned()).collect(),
        ssrcs: vec![],
    };
    world.relay.add_source(new).unwrap();
    let stream = |layer: usize| Stream {
        ssrc: source * 10 + layer as u32,
        index: 65_000 + u64::from(source),
        late: vec![],
        held: VecDeque::new(),
    };
    Sender { source, peer, codec, layers: (0..rids.len().max(1)).map(stream).collect(), enabled: true }
}

fn add_slot(world: &mut World, client: &Client, slot: u32, kind: Kind) {
    let codec = |codec, pt, rtx_pt| SlotCodec { codec, pt, rtx_pt };
    let codecs = match kind {
        Kind::Video => vec![codec(Codec::Vp8, SLOT_VP8_PT, Some(SLOT_RTX_PT)), codec(Codec::H264, 98, Some(99))],
        Kind::Audio => vec![codec(Codec::Opus, 109, Some(109)), codec(Codec::Red, RED_PT, None)],
    };
    let new = NewSlot {
        id: SlotId(slot),
        peer: client.id,
        mid: format!("s{slot}"),
        kind,
        ssrc: slot * 1000,
        rtx_ssrc: if kind == Kind::Video { slot * 1000 + 1 } else { 0 },
        codecs,
        cname: "sfu".into(),
    };
    world.relay.add_slot(new).unwrap();
}

/// Nonces, owners, routes and muting are judged packet by packet in `look`.
#[test]
fn no_number_seals_two_contents_and_nobody_gets_what_is_not_routed_to_them() {
    for seed in 0..6 {
        let mut lesson = Lesson::new(seed, 8);
        for _ in 0..1500 {
            lesson.step();
        }
        assert!(lesson.left.iter().all(|l| l.len() > 500), "something was sent to everybody");
    }
}

#[test]
fn on_a_line_without_loss_numbers_have_no_gap_and_time_never_goes_back() {
    for seed in 0..8 {
        let mut lesson = Lesson::new(100 + seed, 0);
        lesson.lags = seed % 2 == 1;
        for _ in 0..1500 {
            lesson.step();
        }
        for (&slot, &(_, kind, _)) in &lesson.slots {
            let Some(sent) = lesson.opened.get(&(slot * 1000)) else { continue };
            let seqs: Vec<u64> = sent.keys().copied().collect();
            assert!(seqs.windows(2).all(|p| p[1] == p[0] + 1), "slot {slot}: a gap in {seqs:?}");
            let times: Vec<u32> = sent.values().map(|(ts, _)| *ts).collect();
            assert!(times.windows(2).all(|p| (p[1].wrapping_sub(p[0]) as i32) >= 0), "slot {slot}: time goes back");
            if kind == Kind::Video {
                no_picture_is_missing(sent.values());
            }
        }
    }
}

/// VP8 picture ids run on by one per frame, TL0PICIDX by one per base layer frame, whatever was dropped or switched between.
fn no_picture_is_missing<'a>(sent: impl Iterator<Item = &'a (u32, Vec<u8>)>) {
    let pictures: Vec<_> = sent
        .filter(|(_, p)| p[1] == 0xE0)
        .map(|(ts, p)| (*ts, u16::from_be_bytes([p[2], p[3]]) & 0x7FFF, p[4], p[5] >> 6))
        .collect();
    for pair in pictures.windows(2) {
        let ((ts0, id0, tl0, _), (ts1, id1, tl1, tid)) = (pair[0], pair[1]);
        let is_next = ts1 != ts0;
        assert_eq!(id1, (id0 + u16::from(is_next)) & 0x7FFF, "picture ids");
        if is_next && tid > 0 {
            assert_eq!(tl1, tl0, "an upper layer's frame builds on the base frame sent last");
        }
        if is_next && tid == 0 {
            assert_eq!(tl1, tl0.wrapping_add(1), "base layer frames are counted");
        }
    }
}
