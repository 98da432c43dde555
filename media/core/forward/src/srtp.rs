//! SRTP and SRTCP for the three profiles that browsers offer (RFC 3711, RFC 7714): key derivation, sealing, opening, replay.
//!
//! Sealing RTP keeps no state: the caller passes the 48-bit index and must never use one twice for an SSRC (see `slot.rs`).

use crate::crypto::Sha1Mac;
use crate::window::Window;
use aes::cipher::{InnerIvInit, KeyInit, KeyIvInit, StreamCipher, StreamCipherCoreWrapper};
use aes::{Aes128, Aes256};
use ctr::{Ctr128BE, CtrCore, flavors::Ctr128BE as Flavor};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::collections::HashMap;

const GCM_TAG: usize = 16;
const CM_TAG: usize = 10;
/// The E bit and the 31-bit SRTCP index.
const RTCP_INDEX: usize = 4;
const E_BIT: u32 = 0x8000_0000;
/// What sealing adds at most, bytes.
pub const MAX_OVERHEAD: usize = GCM_TAG + RTCP_INDEX;
/// SSRCs whose replay state is kept per peer; more are refused. A browser sends two per layer and one per microphone.
const MAX_STREAMS: usize = 256;

/// A DTLS-SRTP protection profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// SRTP_AES128_CM_HMAC_SHA1_80.
    Cm80,
    /// SRTP_AEAD_AES_128_GCM.
    Gcm128,
    /// SRTP_AEAD_AES_256_GCM.
    Gcm256,
}

impl Profile {
    /// From the number in the use_srtp extension (RFC 5764 §4.1.2, RFC 7714 §14.2).
    pub fn from_number(number: u16) -> Option<Self> {
        match number {
            0x0001 => Some(Self::Cm80),
            0x0007 => Some(Self::Gcm128),
            0x0008 => Some(Self::Gcm256),
            _ => None,
        }
    }

    /// Lengths of master key and master salt, bytes.
    pub fn lengths(self) -> (usize, usize) {
        match self {
            Self::Cm80 => (16, 14),
            Self::Gcm128 => (16, 12),
            Self::Gcm256 => (32, 12),
        }
    }
}

/// Why a packet was not opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Too short, or not encrypted where it must be.
    Malformed,
    /// Seen before, or older than the window.
    Replay,
    /// The tag is wrong.
    Authentication,
    /// More SSRCs than a peer may have.
    TooManyStreams,
}

#[allow(clippy::large_enum_variant)] // four per peer, and both variants are large
enum Cipher {
    Gcm { key: LessSafeKey, salt: [u8; 12] },
    Cm { key: Aes128, salt: [u8; 14], mac: Sha1Mac },
}

/// One direction's session keys.
struct Session {
    rtp: Cipher,
    rtcp: Cipher,
}

/// Keys for what we send.
pub struct Outbound {
    session: Session,
    rtcp_index: u32,
}

/// Keys and replay state for what we receive.
pub struct Inbound {
    session: Session,
    rtp: HashMap<u32, Window>,
    rtcp: HashMap<u32, Window>,
}

