//! Probing: short spells in which as much is sent as the line is hoped to carry, media filled up with padding. How much of it arrives
//! how fast says what the line carries. This module says when and how much; `relay::pace` sends.

use super::control::START_BPS;
use super::history::Known;
use crate::Micros;

/// A spell's length: the first, when nothing is known and a slow line must not be flooded, and later ones. At twice the line's rate
/// the queue grows to the length of the spell and is gone as soon after.
const FIRST_US: Micros = 40_000;
const SPELL_US: Micros = 100_000;
/// So few packets say nothing; waiting for them ends the spell at the latest after this.
const MIN_PACKETS: u32 = 8;
const LONGEST_US: Micros = 200_000;
/// The first goal, in parts of the starting estimate; later ones, in parts of the estimate; and what is wished, with room for the swing of
/// a layer's rate about its mean.
const FIRST_STEP: u64 = 3;
const STEP: u64 = 2;
const ROOM: f64 = 1.2;
/// Near enough to what is wished; a goal nearer to the estimate is not worth the padding.
const ENOUGH: f64 = 1.15;
const WORTH: f64 = 1.1;
/// Arriving slower than this part of the sending rate: the line was full, and all that arrived is what it carries.
const FULL: f64 = 0.9;
/// Of a full line this much is taken, as a queue was seen to grow.
const OF_FULL: f64 = 0.95;
/// Between spells that lead on from each other, so that the first one's queue is gone.
const NEXT_US: Micros = 150_000;
/// The first is short and may misjudge: after it the next one comes sooner.
const SECOND_US: Micros = 800_000;
/// After one that did not help, doubled each time; at most so long, which is how long a line that got better may go unnoticed.
const WAIT_US: Micros = 4_000_000;
const LONGEST_WAIT_US: Micros = 30_000_000;
/// A rise that ends in a cut within this time was none.
const TRIAL_US: Micros = 10_000_000;
/// What was there before a cut and had lasted for so many seconds is asked for again once the line is calm, this long after the cut at the earliest, whatever the
/// wait for more: a machine on the way that stood still for a moment leaves a queue like a narrow line's.
const LASTING_S: usize = 10;
const RECOVER_US: Micros = 1_000_000;
/// Asked for so long after the cut, it is no longer the same line.
const RECOVER_WITHIN_US: Micros = 10_000_000;
/// Feedback about a spell is waited for so long, beside two round trips.
const ANSWER_US: Micros = 1_000_000;
/// A spell whose feedback was lost is tried again after this, so many times in a row.
const RETRY_US: Micros = 500_000;
const RETRIES: u8 = 3;
/// A line that is full queues: arrivals stretch by more than this. Loss up to this without it is the line's nature or not worth a judgement.
const STRETCHED: f64 = 1.1;
const TOLERATED_LOSS: f64 = 0.2;
/// So long after a spell, and a round trip, queues are its doing.
const DRAIN_US: Micros = 250_000;

/// What a spell showed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Outcome {
    /// What may be sent.
    pub bps: u64,
    /// The line was full.
    pub is_full: bool,
    /// What was tried.
    pub goal_bps: u64,
}

/// A spell: what was sent of it and what of that arrived.
struct Spell {
    id: u8,
    goal_bps: u64,
    begun_us: Micros,
    length_us: Micros,
    ended_us: Option<Micros>,
    sent: Span,
    /// Of the last moment of sending: it marks the end, its bytes come after it.
    last_bytes: u64,
    packets: u32,
    told: u32,
    /// Of what feedback spoke of: feedback may be lost, too.
    told_bytes: u64,
    arrived_bytes: u64,
    arrivals: u32,
    /// Delays (arrival less sending, of two clocks) of the first and the second half: their sum and number.
    halves: [(i64, i64); 2],
}

#[derive(Clone, Copy, Default)]
struct Span {
    bytes: u64,
    from: i64,
    to: i64,
}

