//! Commands from above: what exists, who may send, what is shown where. An error is a reason for the log.

use super::Relay;
use crate::Micros;
use crate::ext::ExtMap;
use crate::ice::{Credentials, Ice};
use crate::ids::{Kind, PeerId, RelayId, SlotId, SourceId};
use crate::layer::Layer;
use crate::mirror::{Home, Item};
use crate::notice::{Notice, Rid};
use crate::outbox::Outbox;
use crate::peer::{Peer, Stream};
use crate::red::MAX_COPIES;
use crate::slot::{Slot, SlotCodec};
use crate::source::{CodecParams, Source};
use crate::srtp::{Inbound, Outbound, Profile};
use crate::tap::Tap;

type Outcome = Result<(), &'static str>;

const NO_PEER: &str = "unknown peer";
const NO_SOURCE: &str = "unknown source";
const NO_SLOT: &str = "unknown slot";
const TAKEN: &str = "handle is in use";

/// What a source is made of.
pub struct NewSource {
    /// Its handle.
    pub id: SourceId,
    /// Who publishes it.
    pub peer: PeerId,
    /// Media section.
    pub mid: String,
    /// Sound or picture.
    pub kind: Kind,
    /// Payload types.
    pub codecs: Vec<CodecParams>,
    /// Low to high.
    pub rids: Vec<String>,
    /// (SSRC, rid, SSRC of retransmissions or 0) where the SDP named them.
    pub ssrcs: Vec<(u32, String, u32)>,
}

/// What a mirror of another relay's source is made of.
pub struct NewMirror {
    /// Its handle here.
    pub id: SourceId,
    /// Where the source is at home.
    pub relay: RelayId,
    /// Its handle there.
    pub source: SourceId,
    /// Who publishes it.
    pub publisher: PeerId,
    /// Sound or picture.
    pub kind: Kind,
    /// Payload types.
    pub codecs: Vec<CodecParams>,
    /// Low to high.
    pub rids: Vec<String>,
}

/// What a slot is made of.
pub struct NewSlot {
    /// Its handle.
    pub id: SlotId,
    /// Whose it is.
    pub peer: PeerId,
    /// Media section.
    pub mid: String,
    /// Sound or picture.
    pub kind: Kind,
    /// Its SSRC.
    pub ssrc: u32,
    /// The SSRC of its retransmissions, or 0.
    pub rtx_ssrc: u32,
    /// Payload types.
    pub codecs: Vec<SlotCodec>,
    /// Canonical name.
    pub cname: String,
}

impl Relay {
    /// Tell above that a command was not carried out.
    pub fn refuse(&mut self, call: &'static str, handle: u32, reason: &'static str) {
        self.notices.push(Notice::Refused { call, handle, reason });
    }

    /// A peer may connect.
    pub fn add_peer(&mut self, id: PeerId, credentials: Credentials) -> Outcome {
        if self.peer_at.contains_key(&id) {
            return Err(TAKEN);
        }
        if self.by_ufrag.contains_key(&credentials.ufrag) {
            return Err("ufrag is in use");
        }
        let ufrag = credentials.ufrag.clone();
        let at = self.peers.insert(Peer::new(id, Ice::new(credentials)));
        self.by_ufrag.insert(ufrag, at);
        self.peer_at.insert(id, at);
        Ok(())
    }

    /// New ICE credentials; older or repeated generations change nothing.
    pub fn restart_peer(&mut self, id: PeerId, generation: u32, credentials: Credentials) -> Outcome {
        let at = self.peer(id)?;
        if self.by_ufrag.get(&credentials.ufrag).is_some_and(|&other| other != at) {
            return Err("ufrag is in use");
        }
        let peer = self.peers.get_mut(at).ok_or(NO_PEER)?;
        for ufrag in peer.ice.ufrags() {
            self.by_ufrag.remove(ufrag);
        }
        peer.ice.restart(generation, credentials);
        for ufrag in peer.ice.ufrags() {
            self.by_ufrag.insert(ufrag.to_vec(), at);
        }
        Ok(())
    }

    /// Forget a peer with all that is its.
    pub fn remove_peer(&mut self, id: PeerId) -> Outcome {
        let at = self.peer_at.remove(&id).ok_or(NO_PEER)?;
        let peer = self.peers.get(at).ok_or(NO_PEER)?;
        let sources: Vec<_> = peer.sources.iter().filter_map(|&s| self.sources.get(s)).map(|s| s.id).collect();
        let slots: Vec<_> = peer.slots.iter().filter_map(|&s| self.slots.get(s)).map(|s| s.id).collect();
        for source in sources {
            self.remove_source(source)?;
        }
        for slot in slots {
            self.remove_slot(slot)?;
        }
        if let Some(peer) = self.peers.remove(at) {
            for ufrag in peer.ice.ufrags() {
                self.by_ufrag.remove(ufrag);
            }
        }
        let Self { by_address, released, .. } = self;
        by_address.retain(|remote, &mut p| {
            if p == at {
                released.push(*remote);
            }
            p != at
        });
        self.pacing.retain(|&p| p != at);
        Ok(())
    }

