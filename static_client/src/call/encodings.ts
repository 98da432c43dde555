// How a camera is sent: one to three simulcast layers, low to high, by the size of what is captured. Pure.

export interface Size {
  width: number;
  height: number;
}

export const CAPTURE = {
  lecturer: { width: 1280, height: 720, fps: 25 },
  student: { width: 640, height: 360, fps: 15 },
} as const;

const RIDS = ["q", "h", "f"] as const;

/** bit/s for a layer of so many pixels: 150k for 320×180, 500k for 640×360, 1.7M for 1280×720. */
function bitrateFor(pixels: number): number {
  if (pixels >= 700_000) return 1_700_000;
  if (pixels >= 200_000) return 500_000;
  return 150_000;
}

/**
 * Chromium never sends the last of three layers below 960×540, nor the second below 480×270 (it reports no reason), so the
 * number follows the capture.
 */
export function layerCount({ width, height }: Size): number {
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  return long >= 960 && short >= 540 ? 3 : long >= 480 && short >= 270 ? 2 : 1;
}

export interface LayerFit {
  scaleResolutionDownBy: number;
  maxBitrate: number;
  /** False: the capture is too small for this layer, which must rest or the browser drops another one. */
  fits: boolean;
}

/** How `agreed` layers carry a capture of this size, low → high: each half as wide as the next, the top one whole. */
export function fitLayers(agreed: number, size: Size): LayerFit[] {
  const used = Math.min(agreed, layerCount(size));
  return Array.from({ length: agreed }, (_, index) => {
    const scale = 2 ** Math.max(0, used - 1 - index);
    const pixels = (size.width / scale) * (size.height / scale);
    return { scaleResolutionDownBy: scale, maxBitrate: bitrateFor(pixels), fits: index < used };
  });
}

/** The layers of a camera's offer. Order low → high: under a tight line the top goes first. */
export function cameraEncodings(size: Size): RTCRtpEncodingParameters[] {
  const layers = fitLayers(layerCount(size), size);
  if (layers.length === 1) return [{ maxBitrate: layers[0]?.maxBitrate ?? bitrateFor(0) }];
  return layers.map(({ scaleResolutionDownBy, maxBitrate }, index) => ({
    rid: RIDS[index] ?? "f",
    scaleResolutionDownBy,
    maxBitrate,
  }));
}

/**
 * A screen share is one layer, resolution before frame rate, so that text stays legible. Its lowest temporal layer, 1.25 pictures
 * a second, is what a narrow line still gets.
 */
export const SCREEN_ENCODING = {
  maxBitrate: 2_500_000,
  maxFramerate: 5,
  scalabilityMode: "L1T3",
} as RTCRtpEncodingParameters;

export const MICROPHONE_BITRATE = 32_000;
export const SCREEN_SOUND_BITRATE = 96_000;
