//! STUN as an ICE-lite server needs it (RFC 8489, RFC 8445): read a Binding request, prove its integrity, answer it.
//!
//! Everything else (indications, responses, other methods) is not ours and reads as None.

use crate::crypto::{Sha1Mac, crc32};
use std::net::{IpAddr, SocketAddr};

const COOKIE: u32 = 0x2112_A442;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const FINGERPRINT_XOR: u32 = 0x5354_554E;
const HEADER: usize = 20;
/// Longest USERNAME, bytes (RFC 8489 §14.3).
const MAX_USERNAME: usize = 513;
/// The longest answer we write: header, IPv6 address, integrity, fingerprint.
pub const MAX_RESPONSE: usize = HEADER + 24 + 24 + 8;

/// A Binding request. What stands before MESSAGE-INTEGRITY only: the rest is not protected.
#[derive(Debug)]
pub struct Request<'a> {
    /// To be repeated in the answer.
    pub transaction: [u8; 12],
    /// `server_ufrag:client_ufrag`.
    pub username: &'a [u8],
    /// The client chose this path.
    pub use_candidate: bool,
    integrity_at: usize,
}

/// True when this looks like STUN: first byte 0…3 (RFC 7983) and the magic cookie.
pub fn is_stun(data: &[u8]) -> bool {
    data.len() >= HEADER && data[0] < 4 && data[4..8] == COOKIE.to_be_bytes()
}

/// Read a Binding request; None for anything else, anything malformed, a wrong fingerprint, or no integrity at all.
pub fn parse_request(data: &[u8]) -> Option<Request<'_>> {
    if !is_stun(data) || be16(data, 0)? != BINDING_REQUEST {
        return None;
    }
    let length = usize::from(be16(data, 2)?);
    if length % 4 != 0 || HEADER + length != data.len() {
        return None;
    }
    let mut request =
        Request { transaction: data[8..20].try_into().ok()?, username: &[], use_candidate: false, integrity_at: 0 };
    let mut at = HEADER;
    while at < data.len() {
        let (kind, len) = (be16(data, at)?, usize::from(be16(data, at + 2)?));
        let value = data.get(at + 4..at + 4 + len)?;
        match kind {
            FINGERPRINT => {
                let crc = crc32(&data[..at]) ^ FINGERPRINT_XOR;
                if value != crc.to_be_bytes() || at + 8 != data.len() {
                    return None;
                }
            }
            _ if request.integrity_at != 0 => {}
            MESSAGE_INTEGRITY if len == 20 => request.integrity_at = at,
            USERNAME if len <= MAX_USERNAME => request.username = value,
            USE_CANDIDATE => request.use_candidate = true,
            _ => {}
        }
        at += 4 + len.next_multiple_of(4);
    }
    (request.integrity_at != 0 && !request.username.is_empty()).then_some(request)
}

impl Request<'_> {
    /// True when MESSAGE-INTEGRITY was made with `pwd`. `data` is what was parsed.
    pub fn is_authentic(&self, data: &[u8], pwd: &[u8]) -> bool {
        let at = self.integrity_at;
        let Some(tag) = data.get(at + 4..at + 24) else { return false };
        let mut mac = Sha1Mac::new(pwd);
        mac.update(&data[..2]);
        mac.update(&((at + 24 - HEADER) as u16).to_be_bytes());
        mac.update(&data[4..at]);
        mac.verify(tag)
    }

    /// The two halves of the username: ours, theirs.
    pub fn ufrags(&self) -> Option<(&[u8], &[u8])> {
        let colon = self.username.iter().position(|&b| b == b':')?;
        Some((&self.username[..colon], &self.username[colon + 1..]))
    }
}

