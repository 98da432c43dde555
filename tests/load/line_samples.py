"""What a browser's own statistics said over time, and what a listener and viewer had of it. Pure but for `SAMPLER`, which runs in the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

SAMPLE_EVERY_MS = 100

#: Keeps a small row of statistics ten times a second in `window.__samples`.
SAMPLER = """
everyMs => {
  window.__samples = [];
  const take = async () => {
    const row = { at: performance.now(), peers: window.__peers.length, states: [], audio: [], video: [] };
    for (const [number, peer] of window.__peers.entries()) {
      if (peer.connectionState === 'closed') continue;
      row.states.push(peer.connectionState);
      for (const report of (await peer.getStats()).values()) {
        if (report.type !== 'inbound-rtp') continue;
        const key = `${number}/${report.id}`;
        if (report.kind === 'audio')
          row.audio.push({ key, samples: report.totalSamplesReceived || 0, concealed: report.concealedSamples || 0,
            energy: report.totalAudioEnergy || 0, packets: report.packetsReceived || 0 });
        else
          row.video.push({ key, frames: report.framesDecoded || 0, height: report.frameHeight || 0,
            frozen: report.totalFreezesDuration || 0, freezes: report.freezeCount || 0 });
      }
    }
    window.__samples.push(row);
  };
  window.__sampler = setInterval(take, everyMs);
}
"""

#: A second of sound counts when at most this share of it had to be made up.
MADE_UP = 0.2


@dataclass(frozen=True)
class Samples:
    """Rows of one page, in order. Times are the page's milliseconds."""

    rows: Sequence[dict[str, Any]]

    def between(self, from_ms: float, to_ms: float) -> Samples:
        return Samples([row for row in self.rows if from_ms <= row["at"] <= to_ms])

    @property
    def seconds(self) -> float:
        return (self.rows[-1]["at"] - self.rows[0]["at"]) / 1000 if self.rows else 0.0

    def voice(self) -> list[tuple[float, dict[str, float]]]:
        """(time, counters) of the stream that carried most sound."""
        return self._stream("audio", "samples")

    def camera(self) -> list[tuple[float, dict[str, float]]]:
        """(time, counters) of the stream with most pictures."""
        return self._stream("video", "frames")

    def _stream(self, kind: str, most: str) -> list[tuple[float, dict[str, float]]]:
        by_key: dict[str, list[tuple[float, dict[str, float]]]] = {}
        for row in self.rows:
            for each in row[kind]:
                by_key.setdefault(each["key"], []).append((row["at"], each))
        return max(by_key.values(), key=lambda s: s[-1][1][most] - s[0][1][most], default=[])

    def heard(self) -> float:
        """Share of the sound that came and was not made up by concealment, 0 … 1."""
        voice = self.voice()
        samples = voice[-1][1]["samples"] - voice[0][1]["samples"]
        return 1 - (voice[-1][1]["concealed"] - voice[0][1]["concealed"]) / samples if samples else 0.0

    def heard_seconds(self) -> float:
        """Share of whole seconds of which at most `MADE_UP` was made up."""
        good = total = 0
        voice = self.voice()
        start = voice[0] if voice else None
        for at in voice:
            if start is not None and at[0] - start[0] >= 1000:
                samples = at[1]["samples"] - start[1]["samples"]
                concealed = at[1]["concealed"] - start[1]["concealed"]
                good += samples > 0 and concealed / samples <= MADE_UP
                total += 1
                start = at
        return good / total if total else 0.0

    def frozen_s(self) -> float:
        """Seconds without motion: what the browser counts as freezes, and a stand-still that lasts to the end."""
        camera = self.camera()
        if not camera:
            return self.seconds
        last = max(i for i, (_, c) in enumerate(camera) if i == 0 or c["frames"] > camera[i - 1][1]["frames"])
        standing_s = (camera[-1][0] - camera[last][0]) / 1000
        counted = camera[-1][1]["frozen"] - camera[0][1]["frozen"]
        return counted + (standing_s if standing_s > 1 else 0)

    def freezes(self) -> int:
        camera = self.camera()
        return int(camera[-1][1]["freezes"] - camera[0][1]["freezes"]) if camera else 0

    def height(self) -> int:
        """Lines of the last picture."""
        camera = self.camera()
        return int(camera[-1][1]["height"]) if camera else 0

    def disconnects(self) -> int:
        """Connections that failed or had to be made anew."""
        made = self.rows[-1]["peers"] - self.rows[0]["peers"] if self.rows else 0
        failed = sum(
            "failed" in row["states"] and "failed" not in before["states"] for before, row in pairwise(self.rows)
        )
        return int(made) + int(failed)

    def longest_gap_s(self) -> float:
        """The longest time without a packet of the voice."""
        voice = self.voice()
        longest, since = 0.0, voice[0][0] if voice else 0.0
        for (_, before), (at, now) in pairwise(voice):
            if now["packets"] > before["packets"]:
                longest, since = max(longest, at - since), at
        return max(longest, (voice[-1][0] - since) if voice else 0.0) / 1000

    def first(self, holds: Callable[[dict[str, Any]], bool]) -> float | None:
        """Time of the first row for which it holds."""
        return next((row["at"] for row in self.rows if holds(row)), None)
