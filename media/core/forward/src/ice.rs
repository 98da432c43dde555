//! One peer's side of ICE-lite (RFC 8445): credentials, which addresses proved them, where packets go.

use crate::remote::Remote;

/// Addresses that proved the password and may send to us. A browser checks from a handful of interfaces.
const MAX_VALID: usize = 8;
/// Transactions remembered: 40 s of checks.
const MAX_RECENT: usize = 16;

/// Our fragment and password, and the peer's fragment.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Ours, unique in the engine.
    pub ufrag: Vec<u8>,
    /// Ours; keys the integrity of both directions of a check.
    pub pwd: Vec<u8>,
    /// The peer's; empty: not compared.
    pub remote_ufrag: Vec<u8>,
}

/// What an authentic request did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Answer it. False for a replayed transaction from elsewhere.
    pub answer: bool,
    /// The path moved (or came to be).
    pub moved: bool,
    /// An address that no longer counts as proven.
    pub evicted: Option<Remote>,
    /// The old credentials are over.
    pub restarted: bool,
}

/// The state.
pub struct Ice {
    /// Number of restarts that took effect.
    pub generation: u32,
    newest: u32,
    current: Credentials,
    previous: Option<Credentials>,
    path: Option<Remote>,
    valid: Vec<Remote>,
    recent: Vec<([u8; 12], Remote)>,
    recent_at: usize,
}

impl Ice {
    /// Before the first check.
    pub fn new(credentials: Credentials) -> Self {
        Self {
            generation: 0,
            newest: 0,
            current: credentials,
            previous: None,
            path: None,
            valid: Vec::new(),
            recent: Vec::with_capacity(MAX_RECENT),
            recent_at: 0,
        }
    }

    /// Where packets go.
    pub fn path(&self) -> Option<Remote> {
        self.path
    }

    /// Addresses that proved the password, the one that did so last at the end.
    pub fn valid(&self) -> &[Remote] {
        &self.valid
    }

