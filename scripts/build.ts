/** Builds the service into a folder: `bun scripts/build.ts FOLDER`, one minified file per thread. Throws if it fails. */
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { EXCHANGE_FACTS } from "../src/services/board/exchange-facts.ts";

const ROOT = join(import.meta.dir, "..");

/** What the service needs of some modules is known when it is built. */
const KNOWN: readonly (readonly [path: RegExp, script: string])[] = [
  [
    /src\/services\/board\/exchange-facts\.ts$/,
    `export const EXCHANGE_FACTS = ${JSON.stringify(EXCHANGE_FACTS)};`,
  ],
  // Messages in fifty languages, a quarter of a megabyte; the service speaks English.
  [/zod\/v4\/locales\/index\.js$/, 'export { default as en } from "./en.js";'],
];

const known: BunPlugin = {
  name: "known when built",
  setup(build) {
    for (const [filter, contents] of KNOWN)
      build.onLoad({ filter }, () => ({ contents, loader: "js" }));
  },
};

/**
 * Each by itself: what one of them needs of a library would otherwise be in all. Bytecode, which only the format cjs can
 * have, makes the main thread start 100 ms and the reader 10 ms earlier. It takes as much memory as it is large: the
 * collector starts beside the main thread and does without it.
 */
const THREADS = [
  { entry: "src/collector/worker.ts", bytecode: false },
  { entry: "src/reader/reader-thread.ts", bytecode: true },
  { entry: "src/main.ts", bytecode: true },
] as const;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: bun scripts/build.ts FOLDER");
for (const { entry, bytecode } of THREADS)
  await Bun.build({
    entrypoints: [join(ROOT, entry)],
    target: "bun",
    format: "cjs",
    bytecode,
    minify: { whitespace: true, syntax: true, identifiers: true, keepNames: true },
    sourcemap: "linked",
    naming: { entry: "[name].[ext]" },
    outdir: folder,
    plugins: [known],
  });
