import { describe, expect, test } from "vitest";
import { cameraEncodings, fitLayers } from "@/call/encodings";

describe("camera layers", () => {
  test("follow the size of the capture, low to high", () => {
    expect(cameraEncodings({ width: 1280, height: 720 }).map((layer) => layer.rid)).toEqual(["q", "h", "f"]);
    expect(cameraEncodings({ width: 960, height: 540 })).toHaveLength(3);
    expect(cameraEncodings({ width: 640, height: 480 }).map((layer) => layer.rid)).toEqual(["q", "h"]);
    expect(cameraEncodings({ width: 480, height: 270 })).toHaveLength(2);
    expect(cameraEncodings({ width: 320, height: 180 })).toHaveLength(1);
    expect(cameraEncodings({ width: 360, height: 640 }).map((layer) => layer.scaleResolutionDownBy)).toEqual([
      2, 1,
    ]);
  });

  test("fit a smaller picture into the layers that were agreed, the rest resting", () => {
    const small = fitLayers(3, { width: 640, height: 360 });
    expect(small.map((layer) => layer.fits)).toEqual([true, true, false]);
    expect(small.map((layer) => layer.scaleResolutionDownBy)).toEqual([2, 1, 1]);
    expect(fitLayers(3, { width: 320, height: 240 }).map((layer) => layer.fits)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("show a larger picture whole in the top layer, with the bits that it needs", () => {
    const large = fitLayers(2, { width: 1280, height: 720 });
    expect(large.map((layer) => layer.scaleResolutionDownBy)).toEqual([2, 1]);
    expect(large.map((layer) => layer.maxBitrate)).toEqual([500_000, 1_700_000]);
  });
});
