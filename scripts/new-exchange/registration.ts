/** The lists of exchanges in the sources, and how an id is added to them. Pure: text in, text out. */

/** A list in a source file to which a new exchange must be added. */
interface Listed {
  readonly path: string;
  /** The line that opens the list and the one that closes it. */
  readonly opens: string;
  readonly closes: string;
  /** One entry, with the placeholders `ID` and, if it has a date, `TODAY`. */
  readonly entry: string;
  /** The folder that the file imports it from; null if the list contains only ids. */
  readonly imports: string | null;
}

export const LISTS: readonly Listed[] = [
  {
    path: "src/domain/exchange.ts",
    opens: "export const EXCHANGE_IDS = [",
    closes: "] as const;",
    entry: '  "ID",',
    imports: null,
  },
  {
    path: "src/domain/taker-fees.ts",
    opens: "export const TAKER_FEES = {",
    closes: "} satisfies ",
    entry: `  ID: {
    takerBps: null,
    asOf: "TODAY",
    source: "https://docs.ID.example/fees",
    note: "not looked up yet",
  },`,
    imports: null,
  },
  {
    path: "src/exchanges/registry.ts",
    opens: "export const EXCHANGES = {",
    closes: "} satisfies ",
    entry: "  ID,",
    imports: "./",
  },
  {
    path: "src/simulator/listing.ts",
    opens: "export const EXCHANGES = [",
    closes: "] as const;",
    entry: '  "ID",',
    imports: null,
  },
  {
    path: "src/simulator/encoders.ts",
    opens: "export const ENCODERS",
    closes: "};",
    entry: "  ID,",
    imports: "./exchanges/",
  },
  {
    path: "test/support/simulator-wires/index.ts",
    opens: "export const DEMO_WIRES",
    closes: "];",
    entry: "  ID,",
    imports: "./",
  },
  {
    path: "test/support/interval-keys.ts",
    opens: "export const INTERVAL_KEYS",
    closes: "};",
    entry: '  ID: ["fundingIntervalHours"],',
    imports: null,
  },
];

/**
 * `source` with `id` at the end of its list and among its imports; `today` is YYYY-MM-DD. Throws if it has no such
 * list.
 */
export function withExchange(source: string, list: Listed, id: string, today: string): string {
  const lines = source.split("\n");
  const opensAt = lines.findIndex((line) => line.startsWith(list.opens));
  const closesAt = lines.findIndex((line, at) => at > opensAt && line.startsWith(list.closes));
  if (opensAt < 0 || closesAt < 0) throw new Error(`${list.path} has no list ${list.opens}`);
  lines.splice(closesAt, 0, list.entry.replaceAll("ID", id).replace("TODAY", today));
  if (list.imports !== null) {
    const line = `import { ${id} } from "${list.imports}${id}.ts";`;
    lines.splice(importPlace(lines, list, id), 0, line);
  }
  return lines.join("\n");
}

/** The line before the first exchange that follows alphabetically, otherwise after the last one. */
function importPlace(lines: readonly string[], { path, imports }: Listed, id: string): number {
  const names = lines.map((line) => {
    const name = /^import \{ (\w+) \} from "(.+)";$/.exec(line);
    return name?.[1] !== undefined && name[2] === `${imports}${name[1]}.ts` ? name[1] : null;
  });
  const later = names.findIndex((name) => name !== null && name > id);
  const place = later < 0 ? names.findLastIndex((name) => name !== null) + 1 : later;
  if (place === 0 && later < 0) throw new Error(`${path} imports no exchange from ${imports}`);
  return place;
}