/// Write the success answer; returns its length. `out` has at least [`MAX_RESPONSE`] bytes.
pub fn write_response(out: &mut [u8], transaction: &[u8; 12], from: SocketAddr, pwd: &[u8]) -> usize {
    let mut xor = [0u8; 16];
    xor[..4].copy_from_slice(&COOKIE.to_be_bytes());
    xor[4..].copy_from_slice(transaction);
    let mut address = [0u8; 20];
    address[2..4].copy_from_slice(&(from.port() ^ (COOKIE >> 16) as u16).to_be_bytes());
    let address_len = match from.ip() {
        IpAddr::V4(ip) => {
            address[1] = 1;
            address[4..8].copy_from_slice(&ip.octets());
            8
        }
        IpAddr::V6(ip) => {
            address[1] = 2;
            address[4..20].copy_from_slice(&ip.octets());
            20
        }
    };
    for (byte, key) in address[4..address_len].iter_mut().zip(xor) {
        *byte ^= key;
    }
    out[0..2].copy_from_slice(&BINDING_SUCCESS.to_be_bytes());
    out[4..8].copy_from_slice(&COOKIE.to_be_bytes());
    out[8..20].copy_from_slice(transaction);
    let at = write_attribute(out, HEADER, XOR_MAPPED_ADDRESS, &address[..address_len]);
    set_length(out, at + 24);
    let mut mac = Sha1Mac::new(pwd);
    mac.update(&out[..at]);
    let at = write_attribute(out, at, MESSAGE_INTEGRITY, &mac.finish());
    set_length(out, at + 8);
    let crc = crc32(&out[..at]) ^ FINGERPRINT_XOR;
    write_attribute(out, at, FINGERPRINT, &crc.to_be_bytes())
}

fn write_attribute(out: &mut [u8], at: usize, kind: u16, value: &[u8]) -> usize {
    out[at..at + 2].copy_from_slice(&kind.to_be_bytes());
    out[at + 2..at + 4].copy_from_slice(&(value.len() as u16).to_be_bytes());
    out[at + 4..at + 4 + value.len()].copy_from_slice(value);
    at + 4 + value.len()
}

fn set_length(out: &mut [u8], end: usize) {
    out[2..4].copy_from_slice(&((end - HEADER) as u16).to_be_bytes());
}

fn be16(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 §2.1: sample request, password VOkJxbRl1RmTxUk/WvJxBt.
    const SAMPLE: &str = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74\
        002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249\
        c1b571a280280004e57a3bcf";
    const PWD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

    fn hex(text: &str) -> Vec<u8> {
        let clean: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        clean.chunks(2).map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 16).unwrap()).collect()
    }

    #[test]
    fn the_sample_request_of_rfc_5769_is_authentic() {
        let data = hex(SAMPLE);
        let request = parse_request(&data).unwrap();
        assert_eq!(request.ufrags(), Some((&b"evtj"[..], &b"h6vY"[..])));
        assert!(request.is_authentic(&data, PWD));
        assert!(!request.is_authentic(&data, b"VOkJxbRl1RmTxUk/WvJxBu"));
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let good = hex(SAMPLE);
        for at in 0..good.len() - 8 {
            let mut data = good.clone();
            data[at] ^= 1;
            assert!(!parse_request(&data).is_some_and(|r| r.is_authentic(&data, PWD)), "byte {at}");
        }
    }

    #[test]
    fn what_stands_after_the_integrity_is_ignored() {
        let mut data = hex(SAMPLE);
        data.truncate(data.len() - 8);
        data.extend_from_slice(&[0, 0x25, 0, 0]);
        let len = (data.len() - HEADER) as u16;
        data[2..4].copy_from_slice(&len.to_be_bytes());
        let request = parse_request(&data).unwrap();
        assert!(!request.use_candidate);
        assert!(request.is_authentic(&data, PWD));
    }

    #[test]
    fn the_sample_response_address_is_written_as_in_rfc_5769() {
        let transaction: [u8; 12] = hex("b7e7a701bc34d686fa87dfae").try_into().unwrap();
        let mut out = [0; MAX_RESPONSE];
        let len = write_response(&mut out, &transaction, "192.0.2.1:32853".parse().unwrap(), PWD);
        assert_eq!(out[20..32], hex("002000080001a147e112a643")[..]);
        assert_eq!(crc32(&out[..len - 8]) ^ FINGERPRINT_XOR, u32::from_be_bytes(out[len - 4..len].try_into().unwrap()));
        let len =
            write_response(&mut out, &transaction, "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap(), PWD);
        assert_eq!(out[20..44], hex("002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9")[..]);
        assert_eq!(len, MAX_RESPONSE);
    }
}