impl Outbound {
    /// From the master key and salt; None when their lengths do not fit the profile.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Option<Self> {
        Some(Self { session: Session::derive(profile, key, salt)?, rtcp_index: 0 })
    }

    /// Seal `buf[..len]`, an RTP packet with a header of `header` bytes, in place; returns the new length.
    ///
    /// `buf` has [`MAX_OVERHEAD`] bytes more. None (nothing may be sent) when it has not.
    pub fn seal_rtp(&self, buf: &mut [u8], header: usize, len: usize, ssrc: u32, index: u64) -> Option<usize> {
        match &self.session.rtp {
            Cipher::Gcm { key, salt } => {
                let nonce = Nonce::assume_unique_for_key(gcm_nonce(salt, ssrc, index));
                let (head, rest) = buf.get_mut(..len + GCM_TAG)?.split_at_mut_checked(header)?;
                let (body, tag) = rest.split_at_mut_checked(len.checked_sub(header)?)?;
                let made = key.seal_in_place_separate_tag(nonce, Aad::from(&*head), body).ok()?;
                tag.copy_from_slice(made.as_ref());
                Some(len + GCM_TAG)
            }
            Cipher::Cm { key, salt, mac } => {
                let out = buf.get_mut(..len + CM_TAG)?;
                cm_apply(key, cm_iv(salt, ssrc, index), out.get_mut(header..len)?);
                let tag = cm_rtp_mac(mac, &out[..len], index).finish();
                out[len..].copy_from_slice(&tag[..CM_TAG]);
                Some(len + CM_TAG)
            }
        }
    }

    /// Seal `buf[..len]`, a compound RTCP packet, in place; returns the new length. None: no room, or 2^31 packets were sent.
    pub fn seal_rtcp(&mut self, buf: &mut [u8], len: usize) -> Option<usize> {
        let ssrc = u32::from_be_bytes(buf.get(4..8)?.try_into().ok()?);
        let index = self.rtcp_index.checked_add(1).filter(|i| i & E_BIT == 0)?;
        let trailer = (E_BIT | index).to_be_bytes();
        let end = match &self.session.rtcp {
            Cipher::Gcm { key, salt } => {
                let nonce = Nonce::assume_unique_for_key(gcm_nonce(salt, ssrc, u64::from(index)));
                let out = buf.get_mut(..len + GCM_TAG + RTCP_INDEX)?;
                let mut aad = [0; 12];
                aad[..8].copy_from_slice(&out[..8]);
                aad[8..].copy_from_slice(&trailer);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(&aad), out.get_mut(8..len)?).ok()?;
                out[len..len + GCM_TAG].copy_from_slice(tag.as_ref());
                out[len + GCM_TAG..].copy_from_slice(&trailer);
                out.len()
            }
            Cipher::Cm { key, salt, mac } => {
                let out = buf.get_mut(..len + RTCP_INDEX + CM_TAG)?;
                cm_apply(key, cm_iv(salt, ssrc, u64::from(index)), out.get_mut(8..len)?);
                out[len..len + RTCP_INDEX].copy_from_slice(&trailer);
                let mut mac = mac.clone();
                mac.update(&out[..len + RTCP_INDEX]);
                out[len + RTCP_INDEX..].copy_from_slice(&mac.finish()[..CM_TAG]);
                out.len()
            }
        };
        self.rtcp_index = index;
        Some(end)
    }
}

impl Inbound {
    /// From the master key and salt; None when their lengths do not fit the profile.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Option<Self> {
        let session = Session::derive(profile, key, salt)?;
        Some(Self { session, rtp: HashMap::new(), rtcp: HashMap::new() })
    }

    /// Open an SRTP packet with a header of `header` bytes in place: plaintext length and 48-bit index.
    ///
    /// State changes only for authentic packets, so a forged one cannot move the window.
    pub fn open_rtp(&mut self, buf: &mut [u8], header: usize, ssrc: u32, seq: u16) -> Result<(usize, u64), Refusal> {
        let window = self.rtp.get(&ssrc);
        if window.is_none() && self.rtp.len() >= MAX_STREAMS {
            return Err(Refusal::TooManyStreams);
        }
        let index = window.map_or(Some(u64::from(seq)), |w| w.extend(seq)).ok_or(Refusal::Replay)?;
        if window.is_some_and(|w| !w.is_new(index)) {
            return Err(Refusal::Replay);
        }
        let len = self.session.open_rtp(buf, header, ssrc, index)?;
        self.rtp.entry(ssrc).or_default().accept(index);
        Ok((len, index))
    }

    /// Open an SRTCP packet in place: its plaintext length.
    pub fn open_rtcp(&mut self, buf: &mut [u8]) -> Result<usize, Refusal> {
        let (ssrc, index) = self.session.rtcp_index(buf).ok_or(Refusal::Malformed)?;
        let window = self.rtcp.get(&ssrc);
        if window.is_none() && self.rtcp.len() >= MAX_STREAMS {
            return Err(Refusal::TooManyStreams);
        }
        if window.is_some_and(|w| !w.is_new(u64::from(index))) {
            return Err(Refusal::Replay);
        }
        let len = self.session.open_rtcp(buf, ssrc, index)?;
        self.rtcp.entry(ssrc).or_default().accept(u64::from(index));
        Ok(len)
    }
}

impl Session {
    fn derive(profile: Profile, key: &[u8], salt: &[u8]) -> Option<Self> {
        if (key.len(), salt.len()) != profile.lengths() {
            return None;
        }
        let mut padded = [0; 14];
        padded[..salt.len()].copy_from_slice(salt);
        Some(Self { rtp: Cipher::derive(profile, key, &padded, 0)?, rtcp: Cipher::derive(profile, key, &padded, 3)? })
    }

    fn open_rtp(&self, buf: &mut [u8], header: usize, ssrc: u32, index: u64) -> Result<usize, Refusal> {
        match &self.rtp {
            Cipher::Gcm { key, salt } => {
                let nonce = Nonce::assume_unique_for_key(gcm_nonce(salt, ssrc, index));
                let (head, body) = buf.split_at_mut_checked(header).ok_or(Refusal::Malformed)?;
                let plain = key.open_in_place(nonce, Aad::from(&*head), body);
                Ok(header + plain.map_err(|_| Refusal::Authentication)?.len())
            }
            Cipher::Cm { key, salt, mac } => {
                let len = buf.len().checked_sub(CM_TAG).filter(|&l| l >= header).ok_or(Refusal::Malformed)?;
                let (packet, tag) = buf.split_at_mut(len);
                if !cm_rtp_mac(mac, packet, index).verify(tag) {
                    return Err(Refusal::Authentication);
                }
                cm_apply(key, cm_iv(salt, ssrc, index), &mut packet[header..]);
                Ok(len)
            }
        }
    }