    /// Send a DTLS datagram to the peer's path, if there is one.
    pub fn send_dtls(&mut self, id: PeerId, data: &[u8], out: &mut dyn Outbox) -> Outcome {
        let at = self.peer(id)?;
        if let Some(to) = self.peers.get(at).and_then(|p| p.ice.path()) {
            out.begin(to, data.len())[..data.len()].copy_from_slice(data);
            out.finish(data.len());
        }
        Ok(())
    }

    /// Master keys and salts of both directions.
    pub fn set_srtp(&mut self, id: PeerId, profile: Profile, rx: (&[u8], &[u8]), tx: (&[u8], &[u8])) -> Outcome {
        let at = self.peer(id)?;
        let peer = self.peers.get_mut(at).ok_or(NO_PEER)?;
        if peer.outbound.is_some() {
            return Err("keys are set already");
        }
        let inbound = Inbound::new(profile, rx.0, rx.1).ok_or("key lengths do not fit the profile")?;
        let outbound = Outbound::new(profile, tx.0, tx.1).ok_or("key lengths do not fit the profile")?;
        (peer.inbound, peer.outbound) = (Some(inbound), Some(outbound));
        self.timers.hurry();
        Ok(())
    }

    /// The peer's header extension ids.
    pub fn set_ext(&mut self, id: PeerId, map: ExtMap) -> Outcome {
        let at = self.peer(id)?;
        self.peers.get_mut(at).ok_or(NO_PEER)?.ext = map;
        Ok(())
    }

    /// A ceiling for what the peer may send; 0 none.
    pub fn set_remb(&mut self, id: PeerId, bps: u64) -> Outcome {
        let at = self.peer(id)?;
        self.peers.get_mut(at).ok_or(NO_PEER)?.remb_bps = bps;
        Ok(())
    }

    /// What all that the peer wishes to see would cost; 0 nothing.
    pub fn set_desired(&mut self, id: PeerId, bps: u64) -> Outcome {
        let at = self.peer(id)?;
        self.peers.get_mut(at).ok_or(NO_PEER)?.desired_bps = bps;
        self.timers.hurry();
        Ok(())
    }

    /// A publication.
    pub fn add_source(&mut self, new: NewSource) -> Outcome {
        let at = self.peer(new.peer)?;
        if self.source_at.contains_key(&new.id) {
            return Err(TAKEN);
        }
        let rids: Vec<Rid> = new.rids.iter().map(|r| Rid::from(r.as_str())).collect();
        let mut source = Source::new(new.id, new.peer, new.mid.as_bytes(), new.kind, new.codecs, &rids);
        source.peer = Some(at);
        let mut streams = Vec::new();
        for (ssrc, rid, rtx) in &new.ssrcs {
            let layer = source.layer_named(rid.as_bytes()).ok_or("ssrc of an unknown rid")?;
            source.layers[layer].ssrc = Some(*ssrc);
            streams.push((*ssrc, layer, false));
            if *rtx != 0 {
                source.layers[layer].rtx_ssrc = Some(*rtx);
                streams.push((*rtx, layer, true));
            }
        }
        let index = self.sources.insert(source);
        self.source_at.insert(new.id, index);
        let peer = self.peers.get_mut(at).ok_or(NO_PEER)?;
        peer.sources.push(index);
        for (ssrc, layer, is_rtx) in streams {
            peer.bind_stream(ssrc, Stream { source: index, layer, is_rtx });
        }
        Ok(())
    }

    /// A mirror of a source of another relay; its packets come in parcels. It ends with `remove_source`.
    pub fn add_mirror(&mut self, new: NewMirror) -> Outcome {
        if self.source_at.contains_key(&new.id) {
            return Err(TAKEN);
        }
        let rids: Vec<Rid> = new.rids.iter().map(|r| Rid::from(r.as_str())).collect();
        let mut source = Source::new(new.id, new.publisher, b"", new.kind, new.codecs, &rids);
        source.home = Some(Home { relay: new.relay, source: new.source, told: 0 });
        let index = self.sources.insert(source);
        self.source_at.insert(new.id, index);
        self.exchange.post(new.relay, Item::Begin { source: new.source, mirror: new.id });
        Ok(())
    }