    /// The fragments by which requests for this peer are found.
    pub fn ufrags(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.current).chain(&self.previous).map(|c| &c.ufrag[..])
    }

    /// New credentials; false (nothing happens) when `generation` is not newer. The old ones answer until the new are used.
    pub fn restart(&mut self, generation: u32, credentials: Credentials) -> bool {
        if generation <= self.newest {
            return false;
        }
        // A second restart before the first took effect: the one in use stays the fallback.
        if self.previous.is_none() {
            self.previous = Some(self.current.clone());
        }
        self.newest = generation;
        self.current = credentials;
        true
    }

    /// The password for a request with these fragments; None when they are not ours, or not the peer's.
    pub fn password(&self, ours: &[u8], theirs: &[u8]) -> Option<&[u8]> {
        let credentials = std::iter::once(&self.current).chain(&self.previous).find(|c| c.ufrag == ours)?;
        (credentials.remote_ufrag.is_empty() || credentials.remote_ufrag == theirs).then_some(&credentials.pwd[..])
    }

    /// An authentic request came from `from`. Only such requests move the path: with USE-CANDIDATE, or when there is none yet.
    ///
    /// A transaction that was seen from another address is a replay by somebody on the way: it changes nothing.
    pub fn on_request(&mut self, ours: &[u8], transaction: [u8; 12], from: Remote, nominated: bool) -> Effect {
        let mut effect = Effect { answer: true, moved: false, evicted: None, restarted: false };
        if self.recent.iter().any(|(t, a)| *t == transaction && *a != from) {
            return Effect { answer: false, ..effect };
        }
        self.remember(transaction, from);
        if let Some(known) = self.valid.iter().position(|a| *a == from) {
            self.valid[known..].rotate_left(1);
        } else {
            if self.valid.len() == MAX_VALID {
                let oldest = usize::from(Some(self.valid[0]) == self.path);
                effect.evicted = Some(self.valid.remove(oldest));
            }
            self.valid.push(from);
        }
        let is_current = self.current.ufrag == ours;
        if self.path.is_none() || (nominated && (is_current || self.previous.is_some())) {
            effect.moved = self.path != Some(from);
            self.path = Some(from);
        }
        if is_current && self.newest > self.generation && nominated {
            self.generation = self.newest;
            self.previous = None;
            effect.restarted = true;
        }
        effect
    }

    /// `gone` is no way any more (its connection closed). True when it was the path: the address that was checked last takes
    /// over, if there is one.
    pub fn forget(&mut self, gone: Remote) -> bool {
        self.valid.retain(|a| *a != gone);
        let was_path = self.path == Some(gone);
        if was_path {
            self.path = self.valid.last().copied();
        }
        was_path
    }

    fn remember(&mut self, transaction: [u8; 12], from: Remote) {
        if self.recent.len() < MAX_RECENT {
            self.recent.push((transaction, from));
        } else {
            self.recent[self.recent_at] = (transaction, from);
            self.recent_at = (self.recent_at + 1) % MAX_RECENT;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(ufrag: &str) -> Credentials {
        Credentials { ufrag: ufrag.into(), pwd: format!("pwd-{ufrag}").into(), remote_ufrag: b"them".to_vec() }
    }

    fn at(port: u16) -> Remote {
        Remote::udp(([10, 0, 0, 1], port).into())
    }

    #[test]
    fn the_first_check_makes_a_path_and_only_a_nomination_moves_it() {
        let mut ice = Ice::new(credentials("a"));
        assert!(ice.on_request(b"a", [1; 12], at(1), false).moved);
        assert!(!ice.on_request(b"a", [2; 12], at(2), false).moved);
        assert_eq!(ice.path(), Some(at(1)));
        assert!(ice.on_request(b"a", [3; 12], at(2), true).moved);
        assert_eq!(ice.path(), Some(at(2)));
    }

    #[test]
    fn a_replayed_check_from_elsewhere_changes_nothing() {
        let mut ice = Ice::new(credentials("a"));
        ice.on_request(b"a", [1; 12], at(1), true);
        let replay = ice.on_request(b"a", [1; 12], at(66), true);
        assert!(!replay.answer && !replay.moved);
        assert_eq!(ice.path(), Some(at(1)));
        assert_eq!(ice.valid(), [at(1)]);
    }

    #[test]
    fn a_restart_takes_effect_with_the_first_nomination_on_it() {
        let mut ice = Ice::new(credentials("a"));
        ice.on_request(b"a", [1; 12], at(1), true);
        assert!(ice.restart(1, credentials("b")));
        assert!(!ice.restart(1, credentials("c")), "the same number again");
        assert_eq!(ice.password(b"a", b"them"), Some(&b"pwd-a"[..]));
        assert_eq!(ice.password(b"b", b"them"), Some(&b"pwd-b"[..]));
        assert_eq!(ice.password(b"b", b"others"), None);
        ice.on_request(b"b", [2; 12], at(2), false);
        assert_eq!((ice.generation, ice.path()), (0, Some(at(1))));
        assert!(ice.on_request(b"b", [3; 12], at(2), true).restarted);
        assert_eq!((ice.generation, ice.path()), (1, Some(at(2))));
        assert_eq!(ice.password(b"a", b"them"), None);
    }

    #[test]
    fn when_the_paths_connection_closes_the_address_checked_last_takes_over() {
        let mut ice = Ice::new(credentials("a"));
        let tcp = Remote::tcp(at(9).addr, 4);
        ice.on_request(b"a", [1; 12], at(1), false);
        ice.on_request(b"a", [2; 12], at(2), false);
        ice.on_request(b"a", [3; 12], tcp, true);
        ice.on_request(b"a", [4; 12], at(1), false);
        assert!(!ice.forget(at(2)));
        assert_eq!(ice.path(), Some(tcp));
        ice.on_request(b"a", [5; 12], at(2), false);
        ice.on_request(b"a", [6; 12], at(1), false);
        assert!(ice.forget(tcp));
        assert_eq!(ice.path(), Some(at(1)));
        assert!(ice.forget(at(1)) && ice.forget(at(2)));
        assert_eq!(ice.path(), None);
        assert!(ice.on_request(b"a", [7; 12], at(3), false).moved);
    }

    #[test]
    fn the_path_is_never_evicted() {
        let mut ice = Ice::new(credentials("a"));
        for port in 1..40u16 {
            let mut t = [0; 12];
            t[0] = port as u8;
            ice.on_request(b"a", t, at(port), false);
        }
        assert_eq!(ice.valid().len(), MAX_VALID);
        assert!(ice.valid().contains(&at(1)));
    }
}
