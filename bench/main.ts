/**
 * Measures against the budgets and prints a table: `bun bench/main.ts [SECTION]… [--minutes 10] [--write]`.
 * Sections: http, first, sqlite, streams, write, refresh, latency, memory, siege, hostile; all when none is named.
 * `--write` puts what was measured in the place of the same sections of docs/performance.md.
 */
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { batchWrite } from "./batch-write.ts";
import { type Figure, table } from "./figure.ts";
import { firstAnswers } from "./first-answers.ts";
import { hostile } from "./hostile.ts";
import { httpCached } from "./http-cached.ts";
import { memory } from "./memory.ts";
import { plainSqlite } from "./plain-sqlite.ts";
import { refresh } from "./refresh.ts";
import { refreshLatency } from "./refresh-latency.ts";
import { siege } from "./siege.ts";
import { streams } from "./streams.ts";

const DOCUMENT = join(import.meta.dir, "../docs/performance.md");

const HEAD = `# Performance

Written by \`bun bench/main.ts --write\`. Ratios compare two things in one run on one machine and may be relied on;
figures in seconds and megabytes are of the machine that is named with them.
`;

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
  siege: {
    title: "Readers who do not read, and 50,000 distinct queries in five minutes, in 512 MB",
    run: siege,
  },
  hostile: {
    title: "One exchange that sends what would fill the memory, in 512 MB",
    run: hostile,
  },
  memory: { title: "Memory of the whole service", run: () => memory(Number(values.minutes)) },
};

const wanted = positionals.length > 0 ? positionals : Object.keys(SECTIONS);
const unknown = wanted.filter((name) => SECTIONS[name] === undefined);
if (unknown.length > 0) {
  console.error(`no section ${unknown.join(", ")}; there are ${Object.keys(SECTIONS).join(", ")}`);
  process.exit(2);
}

const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
const measured = new Map<string, string>();
for (const [name, section] of Object.entries(SECTIONS)) {
  if (!wanted.includes(name)) continue;
  const figures = table(await section.run());
  const day = new Date().toISOString().slice(0, 10);
  const text = `${day}, Bun ${Bun.version}, ${machine}.\n\n${figures}\n`;
  console.log(`## ${section.title}\n\n${text}`);
  measured.set(section.title, text);
}

if (values.write) {
  const kept = sectionsOf(await Bun.file(DOCUMENT).text());
  const parts = Object.values(SECTIONS).flatMap(({ title }) => {
    const text = measured.get(title) ?? kept.get(title);
    return text === undefined ? [] : [`## ${title}\n\n${text}`];
  });
  await Bun.write(DOCUMENT, [HEAD, ...parts].join("\n"));
}

/** What stands under each heading of the document. */
function sectionsOf(document: string): Map<string, string> {
  const parts = document.split(/^## /m).slice(1);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(0, end), `${part.slice(end).trim()}\n`];
    }),
  );
}
