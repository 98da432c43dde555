//! What happens by time: retries, feedback, levels, reports. One call per turn of the loop; each kind of work has its period.

use super::Relay;
use crate::Micros;
use crate::downlink::Measured;
use crate::ids::Kind;
use crate::mirror::{bit, bits};
use crate::notice::{Feedback, LayerRate, Notice};
use crate::outbox::Outbox;
use crate::rtcp;

/// NACK and keyframe retries, probes that are due.
const RETRY_US: Micros = 20_000;
/// Transport-wide feedback to publishers.
const FEEDBACK_US: Micros = 60_000;
/// Feedback packets to one peer at once: each tells of up to 400 of its packets.
const MAX_FEEDBACKS: usize = 4;
/// Audio levels, silent layers, who waits for a keyframe.
const LEVELS_US: Micros = 100_000;
/// Downlink feedback, stalls.
const WATCH_US: Micros = 200_000;
/// Receiver reports, rates, bitrate ceilings.
const REPORT_US: Micros = 1_000_000;
/// Reports of peers whose own estimate is all there is say nothing else.
const UNKNOWN: f32 = -1.0;

/// When each kind of work is due.
#[derive(Default)]
pub(super) struct Timers {
    retry: Micros,
    feedback: Micros,
    levels: Micros,
    watch: Micros,
    report: Micros,
}

impl Timers {
    /// Something changed: look at the retries and at who waits at once.
    pub(super) fn hurry(&mut self) {
        self.retry = 0;
        self.levels = 0;
    }

    /// A peer's downlink is to be told of at once.
    pub(super) fn hurry_watch(&mut self) {
        self.watch = 0;
    }
}

/// True when `due` has come; sets the next time.
fn take(due: &mut Micros, period: Micros, now: Micros) -> bool {
    let is_due = now >= *due;
    if is_due {
        *due = now + period;
    }
    is_due
}

impl Relay {
    /// Do what is due; returns when to call again at the latest.
    pub fn tick(&mut self, now: Micros, out: &mut dyn Outbox) -> Micros {
        if self.peers.iter().next().is_none() {
            return now + REPORT_US;
        }
        if take(&mut self.timers.levels, LEVELS_US, now) {
            self.note_silent_layers(now);
            self.note_who_waits(now);
            self.report_levels(now);
        }
        if take(&mut self.timers.retry, RETRY_US, now) {
            for source in 0..self.sources.end() {
                self.flush_nacks(source, now, out);
                self.flush_keyframe_requests(source, now, out);
            }
            self.plan_probes(now);
        }
        if take(&mut self.timers.feedback, FEEDBACK_US, now) {
            self.send_transport_feedback(out);
        }
        if take(&mut self.timers.watch, WATCH_US, now) {
            self.check_stalls(now);
            self.report_downlinks(now);
        }
        if take(&mut self.timers.report, REPORT_US, now) {
            self.send_receiver_reports(now, out);
            self.report_rates();
        }
        let pace = self.pace(now, out);
        let t = &self.timers;
        pace.min(t.retry).min(t.feedback).min(t.levels).min(t.watch).min(t.report)
    }

    /// Slots and taps that wait for a keyframe of the layer they are to show.
    fn note_who_waits(&mut self, now: Micros) {
        let Self { sources, slots, peers, tap_backlog, exchange, .. } = self;
        for (_, source) in sources.iter_mut().filter(|(_, s)| s.enabled && s.kind == Kind::Video) {
            for &slot in &source.subscribers {
                let Some(slot) = slots.get(slot) else { continue };
                let target = source.target(slot.wanted);
                let is_ready = peers.get(slot.peer).is_some_and(|p| p.ready().is_some());
                let has_picture = slot.current.is_some_and(|l| source.layers[l].up);
                let steps_soon = has_picture && source.layers[target].keyframe.is_coming(now);
                let is_worth_it = !has_picture || (source.layers[target].steady_us <= now && !steps_soon);
                if slot.current != Some(target)
                    && is_ready
                    && is_worth_it
                    && !slot.codec_refused
                    && slot.permitted
                    && slot.patient_until <= now
                {
                    source.keyframes.want(target);
                }
            }
            let best = source.best();
            if let Some(layer) = source.tap.as_ref().and_then(|t| t.waits_for(source.kind, best, *tap_backlog)) {
                source.keyframes.want(layer);
            }
            exchange.want_after_gaps(source);
        }
        self.tell_homes_what_is_watched();
    }

