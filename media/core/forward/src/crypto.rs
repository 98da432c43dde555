//! Small cryptographic tools: HMAC-SHA1 with its key schedule kept, and the CRC of STUN's FINGERPRINT.

use hmac::{Hmac, Mac};
use sha1::Sha1;

/// An HMAC-SHA1 whose key is already absorbed; a clone starts a new message at the price of a copy.
#[derive(Clone)]
pub struct Sha1Mac(Hmac<Sha1>);

impl Sha1Mac {
    /// A fresh MAC with this key, of any length.
    pub fn new(key: &[u8]) -> Self {
        let mac = Hmac::<Sha1>::new_from_slice(key);
        Self(mac.unwrap_or_else(|_| Hmac::new(&hmac::digest::generic_array::GenericArray::default())))
    }

    /// Absorb bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The whole tag.
    pub fn finish(self) -> [u8; 20] {
        self.0.finalize().into_bytes().into()
    }

    /// True when `tag` (possibly shortened, never empty) is right; takes the same time either way.
    pub fn verify(self, tag: &[u8]) -> bool {
        self.0.verify_truncated_left(tag).is_ok()
    }
}

const CRC_TABLE: [u32; 256] = crc_table();

/// CRC-32 (ITU V.42), as in STUN's FINGERPRINT.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &b| CRC_TABLE[((crc ^ u32::from(b)) & 0xFF) as usize] ^ (crc >> 8))
}

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let (mut c, mut k) = (i as u32, 0);
        while k < 8 {
            c = if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 };
            k += 1;
        }
        table[i] = c;
        i += 1;
    }
    table
}
