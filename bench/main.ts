/**
 * Measures against the aims and prints a table each, then all aims: `bun bench/main.ts [SECTION]… [--quick]
 * [--minutes 10] [--write]`. All sections when none is named. `--quick` takes shorter looks, and two minutes for
 * memory. `--write` puts each section, once it is measured, in its place in docs/performance.md, and all aims in front.
 */
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { batchWrite } from "./batch-write.ts";
import { AIMS_TITLE, aimsTable, documentOf, sectionsOf } from "./document.ts";
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
import { steps } from "./steps.ts";
import { streams } from "./streams.ts";
import { compressedList, manyRequests } from "./under-load.ts";

const DOCUMENT = join(import.meta.dir, "../docs/performance.md");

const HEAD = `# Performance

Written by \`make bench WRITE=1\`; each section names the day and the machine of its last run. Ratios compare two
things in one run and may be relied on elsewhere; figures in seconds and megabytes are of that machine. What runs is
what is installed: \`dist/\`, with the unit's option of the runtime, on the simulator's instruments. Resident memory
and CPU are the kernel's counts of the process. A request's latency runs from when it was due to the last byte.
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
  steps: {
    title: "The longest step of background work on the thread that answers",
    run: () => steps({ isQuick }),
  },
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
  try {
    const figures = table(await section.run());
    const day = new Date().toISOString().slice(0, 10);
    measured.set(section.title, `${day}, Bun ${Bun.version}, ${machine}.\n\n${figures}\n`);
    console.log(`## ${section.title}\n\n${measured.get(section.title)}`);
    if (values.write) await write();
  } catch (error) {
    // The other sections are measured all the same: a whole run takes an hour.
    console.error(`${name} was not measured:`, error);
    process.exitCode = 1;
  }
}
console.log(`## ${AIMS_TITLE}\n\n${aimsTable(measured)}`);

/** Puts what was measured so far in its place; other sections stay as they are. */
async function write(): Promise<void> {
  const kept = sectionsOf(await Bun.file(DOCUMENT).text());
  const sections = Object.values(SECTIONS).flatMap(({ title }) => {
    const text = measured.get(title) ?? kept.get(title);
    return text === undefined ? [] : [[title, text] as const];
  });
  await Bun.write(DOCUMENT, documentOf(HEAD, new Map(sections)));
}
