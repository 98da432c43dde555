// Moves the common clock and keeps every media element in step with it.
import { useCallback, useEffect, useRef, useState } from "react";
import type { Track } from "@/wire/protocol.gen";
import { clampTo, isActive, mustSeek, placeIn } from "./timeline";

const TICK_MS = 100;

interface Shown {
  track: Track;
  element: HTMLMediaElement;
}

export interface Player {
  atMs: number;
  playing: boolean;
  rate: number;
  waiting: boolean;
  toggle: () => void;
  seek: (ms: number) => void;
  setRate: (rate: number) => void;
  /** Gives a track an element (ref callback); a track may be shown in several places. */
  attach: (track: Track, place?: string) => (element: HTMLMediaElement | null) => void;
}

export function usePlayer(durationMs: number, volume: number): Player {
  const shown = useRef(new Map<string, Shown>());
  const [atMs, setAtMs] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [rate, setRate] = useState(1);
  const [waiting, setWaiting] = useState(false);
  const now = useRef({ atMs: 0, playing: false, rate: 1, volume });
  now.current.playing = playing;
  now.current.rate = rate;
  now.current.volume = volume;

  const align = useCallback((force: boolean) => {
    const { atMs: at, playing: on, rate: speed, volume: loud } = now.current;
    for (const { track, element } of shown.current.values()) {
      element.volume = loud;
      if (element.playbackRate !== speed) element.playbackRate = speed;
      const active = isActive(track, at);
      if (active) {
        const wanted = placeIn(track, at);
        if (force || mustSeek(element.currentTime, wanted)) element.currentTime = wanted;
        if (on && element.paused) void element.play().catch(() => undefined);
      }
      if ((!active || !on) && !element.paused) element.pause();
    }
  }, []);

  const seek = useCallback(
    (ms: number) => {
      now.current.atMs = clampTo(durationMs, ms);
      setAtMs(now.current.atMs);
      align(true);
    },
    [align, durationMs],
  );

  useEffect(() => {
    align(false);
    if (!playing) return;
    let last = performance.now();
    const timer = setInterval(() => {
      const tick = performance.now();
      const passed = tick - last;
      last = tick;
      // The clock waits for sound: a lecture that runs on without its voice is lost.
      const starved = [...shown.current.values()].some(
        ({ track, element }) =>
          track.kind === "audio" &&
          isActive(track, now.current.atMs) &&
          element.readyState < 2 &&
          !element.error,
      );
      setWaiting(starved);
      if (!starved) now.current.atMs = clampTo(durationMs, now.current.atMs + passed * now.current.rate);
      setAtMs(now.current.atMs);
      if (now.current.atMs >= durationMs) setPlaying(false);
      align(false);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [playing, align, durationMs]);

  const toggle = useCallback(() => {
    setPlaying((on) => {
      if (!on && now.current.atMs >= durationMs) now.current.atMs = 0;
      return !on;
    });
  }, [durationMs]);

  const attach = useCallback(
    (track: Track, place = "") =>
      (element: HTMLMediaElement | null) => {
        const key = `${track.url}#${place}`;
        if (element) {
          shown.current.set(key, { track, element });
          element.volume = now.current.volume;
        } else shown.current.delete(key);
      },
    [],
  );
  return { atMs, playing, rate, waiting, toggle, seek, setRate, attach };
}
