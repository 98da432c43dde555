//! Sound over lines that lose packets: copies that go along, and what is asked for again, both ways.

mod common;

use common::*;
use forward::codec::Codec;
use forward::ids::{Kind, SlotId, SourceId};
use forward::relay::{NewSlot, NewSource};
use forward::rtcp::{self, Packet};
use forward::slot::SlotCodec;
use forward::source::CodecParams;
use forward::srtp::Profile;

const PROFILE: Profile = Profile::Gcm128;
const SLOT_OPUS_PT: u8 = 109;
const SLOT_RED_PT: u8 = 63;

/// A publisher with a microphone (source 1, SSRC 7) and a listener with slot 5; both negotiated NACK for Opus, the slot RED.
fn lesson(world: &mut World) -> (Client, Client) {
    lesson_with(world, true)
}

fn lesson_with(world: &mut World, has_red: bool) -> (Client, Client) {
    let (speaker, listener) = (world.connected(1, PROFILE), world.connected(2, PROFILE));
    microphone(world, &speaker, 1);
    let opus = SlotCodec { codec: Codec::Opus, pt: SLOT_OPUS_PT, rtx_pt: Some(SLOT_OPUS_PT) };
    let red = SlotCodec { codec: Codec::Red, pt: SLOT_RED_PT, rtx_pt: None };
    let new = NewSlot {
        id: SlotId(5),
        peer: listener.id,
        mid: "s5".into(),
        kind: Kind::Audio,
        ssrc: 5000,
        rtx_ssrc: 0,
        codecs: if has_red { vec![opus, red] } else { vec![opus] },
        cname: "sfu".into(),
    };
    world.relay.add_slot(new).unwrap();
    world.relay.route(SlotId(5), Some(SourceId(1)), "", 7).unwrap();
    (speaker, listener)
}

fn microphone(world: &mut World, speaker: &Client, src: u32) {
    let codecs = vec![CodecParams { pt: OPUS_PT, codec: Codec::Opus, rtx_pt: Some(OPUS_PT), clock_hz: 48_000 }];
    let (id, mid) = (SourceId(src), format!("m{src}"));
    let new = NewSource { id, peer: speaker.id, mid, kind: Kind::Audio, codecs, rids: vec![], ssrcs: vec![] };
    world.relay.add_source(new).unwrap();
}

/// The 20 ms frame number `index`: its payload says so.
fn voice(src: u32, index: u64) -> Rtp {
    Rtp {
        pt: OPUS_PT,
        index,
        ts: index as u32 * 960,
        ssrc: 6 + src,
        marker: false,
        extensions: vec![(EXT_MID, format!("m{src}").into_bytes())],
        payload: format!("frame {index}").into_bytes(),
    }
}

fn say(world: &mut World, speaker: &Client, indices: impl IntoIterator<Item = u64>) {
    for index in indices {
        world.send_rtp(speaker, &voice(1, index));
        world.turn(20_000);
    }
}

/// Frames in a packet: (timestamp, payload), oldest first.
fn frames(packet: &Opened) -> Vec<(u32, String)> {
    let (header, data) = packet;
    let mut rest = &data[header.len..];
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    if header.pt == SLOT_OPUS_PT {
        return vec![(header.ts, text(rest))];
    }
    assert_eq!(header.pt, SLOT_RED_PT);
    let mut blocks = Vec::new();
    while rest[0] & 0x80 != 0 {
        assert_eq!(rest[0] & 0x7F, SLOT_OPUS_PT);
        let sizes = u32::from_be_bytes([0, rest[1], rest[2], rest[3]]);
        blocks.push((header.ts.wrapping_sub(sizes >> 10), (sizes & 0x3FF) as usize));
        rest = &rest[4..];
    }
    assert_eq!(rest[0], SLOT_OPUS_PT);
    rest = &rest[1..];
    let mut found = Vec::new();
    for (ts, len) in blocks {
        found.push((ts, text(&rest[..len])));
        rest = &rest[len..];
    }
    found.push((header.ts, text(rest)));
    found
}

fn is_rtp(data: &[u8]) -> bool {
    data[0] >= 128 && !(192..224).contains(&data[1])
}

fn nacks_to(world: &mut World, speaker: &mut Client) -> Vec<u16> {
    let compounds = world.take(speaker).1;
    let all = compounds.iter().flat_map(|c| rtcp::packets(c).collect::<Vec<_>>());
    all.flat_map(|p| if let Packet::Nack { media: 7, fci } = p { rtcp::nacked(fci).collect() } else { vec![] }).collect()
}

fn ask_again(world: &mut World, listener: &mut Client, seqs: &[u16]) {
    let mut compound = Vec::new();
    rtcp::write_nack(&mut compound, 1, 5000, seqs);
    world.send_rtcp(listener, &compound);
}

