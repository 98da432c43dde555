// How much JavaScript (brotli) each role downloads, against the budget; fails when it is exceeded.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const web = fileURLToPath(new URL("../../server/web", import.meta.url));
const manifest = JSON.parse(readFileSync(join(web, ".vite/manifest.json"), "utf8"));

const STUDENT = ["index.html", "src/pages/signin/SignInPage.tsx", "src/pages/home/HomePage.tsx", "src/pages/prejoin/PrejoinPage.tsx", "src/pages/classroom/ClassroomPage.tsx"];
const LECTURER = [...STUDENT, "src/pages/roll/RollPage.tsx", "src/pages/sheet/SheetPage.tsx", "src/pages/playback/PlaybackPage.tsx"];
const KIB = 1024;
const routes = [
  { name: "student", entries: STUDENT, limit: 180 * KIB },
  { name: "lecturer", entries: LECTURER, limit: 300 * KIB },
];

function filesOf(entries) {
  const files = new Set();
  const seen = new Set();
  const visit = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key];
    if (!chunk) throw new Error(`not in the build: ${key}`);
    files.add(chunk.file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  entries.forEach(visit);
  return [...files].filter((file) => file.endsWith(".js"));
}

let failed = false;
for (const { name, entries, limit } of routes) {
  const sizes = filesOf(entries).map((file) => [brotliCompressSync(readFileSync(join(web, file))).length, file]);
  const total = sizes.reduce((sum, [size]) => sum + size, 0);
  failed ||= total > limit;
  console.log(`${name}: ${(total / KIB).toFixed(1)} of ${limit / KIB} KiB${total > limit ? "  TOO LARGE" : ""}`);
  if (process.argv.includes("--files")) for (const [size, file] of sizes.sort((a, b) => b[0] - a[0]).slice(0, 12)) console.log(`  ${(size / KIB).toFixed(1)} ${file}`);
}
process.exit(failed ? 1 : 0);
