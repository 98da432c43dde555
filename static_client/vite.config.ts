// How the client is built: hashed files into ../server/web, nothing inline, nothing from outside.
import { fileURLToPath } from "node:url";
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.GD_DEV_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [
    react(),
    // react-aria ships its own words in 30 languages; ours come from src/locales.
    { ...optimizeLocales.vite({ locales: ["en-US"] }), enforce: "pre" as const },
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../server/web",
    emptyOutDir: true,
    target: ["chrome109", "firefox115", "safari16"],
    modulePreload: { polyfill: false },
    // Files below this size would become data: addresses; the page policy allows none.
    assetsInlineLimit: 0,
    manifest: true,
    rollupOptions: {
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  server: {
    proxy: {
      "/api": { target: server },
      "/socket.io": { target: server, ws: true },
    },
  },
  test: { include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"], environment: "node" },
});
