"""A drawn person as a camera picture (Y4M), so that screenshots show a class and not a test pattern. Chromium reads it as its fake camera."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

WIDTH, HEIGHT, FRAMES = 1280, 720, 20


@dataclass(frozen=True)
class Look:
    """Colours of one person: wall, window, clothes, skin, hair; `long_hair` changes the outline."""

    wall: str
    window: str
    clothes: str
    skin: str
    hair: str
    long_hair: bool


LOOKS = (
    Look("#7f7769", "#a39a86", "#e9eef3", "#c99a78", "#2d2421", True),
    Look("#5f6b73", "#8496a0", "#5f7fa8", "#c4926d", "#1f1b19", False),
    Look("#6e6470", "#8d8190", "#c9b9a6", "#cfa17f", "#332824", True),
)


def _draw(look: Look, phase: float) -> Image.Image:
    picture = Image.new("RGB", (WIDTH, HEIGHT), look.wall)
    draw = ImageDraw.Draw(picture)
    for column in range(2):
        for row in range(2):
            left, top = 110 + column * 130, 90 + row * 110
            draw.rectangle((left, top, left + 118, top + 98), fill=look.window)
    sway, nod = 6 * math.sin(phase), 3 * math.sin(2 * phase)
    x, y = 640 + sway, 300 + nod
    if look.long_hair:
        draw.rounded_rectangle((x - 132, y - 150, x + 132, y + 190), 110, fill=look.hair)
    draw.rounded_rectangle((x - 240, y + 190, x + 240, HEIGHT + 120), 150, fill=look.clothes)
    draw.rectangle((x - 42, y + 90, x + 42, y + 215), fill=look.skin)
    draw.ellipse((x - 98, y - 118, x + 98, y + 132), fill=look.skin)
    draw.chord((x - 110, y - 150, x + 110, y + 90), 180, 360, fill=look.hair)
    draw.rectangle((x - 98, y - 34, x + 98, y - 24), fill=look.skin)
    for side in (-1, 1):
        draw.ellipse((x + side * 40 - 7, y - 2, x + side * 40 + 7, y + 12), fill=look.hair)
    opening = 5 + 5 * abs(math.sin(3 * phase))
    draw.ellipse((x - 22, y + 66 - opening, x + 22, y + 66 + opening), fill="#8c4a3f")
    return picture


def write_portrait(path: Path, who: int) -> Path:
    """Person number `who` (any integer) as a looping two-second video."""
    look = LOOKS[who % len(LOOKS)]
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            planes = _draw(look, 2 * math.pi * number / FRAMES).convert("YCbCr").split()
            half = [plane.resize((WIDTH // 2, HEIGHT // 2)) for plane in planes[1:]]
            file.write(b"FRAME\n" + planes[0].tobytes() + half[0].tobytes() + half[1].tobytes())
    return path