    /// Sender's SSRC and index of an SRTCP packet; None when it is too short or not encrypted.
    fn rtcp_index(&self, buf: &[u8]) -> Option<(u32, u32)> {
        let after = match &self.rtcp {
            Cipher::Gcm { .. } => 0,
            Cipher::Cm { .. } => CM_TAG,
        };
        let end = buf.len().checked_sub(after)?;
        let trailer = u32::from_be_bytes(buf.get(end.checked_sub(RTCP_INDEX)?.max(8)..end)?.try_into().ok()?);
        let ssrc = u32::from_be_bytes(buf.get(4..8)?.try_into().ok()?);
        (trailer & E_BIT != 0).then_some((ssrc, trailer & !E_BIT))
    }

    fn open_rtcp(&self, buf: &mut [u8], ssrc: u32, index: u32) -> Result<usize, Refusal> {
        match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let end = buf.len().checked_sub(RTCP_INDEX).filter(|&e| e >= 8 + GCM_TAG).ok_or(Refusal::Malformed)?;
                let mut aad = [0; 12];
                aad[..8].copy_from_slice(&buf[..8]);
                aad[8..].copy_from_slice(&buf[end..]);
                let nonce = Nonce::assume_unique_for_key(gcm_nonce(salt, ssrc, u64::from(index)));
                let plain = key.open_in_place(nonce, Aad::from(&aad), &mut buf[8..end]);
                Ok(8 + plain.map_err(|_| Refusal::Authentication)?.len())
            }
            Cipher::Cm { key, salt, mac } => {
                let signed = buf.len().checked_sub(CM_TAG).ok_or(Refusal::Malformed)?;
                let len = signed.checked_sub(RTCP_INDEX).filter(|&l| l >= 8).ok_or(Refusal::Malformed)?;
                let mut mac = mac.clone();
                mac.update(&buf[..signed]);
                if !mac.verify(&buf[signed..]) {
                    return Err(Refusal::Authentication);
                }
                cm_apply(key, cm_iv(salt, ssrc, u64::from(index)), &mut buf[8..len]);
                Ok(len)
            }
        }
    }
}

impl Cipher {
    /// Session keys with labels `first` … `first + 2`: encryption, authentication, salt (RFC 3711 §4.3.2).
    fn derive(profile: Profile, key: &[u8], salt: &[u8; 14], first: u8) -> Option<Self> {
        let mut session_key = [0; 32];
        let session_key = &mut session_key[..key.len()];
        derive_key(key, salt, first, session_key)?;
        let mut session_salt = [0; 14];
        let salt_len = profile.lengths().1;
        derive_key(key, salt, first + 2, &mut session_salt[..salt_len])?;
        if profile == Profile::Cm80 {
            let mut auth = [0; 20];
            derive_key(key, salt, first + 1, &mut auth)?;
            let key = Aes128::new_from_slice(session_key).ok()?;
            return Some(Self::Cm { key, salt: session_salt, mac: Sha1Mac::new(&auth) });
        }
        let algorithm = if profile == Profile::Gcm128 { &AES_128_GCM } else { &AES_256_GCM };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, session_key).ok()?);
        Some(Self::Gcm { key, salt: session_salt[..12].try_into().ok()? })
    }
}

fn derive_key(key: &[u8], salt: &[u8; 14], label: u8, out: &mut [u8]) -> Option<()> {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(salt);
    iv[7] ^= label;
    out.fill(0);
    if key.len() == 16 {
        Ctr128BE::<Aes128>::new_from_slices(key, &iv).ok()?.apply_keystream(out);
    } else {
        Ctr128BE::<Aes256>::new_from_slices(key, &iv).ok()?.apply_keystream(out);
    }
    Some(())
}

/// RFC 7714 §8.1 and §9.1: 00 00 ‖ SSRC ‖ 48-bit index, XOR salt. For SRTCP the index has 31 bits, which is the same layout.
fn gcm_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
    nonce[6..].copy_from_slice(&index.to_be_bytes()[2..]);
    for (n, s) in nonce.iter_mut().zip(salt) {
        *n ^= s;
    }
    nonce
}

