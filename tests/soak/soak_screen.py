"""Is a shared page of Vietnamese text legible over a thin line? Chromium shares 1920 × 1080, another Chromium shows it, Tesseract reads it.

The page is drawn on a canvas with a blinking caret and sent with the parameters of the lesson's client: with fake devices Chromium's screen
capture shows its own test picture.

python -m tests.soak.soak_screen: for the sharer's line and for the viewer's, prints one JSON line; the exit code says whether all held.
Behind the cut line the page is then scrolled, and turned: how often is something new shown, how long until the new page can be read?
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from PIL import Image, ImageStat
from playwright.async_api import Page

from tests.kit.browser import chromium, person
from tests.kit.call_site import call_site, join
from tests.kit.media_room import media_room
from tests.kit.udp_relay import Link, UdpRelay

RATE_BPS, CUT_BPS = 300_000, 100_000
SETTLE_S, CUT_S, SAMPLE_S = 25, 20, 0.5
#: A turned page is looked at this long at most.
TURN_S = 60
MUST = 0.98
#: A shared page falls to one picture a second and no lower; reading the counter twice takes its time.
MUST_FPS = 0.8
WIDTH, HEIGHT = 1920, 1080
#: Darker than this on average, or without any contrast, is a black picture: the page is nearly white.
BLACK = 60

TEXT = """Kỹ năng lãnh đạo, quản lý ở cấp cơ sở đòi hỏi người cán bộ nắm vững quy trình ra quyết định.
Bước một: xác định vấn đề, thu thập thông tin từ thực tiễn và lắng nghe ý kiến của nhân dân.
Bước hai: phân tích nguyên nhân, đề xuất các phương án và đánh giá nguồn lực hiện có.
Bước ba: lựa chọn phương án tối ưu, phân công trách nhiệm rõ ràng cho từng bộ phận.
Bước bốn: tổ chức thực hiện, kiểm tra, giám sát thường xuyên và kịp thời điều chỉnh.
Bước năm: tổng kết, rút kinh nghiệm, biểu dương những tập thể và cá nhân tiêu biểu.
Học viên thảo luận theo nhóm, mỗi nhóm cử một đại diện trình bày trước lớp trong mười phút.
Giảng viên nhận xét, giải đáp thắc mắc và giao nhiệm vụ nghiên cứu cho buổi học tiếp theo."""

SHARE = """
async (lines) => {
  const page = Object.assign(document.createElement('canvas'), {width: 1920, height: 1080});
  const pen = page.getContext('2d');
  let blink = 0, turned = 0, offset = 0;
  window.scrolls = false;
  window.turn = (by) => (turned = by, offset = 0, draw());
  const place = (n) => 120 + ((110 * (n + turned) + offset) % (110 * lines.length));
  const draw = () => {
    if (window.scrolls) offset += 22;
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, 1920, 1080);
    pen.fillStyle = '#111';
    pen.font = '30px "DejaVu Sans"';
    lines.forEach((line, n) => pen.fillText(line, 60, place(n)));
    if (blink++ % 2) pen.fillRect(60, 1000, 3, 30);
  };
  draw();
  setInterval(draw, 200);
  const stream = page.captureStream(5);
  const [track] = stream.getVideoTracks();
  track.contentHint = 'detail';
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const screen = pc.addTransceiver(track, {direction: 'sendonly',
    sendEncodings: [{maxFramerate: 5, scalabilityMode: 'L1T3', maxBitrate: 2_500_000}]});
  const {codecs} = RTCRtpSender.getCapabilities('video');
  screen.setCodecPreferences(codecs.filter((c) => /VP8|rtx/i.test(c.mimeType)));
  const parameters = screen.sender.getParameters();
  parameters.degradationPreference = 'maintain-resolution';
  await screen.sender.setParameters(parameters);
  await pc.setLocalDescription(await pc.createOffer());
  const answer = await fetch('/join', {method: 'POST', body: JSON.stringify(
    {peer: 1, sdp: pc.localDescription.sdp, publish: [[screen.mid, 'screen']]})});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
}
"""

SEEN = """
() => {
  const video = [...document.querySelectorAll('video')].find((each) => each.videoWidth);
  if (!video) return null;
  const canvas = Object.assign(document.createElement('canvas'), {width: video.videoWidth, height: video.videoHeight});
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/png').split(',')[1];
}
"""


@dataclass
class Reading:
    """`line`: whose line was thin. `characters`: share of the text that was read; `black`: pictures without the page; `fps` shown while cut.

    Told, not judged, for a thin line cannot carry a whole new page at once: `scroll_fps` the same while the page is scrolled; `turn_s`: until a
    turned page was read as well as the first (None: not within `TURN_S`).
    """

    line: str
    rate_bps: int
    characters: float
    width: int
    height: int
    samples: int
    black: int
    fps: float
    ok: bool
    scroll_fps: float | None = None
    turn_s: float | None = None


def edit_distance(one: str, other: str) -> int:
    """Levenshtein's distance between two texts."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def plain(text: str) -> str:
    """NFC, with any white space as one blank: line breaks are the reader's business."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def read(picture: bytes) -> str:
    """What Tesseract reads on a PNG."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "seen.png"
        file.write_bytes(picture)
        command = [shutil.which("tesseract") or "tesseract", str(file), "-", "-l", "vie", "--psm", "6"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def is_black(picture: bytes) -> bool:
    grey = Image.open(io.BytesIO(picture)).convert("L")
    return ImageStat.Stat(grey).mean[0] < BLACK


async def seen(page: Page) -> bytes | None:
    """The frame that is shown, at its full size, as PNG."""
    encoded = await page.evaluate(SEEN)
    return base64.b64decode(encoded) if encoded else None


async def frames(page: Page) -> int:
    return int(
        await page.evaluate(
            "async () => (await window.stats('inbound-rtp')).find((r) => r.kind === 'video')?.framesDecoded ?? 0"
        )
    )


async def legible(viewer: Page, text: str) -> tuple[float, tuple[int, int]]:
    """The share of the text's characters that can be read in what is shown, and its size in pixels."""
    picture = await seen(viewer)
    assert picture is not None, "nothing was shown"
    said = plain(await asyncio.to_thread(read, picture))
    return 1 - edit_distance(plain(text), said) / len(plain(text)), Image.open(io.BytesIO(picture)).size


async def watched(viewer: Page, seconds: float) -> tuple[float, int, int]:
    """Pictures a second, how often it was looked, how often it was black."""
    before, black, samples = await frames(viewer), 0, 0
    for _ in range(round(seconds / SAMPLE_S)):
        await asyncio.sleep(SAMPLE_S)
        shot = await seen(viewer)
        samples += 1
        black += shot is None or is_black(shot)
    return (await frames(viewer) - before) / seconds, samples, black


async def turned(sharer: Page, viewer: Page, by: int) -> float | None:
    """Turn the page and wait until it can be read; seconds."""
    lines = TEXT.split("\n")
    begun = asyncio.get_running_loop().time()
    await sharer.evaluate("(by) => { window.scrolls = false; window.turn(by); }", by)
    while (took := asyncio.get_running_loop().time() - begun) < TURN_S:
        share, _ = await legible(viewer, "\n".join(lines[-by:] + lines[:-by]))
        if share >= MUST:
            return round(took, 1)
    return None


async def moved(still: Reading, sharer: Page, viewer: Page, seconds: float) -> Reading:
    """The same with what a page that moves looks like behind the thin line: it may stand still, not turn black."""
    await sharer.evaluate("() => { window.scrolls = true; }")
    fps, samples, black = await watched(viewer, seconds)
    return replace(
        still,
        samples=still.samples + samples,
        black=still.black + black,
        ok=still.ok and black == 0,
        scroll_fps=round(fps, 2),
        turn_s=await turned(sharer, viewer, by=3),
    )


async def reading(line: str, settle_s: float = SETTLE_S, cut_s: float = CUT_S, moves: bool = True) -> Reading:
    """Share, settle at `RATE_BPS`, read; then cut the line to `CUT_BPS`, look for black and count pictures; if it `moves`, scroll and turn the page."""
    async with media_room() as room:
        link = Link(rate_bps=RATE_BPS, delay_s=0.02)
        up, down = (link, Link()) if line == "sharer" else (Link(), link)
        peer = 1 if line == "sharer" else 2
        async with (
            UdpRelay(("127.0.0.1", room.relay.port), up, down) as network,
            call_site(room, {peer: network.address}) as url,
            chromium() as browser,
        ):
            sharer = (await person(browser, "sharer", width=WIDTH, height=HEIGHT)).page
            viewer = (await person(browser, "viewer")).page
            await sharer.goto(url)
            await viewer.goto(url)
            await sharer.bring_to_front()
            await sharer.evaluate(SHARE, TEXT.split("\n"))
            await join(viewer.evaluate, 2, publish=False, audio_slots=1, video_slots=1)
            await asyncio.sleep(settle_s)
            right, size = await legible(viewer, TEXT)
            link.rate_bps = CUT_BPS
            fps, samples, black = await watched(viewer, cut_s)
            ok = right >= MUST and black == 0 and fps >= MUST_FPS and size == (WIDTH, HEIGHT)
            still = Reading(line, RATE_BPS, round(right, 4), *size, samples, black, round(fps, 2), ok)
            return await moved(still, sharer, viewer, cut_s) if moves else still


async def main() -> int:
    readings = [await reading(line) for line in ("sharer", "viewer")]
    for each in readings:
        print(json.dumps(asdict(each)))
    return 0 if all(each.ok for each in readings) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
