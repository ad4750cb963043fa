import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import Papa from "papaparse";
import { flagBit } from "../../src/domain/flags.ts";
import type { BoardRow, Snapshot } from "../../src/domain/market.ts";
import { fundingRow } from "../../src/http/lists/funding-row.ts";
import { TestBoard } from "../support/board.ts";
import { appOf, market, marketOf } from "../support/lists.ts";
import { NOON_MS } from "../support/quote.ts";

/** How the board changes rows between two snapshots: most remain the same objects. */
const change = fc.constantFrom("stays", "stays", "stays", "observed again", "flagged", "settled");

function changed(row: BoardRow, how: string): BoardRow {
  const { record } = row;
  const { observedAtMs } = record;
  if (how === "observed again")
    return {
      ...row,
      record: { ...record, fundingRate: 0.00007, observedAtMs: observedAtMs + 3_000 },
    };
  if (how === "flagged") return { ...row, flags: row.flags ^ flagBit("stale") };
  if (how === "settled") return { ...row, nextFundingAtMs: NOON_MS + 8 * 3_600_000 };
  return row;
}

const MOMENTS = ["next_funding_time", "settled_at", "observed_at"];

/** The ways to request a list: all fields, and the age first, in the middle, last and not at all. */
const FORMS: readonly { readonly query: string; readonly fields: readonly string[] | null }[] = [
  { query: "", fields: null },
  { query: "&time=iso", fields: null },
  ...["age_seconds,uid", "uid,age_seconds,flags", "flags,observed_at,age_seconds", "uid,flags"].map(
    (fields) => ({ query: `&fields=${fields}`, fields: fields.split(",") }),
  ),
];

type Shown = Readonly<Record<string, unknown>>;

/** The row as a reader of the documentation would build it. */
function shown(row: BoardRow, { asOfMs }: Snapshot, form: (typeof FORMS)[number]): Shown {
  const whole: Shown = { ...fundingRow(row, Math.floor(asOfMs / 1000)) };
  const names = form.fields ?? Object.keys(whole);
  return Object.fromEntries(
    names.map((name) => [name, form.query === "&time=iso" ? iso(name, whole[name]) : whole[name]]),
  );
}

function iso(name: string, value: unknown): unknown {
  if (!MOMENTS.includes(name) || typeof value !== "number") return value;
  return new Date(value * 1000).toISOString().replace(".000Z", "Z");
}

function csvOf(rows: readonly Shown[], names: readonly string[]): string {
  const cells = rows.map((row) =>
    names.map((name) => {
      const value = row[name];
      return Array.isArray(value) ? value.join(" ") : value;
    }),
  );
  const lines = Papa.unparse([[...names], ...cells], {
    newline: "\r\n",
    escapeFormulae: /^[=+\-@\t\r\n＝＋－＠]/,
  });
  return `${lines}\r\n`;
}

describe("the list of rates", () => {
  test("contains exactly its rows in every format, snapshot after snapshot, whatever texts are cached", async () => {
    const run = fc.asyncProperty(
      market,
      fc.array(fc.array(change, { minLength: 41, maxLength: 41 }), { minLength: 1, maxLength: 3 }),
      async (first, rounds) => {
        const board = new TestBoard(marketOf(first, "1-1"));
        const app = appOf(board);
        let rows = first;
        for (const [round, how] of [[], ...rounds].entries()) {
          rows = rows.map((row, place) => changed(row, how[place] ?? "stays"));
          const asOfMs = NOON_MS + round * 5_000;
          const snapshot = { ...marketOf(rows, `1-${round + 1}`), asOfMs };
          board.publish(snapshot);
          for (const form of FORMS) {
            const expected = snapshot.rows.map((row) => shown(row, snapshot, form));
            const get = async (format: string): Promise<string> =>
              (await app.get(`/api/funding/current?format=${format}${form.query}`)).text();
            const texts = expected.map((row) => JSON.stringify(row));
            const body = await get("json");
            expect(body.slice(body.indexOf('"rows":'))).toBe(
              `"rows":[${texts.join(",")}],"next_cursor":null}`,
            );
            expect(await get("ndjson")).toBe(texts.map((text) => `${text}\n`).join(""));
            expect(await get("csv")).toBe(csvOf(expected, Object.keys(expected[0] ?? {})));
          }
        }
      },
    );
    await fc.assert(run, { numRuns: 20 });
  });
});
