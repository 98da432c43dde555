//! STUN as an ICE client needs it (RFC 8489, RFC 8445 §7): write connectivity checks, read their answers. The server's half is `forward::stun`.

use forward::crypto::{Sha1Mac, crc32};

const COOKIE: u32 = 0x2112_A442;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const ICE_CONTROLLED: u16 = 0x8029;
const ICE_CONTROLLING: u16 = 0x802A;
const FINGERPRINT: u16 = 0x8028;
const FINGERPRINT_XOR: u32 = 0x5354_554E;
const HEADER: usize = 20;
/// A peer-reflexive candidate's priority (RFC 8445 §5.1.2.1: type preference 110).
const CHECK_PRIORITY: u32 = 110 << 24 | 65_535 << 8 | 255;

/// What a check says.
pub struct Check<'a> {
    /// Repeated in the answer.
    pub transaction: [u8; 12],
    /// `their_ufrag:our_ufrag`.
    pub username: &'a [u8],
    /// Their password.
    pub pwd: &'a [u8],
    /// Our role; a controlling agent nominates with every check.
    pub controlling: bool,
    /// Settles who keeps the role when both claim it.
    pub tie_breaker: u64,
}

/// What an answer says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The path works; authentic.
    Success,
    /// 487: the other side keeps the role that we claimed.
    RoleConflict,
}

/// Write a check; `out` is overwritten.
pub fn write_check(out: &mut Vec<u8>, check: &Check<'_>) {
    out.clear();
    out.extend_from_slice(&BINDING_REQUEST.to_be_bytes());
    out.extend_from_slice(&[0; 2]);
    out.extend_from_slice(&COOKIE.to_be_bytes());
    out.extend_from_slice(&check.transaction);
    attribute(out, USERNAME, check.username);
    attribute(out, PRIORITY, &CHECK_PRIORITY.to_be_bytes());
    let role = if check.controlling { ICE_CONTROLLING } else { ICE_CONTROLLED };
    attribute(out, role, &check.tie_breaker.to_be_bytes());
    if check.controlling {
        attribute(out, USE_CANDIDATE, &[]);
    }
    let end = out.len() + 24;
    set_length(out, end);
    let mut mac = Sha1Mac::new(check.pwd);
    mac.update(out);
    attribute(out, MESSAGE_INTEGRITY, &mac.finish());
    let end = out.len() + 8;
    set_length(out, end);
    let crc = crc32(out) ^ FINGERPRINT_XOR;
    attribute(out, FINGERPRINT, &crc.to_be_bytes());
}

/// Read the answer to the check with this transaction; None for anything else, or when it was not made with `pwd`.
pub fn read_answer(data: &[u8], transaction: &[u8; 12], pwd: &[u8]) -> Option<Answer> {
    let kind = be16(data, 0)?;
    if data.get(4..8)? != COOKIE.to_be_bytes() || data.get(8..20)? != transaction {
        return None;
    }
    let mut at = HEADER;
    let mut code = 0;
    while at + 4 <= data.len() {
        let (name, len) = (be16(data, at)?, usize::from(be16(data, at + 2)?));
        let value = data.get(at + 4..at + 4 + len)?;
        match name {
            ERROR_CODE if len >= 4 => code = u16::from(value[2] & 7) * 100 + u16::from(value[3]),
            MESSAGE_INTEGRITY if kind == BINDING_SUCCESS => {
                let mut mac = Sha1Mac::new(pwd);
                mac.update(&data[..2]);
                mac.update(&((at + 24 - HEADER) as u16).to_be_bytes());
                mac.update(&data[4..at]);
                return mac.verify(value).then_some(Answer::Success);
            }
            _ => {}
        }
        at += 4 + len.next_multiple_of(4);
    }
    (kind == BINDING_ERROR && code == 487).then_some(Answer::RoleConflict)
}

fn attribute(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&(value.len() as u16).to_be_bytes());
    out.extend_from_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn set_length(out: &mut [u8], end: usize) {
    out[2..4].copy_from_slice(&((end - HEADER) as u16).to_be_bytes());
}

fn be16(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*data.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use forward::stun::{MAX_RESPONSE, parse_request, write_response};

    const TRANSACTION: [u8; 12] = *b"abcdefghijkl";

    fn check(controlling: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let check = Check { transaction: TRANSACTION, username: b"srv:cli", pwd: b"secret", controlling, tie_breaker: 5 };
        write_check(&mut out, &check);
        out
    }

    #[test]
    fn a_check_is_what_the_relay_reads() {
        let data = check(true);
        let request = parse_request(&data).unwrap();
        assert!(request.is_authentic(&data, b"secret"));
        assert!(!request.is_authentic(&data, b"secreT"));
        assert!(request.use_candidate);
        assert_eq!(request.ufrags(), Some((&b"srv"[..], &b"cli"[..])));
        assert!(!parse_request(&check(false)).unwrap().use_candidate);
    }

    #[test]
    fn the_relays_answer_is_believed_only_with_its_password_and_our_transaction() {
        let mut out = [0; MAX_RESPONSE];
        let len = write_response(&mut out, &TRANSACTION, "192.0.2.1:5".parse().unwrap(), b"secret");
        assert_eq!(read_answer(&out[..len], &TRANSACTION, b"secret"), Some(Answer::Success));
        assert_eq!(read_answer(&out[..len], &TRANSACTION, b"other"), None);
        assert_eq!(read_answer(&out[..len], b"bbcdefghijkl", b"secret"), None);
        for cut in 0..len - 8 {
            assert_eq!(read_answer(&out[..cut], &TRANSACTION, b"secret"), None);
        }
    }

    #[test]
    fn a_role_conflict_is_noticed() {
        let mut out = vec![1, 0x11, 0, 8, 0x21, 0x12, 0xA4, 0x42];
        out.extend_from_slice(&TRANSACTION);
        out.extend_from_slice(&[0, 9, 0, 4, 0, 0, 4, 87]);
        assert_eq!(read_answer(&out, &TRANSACTION, b"any"), Some(Answer::RoleConflict));
    }
}
