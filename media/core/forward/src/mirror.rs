//! What the relays of one process tell each other. A source lives in one relay; another one that has subscribers for it holds a
//! *mirror*: the same layers and rings, filled from parcels instead of from a peer.
//!
//! Each packet crosses once per relay, decrypted, as one copy into a parcel whose memory goes back and forth. What is told the other way:
//! which layers are watched there, and who waits for a keyframe. Not here: how parcels travel between threads.

use crate::Micros;
use crate::codec::Codec;
use crate::counters::EngineCounters;
use crate::ids::{Kind, RelayId, SourceId};
use crate::reception::SenderReport;
use crate::ring::Packet;
use crate::source::{Fresh, Source};

/// Bytes a relay may be behind before video is dropped up to its next keyframe: half a second of forty 1.5 Mbit/s cameras.
pub const VIDEO_LIMIT: usize = 4 << 20;
/// Bytes before even sound is dropped: the other thread stands still.
pub const AUDIO_LIMIT: usize = 12 << 20;
/// Empty parcels kept for later.
const SPARE_PARCELS: usize = 8;
/// A parcel that held more packets than this gives its memory up when it comes back.
const USUAL_PACKETS: usize = 512;

/// The bit that stands for a layer in a set of layers.
pub fn bit(layer: usize) -> u8 {
    1u8.checked_shl(layer as u32).unwrap_or(0)
}

/// The layers of a set, low to high.
pub fn bits(set: u8) -> impl Iterator<Item = usize> {
    (0..8).filter(move |&i| set & bit(i) != 0)
}

/// Where a mirror's source lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// Which relay.
    pub relay: RelayId,
    /// Its handle there.
    pub source: SourceId,
    /// Layers said to be watched here.
    pub told: u8,
}

/// A mirror that a source has in another relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    /// In which relay.
    pub to: RelayId,
    /// The mirror's handle there.
    pub mirror: SourceId,
    /// Layers that are watched there.
    pub watched: u8,
    /// Layers that wait for a keyframe after packets were dropped.
    pub cut: u8,
}

/// What stands of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerState {
    /// Its SSRC at the publisher.
    pub ssrc: Option<u32>,
    /// Codec of the last packet.
    pub codec: Codec,
    /// It flows.
    pub up: bool,
    /// Picture size, 0 unknown.
    pub size: (u16, u16),
    /// From when on it is worth asking for its keyframe.
    pub steady_us: Micros,
}

/// One thing told. `source` is the handle at the receiving end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// To the home: `mirror` begins.
    Begin {
        /// The mirrored one.
        source: SourceId,
        /// Its mirror.
        mirror: SourceId,
    },
    /// To the home: the mirror ended.
    Forget {
        /// The mirrored one.
        source: SourceId,
    },
    /// To the home: these layers are watched, no others.
    Watched {
        /// The mirrored one.
        source: SourceId,
        /// A set.
        layers: u8,
    },
    /// To the home: somebody waits for keyframes of these layers.
    Keyframes {
        /// The mirrored one.
        source: SourceId,
        /// A set.
        layers: u8,
    },
    /// To the mirror: a packet of the parcel.
    Packet {
        /// The mirror.
        source: SourceId,
        /// Index of the layer.
        layer: usize,
        /// Index in the parcel.
        at: usize,
    },
    /// To the mirror: what stands of a layer.
    Layer {
        /// The mirror.
        source: SourceId,
        /// Index of the layer.
        layer: usize,
        /// Its state.
        state: LayerState,
    },
    /// To the mirror: a layer goes on under a new SSRC, with new numbers.
    Rebound {
        /// The mirror.
        source: SourceId,
        /// Index of the layer.
        layer: usize,
        /// The new SSRC.
        ssrc: u32,
    },
    /// To the mirror: a sender report.
    Report {
        /// The mirror.
        source: SourceId,
        /// Index of the layer.
        layer: usize,
        /// The report.
        sr: SenderReport,
    },
    /// To the mirror: the publication is permitted, or not.
    Enabled {
        /// The mirror.
        source: SourceId,
        /// It is.
        on: bool,
    },
    /// To the mirror: the publication ended.
    Ended {
        /// The mirror.
        source: SourceId,
    },
}

/// Items in order, and the packets they speak of.
#[derive(Default)]
pub struct Parcel {
    /// What is told.
    pub items: Vec<Item>,
    packets: Vec<Packet>,
    used: usize,
    bytes: usize,
}

impl Parcel {
    /// Bytes of the packets in it.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Empty it, keeping the memory of what is usual.
    pub fn clear(&mut self) {
        self.items.clear();
        self.packets.truncate(USUAL_PACKETS);
        (self.used, self.bytes) = (0, 0);
    }

    /// The packet of an [`Item::Packet`]; may be exchanged for another one, whose memory then goes back.
    pub fn packet(&mut self, at: usize) -> Option<&mut Packet> {
        self.packets[..self.used].get_mut(at)
    }

    fn add(&mut self, mirror: SourceId, layer: usize, packet: &Packet) {
        if self.used == self.packets.len() {
            self.packets.push(Packet::default());
        }
        self.packets[self.used].copy_from(packet);
        self.items.push(Item::Packet { source: mirror, layer, at: self.used });
        self.used += 1;
        self.bytes += packet.data().len();
    }
}

/// Parcels being filled, and how far behind the other relays are.
#[derive(Default)]
pub struct Exchange {
    outgoing: Vec<(RelayId, Parcel)>,
    spare: Vec<Parcel>,
    behind: Vec<(RelayId, usize)>,
}

