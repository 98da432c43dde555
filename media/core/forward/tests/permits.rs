//! Who may see and hear whom: what is not permitted does not leave, not as media, not as a retransmission, not as a report.

mod common;

use common::*;
use forward::ids::{Kind, PeerId, SlotId, SourceId};
use forward::notice::Notice;
use forward::rtcp;
use forward::srtp::Profile;

struct Class {
    world: World,
    publisher: Client,
    viewer: Client,
    index: u64,
}

impl Class {
    fn new() -> Self {
        let mut world = World::default();
        let publisher = world.connected(1, Profile::Gcm128);
        let viewer = world.connected(2, Profile::Gcm128);
        world.add_camera(1, publisher.id, &["q"]);
        world.add_microphone(2, publisher.id);
        world.add_slot(5, viewer.id, Kind::Video);
        world.add_slot(6, viewer.id, Kind::Audio);
        world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
        world.relay.route(SlotId(6), Some(SourceId(2)), "", 7).unwrap();
        Self { world, publisher, viewer, index: 10 }
    }

    /// One picture and one stretch of sound; how many packets of each the viewer got.
    fn send(&mut self, keyframe: bool) -> (usize, usize) {
        self.index += 1;
        let extensions = vec![(EXT_MID, b"m1".to_vec()), (EXT_RID, b"q".to_vec())];
        let payload = vp8(keyframe, self.index as u16, self.index as u8, 0);
        let camera = Rtp { pt: VP8_PT, index: self.index, ssrc: 11, extensions, payload, ..Rtp::default() };
        let extensions = vec![(EXT_MID, b"m2".to_vec())];
        let voice = Rtp { pt: OPUS_PT, index: self.index, ssrc: 12, extensions, payload: vec![1; 60], ..Rtp::default() };
        self.world.send_rtp(&self.publisher, &camera);
        self.world.send_rtp(&self.publisher, &voice);
        self.world.turn(20_000);
        let (rtp, _) = self.world.take(&mut self.viewer);
        let pictures = rtp.iter().filter(|(h, _)| h.ssrc == 5000).count();
        (pictures, rtp.len() - pictures)
    }

    fn forbid(&mut self, kind: Kind) {
        self.world.relay.set_sees(self.viewer.id, kind, Some(&[PeerId(99)])).unwrap();
    }
}

#[test]
fn what_is_forbidden_ends_with_the_next_packet_and_what_is_permitted_begins_with_a_keyframe() {
    let mut class = Class::new();
    assert_eq!(class.send(true), (1, 1));
    class.world.notices();
    class.forbid(Kind::Video);
    let silent = Notice::Switched { slot: SlotId(5), shown: None };
    assert!(class.world.notices().contains(&silent));
    assert_eq!(class.send(true), (0, 1), "pictures and sounds are two rows");
    class.forbid(Kind::Audio);
    assert_eq!(class.send(false), (0, 0));
    class.world.relay.set_sees(class.viewer.id, Kind::Video, Some(&[class.publisher.id])).unwrap();
    class.world.relay.set_sees(class.viewer.id, Kind::Audio, None).unwrap();
    assert_eq!(class.send(false), (0, 1), "a picture begins with a keyframe");
    assert_eq!(class.send(true), (1, 1));
}

#[test]
fn a_route_made_while_it_is_forbidden_stays_silent_until_it_is_permitted() {
    let mut class = Class::new();
    class.forbid(Kind::Video);
    class.world.relay.route(SlotId(5), None, "", 7).unwrap();
    class.world.relay.route(SlotId(5), Some(SourceId(1)), "q", 7).unwrap();
    assert_eq!(class.send(true).0, 0);
    class.world.relay.set_sees(class.viewer.id, Kind::Video, None).unwrap();
    assert_eq!(class.send(true).0, 1);
}

#[test]
fn neither_retransmissions_nor_reports_of_the_past_are_sent_once_it_is_forbidden() {
    let mut class = Class::new();
    class.send(true);
    class.send(false);
    class.forbid(Kind::Video);
    class.forbid(Kind::Audio);
    let mut nack = Vec::new();
    rtcp::write_nack(&mut nack, 1, 5000, &[1001, 1002]);
    class.world.send_rtcp(&mut class.viewer, &nack);
    let mut report = Vec::new();
    rtcp::write_sender_report(&mut report, 11, 1 << 60, 5, 6, 7, b"name");
    class.world.send_rtcp(&mut class.publisher, &report);
    class.world.turn(100_000);
    let (rtp, rtcp) = class.world.take(&mut class.viewer);
    assert!(rtp.is_empty());
    let reports = rtcp.iter().flat_map(|c| rtcp::packets(c)).filter(|p| matches!(p, rtcp::Packet::SenderReport { .. }));
    assert_eq!(reports.count(), 0);
}
