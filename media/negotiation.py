"""From an offer and what its m-lines are for to a plan: publications and slots. Pure. Not here: SDP text, the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media.answer import PublishLine
from media.codecs import Taken, extension_ids, publication_codecs, slot_codecs
from media.config import MediaSettings
from media.face import BadOffer, Publish
from media.sdp import Offer, read_offer

KIND_OF_ROLE = {"microphone": "audio", "screen_audio": "audio", "camera": "video", "screen": "video"}
MAX_AUDIO_SLOTS = 6
MAX_VIDEO_SLOTS = 25
#: One of each role; a lecturer with a second camera or screen has room.
MAX_PUBLICATIONS = 8


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """A receive slot as offered; the SSRCs are the router's to choose."""

    mid: str
    kind: str
    codecs: tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an offer asks for, checked against the relay's limits."""

    offer: Offer
    publications: dict[str, PublishLine]
    slots: tuple[SlotPlan, ...]
    extension_ids: dict[str, int]


def plan(text: str, publish: Sequence[Publish], settings: MediaSettings) -> Plan:
    """BadOffer with one of its reasons; nothing else."""
    offer = read_offer(text)
    if len(publish) > MAX_PUBLICATIONS:
        raise BadOffer("too_many_media")
    named = {p.mid: p.role for p in publish}
    for mid, role in named.items():
        section = offer.section(mid)
        if section is None or KIND_OF_ROLE.get(role) != section.kind:
            raise BadOffer("unknown_mid")
    publications: dict[str, PublishLine] = {}
    slots: list[SlotPlan] = []
    # Slots of a kind have the same codecs, and `read_offer` gives them one tuple.
    receivable: dict[tuple[str, int], tuple[Taken, ...]] = {}
    for section in offer.sections:
        if section.stopped or section.kind not in ("audio", "video"):
            continue
        if section.mid in named:
            if section.direction in ("sendonly", "sendrecv"):
                codecs = publication_codecs(section, settings.video_codecs)
                publications[section.mid] = PublishLine(named[section.mid], codecs, section.rids, section.ssrcs)
        elif section.direction in ("recvonly", "sendrecv"):
            table = section.kind, id(section.codecs)
            if table not in receivable:
                receivable[table] = slot_codecs(section, settings.video_codecs)
            slots.append(SlotPlan(section.mid, section.kind, receivable[table]))
    _check_counts(slots)
    return Plan(offer, publications, tuple(slots), extension_ids(offer))


def _check_counts(slots: Sequence[SlotPlan]) -> None:
    audio = sum(1 for s in slots if s.kind == "audio")
    if audio > MAX_AUDIO_SLOTS or len(slots) - audio > MAX_VIDEO_SLOTS:
        raise BadOffer("too_many_media")


def named_ssrcs(line: PublishLine) -> list[tuple[int, str, int]]:
    """(ssrc, rid, rtx ssrc) for the engine. With simulcast the rid extension tells, and SDP does not say which is which."""
    return [] if line.rids else [(ssrc, "", rtx) for ssrc, rtx in line.ssrcs[:1]]