#[test]
fn copies_are_switched_on_and_off_between_two_packets_and_numbers_do_not_notice() {
    let mut world = World::default();
    let (speaker, mut listener) = lesson(&mut world);
    say(&mut world, &speaker, 100..103);
    world.relay.set_red(SlotId(5), 2).unwrap();
    say(&mut world, &speaker, 103..106);
    world.relay.set_red(SlotId(5), 1).unwrap();
    say(&mut world, &speaker, 106..108);
    world.relay.set_red(SlotId(5), 0).unwrap();
    say(&mut world, &speaker, 108..110);
    let (rtp, _) = world.take(&mut listener);
    assert_eq!(rtp.iter().map(|(h, _)| h.seq).collect::<Vec<_>>(), (1001..1011).collect::<Vec<_>>());
    assert_eq!(rtp.iter().map(|p| frames(p).len()).collect::<Vec<_>>(), [1, 1, 1, 3, 3, 3, 2, 2, 1, 1]);
    let by_time: std::collections::HashMap<u32, String> = rtp.iter().map(|p| frames(p).pop().unwrap()).collect();
    for frame in rtp.iter().flat_map(frames) {
        assert_eq!(by_time[&frame.0], frame.1, "a copy stands at its own time");
    }
}

#[test]
fn no_copy_tells_what_was_said_before_the_slot_showed_this_voice() {
    let mut world = World::default();
    let (speaker, mut listener) = lesson(&mut world);
    world.relay.set_red(SlotId(5), 2).unwrap();
    world.relay.route(SlotId(5), None, "", 7).unwrap();
    say(&mut world, &speaker, 100..110);
    world.relay.route(SlotId(5), Some(SourceId(1)), "", 7).unwrap();
    say(&mut world, &speaker, 110..113);
    world.relay.enable_source(SourceId(1), false).unwrap();
    say(&mut world, &speaker, 113..115);
    world.relay.enable_source(SourceId(1), true).unwrap();
    say(&mut world, &speaker, 115..117);
    let heard: Vec<Vec<String>> =
        world.take(&mut listener).0.iter().map(|p| frames(p).into_iter().map(|f| f.1).collect()).collect();
    assert_eq!(heard[0], ["frame 110"]);
    assert_eq!(heard[2], ["frame 110", "frame 111", "frame 112"]);
    assert_eq!(heard[3], ["frame 115"]);
    assert!(!heard.iter().flatten().any(|f| ["frame 113", "frame 114"].contains(&&f[..])), "muted is not said later");
}

#[test]
fn a_lost_word_is_asked_for_at_once_for_300_ms_and_fills_its_gap_late() {
    let mut world = World::default();
    let (mut speaker, mut listener) = lesson(&mut world);
    world.relay.set_red(SlotId(5), 2).unwrap();
    say(&mut world, &speaker, [100, 101, 103]);
    assert_eq!(nacks_to(&mut world, &mut speaker), [102]);
    world.send_rtp(&speaker, &voice(1, 102));
    say(&mut world, &speaker, [104]);
    let (rtp, _) = world.take(&mut listener);
    assert_eq!(rtp.iter().map(|(h, _)| h.seq).collect::<Vec<_>>(), [1001, 1002, 1004, 1003, 1005]);
    let last: Vec<_> = frames(&rtp[4]).into_iter().map(|f| f.1).collect();
    assert_eq!(last, ["frame 102", "frame 103", "frame 104"], "what came late goes along as a copy");
    say(&mut world, &speaker, [106]);
    let mut asked = nacks_to(&mut world, &mut speaker);
    for index in 107..140 {
        say(&mut world, &speaker, [index]);
        asked.extend(nacks_to(&mut world, &mut speaker));
    }
    assert!((3..=8).contains(&asked.len()) && asked.iter().all(|&s| s == 105), "{asked:?}");
}

#[test]
fn what_a_listener_asks_for_goes_out_again_byte_for_byte() {
    let mut world = World::default();
    let (speaker, mut listener) = lesson(&mut world);
    say(&mut world, &speaker, 100..102);
    ask_again(&mut world, &mut listener, &[1001]);
    assert_eq!(world.take(&mut listener).0.len(), 2, "the first request only begins the keeping");
    world.relay.set_red(SlotId(5), 2).unwrap();
    say(&mut world, &speaker, 102..106);
    let sent: Vec<Vec<u8>> = std::mem::take(&mut world.out.sent).into_iter().map(|(_, d)| d).filter(|d| is_rtp(d)).collect();
    world.relay.set_red(SlotId(5), 0).unwrap();
    ask_again(&mut world, &mut listener, &[1004]);
    ask_again(&mut world, &mut listener, &[1004]);
    let again: Vec<Vec<u8>> = std::mem::take(&mut world.out.sent).into_iter().map(|(_, d)| d).collect();
    assert_eq!(again.len(), 1, "two requests in one round trip are one");
    assert!(sent.contains(&again[0]));
}