    /// Permit a publication, or not: then its packets are dropped and its slots fall silent.
    pub fn enable_source(&mut self, id: SourceId, on: bool) -> Outcome {
        let index = self.source(id)?;
        let source = self.sources.get_mut(index).ok_or(NO_SOURCE)?;
        if source.enabled != on {
            source.enabled = on;
            self.exchange.tell_mirrors(source, |mirror| Item::Enabled { source: mirror, on });
            if on {
                self.timers.hurry();
            } else {
                self.silence_subscribers(index);
            }
        }
        Ok(())
    }

    /// Its pictures are worth waiting for (a shared screen), or not.
    pub fn set_patient(&mut self, id: SourceId, on: bool) -> Outcome {
        let index = self.source(id)?;
        self.sources.get_mut(index).ok_or(NO_SOURCE)?.patient = on;
        Ok(())
    }

    /// A publication ended.
    pub fn remove_source(&mut self, id: SourceId) -> Outcome {
        let index = self.source_at.remove(&id).ok_or(NO_SOURCE)?;
        self.silence_subscribers(index);
        let source = self.sources.remove(index).ok_or(NO_SOURCE)?;
        for &slot in &source.subscribers {
            if let Some(slot) = self.slots.get_mut(slot) {
                slot.source = None;
            }
        }
        self.exchange.tell_end(&source);
        if let Some(peer) = source.peer.and_then(|p| self.peers.get_mut(p)) {
            peer.sources.retain(|&s| s != index);
            peer.streams.retain(|_, s| s.source != index);
        }
        self.fresh.retain(|&s| s != index);
        Ok(())
    }

    pub(super) fn silence_subscribers(&mut self, source: usize) {
        let Some(source) = self.sources.get(source) else { return };
        for &at in &source.subscribers {
            if let Some(slot) = self.slots.get_mut(at)
                && slot.current.is_some()
            {
                slot.detach();
                self.notices.push(Notice::Switched { slot: slot.id, shown: None });
            }
        }
    }

    /// A receive slot.
    pub fn add_slot(&mut self, new: NewSlot) -> Outcome {
        let at = self.peer(new.peer)?;
        if self.slot_at.contains_key(&new.id) {
            return Err(TAKEN);
        }
        let peer = self.peers.get_mut(at).ok_or(NO_PEER)?;
        let rtx_ssrc = Some(new.rtx_ssrc).filter(|&s| s != 0);
        let ssrcs = [Some(new.ssrc), rtx_ssrc];
        if new.ssrc == new.rtx_ssrc || ssrcs.iter().flatten().any(|s| peer.used_ssrcs.contains(s) || *s == peer.reporter) {
            return Err("ssrc was used before");
        }
        peer.used_ssrcs.extend(ssrcs.iter().flatten());
        let mut slot = Slot::new(new.id, at, new.mid.as_bytes(), new.kind, new.ssrc, rtx_ssrc);
        slot.codecs = new.codecs;
        slot.cname = new.cname.into_bytes();
        let index = self.slots.insert(slot);
        self.slot_at.insert(new.id, index);
        peer.slots.push(index);
        peer.slot_by_ssrc.insert(new.ssrc, index);
        Ok(())
    }

    /// A receive slot is gone.
    pub fn remove_slot(&mut self, id: SlotId) -> Outcome {
        let index = self.slot_at.remove(&id).ok_or(NO_SLOT)?;
        let slot = self.slots.remove(index).ok_or(NO_SLOT)?;
        if let Some(source) = slot.source.and_then(|s| self.sources.get_mut(s)) {
            source.subscribers.retain(|&s| s != index);
        }
        if let Some(peer) = self.peers.get_mut(slot.peer) {
            peer.slots.retain(|&s| s != index);
            peer.pacer.forget_slot(index);
            peer.slot_by_ssrc.remove(&slot.ssrc);
        }
        Ok(())
    }

