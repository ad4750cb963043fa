/**
 * Measures against the budgets and prints a table: `bun bench/main.ts [SECTION]… [--quick] [--minutes 10] [--write]`.
 * Sections: see below; all when none is named. `--quick` takes shorter looks, and two minutes for memory.
 * `--write` puts what was measured in the place of the same sections of docs/performance.md, and all aims in front.
 */
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { batchWrite } from "./batch-write.ts";
import { AIMS_TITLE, documentOf, sectionsOf } from "./document.ts";
import { type Figure, table } from "./figure.ts";
import { firstAnswers } from "./first-answers.ts";
import { hostile } from "./hostile.ts";
import { httpCached } from "./http-cached.ts";
import { idle } from "./idle.ts";
import { large } from "./large.ts";
import { memory } from "./memory.ts";
import { neighbours } from "./neighbours.ts";
import { plainSqlite } from "./plain-sqlite.ts";
import { refresh } from "./refresh.ts";
import { refreshLatency } from "./refresh-latency.ts";
import { siege } from "./siege.ts";
import { start } from "./start.ts";
import { streams } from "./streams.ts";
import { compressedList, manyRequests } from "./under-load.ts";

const DOCUMENT = join(import.meta.dir, "../docs/performance.md");

const HEAD = `# Performance

Written by \`make figures\`. Ratios compare two things in one run on one machine and may be relied on;
figures in seconds and megabytes are of the machine that is named with them.
`;

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: "string" },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

const isQuick = values.quick;
const minutes = Number(values.minutes ?? (isQuick ? 2 : 10));

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
  neighbours: {
    title: "Beside Flask, FastAPI and Express on the same database, one core each",
    run: () => neighbours({ isQuick }),
  },
  start: { title: "From the start to the first answer", run: () => start({ isQuick }) },
  load: {
    title: "2,000 requests a second while exchanges are refreshed",
    run: () => manyRequests({ isQuick }),
  },
  list: {
    title: "The compressed list while exchanges are refreshed",
    run: () => compressedList({ isQuick }),
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
  idle: { title: "CPU while nobody asks", run: () => idle({ isQuick }) },
  large: {
    title: "50,000 instruments beside 12,000",
    run: () => large({ isQuick }),
  },
  memory: { title: "Memory of the whole service", run: () => memory(minutes) },
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
  kept.delete(AIMS_TITLE);
  const sections = Object.values(SECTIONS).flatMap(({ title }) => {
    const text = measured.get(title) ?? kept.get(title);
    return text === undefined ? [] : [[title, text] as const];
  });
  await Bun.write(DOCUMENT, documentOf(HEAD, new Map(sections)));
}
