"""Draws the evidence picture: header strip, screens large, cameras and cards in a grid. Values in, JPEG out; nothing is fetched here."""

from __future__ import annotations

import functools
import io
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parent / "fonts"
WIDTH, MIN_HEIGHT = 1280, 720
JPEG_QUALITY = 85
MARGIN, SPACE = 16, 8
BIG_SHARE = 0.66
#: A tile narrower than this shows no face: the picture grows in height instead.
MIN_TILE = 150

PAPER = (247, 245, 241)
INK = (28, 27, 25)
FAINT = (94, 90, 84)
CARD = (228, 224, 217)
BADGE = (27, 61, 115)
STAGE = (22, 20, 17)
NO_PICTURE = "Không có hình"


@dataclass(frozen=True, slots=True)
class Tile:
    """`picture` None: a card with initials. `caption` stands below."""

    caption: str
    picture: Image.Image | None


@dataclass(frozen=True, slots=True)
class _Box:
    x: int
    y: int
    w: int
    h: int


def compose(header: Sequence[str], big: Sequence[Tile], tiles: Sequence[Tile]) -> bytes:
    """The JPEG. 1280 wide and 720 high, higher where more than the tiles of one page have to fit."""
    top = MARGIN + _header_height(header) + MARGIN
    area = _Box(MARGIN, top, WIDTH - 2 * MARGIN, MIN_HEIGHT - top - MARGIN)
    boxes, height = _layout(area, len(big), len(tiles))
    image = Image.new("RGB", (WIDTH, max(MIN_HEIGHT, height + MARGIN)), PAPER)
    draw = ImageDraw.Draw(image)
    _draw_header(draw, header)
    for box, tile in zip(boxes, [*big, *tiles], strict=True):
        _draw_tile(image, draw, box, tile)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()


def initials(caption: str) -> str:
    """The last two words of the name before a " · ": how Vietnamese names are abbreviated (Nguyễn Phúc Bảo Ngọc → BN)."""
    words = [w for w in caption.split(" · ")[0].split() if w and not w.endswith(".")]
    return unicodedata.normalize("NFC", "".join(word[0] for word in words[-2:])).upper()


def _layout(area: _Box, big: int, small: int) -> tuple[list[_Box], int]:
    """Boxes for big then small tiles, and where the lowest one ends."""
    if not big:
        return _grid(area, small)
    if not small:
        return _grid(area, big)
    left = round(area.w * BIG_SHARE)
    beside = _Box(area.x + left + SPACE, area.y, area.w - left - SPACE, area.h)
    fitting = min(small, _capacity(beside))
    bigs, low = _grid(_Box(area.x, area.y, left, area.h), big)
    smalls, lower = _grid(beside, fitting)
    below = max(low, lower) + SPACE
    rest, lowest = _rows(_Box(area.x, below, area.w, area.h), small - fitting, MIN_TILE)
    return bigs + smalls + rest, lowest if rest else max(low, lower)


def _capacity(area: _Box) -> int:
    """How many tiles of at least MIN_TILE fit."""
    columns = (area.w + SPACE) // (MIN_TILE + SPACE)
    width = (area.w + SPACE) // columns - SPACE
    return columns * ((area.h + SPACE) // (_tile_height(width) + SPACE))


def _grid(area: _Box, count: int) -> tuple[list[_Box], int]:
    """The columns that make 16:9 tiles largest; if they become too small, rows go on below the area."""
    if count == 0:
        return [], area.y
    columns = max(range(1, count + 1), key=lambda c: _tile_width(area, count, c))
    width = _tile_width(area, count, columns)
    return _rows(area, count, max(width, MIN_TILE), columns if width >= MIN_TILE else 0)


def _rows(area: _Box, count: int, width: int, columns: int = 0) -> tuple[list[_Box], int]:
    """Rows of tiles from the top of the area; without `columns` as many as fit, a little wider to fill the row."""
    if not count:
        return [], area.y
    if not columns:
        columns = max(1, (area.w + SPACE) // (width + SPACE))
        width = (area.w + SPACE) // columns - SPACE
    height = _tile_height(width)
    boxes = [
        _Box(area.x + (i % columns) * (width + SPACE), area.y + (i // columns) * (height + SPACE), width, height)
        for i in range(count)
    ]
    return boxes, boxes[-1].y + height


def _tile_width(area: _Box, count: int, columns: int) -> int:
    rows = math.ceil(count / columns)
    by_width = (area.w + SPACE) // columns - SPACE
    by_height = round(((area.h + SPACE) / rows - SPACE - _caption_height(by_width)) * 16 / 9)
    return max(1, min(by_width, by_height))


def _tile_height(width: int) -> int:
    return round(width * 9 / 16) + _caption_height(width)


def _caption_height(width: int) -> int:
    return _caption_size(width) + 8


def _caption_size(width: int) -> int:
    return max(11, min(18, width // 18))


def _header_height(header: Sequence[str]) -> int:
    return 34 + 26 * (len(header) - 1) if header else 0


def _draw_header(draw: ImageDraw.ImageDraw, header: Sequence[str]) -> None:
    y = MARGIN
    for number, line in enumerate(header):
        font = _font("Bold", 26) if number == 0 else _font("Regular", 19)
        draw.text((MARGIN, y), _fit(line, font, WIDTH - 2 * MARGIN), font=font, fill=INK if number == 0 else FAINT)
        y += 34 if number == 0 else 26


def _draw_tile(image: Image.Image, draw: ImageDraw.ImageDraw, box: _Box, tile: Tile) -> None:
    height = box.h - _caption_height(box.w)
    if tile.picture is None:
        _draw_card(draw, _Box(box.x, box.y, box.w, height), tile.caption)
    else:
        draw.rectangle((box.x, box.y, box.x + box.w - 1, box.y + height - 1), fill=STAGE)
        scale = min(box.w / tile.picture.width, height / tile.picture.height)
        size = (max(1, round(tile.picture.width * scale)), max(1, round(tile.picture.height * scale)))
        shown = tile.picture.resize(size, Image.Resampling.LANCZOS)
        image.paste(shown, (box.x + (box.w - size[0]) // 2, box.y + (height - size[1]) // 2))
    font = _font("Regular", _caption_size(box.w))
    draw.text((box.x + 2, box.y + height + 2), _fit(tile.caption, font, box.w - 4), font=font, fill=INK)


def _draw_card(draw: ImageDraw.ImageDraw, box: _Box, caption: str) -> None:
    draw.rectangle((box.x, box.y, box.x + box.w - 1, box.y + box.h - 1), fill=CARD)
    middle, radius = box.x + box.w // 2, max(12, box.h // 4)
    center = box.y + box.h // 2 - box.h // 10
    draw.ellipse((middle - radius, center - radius, middle + radius, center + radius), fill=BADGE)
    draw.text((middle, center), initials(caption), font=_font("Bold", radius), fill=PAPER, anchor="mm")
    note = _font("Regular", max(10, box.h // 11))
    draw.text((middle, box.y + box.h - box.h // 9), NO_PICTURE, font=note, fill=FAINT, anchor="mm")


def _fit(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """The text in NFC (one glyph per letter form), cut with … where it would leave the tile."""
    text = unicodedata.normalize("NFC", text)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


@functools.cache
def _font(style: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"LiberationSans-{style}.ttf", size)
