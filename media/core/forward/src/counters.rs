//! Counters, kept per peer, source, layer, slot and engine. Plain numbers: one thread owns them, a copy is published each second.

/// What a peer sent and got.
#[derive(Clone, Default, Debug)]
pub struct PeerCounters {
    /// Authentic RTP packets in.
    pub rx_packets: u64,
    /// Their bytes on the wire.
    pub rx_bytes: u64,
    /// RTP packets out, retransmissions included.
    pub tx_packets: u64,
    /// Their bytes on the wire.
    pub tx_bytes: u64,
    /// Authentic STUN requests.
    pub stun: u64,
    /// DTLS datagrams in.
    pub dtls: u64,
    /// DTLS datagrams not handed on: more than a handshake needs.
    pub dtls_dropped: u64,
    /// Packets with a wrong tag, or malformed.
    pub auth_failures: u64,
    /// Packets seen before, or too old.
    pub replays: u64,
    /// RTP and RTCP before there were keys.
    pub before_keys: u64,
    /// RTP packets of no known source.
    pub unmapped: u64,
    /// Retransmissions sent.
    pub rtx_sent: u64,
    /// Packets of padding sent to learn what the way carries.
    pub padding: u64,
    /// Packets that had to wait for their turn.
    pub paced: u64,
    /// Packets that waited too long and were not sent.
    pub pace_dropped: u64,
    /// Numbers asked for by the peer's NACKs.
    pub nacks_in: u64,
    /// Keyframe requests by the peer.
    pub plis_in: u64,
}

/// What a source sent.
#[derive(Clone, Default, Debug)]
pub struct SourceCounters {
    /// RTP packets, retransmissions included.
    pub rx_packets: u64,
    /// Their plaintext bytes.
    pub rx_bytes: u64,
    /// Packets that came by retransmission.
    pub recovered: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Numbers we asked for.
    pub nacks_out: u64,
    /// Keyframe requests we sent.
    pub plis_out: u64,
    /// Dropped because the source is not enabled.
    pub dropped_disabled: u64,
    /// Dropped because of a payload type nobody declared.
    pub unknown_pt: u64,
    /// Packets not handed to the tap's reader.
    pub tap_dropped: u64,
}

/// What a slot sent.
#[derive(Clone, Default, Debug)]
pub struct SlotCounters {
    /// RTP packets, without retransmissions.
    pub packets: u64,
    /// Payload bytes, as in sender reports.
    pub octets: u64,
    /// Retransmissions.
    pub rtx: u64,
    /// Numbers asked for.
    pub nacks: u64,
    /// Keyframe requests.
    pub plis: u64,
    /// Cumulative loss, as the receiver reports it.
    pub lost: i64,
    /// Packets not sent because their number had been used: always 0, or there is an error in `rewrite`.
    pub guarded: u64,
}

/// What the engine saw as a whole.
#[derive(Clone, Default, Debug)]
pub struct EngineCounters {
    /// Datagrams in.
    pub rx_packets: u64,
    /// Datagrams from addresses that proved nothing.
    pub unknown_address: u64,
    /// STUN that is no Binding request for anybody here.
    pub bad_stun: u64,
    /// Binding requests with a wrong password.
    pub bad_integrity: u64,
    /// Packets not handed to tap readers.
    pub tap_dropped: u64,
    /// Packets handed to other relays for their mirrors.
    pub exported: u64,
    /// Packets not handed to another relay because it was behind.
    pub export_dropped: u64,
    /// Packets of mirrors that came from other relays.
    pub imported: u64,
}
