import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  appOf,
  bodyOf,
  cellsOf,
  type ListBody,
  LISTS,
  MANY,
  market,
  marketOf,
  nextOf,
} from "../support/lists.ts";
import { rowOf, TestBoard } from "../support/board.ts";

/** Not a list of a snapshot: its `snapshot` names what was stored. */
const CHANGES = "/api/intervals/changes";

describe.each(LISTS.filter(({ hasCursor }) => hasCursor))("$path", ({ path, query }) => {
  const target = path + query;
  test("pages of a cursor chain join to the unpaged list, though the board moves on", async () => {
    await fc.assert(
      fc.asyncProperty(market, market, fc.integer({ min: 1, max: 7 }), async (rows, later, few) => {
        const board = new TestBoard(marketOf(rows));
        const app = appOf(board);
        let seq = 1;
        const moveOn = (): void => {
          seq += 1;
          board.publish(marketOf(later, `1-${seq}`));
        };
        const whole = await bodyOf(app, `${target}&limit=${MANY}`);
        if (path !== CHANGES) expect(whole.snapshot).toBe("1-1");
        // A dozen pages are enough: some lists have thousands of rows.
        const limit = Math.max(few, Math.ceil(whole.total / 12));
        const [header, ...lines] = cellsOf(
          await (await app.get(`${target}&format=csv&limit=${MANY}`)).text(),
        );
        const joined: unknown[] = [];
        let next: string | null = `${target}&limit=${limit}`;
        const first = await app.get(`${target}&format=csv&limit=${limit}`);
        while (next !== null) {
          const page: ListBody = await bodyOf(app, next);
          expect(page).toMatchObject({
            snapshot: whole.snapshot,
            total: whole.total,
            count: page.rows.length,
          });
          joined.push(...page.rows);
          moveOn();
          const { next_cursor: cursor } = page;
          next = cursor === null ? null : `${target}&limit=${limit}&cursor=${cursor}`;
        }
        expect(joined).toEqual([...whole.rows]);
        const joinedLines: string[][] = [];
        let file: Response | null = first;
        while (file !== null) {
          const [names, ...page] = cellsOf(await file.text());
          expect(names).toEqual(header);
          joinedLines.push(...page);
          moveOn();
          const link = nextOf(file);
          file = link === null ? null : await app.get(link);
        }
        expect(joinedLines).toEqual(lines);
      }),
      { numRuns: 8 },
    );
  });
});

test("a file whose query contains a question mark continues in the same query", async () => {
  const rows = ["BTC", "ETH"].map((base) => rowOf("okx", base));
  const app = appOf(new TestBoard(marketOf(rows)));
  const first = await app.get("/api/funding/current?base=A?B,btc,eth&limit=1&format=csv");
  const second = await app.get(nextOf(first) ?? "");
  expect([second.status, second.headers.get("x-total-count"), nextOf(second)]).toEqual([
    200,
    "2",
    null,
  ]);
  expect(cellsOf(await second.text())[1]?.slice(0, 2)).toEqual(["okx:ETHUSDT:1", "okx"]);
});
