//! Loss, and how much of it is the line's own nature.
//!
//! The rule: loss alone says nothing about too much being sent: on bad radio a tenth or a third of the packets is lost at any rate. So a
//! *noise* level is kept, the loss that this line has anyway. Only what rises clearly above it is taken as a sign, and put to the test:
//! less is sent for a moment; if as much is lost as before, it was noise, and the estimate is given back (`super::control`).
//! Packets lost in one long row are an outage and count as nothing.

use crate::Micros;

/// Loss is judged over so many packets at a time: five losses of them are a quarter of a tenth.
const ROUND: u32 = 50;
/// … or over what came in this time, if that is some.
const ROUND_US: Micros = 1_000_000;
const ROUND_MIN: u32 = 20;
/// How much a round moves the smoothed loss.
const GAIN: f32 = 0.3;
/// How fast the noise level follows downwards and, as long as the rise is no sign, upwards, per round. Further up only by a test.
const NOISE_DOWN: f32 = 0.2;
const NOISE_UP: f32 = 0.05;
/// So many rounds at the beginning say what the noise is: little is sent then.
const LEARNING: u8 = 4;
/// A rise by this much above the noise is a sign: twice what chance brings at 10 % loss and 50 packets.
const RISE: f32 = 0.10;
/// At high noise chance brings more: the rise has to be this part of it.
const RISE_OF_NOISE: f32 = 0.6;
/// A row of missing packets over this time is an outage.
const OUTAGE_US: Micros = 300_000;

/// Loss accounting of one peer.
#[derive(Default)]
pub struct Loss {
    known: u32,
    missing: u32,
    since_us: Micros,
    smoothed: Option<f32>,
    noise: f32,
    rounds: u8,
    row: Option<Row>,
}

/// Missing packets in a row.
#[derive(Clone, Copy)]
struct Row {
    packets: u32,
    from_us: Micros,
    to_us: Micros,
}

impl Loss {
    /// A packet arrived. `was_missing`: it had been reported as lost.
    pub fn on_arrived(&mut self, was_missing: bool) {
        if was_missing {
            self.missing = self.missing.saturating_sub(1);
            return;
        }
        self.end_row();
        self.known += 1;
    }

    /// A packet sent at this time is missing.
    pub fn on_missing(&mut self, sent_us: Micros) {
        let row = self.row.get_or_insert(Row { packets: 0, from_us: sent_us, to_us: sent_us });
        row.packets += 1;
        row.to_us = row.to_us.max(sent_us);
    }

    fn end_row(&mut self) {
        let Some(row) = self.row.take() else { return };
        if row.to_us.saturating_sub(row.from_us) < OUTAGE_US {
            self.known += row.packets;
            self.missing += row.packets;
        }
    }

    /// Close the round if it is time. True: there is a new value.
    pub fn close_round(&mut self, now: Micros) -> bool {
        let is_old = now.saturating_sub(self.since_us) >= ROUND_US;
        if self.known < ROUND && !(is_old && self.known >= ROUND_MIN) {
            return false;
        }
        let share = self.missing.min(self.known) as f32 / self.known as f32;
        (self.known, self.missing, self.since_us) = (0, 0, now);
        let smoothed = self.smoothed.map_or(share, |old| old + GAIN * (share - old));
        self.smoothed = Some(smoothed);
        self.rounds = self.rounds.saturating_add(1);
        if self.rounds <= LEARNING {
            self.noise = smoothed;
        } else if smoothed < self.noise {
            self.noise += NOISE_DOWN * (smoothed - self.noise);
        } else if !self.has_risen() {
            self.noise += NOISE_UP * (smoothed - self.noise);
        }
        true
    }

    /// Smoothed share of lost packets, 0…1; None unknown.
    pub fn share(&self) -> Option<f32> {
        self.smoothed
    }

    /// The share that the line loses anyway.
    pub fn noise(&self) -> f32 {
        self.noise
    }

    /// More is lost than this line usually loses.
    pub fn has_risen(&self) -> bool {
        self.smoothed.is_some_and(|s| s > self.noise + RISE.max(self.noise * RISE_OF_NOISE))
    }

    /// The test said: this is the line's nature.
    pub fn accept_as_noise(&mut self) {
        self.noise = self.smoothed.unwrap_or(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lose(l: &mut Loss, share: u64, packets: u64) {
        for i in 0..packets {
            if ((i * 2_654_435_761) >> 7) % 100 < share {
                l.on_missing(i * 5000)
            } else {
                l.on_arrived(false)
            }
            l.close_round(i * 5000);
        }
    }

    #[test]
    fn loss_that_is_the_lines_own_is_no_rise_once_it_is_known() {
        let mut l = Loss::default();
        lose(&mut l, 0, 500);
        lose(&mut l, 30, 300);
        assert!(l.has_risen());
        l.accept_as_noise();
        lose(&mut l, 30, 5000);
        assert!(!l.has_risen(), "{:?} over {}", l.share(), l.noise());
        lose(&mut l, 0, 5000);
        assert!(l.noise() < 0.02);
    }

    #[test]
    fn an_outage_is_not_a_loss_rate() {
        let mut l = Loss::default();
        lose(&mut l, 0, 200);
        (0..2000u64).for_each(|i| l.on_missing(1_000_000 + i * 5000));
        lose(&mut l, 0, 100);
        assert!(l.share().unwrap() < 0.01, "{:?}", l.share());
    }
}
