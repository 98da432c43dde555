// How the client is built: hashed files into ../server/web, nothing inline, nothing from outside.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const OUT = fileURLToPath(new URL("../server/web", import.meta.url));
const TEXT = /\.(js|css|html|svg)$/;
/** Below this a packet carries it anyway. */
const WORTH_BYTES = 1024;

/** Beside each text its .br and .gz: the server sends what the browser takes, and on a slow line nothing counts as much. */
const packed = {
  name: "packed",
  apply: "build" as const,
  closeBundle() {
    for (const entry of readdirSync(OUT, { recursive: true, encoding: "utf8" })) {
      if (!TEXT.test(entry)) continue;
      const text = readFileSync(join(OUT, entry));
      if (text.length < WORTH_BYTES) continue;
      writeFileSync(join(OUT, `${entry}.br`), brotliCompressSync(text));
      writeFileSync(join(OUT, `${entry}.gz`), gzipSync(text, { level: 9 }));
    }
  },
};

const server = process.env.GD_DEV_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [
    react(),
    // react-aria ships its own words in 30 languages; ours come from src/locales.
    { ...optimizeLocales.vite({ locales: ["en-US"] }), enforce: "pre" as const },
    packed,
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: ["chrome109", "firefox115", "safari16"],
    modulePreload: { polyfill: false },
    // Files below this size would become data: addresses; the page policy allows none.
    assetsInlineLimit: 0,
    manifest: true,
    rolldownOptions: {
      output: {
        // What every page uses comes in one file: twenty small ones are four round trips on a browser's six connections.
        codeSplitting: {
          groups: [
            {
              name: "shared",
              test: /lucide-react|src\/(ui|wire\/(?!lesson_socket|seat)|pages\/shared|pages\/shell|locales\/(?!en|vi))/,
              minShareCount: 2,
            },
          ],
        },
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
