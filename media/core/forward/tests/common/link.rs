//! A line: rate, buffer, delay, unrest, loss, somebody else's traffic, silence. Deterministic; times are given.

use super::Random;

/// One direction of a line.
pub struct Link {
    /// 0: no bottleneck.
    pub rate_bps: u64,
    /// What does not get through within this is dropped.
    pub buffer_us: u64,
    pub delay_us: u64,
    /// Up to this much more, at random, without changing the order.
    pub unrest_us: u64,
    /// Of 1000.
    pub lost_of_1000: u64,
    /// Somebody else's, through the same bottleneck.
    pub others_bps: u64,
    pub is_away: bool,
    /// A machine before the bottleneck, or after it, stands still until then: what came goes on all at once.
    pub stalled_before_us: u64,
    pub stalled_after_us: u64,
    pub random: Random,
    pub free_us: u64,
    pub others_us: u64,
    pub last_us: u64,
    pub dropped: u64,
}

impl Link {
    pub fn new(rate_bps: u64, delay_us: u64, seed: u64) -> Self {
        Self {
            rate_bps,
            buffer_us: 400_000,
            delay_us,
            unrest_us: 0,
            lost_of_1000: 0,
            others_bps: 0,
            is_away: false,
            stalled_before_us: 0,
            stalled_after_us: 0,
            random: Random(seed),
            free_us: 0,
            others_us: 0,
            last_us: 0,
            dropped: 0,
        }
    }

    /// When a packet of this size comes out; None: it does not.
    pub fn send(&mut self, bytes: usize, now: u64) -> Option<u64> {
        self.pass_others(now);
        if self.is_away || self.random.below(1000) < self.lost_of_1000 {
            return None;
        }
        let out = self.through(bytes, now)?;
        let unrest = if self.unrest_us > 0 { self.random.below(self.unrest_us) } else { 0 };
        self.last_us = self.last_us.max(out + self.delay_us + unrest).max(self.stalled_after_us);
        Some(self.last_us)
    }

    /// How long a packet would wait now.
    pub fn queue_us(&self, now: u64) -> u64 {
        self.free_us.saturating_sub(now)
    }

    fn through(&mut self, bytes: usize, now: u64) -> Option<u64> {
        if self.rate_bps == 0 {
            return Some(now);
        }
        if self.queue_us(now) > self.buffer_us {
            self.dropped += 1;
            return None;
        }
        // Addresses and headers of IP and UDP go over the line, too.
        self.free_us = self.free_us.max(now).max(self.stalled_before_us) + (bytes as u64 + 28) * 8_000_000 / self.rate_bps;
        Some(self.free_us)
    }

    fn pass_others(&mut self, now: u64) {
        if self.others_bps == 0 {
            self.others_us = now;
            return;
        }
        let every_us = 1200 * 8_000_000 / self.others_bps;
        while self.others_us + every_us <= now {
            self.others_us += every_us;
            let at = self.others_us;
            self.through(1200, at);
        }
    }
}
