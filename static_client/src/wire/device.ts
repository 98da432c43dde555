// The random id of this browser: tells two devices of one person apart, says nothing else.

const STORE_KEY = "gd.device";

function fresh(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

let kept: string | null = null;

export function deviceId(): string {
  if (kept) return kept;
  try {
    kept = localStorage.getItem(STORE_KEY) ?? fresh();
    localStorage.setItem(STORE_KEY, kept);
  } catch {
    kept ??= fresh();
  }
  return kept;
}