    fn report_levels(&mut self, now: Micros) {
        let levels: Vec<_> = self.sources.iter_mut().filter_map(|(_, s)| Some((s.id, s.level.take_news(now)?))).collect();
        if !levels.is_empty() {
            self.notices.push(Notice::Levels(levels));
        }
    }

    fn send_transport_feedback(&mut self, out: &mut dyn Outbox) {
        for (_, peer) in self.peers.iter_mut() {
            let first = peer.sources.first().and_then(|&s| self.sources.get(s));
            let media = first.and_then(|s| s.layers.iter().find_map(|l| l.ssrc)).unwrap_or(0);
            for _ in 0..MAX_FEEDBACKS {
                self.compound.clear();
                if !peer.arrivals.write_feedback(&mut self.compound, peer.reporter, media) {
                    break;
                }
                peer.send_rtcp(&self.compound, out);
            }
        }
    }

    fn note_silent_layers(&mut self, now: Micros) {
        for (_, source) in self.sources.iter_mut().filter(|(_, s)| s.home.is_none()) {
            let newest = source.layers.iter().map(|l| l.last_us).max().unwrap_or(0);
            let mut fell = 0u8;
            for (i, layer) in source.layers.iter_mut().enumerate() {
                if layer.fell_silent(newest, now) {
                    layer.up = false;
                    fell |= bit(i);
                    source.keyframes.forget(i);
                    self.notices.push(Notice::Layer {
                        source: source.id,
                        rid: layer.rid.clone(),
                        ssrc: layer.ssrc.unwrap_or(0),
                        codec: layer.codec,
                        up: false,
                        size: layer.size,
                    });
                }
            }
            for layer in bits(fell) {
                self.exchange.tell_layer(source, layer);
            }
        }
    }

    fn report_downlinks(&mut self, now: Micros) {
        let feedback: Vec<_> = self
            .peers
            .iter_mut()
            .filter_map(|(_, peer)| {
                let sent_bps = peer.downlink.sent_bps(now);
                let is_told = peer.ceiling.review(sent_bps, now);
                let nothing = Measured { sent_bps, acked_bps: 0, estimate_bps: 0, owd_ms: UNKNOWN, loss: UNKNOWN };
                let m = peer.downlink.measure(now).or(is_told.then_some(nothing))?;
                Some(Feedback {
                    peer: peer.id,
                    sent_bps: m.sent_bps,
                    acked_bps: m.acked_bps,
                    estimate_bps: m.estimate_bps,
                    owd_ms: m.owd_ms,
                    loss: m.loss,
                    rtt_ms: peer.rtt_us.map_or(-1.0, |us| us as f32 / 1000.0),
                    remb_bps: peer.ceiling.told_bps().unwrap_or(0),
                })
            })
            .collect();
        if !feedback.is_empty() {
            self.notices.push(Notice::Feedback(feedback));
        }
    }

    /// One report block per layer that is mapped, and the bitrate ceiling.
    fn send_receiver_reports(&mut self, now: Micros, out: &mut dyn Outbox) {
        for (_, peer) in self.peers.iter_mut() {
            self.blocks.clear();
            let mut ssrcs = Vec::new();
            for &source in &peer.sources {
                let Some(source) = self.sources.get_mut(source) else { continue };
                for layer in &mut source.layers {
                    let Some(ssrc) = layer.ssrc else { continue };
                    ssrcs.push(ssrc);
                    self.blocks.extend(layer.reception.report(ssrc, layer.sr.as_ref(), now));
                }
            }
            for blocks in self.blocks.chunks(rtcp::MAX_BLOCKS) {
                self.compound.clear();
                rtcp::write_receiver_report(&mut self.compound, peer.reporter, blocks);
                peer.send_rtcp(&self.compound, out);
            }
            if peer.remb_bps > 0 && !ssrcs.is_empty() {
                self.compound.clear();
                rtcp::write_remb(&mut self.compound, peer.reporter, peer.remb_bps, &ssrcs);
                peer.send_rtcp(&self.compound, out);
            }
        }
    }

    fn report_rates(&mut self) {
        let mut rates = Vec::new();
        for (_, source) in self.sources.iter_mut() {
            for layer in &mut source.layers {
                layer.close_second();
                if layer.up && source.home.is_none() {
                    let (bps, pps, base_bps) = (layer.bps, layer.pps, layer.base_bps);
                    rates.push(LayerRate { source: source.id, rid: layer.rid.clone(), bps, pps, base_bps });
                }
            }
        }
        if !rates.is_empty() {
            self.notices.push(Notice::Rates(rates));
        }
    }
}
