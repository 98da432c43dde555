from __future__ import annotations

from media.placement import FULL_LOAD, SPREAD_PEERS, SPREAD_STREAMS, ShardState, busy_share, home_of, place

IDLE = ShardState()


def fill(count: int, shards: int = 2, max_peers: int = 1000, streams_each: int = 1) -> list[ShardState]:
    """A room that `count` peers join one after another."""
    states = [IDLE] * shards
    for _ in range(count):
        at = place(states, 0, max_peers, is_lecturer=False)
        assert at is not None
        before = states[at]
        states[at] = ShardState(
            before.load, before.peers + 1, before.room_peers + 1, before.room_streams + streams_each
        )
    return states


def test_a_small_room_stays_on_its_home() -> None:
    assert [s.room_peers for s in fill(SPREAD_PEERS)] == [SPREAD_PEERS, 0]


def test_a_large_room_spreads_evenly_over_all_shards() -> None:
    assert [s.room_peers for s in fill(200)] == [100, 100]
    assert [s.room_peers for s in fill(200, shards=4)] == [60, 47, 47, 46]


def test_a_gallery_spreads_by_its_streams_rather_than_its_heads() -> None:
    states = fill(60, streams_each=12)
    assert max(s.room_streams for s in states) <= SPREAD_STREAMS + 5 * 12
    assert all(s.room_peers for s in states)


def test_rooms_begin_where_there_is_most_room() -> None:
    assert home_of([IDLE, IDLE], [0, 0]) == 0
    assert home_of([IDLE, IDLE], [1, 0]) == 1
    assert home_of([ShardState(load=0.3), ShardState(peers=50)], [0, 0]) == 1
    assert home_of([ShardState(load=0.04, peers=2), ShardState(load=0.01, peers=3)], [0, 0]) == 0, "flicker"


def test_a_busy_home_is_spared() -> None:
    states = [ShardState(load=0.6, room_peers=5), ShardState(load=0.2)]
    assert place(states, 0, 100, is_lecturer=False) == 1
    assert place([states[0], ShardState(load=0.7)], 0, 100, is_lecturer=False) == 0, "no better elsewhere"


def test_a_thread_that_waits_as_long_as_it_works_is_full_but_one_that_hardly_works_is_not() -> None:
    assert busy_share(500_000, 500_000, 1_000_000) == 1.0
    assert busy_share(400_000, 100_000, 1_000_000) == 0.5
    assert busy_share(30_000, 970_000, 1_000_000) == 0.06


def test_nobody_is_placed_on_a_full_shard_and_a_full_node_refuses() -> None:
    full = ShardState(load=FULL_LOAD)
    assert place([full, IDLE], 0, 100, is_lecturer=False) == 1
    assert place([full, full], 0, 100, is_lecturer=False) is None
    assert place([ShardState(peers=60), ShardState(peers=40)], 0, 100, is_lecturer=False) is None


def test_a_lecturer_is_always_let_in() -> None:
    assert place([ShardState(load=0.99, peers=100), ShardState(load=0.9)], 0, 100, is_lecturer=True) == 1
    assert place([ShardState(peers=100)], 0, 100, is_lecturer=True) == 0
