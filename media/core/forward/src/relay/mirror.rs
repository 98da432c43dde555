//! Sources seen from other relays: packets out to their mirrors, parcels in, and what is told back home.

use super::Relay;
use crate::Micros;
use crate::ids::{RelayId, SourceId};
use crate::mirror::{Export, Home, Item, Parcel, bit, bits};
use crate::outbox::Outbox;
use crate::ring::Packet;
use crate::source::Fresh;

impl Relay {
    /// Copy what came in this batch for mirrors elsewhere; before `fan_out`, so that other relays begin at the same time.
    pub fn export(&mut self) {
        for &index in &self.fresh {
            if let Some(source) = self.sources.get_mut(index).filter(|s| !s.exports.is_empty()) {
                self.exchange.export(source, &mut self.counters);
            }
        }
    }

    /// A parcel to be carried to another relay's `import`; None when there is none left.
    pub fn take_parcel(&mut self) -> Option<(RelayId, Parcel)> {
        self.exchange.take()
    }

    /// A parcel that was taken in by another relay: its memory is used again.
    pub fn give_back(&mut self, parcel: Parcel) {
        self.exchange.give_back(parcel);
    }

    /// Bytes carried to another relay that it has not taken in; the caller keeps it up to date.
    pub fn set_behind(&mut self, relay: RelayId, bytes: usize) {
        self.exchange.set_behind(relay, bytes);
    }

    /// Take in what another relay tells; `fan_out` sends on what came.
    pub fn import(&mut self, from: RelayId, parcel: &mut Parcel, now: Micros, out: &mut dyn Outbox) {
        let items = std::mem::take(&mut parcel.items);
        for item in &items {
            self.take_in(from, *item, parcel, now, out);
        }
        parcel.items = items;
    }

    fn take_in(&mut self, from: RelayId, item: Item, parcel: &mut Parcel, now: Micros, out: &mut dyn Outbox) {
        match item {
            Item::Begin { source, mirror } => self.begin_export(from, source, mirror),
            Item::Forget { source } => self.change_export(from, source, |_| false),
            Item::Watched { source, layers } => self.change_export(from, source, |export| {
                export.watched = layers;
                true
            }),
            Item::Keyframes { source, layers } => self.want_keyframes(source, layers, now, out),
            Item::Packet { source, layer, at } => {
                if let (Some(index), Some(packet)) = (self.mirror(from, source), parcel.packet(at)) {
                    self.take_packet(index, layer, packet);
                }
            }
            Item::Layer { source, layer, state } => {
                let Some(index) = self.mirror(from, source) else { return };
                let Some(source) = self.sources.get_mut(index) else { return };
                let Some(here) = source.layers.get_mut(layer) else { return };
                (here.ssrc, here.codec, here.up) = (state.ssrc, state.codec, state.up);
                (here.size, here.steady_us) = (state.size, state.steady_us);
                if !state.up {
                    source.keyframes.forget(layer);
                }
                self.timers.hurry();
            }
            Item::Rebound { source, layer, ssrc } => {
                if let Some(index) = self.mirror(from, source) {
                    self.begin_anew(index, layer, ssrc);
                }
            }
            Item::Report { source, layer, sr } => {
                let Some(index) = self.mirror(from, source) else { return };
                let Some(source) = self.sources.get_mut(index) else { return };
                let Some(here) = source.layers.get_mut(layer) else { return };
                here.sr = Some(sr);
                if source.enabled {
                    self.pass_report_on(index, layer, out);
                }
            }
            Item::Enabled { source, on } => self.enable_mirror(from, source, on),
            Item::Ended { source } => self.enable_mirror(from, source, false),
        }
    }

    /// Index of a mirror whose home is `from`.
    fn mirror(&self, from: RelayId, id: SourceId) -> Option<usize> {
        let index = self.source(id).ok()?;
        let home = self.sources.get(index)?.home?;
        (home.relay == from).then_some(index)
    }