/// One peer's probing.
pub struct Probes {
    spell: Option<Spell>,
    last_id: u8,
    wait_us: Micros,
    not_before: Micros,
    quiet_until: Micros,
    raised_us: Option<Micros>,
    unanswered: u8,
    lasting: Lasting,
    /// What had lasted before a cut, and when that was.
    lost: Option<(u64, Micros)>,
    is_recovering: bool,
}

/// The least estimate of the last seconds.
#[derive(Default)]
struct Lasting {
    began_us: Option<Micros>,
    minima: [(u64, u64); LASTING_S],
}

impl Lasting {
    fn note(&mut self, bps: u64, now: Micros) {
        self.began_us.get_or_insert(now);
        let second = now / 1_000_000;
        let bucket = &mut self.minima[(second % LASTING_S as u64) as usize];
        *bucket = if bucket.0 == second { (second, bucket.1.min(bps)) } else { (second, bps) };
    }

    /// None: not for so long.
    fn bps(&self, now: Micros) -> Option<u64> {
        let second = now / 1_000_000;
        let is_old = self.began_us.is_some_and(|at| now >= at + LASTING_S as u64 * 1_000_000);
        let recent = self.minima.iter().filter(|(s, _)| second.saturating_sub(*s) < LASTING_S as u64);
        recent.map(|&(_, bps)| bps).min().filter(|_| is_old)
    }
}

impl Default for Probes {
    fn default() -> Self {
        Self {
            spell: None,
            last_id: 0,
            wait_us: WAIT_US,
            not_before: 0,
            quiet_until: 0,
            raised_us: None,
            unanswered: 0,
            lasting: Lasting::default(),
            lost: None,
            is_recovering: false,
        }
    }
}

impl Probes {
    /// Begin a spell if one is due. `estimate` None: nothing came back yet. `noise`: the share of packets that is lost anyway; so much
    /// more is sent, for the estimate is of what arrives.
    pub fn plan(&mut self, estimate: Option<u64>, desired: u64, noise: f32, is_calm: bool, now: Micros) {
        if self.raised_us.is_some_and(|at| now >= at + TRIAL_US) {
            (self.raised_us, self.wait_us) = (None, WAIT_US);
        }
        let recover_bps = self.recoverable(estimate, now);
        if self.spell.is_some() || (now < self.not_before && recover_bps.is_none()) || !is_calm || desired == 0 {
            return;
        }
        let (known, step) = (estimate.unwrap_or(START_BPS), if self.last_id == 0 { FIRST_STEP } else { STEP });
        let length_us = if self.last_id == 0 { FIRST_US } else { SPELL_US };
        if !Self::is_worth(estimate, desired) {
            return;
        }
        let goal_bps = (known * step).min((desired as f64 * ROOM) as u64).min(recover_bps.unwrap_or(u64::MAX));
        self.is_recovering = recover_bps.is_some();
        if (goal_bps as f64) < known as f64 * WORTH {
            return;
        }
        self.last_id = if self.last_id == u8::MAX { 1 } else { self.last_id + 1 };
        self.spell = Some(Spell {
            id: self.last_id,
            goal_bps: (goal_bps as f64 / (1.0 - f64::from(noise.min(0.5)))) as u64,
            begun_us: now,
            length_us,
            ended_us: None,
            sent: Span::default(),
            last_bytes: 0,
            packets: 0,
            told: 0,
            told_bytes: 0,
            arrived_bytes: 0,
            arrivals: 0,
            halves: [(0, 0); 2],
        });
    }

    /// What was there before a cut, if it is time to ask for it.
    fn recoverable(&mut self, estimate: Option<u64>, now: Micros) -> Option<u64> {
        let is_worth = |bps: u64| estimate.is_some_and(|known| bps as f64 >= known as f64 * WORTH);
        self.lost = self.lost.filter(|&(bps, at)| is_worth(bps) && now < at + RECOVER_WITHIN_US);
        self.lost.filter(|&(_, at)| now >= at + RECOVER_US).map(|(bps, _)| bps)
    }

    /// Is there anything to be found that is wished for?
    pub fn is_worth(estimate: Option<u64>, desired: u64) -> bool {
        (estimate.unwrap_or(START_BPS) as f64) < desired as f64 * ENOUGH
    }

