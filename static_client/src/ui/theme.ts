// Light, dark, or what the system says; kept on this device.
import type { Theme } from "./TopBar";

const STORE_KEY = "gd.theme";

export function storedTheme(): Theme {
  try {
    const kept = localStorage.getItem(STORE_KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(STORE_KEY, theme);
  } catch {
    // Without storage the choice lasts until the page closes.
  }
  applyTheme(theme);
}
