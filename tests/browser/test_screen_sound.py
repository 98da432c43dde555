"""A shared tab that plays a tone: whoever watches hears that tone, and silence when sharing ends. Real Chromium at both ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.journeys.lesson_plan import write_plan
from tests.journeys.people import Somebody, lesson_now, somebody, until
from tests.kit.browser import chromium
from tests.kit.school_process import free_media_ports, running_school

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

HZ = 660
#: Counted in looks of a quarter of a second, each of which takes longer.
SOON_MS = 10_000
#: The middle of the strongest band of all that the page plays, and how strong it is (dBFS); a band is 11.7 Hz wide.
HEARD = """async () => {
    const audio = window.__ears ??= new AudioContext({sampleRate: 48000});
    await audio.resume();
    const analyser = audio.createAnalyser();
    analyser.fftSize = 4096;
    analyser.smoothingTimeConstant = 0;
    const players = [...document.querySelectorAll('audio')].filter(each => each.srcObject && !each.paused);
    const sources = players.map(each => audio.createMediaStreamSource(each.srcObject));
    for (const source of sources) source.connect(analyser);
    await new Promise(resolve => setTimeout(resolve, 400));
    const bands = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bands);
    for (const source of sources) source.disconnect();
    const loudest = bands.indexOf(Math.max(...bands));
    return [loudest * 48000 / 4096, bands[loudest]];
}"""
#: The person chooses this very tab in the browser's chooser, which no test can press, and something in it plays.
CHOOSE_THIS_TAB = """
    const ask = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getDisplayMedia = wish => ask({...wish, preferCurrentTab: true});
"""
PLAY = """hz => {
    const audio = new AudioContext(), tone = audio.createOscillator(), quiet = audio.createGain();
    tone.frequency.value = hz;
    quiet.gain.value = 0.3;
    tone.connect(quiet).connect(audio.destination);
    tone.start();
    return audio.resume();
}"""


async def heard(them: Somebody) -> tuple[float, float]:
    hz, level = await them.page.evaluate(HEARD)
    return hz, level if level is not None else -200.0


async def test_the_class_hears_what_a_shared_tab_plays(tmp_path: Path) -> None:
    env = {"GD_DEMO_PLAN": str(write_plan(tmp_path)), "GD_UDP_PORT": str(free_media_ports()), "GD_MEDIA_SHARDS": "1"}
    async with (
        chromium(real_capture=True) as browser,
        running_school(tmp_path / "data", env) as school,
    ):
        lecturer = await somebody(browser, "lecturer", school.links["lecturer"])
        student = await somebody(browser, "student", school.links["student1"])
        await lecturer.who.context.add_init_script(CHOOSE_THIS_TAB)
        now = await lesson_now(lecturer)
        for each in (lecturer, student):
            await each.enter(now)
        await lecturer.button("Bắt đầu buổi học").click()
        if await lecturer.button(re.compile("^Mic bật")).count():
            await lecturer.button(re.compile("^Mic bật")).click()
        await lecturer.page.evaluate(PLAY, HZ)
        await lecturer.button(re.compile("^Chia sẻ")).click()
        last = (0.0, -200.0)

        async def hears_the_tone() -> bool:
            nonlocal last
            last = await heard(student)
            return abs(last[0] - HZ) < 24 and last[1] > -40

        try:
            await until(student.page, "the tone is heard", hears_the_tone, SOON_MS)
        except AssertionError as error:
            raise AssertionError(f"{error}; heard {last}") from None

        await lecturer.button(re.compile("Dừng chia sẻ")).click()

        async def hears_nothing() -> bool:
            return (await heard(student))[1] < -60

        await until(student.page, "nothing is heard after sharing", hears_nothing, SOON_MS)
