import { describe, expect, test } from "vitest";
import { ClaimMeter } from "@/call/claim";
import { factsOf } from "@/call/path_facts";

const report = (...entries: Record<string, unknown>[]) =>
  new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;

const voice = (mid: string, seconds: number, concealed: number) => ({
  type: "inbound-rtp",
  kind: "audio",
  id: `audio${mid}`,
  mid,
  packetsReceived: seconds * 50,
  concealedSamples: concealed,
  silentConcealedSamples: 0,
  totalSamplesReceived: seconds * 48_000,
});
const picture = (freezeCount: number, totalFreezesDuration: number) => ({
  type: "inbound-rtp",
  kind: "video",
  id: "video",
  freezeCount,
  totalFreezesDuration,
});

describe("the claim of how a lesson came through", () => {
  test("is made every ten seconds, of the lecturer's voice alone, and of pictures that stood still", () => {
    const meter = new ClaimMeter();
    const claims = [];
    for (let half = 0; half <= 60; half++) {
      const seconds = half / 2;
      const heard = [voice("4", seconds, seconds * 480), voice("5", seconds, seconds * 24_000)];
      claims.push(meter.add(report(...heard, picture(half, seconds / 10)), "4", half * 500));
    }
    const made = claims.filter((claim) => claim !== null);
    expect(made).toHaveLength(3);
    expect(made.at(-1)).toMatchObject({
      concealed_ppm: 10_000,
      audio_ms: 10_000,
      freezes: 20,
      frozen_ms: 1_000,
    });
  });

  test("says nothing of a voice that has just moved into another slot", () => {
    const meter = new ClaimMeter();
    let last = null;
    for (let half = 0; half <= 40; half++) {
      const mid = half < 32 ? "4" : "5";
      last =
        meter.add(report(voice("4", half / 2, 0), voice("5", half / 2, half * 12_000)), mid, half * 500) ??
        last;
    }
    expect(last).toMatchObject({ concealed_ppm: 0 });
  });
});

describe("the way that media takes", () => {
  const pair = { id: "pair", type: "candidate-pair", localCandidateId: "l", remoteCandidateId: "r" };
  const transport = { id: "t", type: "transport", selectedCandidatePairId: "pair" };

  test("is named with its protocol, its family and whether a relay stands in it", () => {
    const local = {
      id: "l",
      type: "local-candidate",
      candidateType: "relay",
      protocol: "udp",
      relayProtocol: "tls",
    };
    const remote = { id: "r", type: "remote-candidate", address: "2001:db8::1" };
    expect(factsOf(report(transport, pair, local, remote))).toMatchObject({
      protocol: "tcp",
      relayed: true,
      family: 6,
    });
  });

  test("the largest picture that moves is told", () => {
    const video = (id: string, frameWidth: number, framesPerSecond: number) => ({
      id,
      type: "inbound-rtp",
      kind: "video",
      frameWidth,
      frameHeight: (frameWidth * 9) / 16,
      framesPerSecond,
    });
    expect(factsOf(report(video("a", 1280, 0), video("b", 640, 24.8))).picture).toEqual({
      width: 640,
      height: 360,
      fps: 25,
    });
  });
});
