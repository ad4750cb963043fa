/** docs/performance.md: a section for each measurement, preceded by one table of all aims. */

export const AIMS_TITLE = "All aims";

const HEAD = `# Performance

Written by \`make bench WRITE=1\`. Each section names the day and the machine of its last run, and what runs it alone.
Ratios are taken within one run and hold elsewhere; figures in seconds and megabytes are of that machine. The reference
work (writing, parsing and indexing 100,000 small objects) shows how fast it was: virtual machines differ severalfold
from day to day. What runs is what is installed: \`dist/\` with the unit's runtime options, on the simulator's 12,000
instruments unless a section gives another number. A latency runs from when the request was due to the last byte of
its answer.
`;

/** A heading of the document and the text under it before the figures. */
export interface Section {
  readonly title: string;
  /** How it is measured: Markdown, a paragraph. */
  readonly about: string;
}

/** The figures under each heading of the document, starting with the line with their date. */
export function measurementsOf(document: string): Map<string, string> {
  const parts = document.split(/^## /m).slice(1);
  return new Map(
    parts.flatMap((part) => {
      const start = part.search(/^\d{4}-\d\d-\d\d, /m);
      return start < 0
        ? []
        : [[part.slice(0, part.indexOf("\n")), `${part.slice(start).trim()}\n`]];
    }),
  );
}

/** The document: the table of aims, then `sections` by their names; `measured` has the figures by title. */
export function documentOf(
  sections: Readonly<Record<string, Section>>,
  measured: ReadonlyMap<string, string>,
): string {
  const parts = Object.entries(sections).map(([name, { title, about }]) => {
    const figures = measured.get(title) ?? "Not measured yet.\n";
    return `## ${title}\n\n${about} Run it alone: \`make bench SECTIONS=${name}\`.\n\n${figures}`;
  });
  const titles = Object.values(sections).map(({ title }) => title);
  const inOrder = titles.flatMap((title) => {
    const figures = measured.get(title);
    return figures === undefined ? [] : [[title, figures] as const];
  });
  return [HEAD, `## ${AIMS_TITLE}\n\n${aimsTable(new Map(inOrder))}`, ...parts].join("\n");
}

/** Every figure with an aim, by section title, those that miss it first, each with its date. */
export function aimsTable(measured: ReadonlyMap<string, string>): string {
  const rows = [...measured].flatMap(([title, text]) => {
    const day = text.slice(0, "2026-11-29".length);
    return rowsOf(text).flatMap(([what = "", value = "", aim = "", met = ""]) =>
      aim === "" ? [] : [{ title, day, what, value, aim, isMet: met === "yes" }],
    );
  });
  const missed = rows.filter(({ isMet }) => !isMet);
  const lines = [...missed, ...rows.filter(({ isMet }) => isMet)].map(
    ({ title, day, what, value, aim, isMet }) =>
      `| ${title} | ${what} | ${value} | ${aim} | ${isMet ? "yes" : "**no**"} | ${day} |`,
  );
  return [
    `${rows.length - missed.length} of ${rows.length} are met.`,
    "",
    "| section | what | measured | aim | met | day |",
    "| --- | --- | --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

/** The cells of a Markdown table's rows, without its two header lines. */
function rowsOf(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
