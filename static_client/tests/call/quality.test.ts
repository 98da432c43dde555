import { describe, expect, test } from "vitest";
import { AudioHealth, heldSound, NO_QUALITY, QualityMeter, type Totals } from "@/call/quality";

function totals(atMs: number, change: Partial<Totals>): Totals {
  const zero = {
    received: 0,
    lost: 0,
    sent: 0,
    lostUp: 0,
    concealed: 0,
    samples: 0,
    bytesIn: 0,
    bytesOut: 0,
    rttMs: 40,
    limited: false,
  };
  return { atMs, ...zero, ...change };
}

/** 50 packets a second with this share lost from `fromMs` to `toMs`. */
function feed(meter: QualityMeter, fromMs: number, toMs: number, loss: number, start: Totals) {
  let at = start;
  let last = meter.add(at);
  for (let ms = fromMs + 2_000; ms <= toMs; ms += 2_000) {
    at = {
      ...at,
      atMs: ms,
      received: at.received + 100 * (1 - loss),
      lost: at.lost + 100 * loss,
      bytesIn: at.bytesIn + 8_000,
    };
    last = meter.add(at);
  }
  return { last, at };
}

describe("the network badge", () => {
  test("loss over 5 % is a weak network, and it stays weak until the line is clearly better", () => {
    const meter = new QualityMeter();
    const bad = feed(meter, 0, 12_000, 0.09, totals(0, {}));
    expect(bad.last.level).toBe("weak");
    expect(bad.last.loss).toBeCloseTo(0.09, 2);
    const still = feed(meter, 12_000, 24_000, 0.04, bad.at);
    expect(still.last.level).toBe("weak");
    expect(feed(meter, 24_000, 40_000, 0, still.at).last.level).toBe("good");
  });

  test("the badge says why: packets lost on the way up, too narrow a line, late answers", () => {
    const up = new QualityMeter();
    let at = totals(0, {});
    up.add(at);
    for (let ms = 2_000; ms <= 12_000; ms += 2_000) {
      at = { ...at, atMs: ms, received: at.received + 100, sent: at.sent + 100, lostUp: at.lostUp + 8 };
      up.add(at);
    }
    expect(up.add({ ...at, atMs: 14_000 })).toMatchObject({ level: "weak", reason: "loss" });

    const grown = (change: Partial<Totals>) => {
      const meter = new QualityMeter();
      meter.add(totals(0, change));
      return meter.add(totals(4_000, { received: 200, ...change }));
    };
    expect(grown({ limited: true })).toMatchObject({ level: "fair", reason: "slow" });
    expect(grown({ rttMs: 420 })).toMatchObject({ level: "fair", reason: "delay" });
    expect(grown({})).toMatchObject({ level: "good", reason: "" });
  });

  test("what the server measured on the way up counts where the browser has no number", () => {
    const meter = new QualityMeter();
    meter.hear({ rttMs: 90, lossUp: 0.08, lossDown: null });
    meter.add(totals(0, { rttMs: null }));
    const quality = meter.add(totals(4_000, { received: 200, rttMs: null }));
    expect(quality).toMatchObject({ level: "weak", reason: "loss", lossUp: 0.08, rttMs: 90 });
  });

  test("data used counts on over a new peer connection", () => {
    const meter = new QualityMeter();
    feed(meter, 0, 4_000, 0, totals(0, {}));
    meter.restart();
    expect(meter.add(totals(6_000, { bytesIn: 500 })).bytes).toBe(16_500);
  });
});

describe("sound kept in hand", () => {
  const line = (loss: number) => ({ ...NO_QUALITY, loss });
  test("grows on a bad line and shrinks only when it is clearly calm", () => {
    expect(heldSound(line(0.02), null)).toBeNull();
    expect(heldSound(line(0.05), null)).toBe(150);
    expect(heldSound(line(0.2), null)).toBe(250);
    expect(heldSound(line(0.05), 250)).toBe(250);
    expect(heldSound(line(0.03), 250)).toBe(150);
    expect(heldSound(line(0.01), 150)).toBeNull();
  });
});

describe("broken audio", () => {
  const report = (packets: number, concealed: number, samples: number) =>
    new Map([
      [
        "in",
        {
          type: "inbound-rtp",
          kind: "audio",
          id: "in",
          packetsReceived: packets,
          concealedSamples: concealed,
          silentConcealedSamples: 0,
          totalSamplesReceived: samples,
        },
      ],
    ]) as unknown as RTCStatsReport;

  test("is not counted while a stream begins or its speaker pauses", () => {
    const health = new AudioHealth();
    health.add(report(0, 0, 0), 0);
    expect(health.add(report(25, 12_000, 24_000), 500).concealed).toBe(0);
    expect(health.add(report(26, 30_000, 48_000), 1_000).concealed).toBe(0);
  });

  test("is counted once sound has been flowing for five seconds", () => {
    const health = new AudioHealth();
    let sum = { concealed: 0, samples: 0 };
    for (let look = 0; look <= 14; look++)
      sum = health.add(report(look * 25, look * 2_400, look * 24_000), look * 500);
    expect(sum.samples).toBeGreaterThan(0);
    expect(sum.concealed / sum.samples).toBeCloseTo(0.1, 5);
  });
});