    /// The mark for packets sent now: the running spell's, or 0.
    pub fn mark(&self) -> u8 {
        self.spell.as_ref().filter(|s| s.ended_us.is_none()).map_or(0, |s| s.id)
    }

    /// True while padding is to be sent.
    pub fn is_running(&self) -> bool {
        self.mark() != 0
    }

    /// True while queues are a probe's doing.
    pub fn is_disturbing(&self, now: Micros) -> bool {
        self.is_running() || now < self.quiet_until
    }

    /// A packet with the running spell's mark went out.
    pub fn on_sent(&mut self, bytes: u64, now: Micros) {
        let Some(spell) = self.spell.as_mut().filter(|s| s.ended_us.is_none()) else { return };
        let at = now as i64;
        if spell.packets == 0 || at > spell.sent.to {
            spell.last_bytes = 0;
        }
        spell.sent.add(bytes, at, spell.packets == 0);
        spell.last_bytes += bytes;
        spell.packets += 1;
    }

    /// Bytes of padding to send now, 0 none; ends the spell when its time has come. `rtt_us` for how long it disturbs.
    pub fn padding_due(&mut self, rtt_us: Micros, now: Micros) -> u64 {
        let Some(spell) = self.spell.as_mut().filter(|s| s.ended_us.is_none()) else { return 0 };
        let since_us = now.saturating_sub(spell.begun_us);
        let is_over = since_us >= spell.length_us && spell.packets >= MIN_PACKETS;
        if is_over || since_us >= LONGEST_US.max(spell.length_us) {
            spell.ended_us = Some(now);
            self.quiet_until = now + DRAIN_US + rtt_us;
            return 0;
        }
        (spell.goal_bps * since_us / 8_000_000).saturating_sub(spell.sent.bytes).max(u64::from(spell.packets == 0))
    }

    /// What the running spell aims at.
    pub fn goal_bps(&self) -> u64 {
        self.spell.as_ref().map_or(0, |s| s.goal_bps)
    }

    /// A marked packet arrived.
    pub fn on_arrived(&mut self, known: &Known, arrival: i64) {
        let Some(spell) = self.spell.as_mut().filter(|s| s.id == known.cluster) else { return };
        if !known.was_missing {
            spell.note_told(known);
        }
        let is_late = known.sent_us.saturating_sub(spell.begun_us) > spell.length_us / 2;
        let half = &mut spell.halves[usize::from(is_late)];
        *half = (half.0.saturating_add(arrival - known.sent_us as i64), half.1 + 1);
        spell.arrived_bytes += known.bytes;
        spell.arrivals += 1;
    }

    /// A marked packet is missing.
    pub fn on_missing(&mut self, known: &Known) {
        if let Some(spell) = self.spell.as_mut().filter(|s| s.id == known.cluster) {
            spell.note_told(known);
        }
    }

    /// The spell's outcome once all of it was told of, or nothing more is to be expected. `noise`: share that is lost anyway.
    pub fn finish(&mut self, rtt_us: Micros, noise: f32, now: Micros) -> Option<Option<Outcome>> {
        let spell = self.spell.as_ref()?;
        let ended_us = spell.ended_us?;
        if spell.told < spell.packets && now < ended_us + ANSWER_US + 2 * rtt_us {
            return None;
        }
        let outcome = spell.outcome(noise);
        self.spell = None;
        Some(outcome)
    }

