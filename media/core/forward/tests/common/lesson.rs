//! A lesson over a bad line: a lecturer with microphone and three layers of camera, a viewer behind a `Link`, and an allocator of a few
//! lines that switches layers by the engine's estimate.

use super::link::Link;
use super::*;
use forward::rtcp::{self, write_nack};
use forward::twcc::Arrivals;
use std::collections::{BTreeMap, HashSet, VecDeque};

pub const RIDS: [&str; 3] = ["q", "h", "f"];
pub const LAYER_BPS: [u64; 3] = [150_000, 500_000, 1_700_000];
pub const AUDIO_BPS: u64 = 60_000;
const STEP_US: u64 = 1_000;
const FRAME_US: u64 = 40_000;
const AUDIO_US: u64 = 20_000;
/// Browsers send feedback about this often.
const FEEDBACK_US: u64 = 60_000;
/// The viewer's clock is ahead of ours by this: its 24 bits of 64 ms begin anew five seconds into the lesson.
const CLOCK_US: u64 = (1 << 24) * 64_000 - 6_000_000;
const KEYFRAME_AFTER_US: u64 = 60_000;

/// What was seen each 200 ms.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    pub at_s: f64,
    pub estimate: u64,
    pub owd_ms: f32,
    pub loss: f32,
    pub layer: Option<usize>,
    /// Of the line, truly.
    pub queue_ms: f64,
    pub padding: u64,
}

pub struct Lesson {
    pub world: World,
    pub down: Link,
    pub up: Link,
    pub desired: u64,
    pub sights: Vec<Sight>,
    /// When a sound packet was sent by the lecturer and how long it took.
    pub sound: Vec<(u64, u64)>,
    pub sound_sent: u64,
    /// When a packet of a layer came.
    pub pictures: Vec<(u64, usize)>,
    pub has_feedback: bool,
    /// This layer, whatever the estimate says.
    pub forced: Option<usize>,
    /// Keyframes asked of the lecturer.
    pub keyframes_asked: usize,
    sealed: HashSet<(u32, u16)>,
    newest: u16,
    lecturer: Client,
    viewer: Client,
    arrivals: Arrivals,
    in_flight: VecDeque<(u64, Vec<u8>)>,
    returning: BTreeMap<(u64, u64), Vec<u8>>,
    returned: u64,
    sent: [u64; 3],
    key_us: Option<u64>,
    missing: BTreeMap<u64, (u64, u8)>,
    top: u64,
    layer: Option<usize>,
    began_us: u64,
    random: Random,
    tl0: u16,
}

impl Lesson {
    pub fn new(down: Link) -> Self {
        let mut world = World::default();
        let profile = Profile::Gcm128;
        let (lecturer, viewer) = (world.connected(1, profile), world.connected(2, profile));
        world.add_camera(1, lecturer.id, &RIDS);
        world.add_microphone(2, lecturer.id);
        world.add_slot(5, viewer.id, Kind::Video);
        world.add_slot(6, viewer.id, Kind::Audio);
        world.relay.route(SlotId(6), Some(SourceId(2)), "", 7).unwrap();
        let began_us = world.now;
        Self {
            world,
            up: Link::new(0, down.delay_us, 77),
            down,
            desired: LAYER_BPS[2] + AUDIO_BPS,
            sights: Vec::new(),
            sound: Vec::new(),
            sound_sent: 0,
            pictures: Vec::new(),
            has_feedback: true,
            forced: None,
            keyframes_asked: 0,
            sealed: HashSet::new(),
            newest: 1000,
            lecturer,
            viewer,
            arrivals: Arrivals::default(),
            in_flight: VecDeque::new(),
            returning: BTreeMap::new(),
            returned: 0,
            sent: [0; 3],
            key_us: Some(began_us),
            missing: BTreeMap::new(),
            top: 0,
            layer: None,
            began_us,
            random: Random(4242),
            tl0: 0,
        }
    }

    /// Show this layer before anything is known.
    pub fn begin_with(&mut self, layer: usize) {
        self.layer = Some(layer);
        self.world.relay.set_desired(PeerId(2), self.desired).unwrap();
        self.world.relay.route(SlotId(5), Some(SourceId(1)), RIDS[layer], 7).unwrap();
    }

    /// When the first packet of a picture came.
    pub fn first_picture_ms(&self) -> u64 {
        self.pictures.first().map_or(u64::MAX, |(at, _)| (at - self.began_us) / 1000)
    }

    pub fn now_s(&self) -> f64 {
        (self.world.now - self.began_us) as f64 / 1e6
    }

    /// Go on for so many seconds.
    pub fn run(&mut self, seconds: f64) -> &mut Self {
        let until = self.world.now + (seconds * 1e6) as u64;
        while self.world.now < until {
            self.step();
        }
        self
    }