#[test]
fn nothing_is_said_again_after_the_slot_went_to_somebody_else() {
    let mut world = World::default();
    let (speaker, mut listener) = lesson(&mut world);
    microphone(&mut world, &speaker, 2);
    ask_again(&mut world, &mut listener, &[1]);
    say(&mut world, &speaker, 100..103);
    world.relay.route(SlotId(5), Some(SourceId(2)), "", 7).unwrap();
    world.send_rtp(&speaker, &voice(2, 900));
    world.turn(20_000);
    world.take(&mut listener);
    ask_again(&mut world, &mut listener, &[1001, 1002, 1003]);
    assert!(world.take(&mut listener).0.is_empty());
}

/// A RED packet (payload type 63) of frame `index` that carries the one before it.
fn doubled(index: u64) -> Rtp {
    let mut packet = voice(1, index);
    let before = voice(1, index - 1).payload;
    let sizes = (960u32 << 10 | before.len() as u32).to_be_bytes();
    packet.pt = 63;
    packet.payload = [&[0x80 | OPUS_PT], &sizes[1..], &[OPUS_PT], &before, &packet.payload].concat();
    packet
}

#[test]
fn a_publisher_on_a_bad_line_may_carry_copies_and_listeners_get_plain_frames() {
    let mut world = World::default();
    let (mut speaker, mut listener) = lesson(&mut world);
    let opus = CodecParams { pt: OPUS_PT, codec: Codec::Opus, rtx_pt: Some(OPUS_PT), clock_hz: 48_000 };
    let red = CodecParams { pt: 63, codec: Codec::Red, rtx_pt: None, clock_hz: 48_000 };
    let new = NewSource {
        id: SourceId(3),
        peer: speaker.id,
        mid: "m1".into(),
        kind: Kind::Audio,
        codecs: vec![opus, red],
        rids: vec![],
        ssrcs: vec![],
    };
    world.relay.remove_source(SourceId(1)).unwrap();
    world.relay.add_source(new).unwrap();
    world.relay.route(SlotId(5), Some(SourceId(3)), "", 7).unwrap();
    for index in [100, 101, 103, 104, 106] {
        world.send_rtp(&speaker, &doubled(index));
        world.turn(20_000);
    }
    let (rtp, _) = world.take(&mut listener);
    assert_eq!(
        rtp.iter().map(|(h, _)| (h.seq, h.pt)).collect::<Vec<_>>(),
        (1001..1008).map(|s| (s, SLOT_OPUS_PT)).collect::<Vec<_>>()
    );
    let heard: Vec<_> = rtp.iter().flat_map(frames).collect();
    let said: Vec<_> = (100..107).map(|i| (heard[0].0 + (i - 100) * 960, format!("frame {i}"))).collect();
    assert_eq!(heard, said);
    assert!(nacks_to(&mut world, &mut speaker).is_empty(), "nothing is missing that came as a copy");
}

#[test]
fn a_listener_without_red_gets_earlier_packets_once_more_as_they_were() {
    let mut world = World::default();
    let (speaker, _listener) = lesson_with(&mut world, false);
    say(&mut world, &speaker, 100..103);
    world.relay.set_red(SlotId(5), 2).unwrap();
    say(&mut world, &speaker, 103..107);
    let sent: Vec<Vec<u8>> = std::mem::take(&mut world.out.sent).into_iter().map(|(_, d)| d).filter(|d| is_rtp(d)).collect();
    let seqs: Vec<u16> = sent.iter().map(|d| u16::from_be_bytes([d[2], d[3]])).collect();
    assert_eq!(seqs, [1001, 1002, 1003, 1004, 1005, 1004, 1006, 1005, 1004, 1007, 1006, 1005]);
    for (i, packet) in sent.iter().enumerate() {
        let first = seqs.iter().position(|s| *s == seqs[i]).unwrap();
        assert_eq!(*packet, sent[first], "byte for byte");
    }
    world.relay.route(SlotId(5), None, "", 7).unwrap();
    world.relay.route(SlotId(5), Some(SourceId(1)), "", 7).unwrap();
    say(&mut world, &speaker, 107..108);
    assert_eq!(world.out.sent.iter().filter(|(_, d)| is_rtp(d)).count(), 1, "nothing from before");
}

#[test]
fn numbers_go_on_over_the_wrap_and_are_repeated_beyond_it() {
    let mut world = World::default();
    let (speaker, mut listener) = lesson(&mut world);
    ask_again(&mut world, &mut listener, &[1]);
    let mut heard = 0;
    for index in 100..65_000 {
        world.send_rtp(&speaker, &voice(1, index));
        world.turn(20_000);
        if index % 500 == 0 {
            heard += world.take(&mut listener).0.len();
        }
    }
    let (rtp, _) = world.take(&mut listener);
    heard += rtp.len();
    assert_eq!(heard, 64_900, "each opened under its own index");
    assert_eq!(rtp.last().unwrap().0.seq, 364);
    for (seq, repeats) in [(364, 1), (320, 1), (65_530, 0)] {
        ask_again(&mut world, &mut listener, &[seq]);
        let found = std::mem::take(&mut world.out.sent).into_iter().filter(|(_, d)| is_rtp(d)).count();
        assert_eq!(found, repeats, "{seq}");
    }
}
