"""The making of a peer, and the slots and answer of its negotiations. Not here: publications and routes (`media.router`)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from media.aiortc_private import SrtpKeys
from media.answer import CNAME, Line, Local, SlotLine, write_answer
from media.face import Admission
from media.host import Host
from media.negotiation import Plan, SlotPlan
from media.peer import Peer, Slot
from media.slots import LECTURER_AUDIO_SLOT, LECTURER_CAMERA_SLOT, MIN_FOR_RESERVED
from media.transport import DtlsSession

#: The SDP stream shared by the lecturer's voice and camera: browsers play them in step.
LECTURER_STREAM = "lecturer"


def new_peer(
    host: Host,
    peer: int,
    asked: Plan,
    admission: Admission,
    connected: Callable[[Peer, SrtpKeys], None],
    failed: Callable[[Peer, str], None],
    left: Callable[[Peer], None],
) -> Peer:
    """A peer with fresh ICE credentials (RFC 8445 §5.3 asks for 24 and 128 bits) and a DTLS session that waits for it."""
    handle = host.node.new_handle()
    dtls = DtlsSession(
        host.node.certificate,
        asked.offer.fingerprints,
        lambda data: host.core.send_dtls(handle, data),
        lambda keys: connected(made, keys),
        lambda reason: failed(made, reason),
        lambda: left(made),
    )
    made = Peer(
        id=peer,
        handle=handle,
        host=host,
        admission=admission,
        ufrag=secrets.token_hex(4),
        pwd=secrets.token_hex(16),
        remote_ufrag=asked.offer.ufrag,
        fingerprints=asked.offer.fingerprints,
        sdp_session=secrets.randbits(62),
        dtls=dtls,
    )
    return made


def carry_out(peer: Peer, asked: Plan) -> None:
    """Make the slots that are new, drop those that are gone or speak other codecs. A slot that stays keeps its SSRC."""
    planned = {s.mid: s for s in asked.slots}
    for mid in [m for m, slot in peer.slots.items() if m not in planned or planned[m].codecs != slot.line.codecs]:
        peer.host.core.remove_slot(peer.slots.pop(mid).handle)
    counts = {kind: sum(1 for s in asked.slots if s.kind == kind) for kind in ("audio", "video")}
    seen = {"audio": 0, "video": 0}
    for slot_plan in asked.slots:
        place = seen[slot_plan.kind]
        seen[slot_plan.kind] += 1
        if slot_plan.mid not in peer.slots:
            line = _line(peer, slot_plan, place, counts[slot_plan.kind])
            peer.slots[slot_plan.mid] = _add_slot(peer, slot_plan, line)
    peer.slots = {s.mid: peer.slots[s.mid] for s in asked.slots}


def _line(peer: Peer, slot: SlotPlan, place: int, count: int) -> SlotLine:
    used = {ssrc for s in peer.slots.values() for ssrc in (s.line.ssrc, s.line.rtx_ssrc)}
    has_rtx = any(t.rtx_pt for t in slot.codecs)
    ssrc = _new_ssrc(used)
    rtx_ssrc = _new_ssrc(used | {ssrc}) if has_rtx else 0
    with_lecturer = place == LECTURER_AUDIO_SLOT if slot.kind == "audio" else place == LECTURER_CAMERA_SLOT
    if slot.kind == "video" and count < MIN_FOR_RESERVED:
        with_lecturer = False
    stream = LECTURER_STREAM if with_lecturer else f"{slot.kind}-{slot.mid}"
    return SlotLine(slot.codecs, ssrc, rtx_ssrc, stream, f"track-{slot.mid}")


def _new_ssrc(used: set[int]) -> int:
    while (ssrc := secrets.randbits(32)) in used or ssrc == 0:
        continue
    return ssrc


def _add_slot(peer: Peer, slot: SlotPlan, line: SlotLine) -> Slot:
    made = Slot(peer.host.node.new_handle(), slot.mid, slot.kind, line)
    codecs = {t.codec.name: (t.codec.pt, t.engine_rtx_pt) for t in slot.codecs}
    peer.host.core.add_slot(made.handle, peer.handle, slot.mid, slot.kind, line.ssrc, line.rtx_ssrc, codecs, CNAME)
    return made


def write(peer: Peer, asked: Plan) -> str:
    """The answer to the plan's offer, from the peer's present state."""
    lines: dict[str, Line] = dict(asked.publications)
    lines.update({mid: slot.line for mid, slot in peer.slots.items()})
    local = Local(peer.ufrag, peer.pwd, peer.host.node.fingerprint, peer.host.candidates)
    peer.sdp_version += 1
    return write_answer(asked.offer, lines, asked.extension_ids, local, peer.sdp_session, peer.sdp_version)
