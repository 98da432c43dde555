// The outcome of the last device check on this machine; shown on home, never sent.

export interface DeviceResult {
  atMs: number;
  microphone: boolean;
  camera: boolean;
  /** Download, bit/s; null when it could not be measured. */
  downBps: number | null;
  delayMs: number | null;
}

const STORE_KEY = "gd.device_check";

export function lastDeviceResult(): DeviceResult | null {
  try {
    const kept = localStorage.getItem(STORE_KEY);
    return kept ? (JSON.parse(kept) as DeviceResult) : null;
  } catch {
    return null;
  }
}

export function keepDeviceResult(result: DeviceResult): void {
  try {
    localStorage.setItem(STORE_KEY, JSON.stringify(result));
  } catch {
    // Without storage the result is simply not remembered.
  }
}
