"""What a peer's sound costs, which is set aside before any picture is fitted in, and how much of it may be redundancy. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: An Opus voice at 20 ms with its headers and tags.
VOICE_BPS = 46_000
#: A voice that is silent (DTX), with its comfort noise.
SILENT_BPS = 3_000
#: One earlier frame carried along.
COPY_BPS = 32_000
#: Sound of a shared screen: music, a film.
SCREEN_SOUND_BPS = 110_000
#: Sound with redundancy takes at most this part of the budget; without it, it takes what it needs.
MOST = 0.6


@dataclass(frozen=True, slots=True)
class Voice:
    """What an audio slot shows. `speaks`: now, or it is the lecturer, for whom room is always kept. `copies`: asked for."""

    slot: int
    role: str
    speaks: bool
    copies: int = 0


def sound_bps(voices: Sequence[Voice], budget_bps: int | None) -> tuple[int, dict[int, int]]:
    """Cost of all voices, and copies per slot. Redundancy is granted in order while it leaves the budget room; voices are never refused."""
    total = sum(_voice_bps(v) for v in voices)
    silent = any(not v.speaks for v in voices)
    if silent:
        # Somebody will begin: a first word must not wait for a picture to give way.
        total += VOICE_BPS
    granted: dict[int, int] = {}
    for voice in voices:
        copies = voice.copies
        while copies and budget_bps is not None and total + copies * COPY_BPS > budget_bps * MOST:
            copies -= 1
        granted[voice.slot] = copies
        if voice.speaks:
            total += copies * COPY_BPS
    return total, granted


def _voice_bps(voice: Voice) -> int:
    if voice.role == "screen_audio":
        return SCREEN_SOUND_BPS
    return VOICE_BPS if voice.speaks else SILENT_BPS
