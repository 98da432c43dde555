// The browser's entry: styles in order, then the application.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@/ui/styles/fonts.css";
import "@/ui/styles/tokens.css";
import "@/ui/styles/base.css";
import "@/ui/styles/stage.css";
import { App } from "@/pages/App";
import { applyTheme, storedTheme } from "@/ui/theme";

applyTheme(storedTheme());

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
