//! The client's end of ICE over one path: checks until it works, consent afterwards (RFC 8445 §7, RFC 7675).

use crate::stun::{Answer, Check, read_answer, write_check};
use crate::{Clock, Send};
use forward::Micros;
use forward::stun::{MAX_RESPONSE, parse_request, write_response};
use std::net::SocketAddr;

/// Between checks of a path that has not worked yet.
const CHECK_EVERY_US: Micros = 50_000;
/// Between consent checks (RFC 7675 §5.1 says about 5 s; browsers send one each 2 to 3 s).
const CONSENT_EVERY_US: Micros = 2_500_000;

/// Credentials of one end.
pub struct Login {
    /// User fragment.
    pub ufrag: String,
    /// Password.
    pub pwd: String,
}

/// Where to, and with what.
struct Far {
    addr: SocketAddr,
    login: Login,
    username: Vec<u8>,
    controlling: bool,
}

/// One end of one path.
pub struct Agent {
    near: Login,
    far: Option<Far>,
    tie_breaker: u64,
    transaction: [u8; 12],
    checks: u64,
    next_check: Micros,
    works: bool,
    space: Vec<u8>,
}

impl Agent {
    /// `seed`: any number that no other agent has; transactions and the tie breaker come of it.
    pub fn new(near: Login, seed: u64) -> Self {
        let (tie_breaker, transaction) = (seed, [0; 12]);
        Self { near, far: None, tie_breaker, transaction, checks: 0, next_check: 0, works: false, space: Vec::new() }
    }

    /// The other end is known: begin to check.
    pub fn connect(&mut self, addr: SocketAddr, login: Login, controlling: bool) {
        let username = format!("{}:{}", login.ufrag, self.near.ufrag).into_bytes();
        self.far = Some(Far { addr, login, username, controlling });
        self.next_check = 0;
    }

    /// Where datagrams go; None before `connect`.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.far.as_ref().map(|far| far.addr)
    }

    /// A datagram that looks like STUN; true when the path works as of now.
    pub fn on_stun(&mut self, data: &[u8], from: SocketAddr, out: Send<'_>) -> bool {
        let worked = self.works;
        if let Some(request) = parse_request(data) {
            if request.is_authentic(data, self.near.pwd.as_bytes()) {
                let mut answer = [0; MAX_RESPONSE];
                let len = write_response(&mut answer, &request.transaction, from, self.near.pwd.as_bytes());
                out(&answer[..len]);
                if let Some(far) = self.far.as_ref().filter(|far| !far.controlling && request.use_candidate) {
                    self.works |= far.addr == from;
                }
            }
        } else if let Some(far) = &mut self.far {
            match read_answer(data, &self.transaction, far.login.pwd.as_bytes()) {
                // A controlled agent waits for the other one to choose: before that it drops what is sent.
                Some(Answer::Success) => self.works |= far.controlling,
                Some(Answer::RoleConflict) => {
                    far.controlling = !far.controlling;
                    self.next_check = 0;
                }
                None => {}
            }
        }
        self.works && !worked
    }

    /// Check if it is time; when to come back.
    pub fn tick(&mut self, clock: Clock, out: Send<'_>) -> Micros {
        let Some(far) = &self.far else { return Micros::MAX };
        if clock.now < self.next_check {
            return self.next_check;
        }
        self.checks += 1;
        self.transaction[..8].copy_from_slice(&(self.tie_breaker ^ self.checks << 32).to_be_bytes());
        self.transaction[8..].copy_from_slice(&(self.checks as u32).to_be_bytes());
        let check = Check {
            transaction: self.transaction,
            username: &far.username,
            pwd: far.login.pwd.as_bytes(),
            controlling: far.controlling,
            tie_breaker: self.tie_breaker,
        };
        write_check(&mut self.space, &check);
        out(&self.space);
        self.next_check = clock.now + if self.works { CONSENT_EVERY_US } else { CHECK_EVERY_US };
        self.next_check
    }
}