    fn begin_export(&mut self, to: RelayId, id: SourceId, mirror: SourceId) {
        let found = self.source(id).ok().and_then(|index| self.sources.get_mut(index)).filter(|s| s.home.is_none());
        let Some(source) = found else {
            // It ended while the wish was under way.
            return self.exchange.post(to, Item::Ended { source: mirror });
        };
        let export = Export { to, mirror, watched: 0, cut: 0 };
        source.exports.retain(|e| e.to != to);
        source.exports.push(export);
        self.exchange.tell_all(source, &export);
    }

    /// Keep an export changed, or drop it when `keep` says no.
    fn change_export(&mut self, to: RelayId, id: SourceId, mut keep: impl FnMut(&mut Export) -> bool) {
        if let Some(source) = self.source(id).ok().and_then(|index| self.sources.get_mut(index)) {
            source.exports.retain_mut(|e| e.to != to || keep(e));
        }
    }

    fn want_keyframes(&mut self, id: SourceId, layers: u8, now: Micros, out: &mut dyn Outbox) {
        let Ok(index) = self.source(id) else { return };
        let Some(source) = self.sources.get_mut(index) else { return };
        bits(layers).filter(|&layer| layer < source.layers.len()).for_each(|layer| source.keyframes.want(layer));
        self.flush_keyframe_requests(index, now, out);
    }

    /// The packet changes places with the one it pushes out of the ring, so nothing is copied.
    fn take_packet(&mut self, index: usize, layer_at: usize, packet: &mut Packet) {
        let Some(source) = self.sources.get_mut(index).filter(|s| s.enabled) else { return };
        let Some(layer) = source.layers.get_mut(layer_at) else { return };
        let (ext_seq, begins) = (packet.ext_seq, packet.insight.keyframe && !packet.is_empty());
        self.counters.imported += 1;
        layer.packets += 1;
        layer.bytes += packet.data().len() as u64;
        layer.last_us = packet.at_us;
        if source.patient {
            layer.arriving.note(packet.ts, packet.at_us);
        }
        let Some(place) = layer.ring.place(ext_seq) else { return };
        std::mem::swap(place, packet);
        let at_us = layer.last_us;
        let completes = layer.keyframe.note(&layer.ring, ext_seq, begins, at_us);
        if begins {
            source.keyframes.on_keyframe(layer_at, at_us);
        }
        if source.fresh.is_empty() {
            self.fresh.push(index);
        }
        source.fresh.push(Fresh { layer: layer_at, ext_seq, completes });
    }

    /// The layer's numbers begin anew: what shows it waits for its keyframe.
    fn begin_anew(&mut self, index: usize, layer_at: usize, ssrc: u32) {
        let Some(source) = self.sources.get_mut(index) else { return };
        let Some(layer) = source.layers.get_mut(layer_at) else { return };
        layer.rebind(ssrc);
        for &slot in &source.subscribers {
            if let Some(slot) = self.slots.get_mut(slot).filter(|s| s.current == Some(layer_at)) {
                slot.detach();
            }
        }
        source.fresh.retain(|f| f.layer != layer_at);
        if source.fresh.is_empty() {
            self.fresh.retain(|&s| s != index);
        }
        self.timers.hurry();
    }

    fn enable_mirror(&mut self, from: RelayId, id: SourceId, on: bool) {
        let Some(index) = self.mirror(from, id) else { return };
        let Some(source) = self.sources.get_mut(index).filter(|s| s.enabled != on) else { return };
        source.enabled = on;
        if on {
            self.timers.hurry();
        } else {
            source.fresh.clear();
            self.fresh.retain(|&s| s != index);
            self.silence_subscribers(index);
        }
    }

    /// Tell each mirror's home which layers are watched here: those sent, those to be sent, and those wished for when they come.
    pub(super) fn tell_homes_what_is_watched(&mut self) {
        let Self { sources, slots, exchange, .. } = self;
        for (_, source) in sources.iter_mut() {
            let Some(Home { relay, source: at_home, told }) = source.home else { continue };
            let mut layers = 0;
            for slot in source.subscribers.iter().filter_map(|&s| slots.get(s)).filter(|s| s.permitted) {
                layers |= bit(slot.wanted) | bit(source.target(slot.wanted)) | slot.current.map_or(0, bit);
            }
            if layers != told {
                source.home = Some(Home { relay, source: at_home, told: layers });
                exchange.post(relay, Item::Watched { source: at_home, layers });
            }
        }
    }
}