    fn step(&mut self) {
        let now = self.world.now;
        if (now - self.began_us).is_multiple_of(AUDIO_US) {
            self.speak(now);
        }
        if (now - self.began_us).is_multiple_of(FRAME_US) {
            self.show(now);
        }
        self.world.turn(0);
        self.carry(now);
        self.receive(now);
        if (now - self.began_us).is_multiple_of(FEEDBACK_US) {
            self.report(now);
        }
        let due: Vec<_> = self.returning.range(..=(now, u64::MAX)).map(|(k, _)| *k).collect();
        for key in due {
            let compound = self.returning.remove(&key).unwrap();
            self.world.send_rtcp(&mut self.viewer, &compound);
        }
        if (now - self.began_us).is_multiple_of(200_000) {
            self.allocate(now);
        }
        self.world.now += STEP_US;
    }

    fn speak(&mut self, now: u64) {
        let index = (now - self.began_us) / AUDIO_US;
        let mut payload = now.to_be_bytes().to_vec();
        payload.resize(80, 1);
        let extensions = vec![(EXT_MID, b"m2".to_vec())];
        let ts = (index * 960) as u32;
        let packet = Rtp { pt: OPUS_PT, index: 100 + index, ts, ssrc: 22, marker: false, extensions, payload };
        self.world.send_rtp(&self.lecturer, &packet);
        self.sound_sent += 1;
    }

    fn show(&mut self, now: u64) {
        let number = (now - self.began_us) / FRAME_US;
        let is_key = self.key_us.is_some_and(|at| now >= at);
        if is_key {
            self.key_us = None;
        }
        self.tl0 += 1;
        for layer in 0..3 {
            let mean = LAYER_BPS[layer] * FRAME_US / 8_000_000;
            let mut left = (mean * (80 + self.random.below(40)) / 100 * if is_key { 5 } else { 1 }) as usize;
            let mut is_first = true;
            while left > 0 {
                let size = left.clamp(60, 1100);
                let mut payload = vp8(is_key, number as u16, self.tl0 as u8, 0);
                if !is_first {
                    payload[0] = 0x80;
                }
                payload.resize(size, 7);
                left = left.saturating_sub(size);
                let extensions = vec![(EXT_MID, b"m1".to_vec()), (EXT_RID, RIDS[layer].as_bytes().to_vec())];
                let (index, ts) = (1000 + self.sent[layer], (number * 3600) as u32);
                let ssrc = 11 + layer as u32;
                let packet = Rtp { pt: VP8_PT, index, ts, ssrc, marker: left == 0, extensions, payload };
                self.world.send_rtp(&self.lecturer, &packet);
                self.sent[layer] += 1;
                is_first = false;
            }
        }
    }

    /// Onto the line, or to the lecturer.
    fn carry(&mut self, now: u64) {
        let mut sounds = 0;
        for (to, data) in std::mem::take(&mut self.world.out.sent) {
            if to == self.viewer.address {
                sounds += self.check(&data);
                if let Some(at) = self.down.send(data.len(), now) {
                    self.in_flight.push_back((at, data));
                }
            } else if (192..224).contains(&data[1]) {
                let mut data = data;
                let Ok(len) = self.lecturer.open.open_rtcp(&mut data) else { continue };
                let is_wanted = rtcp::packets(&data[..len]).any(|p| matches!(p, rtcp::Packet::KeyframeWanted { .. }));
                self.keyframes_asked += usize::from(is_wanted);
                if is_wanted && self.key_us.is_none() {
                    self.key_us = Some(now + KEYFRAME_AFTER_US);
                }
            }
        }
        let spoken = (now - self.began_us).is_multiple_of(AUDIO_US);
        assert_eq!(sounds, usize::from(spoken), "sound leaves in the moment it comes");
    }

    /// What holds for every packet that leaves: no number twice (so no nonce), pictures in their order. 1 for sound.
    fn check(&mut self, data: &[u8]) -> usize {
        if data[0] < 4 || (192..224).contains(&data[1]) {
            return 0;
        }
        let header = Header::parse(data).unwrap();
        assert!(self.sealed.insert((header.ssrc, header.seq)), "{} {} twice", header.ssrc, header.seq);
        if header.ssrc == 5000 {
            assert!(header.seq.wrapping_sub(self.newest) < 1000, "{} after {}", header.seq, self.newest);
            self.newest = header.seq;
        }
        usize::from(header.ssrc == 6000)
    }

    fn receive(&mut self, now: u64) {
        while self.in_flight.front().is_some_and(|(at, _)| *at <= now) {
            let (at, mut data) = self.in_flight.pop_front().unwrap();
            if data[0] < 4 || (192..224).contains(&data[1]) {
                continue;
            }
            let header = Header::parse(&data).unwrap();
            let opened = self.viewer.open.open_rtp(&mut data, header.len, header.ssrc, header.seq);
            let (len, index) = opened.expect("authentic and new");
            let map = ExtMap::new(&[(Extension::TransportSeq, EXT_TWCC)]);
            if let Some(seq) = map.read(&header, &data[..len]).transport_seq {
                self.arrivals.on_packet(seq, at + CLOCK_US);
            }
            match header.ssrc {
                6000 => {
                    let sent = u64::from_be_bytes(data[header.len..header.len + 8].try_into().unwrap());
                    self.sound.push((sent, at - sent));
                }
                5000 => {
                    self.pictures.push((at, self.layer.unwrap_or(0)));
                    self.note_gap(index, now);
                }
                _ => {}
            }
        }
    }

