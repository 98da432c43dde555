//! Who may hold a TCP connection: limits over all, per address, and for those that have not proven a password yet.
//!
//! A school behind one NAT comes from one address, so the limits per address are wide; what is unproven must prove itself soon.

use crate::Micros;
use std::collections::HashMap;
use std::net::IpAddr;

/// Connections of one engine.
pub const MAX_TOTAL: usize = 1024;
/// Connections from one address (IPv6: one /64).
pub const MAX_PER_PLACE: usize = 512;
/// Connections that have not proven anything; the oldest makes room.
pub const MAX_UNPROVEN: usize = 256;
/// The same, from one address.
pub const MAX_UNPROVEN_PER_PLACE: usize = 128;
/// Time to prove a password.
pub const PROVE_US: Micros = 5_000_000;
/// Bytes taken from a connection before it has: a handful of connectivity checks.
pub const MAX_UNPROVEN_BYTES: usize = 4096;
/// A proven connection without a byte for this long is dead: checks come every few seconds.
pub const IDLE_US: Micros = 60_000_000;

/// The book of open connections.
#[derive(Default)]
pub struct Door {
    open: HashMap<u32, Entry>,
    places: HashMap<IpAddr, Place>,
    unproven: usize,
}

struct Entry {
    place: IpAddr,
    since_us: Micros,
    is_proven: bool,
}

#[derive(Default)]
struct Place {
    total: usize,
    unproven: usize,
}

impl Door {
    /// May a new connection come in? Some: yes; the number inside is one that must go for it.
    #[allow(clippy::option_option)] // refused, in, in at another's expense
    pub fn enter(&mut self, connection: u32, from: IpAddr, now: Micros) -> Option<Option<u32>> {
        let at = place_of(from);
        let place = self.places.get(&at);
        let (total, unproven) = place.map_or((0, 0), |p| (p.total, p.unproven));
        if self.open.len() >= MAX_TOTAL || total >= MAX_PER_PLACE || unproven >= MAX_UNPROVEN_PER_PLACE {
            return None;
        }
        let out = if self.unproven >= MAX_UNPROVEN { self.oldest_unproven() } else { None };
        if let Some(out) = out {
            self.leave(out);
        }
        let place = self.places.entry(at).or_default();
        place.total += 1;
        place.unproven += 1;
        self.unproven += 1;
        self.open.insert(connection, Entry { place: at, since_us: now, is_proven: false });
        Some(out)
    }

    /// A connection proved a password.
    pub fn prove(&mut self, connection: u32) {
        let Some(entry) = self.open.get_mut(&connection).filter(|e| !e.is_proven) else { return };
        entry.is_proven = true;
        self.unproven -= 1;
        if let Some(place) = self.places.get_mut(&entry.place) {
            place.unproven -= 1;
        }
    }

    /// A connection is closed.
    pub fn leave(&mut self, connection: u32) {
        let Some(entry) = self.open.remove(&connection) else { return };
        let unproven = usize::from(!entry.is_proven);
        self.unproven -= unproven;
        if let Some(place) = self.places.get_mut(&entry.place) {
            place.total -= 1;
            place.unproven -= unproven;
            if place.total == 0 {
                self.places.remove(&entry.place);
            }
        }
    }

    /// Connections whose time to prove a password is over.
    pub fn overdue(&self, now: Micros) -> Vec<u32> {
        let is_late = |e: &Entry| !e.is_proven && now.saturating_sub(e.since_us) >= PROVE_US;
        self.open.iter().filter(|(_, e)| is_late(e)).map(|(c, _)| *c).collect()
    }

    /// Connections that are open.
    pub fn count(&self) -> usize {
        self.open.len()
    }

    fn oldest_unproven(&self) -> Option<u32> {
        let unproven = self.open.iter().filter(|(_, e)| !e.is_proven);
        unproven.min_by_key(|(connection, e)| (e.since_us, **connection)).map(|(connection, _)| *connection)
    }
}

/// What counts as one place: an IPv4 address, or an IPv6 network as one household or machine gets it.
fn place_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[8..].fill(0);
            IpAddr::V6(octets.into())
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4((0x0A00_0000 + n).into())
    }

    #[test]
    fn one_address_holds_no_more_than_its_share_while_others_still_get_in() {
        let mut door = Door::default();
        for c in 0..MAX_UNPROVEN_PER_PLACE as u32 {
            assert_eq!(door.enter(c, ip(1), 0), Some(None));
        }
        assert_eq!(door.enter(900, ip(1), 0), None);
        assert_eq!(door.enter(901, ip(2), 0), Some(None));
        door.prove(0);
        assert_eq!(door.enter(902, ip(1), 0), Some(None), "one of them proved itself");
    }

    #[test]
    fn a_crowd_that_proves_nothing_pushes_its_own_oldest_out_and_never_a_proven_one() {
        let mut door = Door::default();
        door.enter(0, ip(0), 0);
        door.prove(0);
        for c in 1..=MAX_UNPROVEN as u32 {
            assert_eq!(door.enter(c, ip(c), u64::from(c)), Some(None));
        }
        assert_eq!(door.enter(7000, ip(7000), 7000), Some(Some(1)));
        assert_eq!(door.enter(7001, ip(7001), 7001), Some(Some(2)));
        assert_eq!(door.count(), MAX_UNPROVEN + 1);
    }

    #[test]
    fn proven_connections_are_limited_too() {
        let mut door = Door::default();
        for c in 0..2000 {
            if door.enter(c, ip(c / 300), 0).is_some() {
                door.prove(c);
            }
        }
        assert_eq!(door.count(), MAX_TOTAL);
        for c in 0..2000 {
            door.leave(c);
        }
        assert!(door.count() == 0 && door.places.is_empty() && door.unproven == 0);
    }

    #[test]
    fn a_network_of_ipv6_addresses_is_one_place() {
        let mut door = Door::default();
        let at = |host: u16| IpAddr::V6([0x2001, 0xdb8, 0, 1, 0, 0, 0, host].into());
        for c in 0..MAX_UNPROVEN_PER_PLACE as u32 {
            assert!(door.enter(c, at(c as u16), 0).is_some());
        }
        assert_eq!(door.enter(900, at(999), 0), None);
    }

    #[test]
    fn who_proves_nothing_in_time_is_overdue() {
        let mut door = Door::default();
        door.enter(1, ip(1), 0);
        door.enter(2, ip(1), 0);
        door.enter(3, ip(1), 1_000);
        door.prove(2);
        assert_eq!(door.overdue(PROVE_US - 1), [0u32; 0]);
        assert_eq!(door.overdue(PROVE_US), [1]);
    }
}
