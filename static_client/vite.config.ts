// How the client is built: hashed files into ../server/web, nothing inline, nothing from outside.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { build, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

const OUT = fileURLToPath(new URL("../server/web", import.meta.url));
const TEXT = /\.(js|css|html|svg)$/;
/** Below this a packet carries it anyway. */
const WORTH_BYTES = 1024;

/** Beside each text its .br and .gz: the server sends what the browser takes, and on a slow line nothing counts as much. */
const packed = {
  name: "packed",
  apply: "build" as const,
  closeBundle: { sequential: true, order: "post" as const, handler: pack },
};

function pack(): void {
    for (const entry of readdirSync(OUT, { recursive: true, encoding: "utf8" })) {
      if (!TEXT.test(entry)) continue;
      const text = readFileSync(join(OUT, entry));
      if (text.length < WORTH_BYTES) continue;
      writeFileSync(join(OUT, `${entry}.br`), brotliCompressSync(text));
      writeFileSync(join(OUT, `${entry}.gz`), gzipSync(text, { level: 9 }));
    }
}

const EARLY = fileURLToPath(new URL("./src/early.ts", import.meta.url));
/** Pages of whose code a lesson's page asks before the entry has run. */
const LESSON_PAGES = ["src/pages/prejoin/PrejoinPage.tsx", "src/pages/classroom/ClassroomPage.tsx"];

interface Chunk {
  file: string;
  css?: string[];
  imports?: string[];
}

/** Files of a page and of all that it imports, scripts and styles. */
function filesOf(manifest: Record<string, Chunk>, page: string, found = new Set<string>()): Set<string> {
  const chunk = manifest[page];
  if (!chunk || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const style of chunk.css ?? []) found.add(style);
  for (const each of chunk.imports ?? []) filesOf(manifest, each, found);
  return found;
}

/**
 * `lesson.html` beside `index.html`, for the addresses of lessons: first of all src/early.ts, then everything that hearing the lecturer
 * needs is asked for at once. On a far line each question that waits for an answer before it costs a round trip.
 */
const lessonPage: Plugin = {
  name: "lesson-page",
  apply: "build",
  // Hooks of this name run side by side: this one before `packed`.
  closeBundle: { sequential: true, order: "pre", handler: makeLessonPage },
};

async function makeLessonPage(): Promise<void> {
    const made = await build({
      configFile: false,
      logLevel: "warn",
      resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
      build: {
        write: false,
        target: ["chrome109", "firefox115", "safari16"],
        lib: { entry: EARLY, formats: ["iife"], name: "gdEarly", fileName: "early" },
      },
    });
    const [output] = Array.isArray(made) ? made : [made];
    if (!output || !("output" in output)) throw new Error("early.ts was not built");
    const { code } = output.output[0];
    const name = `assets/early-${createHash("sha256").update(code).digest("hex").slice(0, 8)}.js`;
    writeFileSync(join(OUT, name), code);

    const manifest = JSON.parse(readFileSync(join(OUT, ".vite/manifest.json"), "utf8"));
    const html = readFileSync(join(OUT, "index.html"), "utf8");
    const links = LESSON_PAGES.flatMap((page) => [...filesOf(manifest, page)])
      .filter((file, at, all) => all.indexOf(file) === at && !html.includes(file))
      .map((file) =>
        file.endsWith(".css")
          ? `<link rel="preload" as="style" crossorigin href="/${file}">`
          : `<link rel="modulepreload" crossorigin href="/${file}">`,
      );
    const marked = html
      .replace("<script ", `<script async src="/${name}"></script>\n    <script `)
      .replace("  </head>", `  ${["", ...links].join("\n    ")}\n  </head>`);
    writeFileSync(join(OUT, "lesson.html"), marked);
}

const server = process.env.GD_DEV_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [
    react(),
    // react-aria ships its own words in 30 languages; ours come from src/locales.
    { ...optimizeLocales.vite({ locales: ["en-US"] }), enforce: "pre" as const },
    lessonPage,
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
        // Not styles of pages: each page has class names of its own.
        // What pages share comes in one file: twenty small ones are four round trips on a browser's six connections, and connections
        // that begin together fill a narrow line's queue until it drops.
        codeSplitting: {
          groups: [
            {
              name: "shared",
              test: /lucide-react|useMutation|src\/(ui|wire\/(?!lesson_socket|seat)|pages\/(shared|shell|home\/lesson_words)|locales\/(?!en|vi))/,
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
