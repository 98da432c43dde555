// How a camera is sent: one to three simulcast layers, low to high, by the size of what is captured.

export interface Size {
  width: number;
  height: number;
}

export const CAPTURE = {
  lecturer: { width: 1280, height: 720, fps: 25 },
  student: { width: 640, height: 360, fps: 15 },
} as const;

/** bit/s for a layer of so many pixels: 150k for 320×180, 500k for 640×360, 1.7M for 1280×720. */
function bitrateFor(pixels: number): number {
  if (pixels >= 700_000) return 1_700_000;
  if (pixels >= 200_000) return 500_000;
  return 150_000;
}

/**
 * Chromium never sends the last of three layers below 960×540, nor the second below 480×270 (it reports no reason), so the
 * number follows the capture. Order low → high: under a tight line the top goes first.
 */
export function cameraEncodings({ width, height }: Size): RTCRtpEncodingParameters[] {
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  const count = long >= 960 && short >= 540 ? 3 : long >= 480 && short >= 270 ? 2 : 1;
  if (count === 1) return [{ maxBitrate: bitrateFor(width * height) }];
  return ["q", "h", "f"].slice(0, count).map((rid, index) => {
    const scale = 2 ** (count - 1 - index);
    return { rid, scaleResolutionDownBy: scale, maxBitrate: bitrateFor((width / scale) * (height / scale)) };
  });
}

/** A screen share is one layer: resolution before frame rate, so that text stays legible. */
export const SCREEN_ENCODING: RTCRtpEncodingParameters = { maxBitrate: 2_500_000, maxFramerate: 15 };

export const MICROPHONE_BITRATE = 32_000;
