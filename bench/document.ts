/** docs/performance.md: a section for each that was measured, and in front of them all aims in one table. */

export const AIMS_TITLE = "All aims";

/** What stands under each heading of the document. */
export function sectionsOf(document: string): Map<string, string> {
  const parts = document.split(/^## /m).slice(1);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(0, end), `${part.slice(end).trim()}\n`];
    }),
  );
}

/** The document: `head`, the table of aims, then `sections` in their order. */
export function documentOf(head: string, sections: ReadonlyMap<string, string>): string {
  const aims = aimsTable(sections);
  const parts = [[AIMS_TITLE, aims] as const, ...sections].map(
    ([title, text]) => `## ${title}\n\n${text}`,
  );
  return [head, ...parts].join("\n");
}

/** Every figure of the sections that has an aim, those that miss it first, with the day on which it was measured. */
export function aimsTable(sections: ReadonlyMap<string, string>): string {
  const rows = [...sections].flatMap(([title, text]) => {
    const day = /^\d{4}-\d\d-\d\d/.exec(text)?.[0] ?? "";
    return rowsOf(text).flatMap(([what = "", measured = "", aim = "", met = ""]) =>
      aim === "" ? [] : [{ title, day, what, measured, aim, isMet: met === "yes" }],
    );
  });
  const missed = rows.filter(({ isMet }) => !isMet);
  const lines = [...missed, ...rows.filter(({ isMet }) => isMet)].map(
    ({ title, day, what, measured, aim, isMet }) =>
      `| ${title} | ${what} | ${measured} | ${aim} | ${isMet ? "yes" : "**no**"} | ${day} |`,
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

/** The cells of the rows of a Markdown table, without its two lines of heading. */
function rowsOf(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