    fn note_gap(&mut self, index: u64, now: u64) {
        self.missing.remove(&index);
        if self.top > 0 && index > self.top {
            for lost in (self.top + 1..index).rev().take(100) {
                self.missing.insert(lost, (now, 0));
            }
        }
        self.top = self.top.max(index);
    }

    /// Feedback and NACKs back to the relay.
    fn report(&mut self, now: u64) {
        let mut compound = Vec::new();
        while self.has_feedback && self.arrivals.write_feedback(&mut compound, 7, 5000) {}
        let mut seqs = Vec::new();
        for (index, (at, tries)) in &mut self.missing {
            if *at <= now && *tries < 5 {
                (*at, *tries) = (now + 100_000, *tries + 1);
                seqs.push(*index as u16);
            }
        }
        self.missing.retain(|_, (_, tries)| *tries < 5);
        for some in seqs.chunks(50) {
            write_nack(&mut compound, 7, 5000, some);
        }
        if let Some(at) = (!compound.is_empty()).then(|| self.up.send(compound.len(), now)).flatten() {
            self.returned += 1;
            self.returning.insert((at, self.returned), compound);
        }
    }

    /// The highest layer that fits, up only with room to spare.
    fn allocate(&mut self, now: u64) {
        let mut latest = None;
        for notice in self.world.notices() {
            if let Notice::Feedback(peers) = notice {
                latest = peers.iter().find(|f| f.peer == PeerId(2)).copied().or(latest);
            }
        }
        self.world.relay.set_desired(PeerId(2), self.desired).unwrap();
        if let Some(f) = latest {
            let fits = |layer: usize| LAYER_BPS[layer] + AUDIO_BPS;
            let current = self.layer;
            let best = self.forced.or_else(|| {
                (0..3).rev().find(|&l| {
                    let room = if current.is_some_and(|c| l <= c) { 102 } else { 110 };
                    fits(l) * room / 100 <= f.estimate_bps
                })
            });
            if best != self.layer && self.desired > 0 {
                self.layer = best;
                let source = best.map(|_| SourceId(1));
                self.world.relay.route(SlotId(5), source, best.map_or("", |l| RIDS[l]), 7).unwrap();
            }
        }
        let stats = self.world.relay.snapshot();
        let padding = stats.peers.iter().find(|p| p.id == PeerId(2)).map_or(0, |p| p.counters.padding);
        let last = self.sights.last().copied();
        self.sights.push(Sight {
            at_s: self.now_s(),
            estimate: latest.map_or(last.map_or(0, |s| s.estimate), |f| f.estimate_bps),
            owd_ms: latest.map_or(-1.0, |f| f.owd_ms),
            loss: latest.map_or(-1.0, |f| f.loss),
            layer: self.layer,
            queue_ms: self.down.queue_us(now) as f64 / 1000.0,
            padding,
        });
    }

    pub fn between(&self, from_s: f64, to_s: f64) -> impl Iterator<Item = &Sight> {
        self.sights.iter().filter(move |s| (from_s..to_s).contains(&s.at_s))
    }

    /// The first time from which on the layer was always at least this, until `to_s`.
    pub fn settled_s(&self, layer: usize, from_s: f64, to_s: f64) -> Option<f64> {
        let below = self.between(from_s, to_s).filter(|s| s.layer.is_none_or(|l| l < layer)).last();
        match below {
            None => Some(from_s),
            Some(s) => Some(s.at_s + 0.2).filter(|&at| at < to_s),
        }
    }

    pub fn layer_changes(&self, from_s: f64, to_s: f64) -> usize {
        let layers: Vec<_> = self.between(from_s, to_s).map(|s| s.layer).collect();
        layers.windows(2).filter(|w| w[0] != w[1]).count()
    }

    pub fn worst_queue_ms(&self, from_s: f64, to_s: f64) -> f64 {
        self.between(from_s, to_s).map(|s| s.queue_ms).fold(0.0, f64::max)
    }

    /// Sound delays of a time, sorted, ms.
    pub fn sound_ms(&self, from_s: f64, to_s: f64) -> Vec<u64> {
        let range = |s: f64| self.began_us + (s * 1e6) as u64;
        let inside = self.sound.iter().filter(|(at, _)| (range(from_s)..range(to_s)).contains(at));
        let mut all: Vec<_> = inside.map(|(_, took)| took / 1000).collect();
        all.sort_unstable();
        all
    }

    /// Bits per second that were estimated, the least and the most.
    pub fn estimates(&self, from_s: f64, to_s: f64) -> (u64, u64) {
        let all = || self.between(from_s, to_s).map(|s| s.estimate);
        (all().min().unwrap_or(0), all().max().unwrap_or(0))
    }

    /// For reading while tuning.
    pub fn print(&self) {
        for s in &self.sights {
            println!(
                "{:6.1}s est {:7} owd {:6.1} queue {:6.1} loss {:5.2} layer {:?} pad {}",
                s.at_s, s.estimate, s.owd_ms, s.queue_ms, s.loss, s.layer, s.padding
            );
        }
    }
}
