"""The word of a line: what its owner reads on the badge."""

from __future__ import annotations

from media.line import Line


def of(line: Line, up: int = 0, down: int = 0, rtt_ms: int = 20, *, narrow: bool = False) -> tuple[str, str]:
    line.step(loss_up_ppm=up, loss_down_ppm=down, rtt_ms=rtt_ms, is_narrow=narrow)
    return (line.level, line.reason)


def test_a_clean_line_is_good_and_needs_no_reason() -> None:
    assert of(Line()) == ("good", "")


def test_loss_is_weak_from_five_percent_on_and_says_which_way() -> None:
    assert of(Line(), down=49_000) == ("good", "")
    assert of(Line(), down=51_000) == ("weak", "loss_down")
    assert of(Line(), up=60_000) == ("weak", "loss_up")
    assert of(Line(), up=200_000) == ("poor", "loss_up")


def test_the_worst_cause_is_the_one_that_is_told() -> None:
    assert of(Line(), up=60_000, rtt_ms=1_200) == ("poor", "delay")
    assert of(Line(), up=60_000, narrow=True) == ("poor", "narrow")


def test_the_word_does_not_flicker_about_a_bound() -> None:
    line = Line()
    assert [of(line, down=ppm)[0] for ppm in (51_000, 45_000, 51_000, 35_000, 20_000, 45_000)] == [
        "weak", "weak", "weak", "weak", "good", "good",
    ]  # fmt: skip


def test_an_interval_without_figures_changes_nothing() -> None:
    line = Line()
    of(line, down=60_000)
    assert of(line, up=-1, down=-1, rtt_ms=-1) == ("weak", "loss_down")
