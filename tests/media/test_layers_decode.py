"""What a viewer without a browser gets over layer switches is decoded, frame by frame: real VP8 in, real pictures out."""

from __future__ import annotations

import asyncio
from itertools import count, groupby

import av

from media.face import Wanted
from tests.kit.encoded import vp8_frames
from tests.kit.media_room import LECTURER, media_room
from tests.kit.rtc_client import until
from tests.kit.rtp_packets import RtpPacket, vp8_frame_of

SIZES = {"q": (160, 90), "h": (320, 180)}


def pictures(packets: list[RtpPacket]) -> list[int]:
    """Widths of the decoded frames, in order. The numbers have no gap, so every frame is whole."""
    ordered = sorted(packets, key=lambda p: (p.seq - packets[0].seq) & 0xFFFF)
    decoder = av.CodecContext.create("vp8", "r")
    widths = []
    for _, frame in groupby(ordered, key=lambda p: p.timestamp):
        data = b"".join(vp8_frame_of(p.payload)[2] for p in frame)
        widths += [picture.width for picture in decoder.decode(av.Packet(data))]
    return widths


def last_width(packets: list[RtpPacket]) -> int:
    """Of the newest keyframe, from the VP8 header."""
    for packet in reversed(packets):
        begins, _, frame = vp8_frame_of(packet.payload)
        if begins and frame[0] & 1 == 0:
            return int.from_bytes(frame[6:8], "little")
    return 0


async def test_every_frame_decodes_over_switches_up_and_down() -> None:
    frames = {rid: [data for _, data in vp8_frames(*SIZES[rid], count=48, key_every=12)] for rid in SIZES}
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"camera": tuple(SIZES)})
        student = await room.join(2)
        slot = student.slot_mids("video")[1]

        async def send() -> None:
            for number in count():
                for i, rid in enumerate(SIZES):
                    # The layers' keyframes do not coincide: half a period apart.
                    lecturer.send_frame(frames[rid][(number + 6 * i) % 48], rid=rid, ticks=0 if i else 3600)
                await asyncio.sleep(0.04)

        sending = asyncio.create_task(send())
        try:
            for width, height in (SIZES["q"], SIZES["h"], SIZES["q"]):
                room.router.set_view(2, [Wanted(1, "camera", width, height)], None, False)
                await until(lambda width=width: last_width(student.received[slot]) == width, 30)  # type: ignore[misc]
        finally:
            sending.cancel()
        packets = student.received[slot]
        widths = pictures(packets)
    assert [width for width, _ in groupby(widths)][-3:] == [160, 320, 160]
    assert len(widths) == len({p.timestamp for p in packets})
