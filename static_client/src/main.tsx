// The browser's entry: styles in order, then the application.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@/ui/styles/tokens.css";
import "@/ui/styles/base.css";
import "@/ui/styles/stage.css";
import { App } from "@/pages/App";
import { fontsAreHere, loadFonts } from "@/ui/fonts";
import { applyTheme, storedTheme } from "@/ui/theme";

applyTheme(storedTheme());

/** On the way into a lesson nothing may stand before the lecturer's voice. */
const LATE_FONTS_MS = 4_000;
if (fontsAreHere() || !location.pathname.startsWith("/lessons/")) loadFonts();
else setTimeout(loadFonts, LATE_FONTS_MS);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