/// RFC 3711 §4.1.1: (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16).
fn cm_iv(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 16] {
    let mut iv = [0; 16];
    iv[4..8].copy_from_slice(&ssrc.to_be_bytes());
    iv[8..14].copy_from_slice(&index.to_be_bytes()[2..]);
    for (n, s) in iv.iter_mut().zip(salt) {
        *n ^= s;
    }
    iv
}

fn cm_apply(key: &Aes128, iv: [u8; 16], data: &mut [u8]) {
    let core = CtrCore::<Aes128, Flavor>::inner_iv_init(key.clone(), &iv.into());
    StreamCipherCoreWrapper::from_core(core).apply_keystream(data);
}

fn cm_rtp_mac(mac: &Sha1Mac, packet: &[u8], index: u64) -> Sha1Mac {
    let mut mac = mac.clone();
    mac.update(packet);
    mac.update(&((index >> 16) as u32).to_be_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILES: [Profile; 3] = [Profile::Cm80, Profile::Gcm128, Profile::Gcm256];

    fn pair(profile: Profile) -> (Outbound, Inbound) {
        let (k, s) = profile.lengths();
        let (key, salt) = (vec![7; k], vec![9; s]);
        (Outbound::new(profile, &key, &salt).unwrap(), Inbound::new(profile, &key, &salt).unwrap())
    }

    fn packet(seq: u16) -> Vec<u8> {
        let mut p = vec![0x80, 96, 0, 0, 0, 0, 0, 1, 0, 0, 0, 42];
        p[2..4].copy_from_slice(&seq.to_be_bytes());
        p.extend_from_slice(b"a payload of some bytes");
        p
    }

    #[test]
    fn the_key_derivation_of_rfc_3711_b3() {
        let key = [0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39];
        let salt = [0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6];
        let mut out = [0; 16];
        derive_key(&key, &salt, 0, &mut out).unwrap();
        assert_eq!(out, [0xC6, 0x1E, 0x7A, 0x93, 0x74, 0x4F, 0x39, 0xEE, 0x10, 0x73, 0x4A, 0xFE, 0x3F, 0xF7, 0xA0, 0x87]);
    }

    #[test]
    fn what_was_sealed_opens_once_across_the_roll_over() {
        for profile in PROFILES {
            let (out, mut inbound) = pair(profile);
            for index in 65_530u64..65_545 {
                let plain = packet(index as u16);
                let mut buf = plain.clone();
                buf.resize(plain.len() + MAX_OVERHEAD, 0);
                let len = out.seal_rtp(&mut buf, 12, plain.len(), 42, index).unwrap();
                let mut again = buf[..len].to_vec();
                assert_eq!(inbound.open_rtp(&mut buf[..len], 12, 42, index as u16), Ok((plain.len(), index)));
                assert_eq!(buf[..plain.len()], plain[..]);
                assert_eq!(inbound.open_rtp(&mut again, 12, 42, index as u16), Err(Refusal::Replay));
            }
        }
    }

    #[test]
    fn a_flipped_bit_or_a_cut_packet_is_refused() {
        for profile in PROFILES {
            let (mut out, mut inbound) = pair(profile);
            let plain = packet(5);
            let mut buf = plain.clone();
            buf.resize(plain.len() + MAX_OVERHEAD, 0);
            let len = out.seal_rtp(&mut buf, 12, plain.len(), 42, 5).unwrap();
            for at in 0..len {
                let mut bad = buf[..len].to_vec();
                bad[at] ^= 0x10;
                assert!(inbound.open_rtp(&mut bad, 12, 42, 5).is_err());
                assert!(inbound.open_rtp(&mut buf[..at].to_vec(), 12, 42, 5).is_err());
            }
            let mut rtcp = vec![0; 64];
            rtcp[..8].copy_from_slice(&[0x80, 201, 0, 1, 0, 0, 0, 9]);
            let len = out.seal_rtcp(&mut rtcp, 24).unwrap();
            for at in 0..len {
                let mut bad = rtcp[..len].to_vec();
                bad[at] ^= 0x10;
                assert!(inbound.open_rtcp(&mut bad).is_err());
                assert!(inbound.open_rtcp(&mut rtcp[..at].to_vec()).is_err());
            }
            let mut again = rtcp[..len].to_vec();
            assert_eq!(inbound.open_rtcp(&mut rtcp[..len]), Ok(24));
            assert_eq!(inbound.open_rtcp(&mut again), Err(Refusal::Replay));
        }
    }

    #[test]
    fn keys_of_a_wrong_length_are_refused() {
        assert!(Outbound::new(Profile::Gcm256, &[0; 16], &[0; 12]).is_none());
        assert!(Inbound::new(Profile::Cm80, &[0; 16], &[0; 12]).is_none());
    }
}