    /// Show a source's layer in a slot; None: silence.
    pub fn route(&mut self, slot: SlotId, source: Option<SourceId>, rid: &str, max_tid: u8) -> Outcome {
        let index = *self.slot_at.get(&slot).ok_or(NO_SLOT)?;
        let new = source.map(|id| self.source(id)).transpose()?;
        let slot = self.slots.get_mut(index).ok_or(NO_SLOT)?;
        let mut wanted = 0;
        if let Some(source) = new.and_then(|s| self.sources.get(s)) {
            if source.kind != slot.kind {
                return Err("slot and source are of different kinds");
            }
            if !rid.is_empty() {
                wanted = source.layer_named(rid.as_bytes()).ok_or("unknown rid")?;
            }
        }
        (slot.wanted, slot.max_tid) = (wanted, max_tid);
        if slot.source != new {
            if let Some(old) = slot.source.and_then(|s| self.sources.get_mut(s)) {
                old.subscribers.retain(|&s| s != index);
            }
            if slot.current.is_some() && new.is_none() {
                self.notices.push(Notice::Switched { slot: slot.id, shown: None });
            }
            slot.detach();
            slot.source = new;
            slot.codec_refused = false;
            if let Some(source) = new.and_then(|s| self.sources.get_mut(s)) {
                source.subscribers.push(index);
            }
        }
        self.settle_permission(index);
        self.timers.hurry();
        Ok(())
    }

    /// Of what the slot shows, forward only whole keyframes; or everything again, from the next keyframe on.
    pub fn set_stills(&mut self, slot: SlotId, wanted: bool) -> Outcome {
        let index = *self.slot_at.get(&slot).ok_or(NO_SLOT)?;
        let slot = self.slots.get_mut(index).ok_or(NO_SLOT)?;
        let moves_again = slot.kind == Kind::Video && slot.stills.want(wanted);
        if moves_again && let (Some(layer), Some(source)) = (slot.current, slot.source.and_then(|s| self.sources.get_mut(s)))
        {
            source.keyframes.want(layer);
            self.timers.hurry();
        }
        Ok(())
    }

    /// How many earlier frames go with each packet of sound in a slot: as RED, else as the earlier packets once more.
    pub fn set_red(&mut self, slot: SlotId, copies: usize) -> Outcome {
        let index = *self.slot_at.get(&slot).ok_or(NO_SLOT)?;
        let slot = self.slots.get_mut(index).ok_or(NO_SLOT)?;
        if slot.kind != Kind::Audio {
            return Err("only sound carries copies");
        }
        slot.red_copies = copies.min(MAX_COPIES);
        if slot.doubles() > 0 {
            slot.resends.begin();
        }
        Ok(())
    }

    /// Whose pictures or sounds the peer may be sent; None: everybody's. What is not permitted any more ends with this call.
    pub fn set_sees(&mut self, id: PeerId, kind: Kind, publishers: Option<&[PeerId]>) -> Outcome {
        let at = self.peer(id)?;
        let peer = self.peers.get_mut(at).ok_or(NO_PEER)?;
        peer.permits.set(kind, publishers);
        for slot in peer.slots.clone() {
            self.settle_permission(slot);
        }
        self.timers.hurry();
        Ok(())
    }

    /// Bring a slot in line with what its peer may be sent.
    fn settle_permission(&mut self, index: usize) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        let publisher = slot.source.and_then(|s| self.sources.get(s)).map(|s| s.publisher);
        let permits = self.peers.get(slot.peer).map(|p| &p.permits);
        slot.permitted = publisher.zip(permits).is_none_or(|(publisher, permits)| permits.allow(slot.kind, publisher));
        if !slot.permitted && slot.current.is_some() {
            slot.detach();
            self.notices.push(Notice::Switched { slot: slot.id, shown: None });
        }
    }

    /// Ask the publisher for a keyframe of every live layer that somebody gets.
    pub fn request_keyframe(&mut self, id: SourceId, now: Micros, out: &mut dyn Outbox) -> Outcome {
        let index = self.source(id)?;
        let source = self.sources.get_mut(index).ok_or(NO_SOURCE)?;
        // Any one layer will do: browsers answer with keyframes on all.
        source.keyframes.want(source.best().unwrap_or(0));
        self.flush_keyframe_requests(index, now, out);
        Ok(())
    }

    /// Begin or end handing out plaintext packets of a source.
    pub fn tap(&mut self, id: SourceId, on: bool, best_only: bool) -> Outcome {
        let index = self.source(id)?;
        let source = self.sources.get_mut(index).ok_or(NO_SOURCE)?;
        if source.home.is_some() {
            return Err("a mirror is tapped at its home");
        }
        source.tap = on.then(|| Tap::new(best_only));
        self.timers.hurry();
        Ok(())
    }

    pub(super) fn peer(&self, id: PeerId) -> Result<usize, &'static str> {
        self.peer_at.get(&id).copied().ok_or(NO_PEER)
    }

    pub(super) fn source(&self, id: SourceId) -> Result<usize, &'static str> {
        self.source_at.get(&id).copied().ok_or(NO_SOURCE)
    }
}

/// Rebinding a layer to a new SSRC: slots showing it must wait for its keyframe.
pub(super) fn rebind(layer: &mut Layer, ssrc: u32) {
    layer.rebind(ssrc);
}
