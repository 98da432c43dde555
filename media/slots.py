"""Which publication is shown in which receive slot of a peer. Pure. Not here: which layer of it (`media.allocation`).

A publication keeps its slot for as long as it is chosen: a slot that changes hands costs a keyframe and a moment of attention.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media.face import Wanted

LECTURER = 2
HAS_FLOOR = 1
#: Slots with a fixed meaning: they share the SDP stream of the lecturer's voice (lip sync) or stand for the shared screen.
LECTURER_AUDIO_SLOT = 0
SCREEN_SLOT = 0
LECTURER_CAMERA_SLOT = 1
#: Below this number of video slots none is reserved.
MIN_FOR_RESERVED = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A publication that flows and may be shown to the peer in question. `priority` as in `Admission`."""

    publication: int
    peer: int
    role: str
    priority: int


@dataclass(frozen=True, slots=True)
class View:
    """What a peer's client shows: its tiles, the peer it pinned, whether it does without faces or without moving pictures."""

    tiles: tuple[Wanted, ...] = ()
    pinned: int | None = None
    listen_only: bool = False
    #: "full", or "audio_and_stills" for a narrow line (`media.narrow`).
    profile: str = "full"

    def tile(self, source: Source) -> Wanted | None:
        """The largest tile that shows this source."""
        mine = [t for t in self.tiles if t.peer == source.peer and t.role == source.role]
        return max(mine, key=lambda t: t.height, default=None)


def choose_audio(
    count: int,
    sources: Sequence[Source],
    loudest: Sequence[int],
    speaking: Sequence[int],
    before: Sequence[int | None],
    max_voices: int,
) -> tuple[int | None, ...]:
    """Publications for the audio slots.

    Input: microphones and screen sounds; peers by loudness; peers that speak now; what the slots hold; how many voices besides the
    lecturer's may be mixed (top K; screen sound is none).
    Steps: the first slot is the lecturer's voice. The others take, in this order, screen sound, further lecturers, who has the
    floor, who speaks, who holds a slot already, the rest by loudness. While there are slots enough everybody is in one, so that
    nobody's first syllable is cut. Output: a publication or None per slot.
    """
    held = set(before)
    loud = {peer: i for i, peer in enumerate(loudest)}
    talking = {peer: i for i, peer in enumerate(speaking)}
    voices = [s for s in sources if s.role == "microphone"]
    lecturers = sorted(
        (s for s in voices if s.priority >= LECTURER), key=lambda s: (s.publication not in held, s.publication)
    )
    first = lecturers[0] if lecturers else None
    if first is not None and count and before and before[0] in {s.publication for s in lecturers}:
        first = next(s for s in lecturers if s.publication == before[0])

    def rank(source: Source) -> tuple[int, int, int]:
        place = loud.get(source.peer, len(loud))
        if source.role == "screen_audio":
            return (0, -source.priority, place)
        if source.priority:
            return (1, -source.priority, place)
        if source.peer in talking:
            return (2, talking[source.peer], place)
        return (3 if source.publication in held else 4, place, source.publication)

    others = sorted((s for s in voices if s is not first), key=rank)[:max_voices]
    rest = [*sorted((s for s in sources if s.role == "screen_audio"), key=rank), *others]
    if count == 1:
        return (first.publication if first else rest[0].publication if rest else None,)
    chosen = [s.publication for s in rest[: max(count - 1, 0)]]
    reserved = {LECTURER_AUDIO_SLOT: first.publication if first else None}
    return _settle(count, reserved, chosen, before)


def choose_video(
    count: int,
    sources: Sequence[Source],
    view: View,
    speaking: Sequence[int],
    before: Sequence[int | None],
    max_student_cameras: int,
    *,
    stills: bool = False,
) -> tuple[int | None, ...]:
    """Publications for the video slots.

    Order: shared screens, the lecturer's camera, who is pinned, who has the floor, who speaks, the tiles that the client shows.
    With two slots or more the first is for the screen and the second for the lecturer's camera. Students' cameras are capped. Who only
    listens is shown no faces, and a screen only when its client asks for it; a line for `stills` carries screens alone.
    """
    if stills:
        sources = [s for s in sources if s.role == "screen"]
    if view.listen_only:
        sources = [s for s in sources if s.role == "screen" and view.tile(s) is not None]
    cameras = [s for s in sources if s.role == "camera"]
    held = set(before)
    screens = sorted(
        (s for s in sources if s.role == "screen"),
        key=lambda s: (-s.priority, s.publication not in held, s.publication),
    )
    lecturers = sorted(
        (s for s in cameras if s.priority >= LECTURER), key=lambda s: (s.publication not in held, s.publication)
    )
    students = [s for s in cameras if s.priority < LECTURER]
    wished = list(_by_wish(students, view, speaking))[:max_student_cameras]
    order = [s.publication for s in _unique([*screens, *lecturers, *wished])]
    if count < MIN_FOR_RESERVED:
        return _settle(count, {}, order[:count], before)
    reserved = {
        SCREEN_SLOT: screens[0].publication if screens else None,
        LECTURER_CAMERA_SLOT: lecturers[0].publication if lecturers else None,
    }
    free = [p for p in order if p not in reserved.values()][: count - len(reserved)]
    return _settle(count, reserved, free, before)


def _by_wish(students: Sequence[Source], view: View, speaking: Sequence[int]) -> Iterable[Source]:
    yield from (s for s in students if s.peer == view.pinned)
    yield from (s for s in students if s.priority >= HAS_FLOOR)
    yield from (s for peer in speaking for s in students if s.peer == peer)
    yield from (s for tile in view.tiles if tile.role == "camera" for s in students if s.peer == tile.peer)


def _unique(sources: Iterable[Source]) -> list[Source]:
    return list({s.publication: s for s in sources}.values())


def _settle(
    count: int, reserved: dict[int, int | None], chosen: Sequence[int], before: Sequence[int | None]
) -> tuple[int | None, ...]:
    """Put the chosen into the slots that are not reserved; who holds one stays in it."""
    slots: list[int | None] = [reserved.get(i) for i in range(count)]
    wanted = list(dict.fromkeys(chosen))
    for i in range(count):
        if i not in reserved and i < len(before) and before[i] in wanted:
            slots[i] = before[i]
            wanted.remove(before[i])  # type: ignore[arg-type]  # a member of `wanted` is not None
    for i in range(count):
        if i not in reserved and slots[i] is None and wanted:
            slots[i] = wanted.pop(0)
    return tuple(slots)
