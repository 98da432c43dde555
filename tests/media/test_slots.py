"""Which publication is in which slot: what a student sees and hears."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from media.face import Wanted
from media.slots import Source, View, choose_audio, choose_video


def mic(publication: int, priority: int = 0) -> Source:
    return Source(publication, publication, "microphone", priority)


def camera(publication: int, priority: int = 0) -> Source:
    return Source(100 + publication, publication, "camera", priority)


def screen(publication: int, priority: int = 2) -> Source:
    return Source(200 + publication, publication, "screen", priority)


def tiles(*peers: int) -> View:
    return View(tuple(Wanted(p, "camera", 320, 180) for p in peers))


def hear(
    sources: Sequence[Source],
    speaking: Sequence[int] = (),
    before: Sequence[int | None] = (None,) * 4,
    max_voices: int = 4,
) -> tuple[int | None, ...]:
    rest = [s.peer for s in sources if s.peer not in speaking]
    return choose_audio(len(before), sources, [*speaking, *rest], speaking, before, max_voices)


def see(
    sources: Sequence[Source],
    view: View | None = None,
    speaking: Sequence[int] = (),
    before: Sequence[int | None] = (None,) * 6,
) -> tuple[int | None, ...]:
    return choose_video(len(before), sources, view or View(), speaking, before, max_student_cameras=9)


def test_the_lecturer_is_always_in_the_first_audio_slot() -> None:
    assert hear([mic(5), mic(1, 2), mic(7)], speaking=[5, 7])[0] == 1


def test_no_more_voices_than_the_policy_allows_are_mixed_and_the_lecturer_is_always_one() -> None:
    everybody = [mic(1, 2), *(mic(i) for i in range(2, 12)), Source(300, 9, "screen_audio", 2)]
    heard = hear(everybody, speaking=[7, 5, 9, 3, 2], before=(None,) * 12, max_voices=3)
    assert set(heard) - {None} == {1, 300, 7, 5, 9}
    assert set(hear(everybody, speaking=[7, 1], before=(None,) * 12, max_voices=0)) - {None} == {1, 300}


def test_in_a_small_class_everybody_is_heard_before_they_begin_to_speak() -> None:
    assert set(hear([mic(1, 2), mic(2), mic(3), mic(4)])) == {1, 2, 3, 4}


def test_a_speaker_takes_the_place_of_somebody_silent_and_nobody_else_moves() -> None:
    everybody = [mic(1, 2), *(mic(i) for i in range(2, 8))]
    before = (1, 2, 3, 4)
    after = hear(everybody, speaking=[3, 7], before=before)
    assert after[0] == 1
    assert after[2] == 3
    assert 7 in after
    assert sum(a == b for a, b in zip(after, before, strict=True)) == 3


def test_who_has_the_floor_is_heard_even_when_others_are_louder() -> None:
    everybody = [mic(1, 2), mic(2), mic(3), mic(4), mic(9, 1)]
    assert 9 in hear(everybody, speaking=[2, 3, 4], before=(1, 2, 3, 4))


def test_the_sound_of_a_shared_screen_has_a_place_beside_the_lecturers_voice() -> None:
    sound = Source(50, 1, "screen_audio", 2)
    heard = hear([mic(1, 2), sound, mic(2), mic(3), mic(4)], speaking=[2, 3, 4])
    assert heard[0] == 1
    assert 50 in heard[1:]


def test_without_a_lecturer_the_reserved_slot_stays_free() -> None:
    assert hear([mic(2), mic(3)])[0] is None


def test_a_client_with_one_audio_slot_hears_the_lecturer_or_else_the_speaker() -> None:
    assert hear([mic(1, 2), mic(2)], speaking=[2], before=(None,)) == (1,)
    assert hear([mic(2), mic(3)], speaking=[3], before=(None,)) == (3,)


def test_screen_and_lecturer_have_their_own_video_slots() -> None:
    assert see([camera(1, 2), screen(1), camera(2)], tiles(2)) == (201, 101, 102, None, None, None)


def test_tiles_come_after_the_pinned_the_floor_and_the_speaker() -> None:
    sources = [camera(i, 1 if i == 5 else 0) for i in range(2, 9)]
    view = View(tiles(2, 3, 4).tiles, pinned=8)
    assert set(see(sources, view, speaking=[7], before=(None,) * 5)) == {None, 108, 105, 107}


def test_a_camera_keeps_its_slot_while_it_is_wanted() -> None:
    sources = [camera(i) for i in range(2, 6)]
    before = see(sources, tiles(2, 3, 4))
    after = see(sources, tiles(5, 4, 3), before=before)
    kept = {103, 104}
    assert all(after[i] == p for i, p in enumerate(before) if p in kept)
    assert 102 not in after
    assert 105 in after


def test_at_most_nine_student_cameras_are_sent() -> None:
    sources = [camera(i) for i in range(2, 30)]
    shown = see(sources, tiles(*range(2, 30)), before=(None,) * 25)
    assert sum(p is not None for p in shown) == 9


def test_listening_only_shows_no_faces_and_a_screen_only_when_asked_for() -> None:
    sources = [screen(1), camera(1, 2)]
    assert see(sources, View(listen_only=True)) == (None,) * 6
    assert see(sources, View((Wanted(1, "screen", 640, 360),), listen_only=True)) == (201, *(None,) * 5)


def test_a_second_screen_takes_an_ordinary_slot() -> None:
    assert set(see([screen(1), screen(2, 1)])) == {201, 202, None}


_SOURCES = st.lists(
    st.builds(
        Source, st.integers(1, 60), st.integers(1, 20),
        st.sampled_from(["microphone", "screen_audio", "camera", "screen"]), st.integers(0, 2),
    ),
    max_size=30, unique_by=lambda s: s.publication,
)  # fmt: skip
_BEFORE = st.lists(st.one_of(st.none(), st.integers(1, 60)), max_size=12).filter(
    lambda b: len({x for x in b if x is not None}) == sum(x is not None for x in b)
)


@given(_SOURCES, _BEFORE, st.lists(st.integers(1, 20), max_size=4, unique=True))
def test_no_publication_is_ever_in_two_slots_and_none_is_invented(
    sources: list[Source], before: list[int | None], speaking: list[int]
) -> None:
    known = {s.publication for s in sources}
    loud = [s.peer for s in sources]
    view = View(tuple(Wanted(p, "camera", 320, 180) for p in speaking), pinned=1)
    for chosen in (
        choose_audio(len(before), sources, loud, speaking, before, 4),
        choose_video(len(before), sources, view, speaking, before, 9),
    ):
        assert len(chosen) == len(before)
        shown = [p for p in chosen if p is not None]
        assert len(shown) == len(set(shown))
        assert set(shown) <= known
