"""Evidence pictures: the colours that were sent are the colours that are seen, and names can be read."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from pathlib import Path

import pytest
from PIL import Image, ImageFont

from recorder.clock import now_us
from recorder.files import evidence_folder
from recorder.link_messages import KeyframeWanted, SnapshotFailed, SnapshotTaken, SnapshotTile, TakeSnapshot
from recorder.picture import FONTS, Tile, compose, initials
from tests.recorder.process import LESSON, RecorderProcess, recorder, tap
from tests.recorder.studio import packets, video

BLUE, GREEN, RED = (30, 60, 200), (20, 160, 60), (210, 40, 40)
HEADER = ["K45.B2 · Chuyên đề 3: Kỹ năng ra quyết định", "06/10/2026 09:20:14 (GMT+7) · Có mặt 3/4"]
Pixel = tuple[int, int, int]


def wish(snapshot: str, big: list[SnapshotTile], tiles: list[SnapshotTile], wait_ms: int = 3_000) -> TakeSnapshot:
    return TakeSnapshot(lesson=LESSON, snapshot=snapshot, header=HEADER, big=big, tiles=tiles, wait_ms=wait_ms)


def has_colour(image: Image.Image, wanted: Pixel, share: float) -> bool:
    """Whether at least this share of the pixels is nearly this colour."""
    pixels = list(image.resize((320, 180)).get_flattened_data())
    near = [p for p in pixels if isinstance(p, tuple) and all(abs(a - b) < 30 for a, b in zip(p, wanted, strict=True))]
    return len(near) / len(pixels) > share


async def taken_of(process: RecorderProcess, snapshot: str) -> tuple[SnapshotTaken, Image.Image]:
    taken = await process.until(SnapshotTaken, lambda s: s.snapshot == snapshot)
    content = (evidence_folder(process.data, LESSON) / taken.file_name).read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (taken.sha256, taken.size)
    return taken, Image.open(io.BytesIO(content)).convert("RGB")


async def test_a_picture_shows_screen_cameras_and_cards_of_those_without_camera(tmp_path: Path) -> None:
    sent = [
        (publication, list(packets(codec, video(codec, seconds=1, color=color), now_us())))
        for publication, codec, color in ((1, "vp8", BLUE), (2, "vp8", GREEN), (3, "h264", RED))
    ]
    async with recorder(tmp_path) as process:
        await process.send(
            tap(1, "screen", "vp8", record=False),
            tap(2, "camera", "vp8", "student-1", record=False),
            tap(3, "camera", "h264", "student-2", record=False),
            wish(
                "s1",
                [SnapshotTile(publication=1, caption="Màn hình: TS. Trần Thị Thu Hương")],
                [
                    SnapshotTile(publication=2, caption="Nguyễn Phúc Bảo Ngọc · K45B2-07"),
                    SnapshotTile(publication=3, caption="Đặng Thị Ngọc Ánh · K45B2-03"),
                    SnapshotTile(publication=None, caption="Lê Hữu Đạt · K45B2-05"),
                ],
            ),
        )
        for publication, take in sent:
            await process.send_media(publication, take)
        taken, image = await taken_of(process, "s1")
        assert (taken.decoded, taken.tiles) == (3, 4)
        assert image.size == (1280, 720)
        assert has_colour(image, BLUE, 0.3)
        assert has_colour(image, GREEN, 0.03)
        assert has_colour(image, RED, 0.03)


async def test_who_sends_no_keyframe_in_time_gets_a_card(tmp_path: Path) -> None:
    async with recorder(tmp_path) as process:
        await process.send(tap(1, "camera", "vp8", record=False))
        await process.send(wish("s2", [], [SnapshotTile(publication=1, caption="An")], wait_ms=200))
        taken, _ = await taken_of(process, "s2")
        assert (taken.decoded, taken.tiles) == (0, 1)
        assert (await process.until(KeyframeWanted)).publication == 1


async def test_a_damaged_keyframe_costs_its_own_tile_only(tmp_path: Path) -> None:
    async with recorder(tmp_path) as process:
        await process.send(tap(1, "camera", "vp8", record=False), tap(2, "camera", "vp8", "other", record=False))
        [key] = [s.data for s in list(packets("vp8", video(seconds=1), now_us()))[:1]]
        torn = key[:32]
        await process.send_media(
            1, [type(s)(s.arrival_us, torn) for s in list(packets("vp8", video(seconds=1), now_us()))[:1]]
        )
        await process.send_media(2, packets("vp8", video(seconds=1, color=GREEN), now_us()))
        await process.send(
            wish("s3", [], [SnapshotTile(publication=1, caption="A"), SnapshotTile(publication=2, caption="B")])
        )
        taken, image = await taken_of(process, "s3")
        assert taken.tiles == 2
        assert taken.decoded >= 1
        assert has_colour(image, GREEN, 0.2)


async def test_more_tiles_than_fit_any_picture_are_refused(tmp_path: Path) -> None:
    async with recorder(tmp_path) as process:
        await process.send(wish("s4", [], [SnapshotTile(publication=None, caption="x")] * 300))
        assert (await process.until(SnapshotFailed)).snapshot == "s4"


@pytest.mark.parametrize("count", [0, 1, 2, 7, 25, 50, 200])
@pytest.mark.parametrize("screens", [0, 1, 2])
def test_any_number_of_people_fits_on_the_picture(count: int, screens: int) -> None:
    tile = Tile("Nguyễn Phúc Bảo Ngọc · K45B2-07 · một tên rất dài không vừa", None)
    shown = Tile("Màn hình", Image.new("RGB", (640, 480), BLUE))
    image = Image.open(io.BytesIO(compose(HEADER, [shown] * screens, [tile] * count)))
    assert image.width == 1280
    assert 720 <= image.height < 6_000


def test_initials_are_the_last_two_words_of_the_name() -> None:
    assert initials("TS. Trần Thị Thu Hương") == "TH"
    assert initials("Lê Hữu Đạt · K45B2-05") == "HĐ"
    assert initials("Ánh") == "Á"
    assert initials("") == ""


def test_the_fonts_have_every_vietnamese_letter() -> None:
    marks = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
    letters = {unicodedata.normalize("NFC", vowel + mark) for vowel in "aăâeêioôơuưy" for mark in marks} | {"đ"}
    letters |= {letter.upper() for letter in letters}
    assert len(letters) == 146
    for path in FONTS.glob("*.ttf"):
        font = ImageFont.truetype(path, 40)
        missing = bytes(font.getmask("\U0010fffd"))
        assert not [letter for letter in letters if bytes(font.getmask(letter)) in (missing, b"")], path.name
