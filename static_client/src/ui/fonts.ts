// When the fonts are fetched: at once when this browser has them, otherwise after what the person waits for. Until then the
// system's font shows the same words.

const STORE_KEY = "gd.fonts";
let begun = false;

export function loadFonts(): void {
  if (begun) return;
  begun = true;
  void import("./styles/fonts.css").then(async () => {
    await document.fonts.ready;
    try {
      localStorage.setItem(STORE_KEY, "1");
    } catch {
      // Without storage they are fetched late each time, mostly from the cache.
    }
  });
}

/** Fetched earlier, thus in the cache for good: their names carry their content. */
export function fontsAreHere(): boolean {
  try {
    return localStorage.getItem(STORE_KEY) === "1";
  } catch {
    return false;
  }
}
