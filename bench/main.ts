/**
 * Measures against the aims and prints a table each, then all aims: `bun bench/main.ts [SECTION]… [--quick] [--minutes
 * 10] [--write]`. All sections if none is named. `--quick` measures for a shorter time, and two minutes for memory.
 * `--write` stores each section, once it is measured, in docs/performance.md, and all aims in front.
 */
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { AIMS_TITLE, aimsTable, documentOf, measurementsOf } from "./document.ts";
import { type Figure, table } from "./figure.ts";
import { referenceWorkMs } from "./reference-work.ts";
import { SECTIONS } from "./sections.ts";

const DOCUMENT = join(import.meta.dir, "../docs/performance.md");

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

const wanted = positionals.length > 0 ? positionals : Object.keys(SECTIONS);
const unknown = wanted.filter((name) => SECTIONS[name] === undefined);
if (unknown.length > 0) {
  console.error(`no section ${unknown.join(", ")}; there are ${Object.keys(SECTIONS).join(", ")}`);
  process.exit(2);
}

const measured = new Map<string, string>();
for (const [name, { title, run }] of Object.entries(SECTIONS)) {
  if (!wanted.includes(name)) continue;
  try {
    const startedMs = performance.now();
    const figures = await run({ isQuick, minutes });
    measured.set(title, measurement(figures, (performance.now() - startedMs) / 1000));
    console.log(`## ${title}\n\n${measured.get(title)}`);
    if (values.write) await write();
  } catch (error) {
    // The other sections are measured nevertheless: a whole run takes an hour.
    console.error(`${name} was not measured:`, error);
    process.exitCode = 1;
  }
}
console.log(`## ${AIMS_TITLE}\n\n${aimsTable(measured)}`);

/** The figures with what they apply to: the date, the runtime, the machine. */
function measurement(figures: readonly Figure[], seconds: number): string {
  const day = new Date().toISOString().slice(0, 10);
  const processor = `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}`;
  const machine = `Bun ${Bun.version}, ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const extent = isQuick ? ", a quick look" : "";
  const reference = `reference work ${Math.round(referenceWorkMs())} ms`;
  return `${day}, ${machine}, ${reference}; took ${Math.round(seconds)} s${extent}.\n\n${table(figures)}\n`;
}

/** Stores what was measured so far; the other sections keep their figures. */
async function write(): Promise<void> {
  const previous = measurementsOf(await Bun.file(DOCUMENT).text());
  await Bun.write(DOCUMENT, documentOf(SECTIONS, new Map([...previous, ...measured])));
}
