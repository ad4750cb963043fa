import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { flagBit } from "../../src/domain/flags.ts";
import type { BoardRow, MarketRecord } from "../../src/domain/market.ts";
import type { FundingList, FundingRow } from "../../src/http/lists/funding-schema.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { ServedBoard } from "../../src/services/board/served-board.ts";
import { allCollected, rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { plainDocument } from "../support/plain-document.ts";

const CURRENT = "/api/funding/current";

async function listOf(app: TestApp, query: string): Promise<FundingList> {
  const response = await app.get(`${CURRENT}?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as FundingList;
}

interface SinceParameter {
  readonly name: string;
  readonly schema: { readonly pattern?: string };
}

/** A snapshot that shares unchanged row objects, as the board's do. */
const shown = (id: string, rows: readonly BoardRow[]) => allCollected(snapshotOf(id, rows));

const A = rowOf("okx", "A");
const B = rowOf("okx", "B");
const C = rowOf("bybit", "C", { volume24hUsd: 2_000_000 });

function changed(row: BoardRow, extra: Partial<MarketRecord>, flags = row.flags): BoardRow {
  const record = { ...row.record, ...extra };
  return { record, flags, nextFundingAtMs: record.nextFundingAtMs };
}

function appFrom(before: readonly BoardRow[], after: readonly BoardRow[]) {
  const board = new TestBoard(shown("1-1", before));
  board.publish(shown("1-2", after));
  return testApp(board);
}

const idsOf = ({ rows }: FundingList) => rows.map(({ uid }) => uid);

describe("since", () => {
  test("has the rows whose rate, interval, next time, flags or asset changed, and no others", async () => {
    const news: Partial<MarketRecord>[] = [
      { fundingRate: 0.0007 },
      { fundingIntervalHours: 4 },
      { nextFundingAtMs: (A.record.nextFundingAtMs ?? 0) + 3_600_000 },
      { assetId: "A~2" },
    ];
    for (const extra of news) {
      const list = await listOf(appFrom([A, B], [changed(A, extra), B]), "since=1-1");
      expect([extra, idsOf(list)]).toEqual([extra, ["okx:AUSDT:1"]]);
      expect(list).toMatchObject({ since: "1-1", snapshot: "1-2", removed: [], reset: false });
    }
    const flagged = await listOf(appFrom([A], [changed(A, {}, flagBit("thin"))]), "since=1-1");
    expect(idsOf(flagged)).toHaveLength(1);
    const noise = changed(A, { markPrice: 7, volume24hUsd: 1, observedAtMs: 1 });
    const unchanged = await listOf(appFrom([A, B], [noise, B]), "since=1-1");
    expect(unchanged).toMatchObject({ count: 0, total: 0, rows: [], removed: [], reset: false });
  });

  test("names rows that are removed or no longer match, and has those that are new or match now", async () => {
    const app = appFrom([A, C], [changed(C, { volume24hUsd: 900_000 }), B]);
    expect(await listOf(app, "since=1-1&min_volume=1000000")).toMatchObject({
      removed: ["bybit:CUSDT:1", "okx:AUSDT:1"],
      rows: [{ uid: "okx:BUSDT:1" }],
    });
  });

  test("of the current snapshot has no changes", async () => {
    expect(await listOf(appFrom([A], [B]), "since=1-2")).toMatchObject({
      rows: [],
      removed: [],
      reset: false,
    });
  });

  test.each(["0-9", "9-1042.3", "1-1"])(
    "%s is not retained: the whole list, as a reset",
    async (id) => {
      const board = new TestBoard(shown("1-1", [A]));
      board.publish(shown("1-2", [A, B]));
      board.forget();
      const list = await listOf(testApp(board), `since=${id}`);
      expect(list).toMatchObject({ since: id, count: 2, removed: [], reset: true });
    },
  );

  const IMPOSSIBLE = ["xx", "7", "7-", "-1042", "7-1042.", "7-1042-1", "7_1042", "7-1042.1.1"];

  test.each([...IMPOSSIBLE, " 7-1042", "7-1042x", "٧-١", "9".repeat(64)])(
    "%p cannot be a snapshot: 400",
    async (text) => {
      const query = new URLSearchParams({ since: text });
      const response = await appFrom([A], [B]).get(`${CURRENT}?${query}`);
      expect(response.status).toBe(400);
      const rule = `${JSON.stringify(text)} must be a snapshot id such as 7-1042`;
      expect(await response.json()).toMatchObject({
        code: "bad_parameter",
        detail: `since ${rule}.`,
        errors: [{ parameter: "since", rule }],
      });
    },
  );

  test("has the pattern of a snapshot id in the document", async () => {
    const { paths } = JSON.parse(await plainDocument());
    const parameters: readonly SinceParameter[] = paths[CURRENT].get.parameters;
    const { pattern = "" } = parameters.find(({ name }) => name === "since")?.schema ?? {};
    const isMatch = (text: string) => new RegExp(pattern, "u").test(text);
    expect(["7-1042", "7-1042.3", "0-0"].filter((text) => !isMatch(text))).toEqual([]);
    expect(IMPOSSIBLE.filter(isMatch)).toEqual([]);
  });

  test("without it a list has none of these members", async () => {
    const list = await listOf(appFrom([A], [B]), "");
    for (const name of ["since", "removed", "reset"]) expect(list).not.toHaveProperty(name);
  });

  test("is a parameter of current only", async () => {
    const app = appFrom([A], [B]);
    for (const path of ["/api/funding/symbol/B", "/api/funding/arb", "/api/instruments"])
      expect((await app.get(`${path}?since=1-1`)).status).toBe(400);
  });

  test("supports sorting and pages", async () => {
    const after = [A, B, C].map((row, at) => changed(row, { fundingRate: at / 1000 }));
    const app = appFrom([A, B, C], after);
    const first = await listOf(app, "since=1-1&sort=funding_rate&limit=2");
    expect([idsOf(first), first.total]).toEqual([["bybit:CUSDT:1", "okx:BUSDT:1"], 3]);
    const rest = await listOf(
      app,
      `since=1-1&sort=funding_rate&limit=2&cursor=${first.next_cursor}`,
    );
    expect([idsOf(rest), rest.next_cursor]).toEqual([["okx:AUSDT:1"], null]);
  });

  test("uses headers in CSV and NDJSON, or sends everything if that is too long", async () => {
    const odd = rowOf("okx", "ODD", { exchangeSymbol: "币,1" });
    for (const format of ["csv", "ndjson"]) {
      const some = await appFrom([odd, A], [A]).get(`${CURRENT}?since=1-1&format=${format}`);
      expect(some.headers.get("x-reset")).toBe("false");
      expect(decodeURIComponent(some.headers.get("x-removed") ?? "")).toBe(odd.record.uid);
      const many = Array.from({ length: 400 }, (_, at) => rowOf("okx", `COIN${at}`));
      const all = await appFrom([...many, A], [A, B]).get(`${CURRENT}?since=1-1&format=${format}`);
      expect([all.headers.get("x-reset"), all.headers.get("x-removed")]).toEqual(["true", null]);
      expect(all.headers.get("x-total-count")).toBe("2");
    }
  });
});

const listing = fc.record({
  base: fc.constantFrom("A", "B", "C", "D", "E", "F"),
  exchange: fc.constantFrom("okx" as const, "bybit" as const),
  rate: fc.constantFrom(0.0001, 0.0002, -0.0003),
  interval: fc.constantFrom(1, 8, null),
  volume: fc.constantFrom(null, 500_000, 5_000_000),
  price: fc.constantFrom(100, 101),
  flags: fc.constantFrom(0, flagBit("thin")),
});
const market = fc
  .uniqueArray(listing, { selector: ({ exchange, base }) => `${exchange}${base}` })
  .map((listings) =>
    listings.map(({ base, exchange, rate, interval, volume, price, flags }) =>
      rowOf(
        exchange,
        base,
        {
          fundingRate: rate,
          fundingIntervalHours: interval,
          volume24hUsd: volume,
          markPrice: price,
        },
        flags,
      ),
    ),
  );
const filters = fc.constantFrom(
  "sort=base",
  "min_volume=1000000",
  "exchange=okx",
  "flag=thin",
  "interval=1,8&base=A,B,C",
);

/** The fields that make a change; the rest of a row is as of its last change. */
const newsOf = (row: FundingRow) => [
  row.uid,
  row.funding_rate,
  row.funding_interval_hours,
  row.next_funding_time,
  row.flags.join(),
  row.asset_id,
];
const sorted = (rows: Iterable<FundingRow>) => [...rows].map(newsOf).toSorted();

test("applied to the old list gives the new one, over any number of snapshots", async () => {
  const stats = { changes: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(market, { minLength: 2, maxLength: 5 }),
      filters,
      async (all, filter) => {
        const board = new TestBoard(shown("1-0", all[0] ?? []));
        const app = testApp(board);
        const { rows, snapshot } = await listOf(app, filter);
        const held = new Map(rows.map((row) => [row.uid, row]));
        let since = snapshot;
        for (const [at, next] of all.slice(1).entries()) {
          board.publish(shown(`1-${at + 1}`, next));
          const changes = await listOf(app, `${filter}&since=${since}`);
          expect(changes.reset).toBe(false);
          for (const uid of changes.removed ?? []) expect(held.delete(uid)).toBe(true);
          for (const row of changes.rows) held.set(row.uid, row);
          stats.changes += changes.count;
          since = changes.snapshot;
          expect(sorted(held.values())).toEqual(sorted((await listOf(app, filter)).rows));
        }
      },
    ),
    { numRuns: 20 },
  );
  expect(stats.changes).toBeGreaterThan(10);
});

test("since a snapshot that another process already serves, names are those of that one as well", async () => {
  const board = new TestBoard(shown("1-1", [B]));
  const clock = new ManualClock();
  const served = new ServedBoard(board, clock);
  served.prepareWith(() => new Promise(() => {}));
  const app = testApp(board, { clock, board: served });
  board.publish(shown("1-2", [A, B]));
  expect(served.current()?.id).toBe("1-1");
  const { snapshot, resolved, rows, removed } = await listOf(app, "base=AUSDT&since=1-2");
  expect({ snapshot, resolved, rows, removed }).toEqual({
    snapshot: "1-2",
    resolved: { asked: "AUSDT", base: "A" },
    rows: [],
    removed: [],
  });
});