    /// The outcome was put to use: it raised the estimate, or not.
    pub fn on_result(&mut self, outcome: Option<Outcome>, has_risen: bool, now: Micros) {
        if outcome.is_none() && self.unanswered < RETRIES {
            self.unanswered += 1;
            self.not_before = now + RETRY_US;
            return;
        }
        if outcome.is_some() {
            self.unanswered = 0;
        }
        if std::mem::take(&mut self.is_recovering) {
            // What it finds is no news of more, and what it does not find says nothing against trying for more when it is time.
            self.lost = self.lost.filter(|_| outcome.is_some_and(|o| !o.is_full));
            self.not_before = self.not_before.max(now + NEXT_US);
            return;
        }
        if !has_risen {
            self.not_before = now + self.wait_us;
            self.wait_us = (self.wait_us * 2).min(LONGEST_WAIT_US);
            return;
        }
        self.raised_us = Some(now);
        let leads_on = outcome.is_some_and(|o| !o.is_full);
        let wait_us = if self.last_id == 1 { SECOND_US } else { self.wait_us };
        self.not_before = now + if leads_on { NEXT_US } else { wait_us };
    }

    /// The estimate before the next measurement is taken in.
    pub fn note_estimate(&mut self, bps: u64, now: Micros) {
        self.lasting.note(bps, now);
    }

    /// The estimate was cut. `is_on_trial`: it will be given back by itself if that was wrong.
    pub fn on_cut(&mut self, is_on_trial: bool, now: Micros) {
        let before_bps = self.lost.map(|(bps, _)| bps).max(self.lasting.bps(now));
        self.lost = before_bps.filter(|_| !is_on_trial).map(|bps| (bps, now));
        if self.raised_us.take().is_some_and(|at| now < at + TRIAL_US) {
            self.wait_us = (self.wait_us * 2).min(LONGEST_WAIT_US);
        }
        self.not_before = self.not_before.max(now + self.wait_us);
    }

    /// The line was away, or is another one: what was learnt of failing no longer counts.
    pub fn on_gap(&mut self, now: Micros) {
        *self = Self { last_id: self.last_id, not_before: now + NEXT_US, ..Self::default() };
    }
}

impl Spell {
    fn note_told(&mut self, known: &Known) {
        self.told_bytes += known.bytes;
        self.told += 1;
    }

    /// None: too little arrived to tell.
    fn outcome(&self, noise: f32) -> Option<Outcome> {
        let [(first, n), (second, m)] = self.halves;
        let is_little = self.arrivals < MIN_PACKETS / 2 || self.told * 2 < self.packets;
        if is_little || n == 0 || m == 0 || self.sent.us() <= 0 {
            return None;
        }
        let sent = rate(self.sent.bytes - self.last_bytes, self.sent.us());
        // A full line's queue grows evenly: the halves' mean delays differ by half of what arrivals are stretched by.
        let grown_us = (second / m - first / n) as f64;
        let stretch = 1.0 + (grown_us * 2.0 / self.sent.us() as f64).max(0.0);
        let share = self.arrived_bytes as f64 / self.told_bytes.max(1) as f64;
        let is_nature = stretch < STRETCHED && 1.0 - share < TOLERATED_LOSS;
        let noise = f64::from(noise.min(0.5)).max(if is_nature { 1.0 - share } else { 0.0 });
        let part = share / stretch;
        let is_full = part < FULL * (1.0 - noise);
        let bps = if is_full { sent * part * OF_FULL } else { sent * part };
        Some(Outcome { bps: bps as u64, is_full, goal_bps: self.goal_bps })
    }
}

impl Span {
    fn us(&self) -> i64 {
        self.to - self.from
    }

    fn add(&mut self, bytes: u64, at: i64, is_first: bool) {
        self.bytes += bytes;
        (self.from, self.to) = if is_first { (at, at) } else { (self.from.min(at), self.to.max(at)) };
    }
}

