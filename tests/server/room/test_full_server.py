"""A server that is full says so, and serves those who are there as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kit.lesson_client import Refusal
from tests.kit.live_school import live_school
from tests.kit.rtc_client import RtcClient


def offered(rtc: RtcClient) -> dict[str, Any]:
    return {"offer": rtc.offer(), "media": [{"mid": each.mid, "role": each.role} for each in rtc.publish]}


async def test_who_finds_no_place_is_told_so_and_leaves_no_trace_in_the_record(tmp_path: Path) -> None:
    async with live_school(tmp_path, with_media=True, max_peers=1) as school:
        await school.join("student1", **offered(RtcClient(audio_slots=2, seed=1)))
        with pytest.raises(Refusal) as refused:
            await school.join("student2", **offered(RtcClient(audio_slots=2, seed=2)))
        assert refused.value.code == "room.no_capacity"
        assert refused.value.problem["params"]["retry_after_s"] > 0
        assert len(await school.bodies("room.person_knocked")) == 1
        # The lecturer is let in all the same, and so is a student who listens to nothing.
        await school.join("lecturer", **offered(RtcClient({"microphone": ()}, seed=3)))
        await school.join("student2")
        assert len(await school.bodies("room.person_knocked")) == 3
