//! What all peers of a load counted together, within a window: packets of a window are those sent within it, whenever they arrive.

use crate::histogram::Histogram;
use crate::mark::Mark;

/// One published stream.
#[derive(Default, Clone, Copy)]
struct Sent {
    count: u32,
    from: u32,
    to: Option<u32>,
}

/// Counters since the window began.
#[derive(Default)]
pub struct Tally {
    streams: Vec<Sent>,
    /// Packets of the window that arrived, whole and authentic.
    pub received: u64,
    /// Their bytes, as datagrams.
    pub bytes: u64,
    /// Packets that did not open: forged, damaged, or sealed wrongly.
    pub bad: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Authentic packets without a mark.
    pub unparsed: u64,
    /// Retransmissions and padding on a repair stream.
    pub repairs: u64,
    /// RTCP packets that came.
    pub rtcp: u64,
    /// Datagrams that the kernel did not take.
    pub unsent: u64,
    /// Keyframes asked of publishers.
    pub keyframes_asked: u64,
    /// Packets asked of publishers again.
    pub nacked: u64,
    /// Publisher's send to kernel's arrival.
    pub latency: Histogram,
}

impl Tally {
    /// A further stream; its number.
    pub fn add_stream(&mut self) -> u16 {
        self.streams.push(Sent::default());
        (self.streams.len() - 1) as u16
    }

    /// The next packet of a stream leaves: its count.
    pub fn send(&mut self, stream: u16) -> u32 {
        let sent = &mut self.streams[usize::from(stream)];
        sent.count = sent.count.wrapping_add(1);
        sent.count.wrapping_sub(1)
    }

    /// Begin a window: everything else is forgotten.
    pub fn open(&mut self) {
        let streams = self.streams.iter().map(|s| Sent { count: s.count, from: s.count, to: None }).collect();
        *self = Self { streams, ..Self::default() };
    }

    /// End the window: what is sent from now on does not count any more.
    pub fn close(&mut self) {
        for stream in &mut self.streams {
            stream.to.get_or_insert(stream.count);
        }
    }

    /// Packets sent within the window, by stream.
    pub fn sent(&self) -> impl Iterator<Item = u32> {
        self.streams.iter().map(|s| s.to.unwrap_or(s.count).wrapping_sub(s.from))
    }

    /// A marked packet of `bytes` arrived.
    pub fn arrive(&mut self, mark: Mark, bytes: usize, arrival_ns: u64) {
        let Some(stream) = self.streams.get(usize::from(mark.stream)) else {
            self.unparsed += 1;
            return;
        };
        let to = stream.to.unwrap_or(stream.count);
        if mark.count.wrapping_sub(stream.from) < to.wrapping_sub(stream.from) {
            self.received += 1;
            self.bytes += bytes as u64;
            self.latency.add(arrival_ns.saturating_sub(mark.sent_ns) / 1000);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_what_was_sent_within_it_however_late_it_comes() {
        let mut tally = Tally::default();
        let stream = tally.add_stream();
        let mark = |count| Mark { stream, count, sent_ns: 1000 };
        let early = tally.send(stream);
        tally.open();
        let (one, two) = (tally.send(stream), tally.send(stream));
        tally.close();
        let late = tally.send(stream);
        for count in [early, late, two, one] {
            tally.arrive(mark(count), 100, 5_001_000);
        }
        assert_eq!((tally.received, tally.sent().sum::<u32>()), (2, 2));
        assert_eq!(tally.latency.max(), 5000);
    }
}