fn rate(bytes: u64, us: i64) -> f64 {
    bytes as f64 * 8e6 / us.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Run one spell over a line of this rate; what it showed.
    fn spell(p: &mut Probes, estimate: Option<u64>, desired: u64, line_bps: u64, at: Micros) -> Option<Outcome> {
        p.plan(estimate, desired, 0.0, true, at);
        assert!(p.is_running());
        let (mark, mut now, mut free) = (p.mark(), at, 0u64);
        while p.is_running() {
            while p.padding_due(40_000, now) > 0 {
                p.on_sent(300, now);
                free = free.max(now) + 300 * 8_000_000 / line_bps;
                let known = Known { sent_us: now, bytes: 300, cluster: mark, was_missing: false };
                p.on_arrived(&known, free as i64 + 999);
            }
            now += 5_000;
        }
        p.finish(40_000, 0.0, now).unwrap()
    }

    #[test]
    fn a_spell_shows_the_goal_or_the_line() {
        let mut p = Probes::default();
        let open = spell(&mut p, None, 2_000_000, 50_000_000, 1_000_000).unwrap();
        assert!(!open.is_full && (800_000..1_000_000).contains(&open.bps), "{open:?}");
        p.on_result(Some(open), true, 1_100_000);
        let full = spell(&mut p, Some(900_000), 9_000_000, 1_200_000, 2_000_000).unwrap();
        assert!(full.is_full && (1_050_000..1_180_000).contains(&full.bps), "{full:?}");
    }

    #[test]
    fn what_fails_is_tried_again_ever_more_seldom() {
        let mut p = Probes::default();
        let (mut now, mut starts) = (0, Vec::new());
        while now < 120_000_000 {
            p.plan(Some(600_000), 2_000_000, 0.0, true, now);
            if p.is_running() {
                starts.push(now / 1_000_000);
                p.spell = None;
                let nothing = Outcome { bps: 0, is_full: true, goal_bps: 0 };
                p.on_result(Some(nothing), false, now);
            }
            now += 100_000;
        }
        assert_eq!(starts, [0, 4, 12, 28, 58, 88, 118]);
    }

    #[test]
    fn what_had_lasted_before_a_cut_is_asked_for_again_at_once_and_only_so_much() {
        let mut p = Probes { wait_us: LONGEST_WAIT_US, not_before: 60_000_000, last_id: 7, ..Probes::default() };
        (0..=20).for_each(|s| p.note_estimate(700_000 + s * 100, s * 1_000_000));
        p.on_cut(false, 20_000_000);
        p.plan(Some(450_000), 2_000_000, 0.0, true, 20_500_000);
        assert!(!p.is_running(), "the queue is not yet gone");
        let found = spell(&mut p, Some(450_000), 2_000_000, 720_000, 21_500_000).unwrap();
        assert!(!found.is_full && found.goal_bps == 701_100, "{found:?}");
        p.on_result(Some(found), true, 21_700_000);
        p.plan(Some(690_000), 2_000_000, 0.0, true, 30_000_000);
        assert!(!p.is_running(), "more only when it is time");
    }

    #[test]
    fn what_had_not_lasted_is_not_asked_for() {
        let mut p = Probes { wait_us: LONGEST_WAIT_US, last_id: 7, not_before: 60_000_000, ..Probes::default() };
        (0..=20).for_each(|s| p.note_estimate(if s < 15 { 500_000 } else { 800_000 }, s * 1_000_000));
        p.on_cut(false, 20_000_000);
        p.plan(Some(480_000), 2_000_000, 0.0, true, 22_000_000);
        assert!(!p.is_running(), "half a megabit is near enough to what is left");
    }

    #[test]
    fn what_does_not_come_back_is_asked_for_once() {
        let mut p = Probes { wait_us: LONGEST_WAIT_US, last_id: 7, ..Probes::default() };
        (0..=20).for_each(|s| p.note_estimate(2_000_000, s * 1_000_000));
        p.on_cut(false, 20_000_000);
        let found = spell(&mut p, Some(630_000), 2_000_000, 700_000, 22_000_000).unwrap();
        assert!(found.is_full);
        p.on_result(Some(found), false, 22_200_000);
        p.plan(Some(630_000), 2_000_000, 0.0, true, 26_000_000);
        assert!(!p.is_running());
    }

    #[test]
    fn nothing_is_probed_for_when_enough_is_known_or_nothing_wished() {
        let mut p = Probes::default();
        for (estimate, desired) in [(Some(1_200_000), 1_000_000), (Some(500_000), 0), (None, 200_000)] {
            p.plan(estimate, desired, 0.0, true, 1_000_000);
            assert!(!p.is_running(), "{estimate:?} {desired}");
        }
    }
}