impl Exchange {
    /// Say something to another relay.
    pub fn post(&mut self, to: RelayId, item: Item) {
        self.parcel(to).items.push(item);
    }

    /// A parcel to be carried over; None when all were taken.
    pub fn take(&mut self) -> Option<(RelayId, Parcel)> {
        self.outgoing.pop()
    }

    /// An empty parcel came back.
    pub fn give_back(&mut self, mut parcel: Parcel) {
        if self.spare.len() < SPARE_PARCELS {
            parcel.clear();
            self.spare.push(parcel);
        }
    }

    /// Bytes carried to a relay that it has not taken in.
    pub fn set_behind(&mut self, relay: RelayId, bytes: usize) {
        match self.behind.iter_mut().find(|(to, _)| *to == relay) {
            Some((_, behind)) => *behind = bytes,
            None => self.behind.push((relay, bytes)),
        }
    }

    /// Tell every mirror of a source.
    pub fn tell_mirrors(&mut self, source: &Source, item: impl Fn(SourceId) -> Item) {
        for export in &source.exports {
            self.post(export.to, item(export.mirror));
        }
    }

    /// Tell every mirror what stands of a layer.
    pub fn tell_layer(&mut self, source: &Source, layer: usize) {
        if source.exports.is_empty() {
            return;
        }
        let state = state_of(source, layer);
        self.tell_mirrors(source, |mirror| Item::Layer { source: mirror, layer, state });
    }

    /// The source is no more: its mirrors hear of it, or, for a mirror, its home does.
    pub fn tell_end(&mut self, source: &Source) {
        self.tell_mirrors(source, |mirror| Item::Ended { source: mirror });
        if let Some(home) = source.home {
            self.post(home.relay, Item::Forget { source: home.source });
        }
    }

    /// A new mirror learns all there is to know.
    pub fn tell_all(&mut self, source: &Source, export: &Export) {
        let mirror = export.mirror;
        self.post(export.to, Item::Enabled { source: mirror, on: source.enabled });
        for layer in 0..source.layers.len() {
            self.post(export.to, Item::Layer { source: mirror, layer, state: state_of(source, layer) });
            if let Some(sr) = source.layers[layer].sr {
                self.post(export.to, Item::Report { source: mirror, layer, sr });
            }
        }
    }

    /// Pass the wish for keyframes of a mirror on, where it is time.
    pub fn ask_home_for_keyframes(&mut self, mirror: &mut Source, now: Micros) {
        let Some(home) = mirror.home.filter(|_| mirror.enabled) else { return };
        if mirror.take_keyframe_request(now) {
            let layers = (0..mirror.layers.len()).filter(|&i| mirror.keyframes.is_wanted(i)).fold(0, |set, i| set | bit(i));
            mirror.counters.plis_out += 1;
            self.post(home.relay, Item::Keyframes { source: home.source, layers });
        }
    }

    /// Layers that were cut because a relay was behind go on at a keyframe, once it has caught up.
    pub fn want_after_gaps(&mut self, source: &mut Source) {
        for i in 0..source.exports.len() {
            let export = source.exports[i];
            if export.cut != 0 && self.behind(export.to) < VIDEO_LIMIT / 2 {
                bits(export.cut).for_each(|layer| source.keyframes.want(layer));
            }
        }
    }

    /// Copy this batch's packets of a source for its mirrors.
    pub fn export(&mut self, source: &mut Source, counters: &mut EngineCounters) {
        for export in &mut source.exports {
            for &Fresh { layer, ext_seq, .. } in &source.fresh {
                if export.watched & bit(layer) == 0 {
                    continue;
                }
                let Some(packet) = source.layers.get(layer).and_then(|l| l.ring.get(ext_seq)) else { continue };
                if self.takes(source.kind, export, layer, packet) {
                    counters.exported += 1;
                    self.parcel(export.to).add(export.mirror, layer, packet);
                } else {
                    counters.export_dropped += 1;
                }
            }
        }
    }

    /// True when a packet may go: the relay is not too far behind, and a layer that was cut begins with a keyframe.
    fn takes(&self, kind: Kind, export: &mut Export, layer: usize, packet: &Packet) -> bool {
        let behind = self.behind(export.to);
        if kind == Kind::Audio {
            return behind < AUDIO_LIMIT;
        }
        if behind >= VIDEO_LIMIT {
            export.cut |= bit(layer);
        } else if packet.insight.keyframe && behind < VIDEO_LIMIT / 2 {
            export.cut &= !bit(layer);
        }
        export.cut & bit(layer) == 0
    }

    /// Bytes not taken in yet: those under way and those still here.
    fn behind(&self, relay: RelayId) -> usize {
        let under_way = self.behind.iter().find(|(to, _)| *to == relay).map_or(0, |(_, bytes)| *bytes);
        let here = self.outgoing.iter().find(|(to, _)| *to == relay).map_or(0, |(_, parcel)| parcel.bytes);
        under_way + here
    }

    fn parcel(&mut self, to: RelayId) -> &mut Parcel {
        let at = self.outgoing.iter().position(|(relay, _)| *relay == to).unwrap_or_else(|| {
            let parcel = self.spare.pop().unwrap_or_default();
            self.outgoing.push((to, parcel));
            self.outgoing.len() - 1
        });
        &mut self.outgoing[at].1
    }
}

fn state_of(source: &Source, layer: usize) -> LayerState {
    let l = &source.layers[layer];
    LayerState { ssrc: l.ssrc, codec: l.codec, up: l.up, size: l.size, steady_us: l.steady_us }
}
