/**
 * Measures against the budgets and prints a table: `bun bench/main.ts [SECTION]… [--minutes 10] [--write]`.
 * Sections: http, first, sqlite, streams, write, refresh, latency, memory; all when none is named. `--write` keeps the table in docs/performance.md.
 */
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { batchWrite } from "./batch-write.ts";
import { type Figure, table } from "./figure.ts";
import { firstAnswers } from "./first-answers.ts";
import { httpCached } from "./http-cached.ts";
import { memory } from "./memory.ts";
import { plainSqlite } from "./plain-sqlite.ts";
import { refresh } from "./refresh.ts";
import { refreshLatency } from "./refresh-latency.ts";
import { streams } from "./streams.ts";

const DOCUMENT = join(import.meta.dir, "../docs/performance.md");

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    write: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

const SECTIONS: Readonly<Record<string, { title: string; run: () => Promise<Figure[]> }>> = {
  http: { title: "Cached answers beside a bare Bun.serve with the same bytes", run: httpCached },
  first: {
    title: "First answers after a snapshot, in one process",
    run: firstAnswers,
  },
  sqlite: {
    title: "Beside a plain handler that asks SQLite for every request",
    run: plainSqlite,
  },
  streams: {
    title: "500 readers of the stream and 2,000 requests a second, for a minute",
    run: streams,
  },
  write: { title: "Storing one batch", run: batchWrite },
  refresh: { title: "One refresh of all exchanges against the simulator", run: refresh },
  latency: { title: "The API while exchanges are refreshed", run: refreshLatency },
  memory: { title: "Memory of the whole service", run: () => memory(Number(values.minutes)) },
};

const wanted = positionals.length > 0 ? positionals : Object.keys(SECTIONS);
const unknown = wanted.filter((name) => SECTIONS[name] === undefined);
if (unknown.length > 0) {
  console.error(`no section ${unknown.join(", ")}; there are ${Object.keys(SECTIONS).join(", ")}`);
  process.exit(2);
}

const parts: string[] = [];
for (const name of wanted) {
  const section = SECTIONS[name];
  if (section === undefined) continue;
  const part = `## ${section.title}\n\n${table(await section.run())}\n`;
  console.log(part);
  parts.push(part);
}

if (values.write) {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const head = `# Performance

Written by \`bun bench/main.ts --write\`. Ratios compare two things in one run on one machine and may be relied on;
figures in seconds and megabytes are of the machine named here.

Measured on ${new Date().toISOString().slice(0, 10)}, Bun ${Bun.version}, ${machine}.
`;
  await Bun.write(DOCUMENT, [head, ...parts].join("\n"));
}
