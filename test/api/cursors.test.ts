import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { feeTable } from "../../src/domain/fees.ts";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import type { FundingList } from "../../src/http/lists/funding-schema.ts";
import { SORT_FIELDS, SORT_ORDERS } from "../../src/services/finder/funding-query.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { allCollected, rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const PATH = "/api/funding/current";

async function list(app: TestApp, target: string): Promise<FundingList> {
  const response = await app.get(target);
  if (response.status !== 200) throw new Error(`${target}: ${await response.text()}`);
  return (await response.json()) as FundingList;
}

/** All pages of `query`, joined. `between` runs after each page. */
async function walk(app: TestApp, query: string, between = (): void => {}): Promise<FundingList[]> {
  const pages: FundingList[] = [];
  let cursor = "";
  do {
    const page = await list(app, `${PATH}?${query}${cursor}`);
    pages.push(page);
    cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
    between();
  } while (cursor !== "");
  return pages;
}

const row = fc.record({
  exchange: fc.constantFrom(...EXCHANGE_IDS),
  base: fc.constantFrom("BTC", "ETH", "SOL", "PEPE", "TSLA"),
  quote: fc.constantFrom("USDT", "USDC"),
  rate: fc.double({ min: -0.01, max: 0.01, noNaN: true }),
  interval: fc.constantFrom(1, 4, 8, null),
  volume: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
});

const market = fc
  .uniqueArray(row, {
    maxLength: 30,
    selector: ({ exchange, base, quote }) => `${exchange} ${base} ${quote}`,
  })
  .map((rows) =>
    rows.map(({ exchange, base, quote, rate, interval, volume }): BoardRow =>
      rowOf(exchange, base, {
        quote,
        fundingRate: rate === 0 ? 0 : rate,
        fundingIntervalHours: interval,
        volume24hUsd: volume,
      }),
    ),
  );

const filters = {
  exchange: fc.subarray([...EXCHANGE_IDS], { minLength: 1 }),
  base: fc.subarray(["BTC", "ETH", "SOL", "NOPE"], { minLength: 1 }),
  quote: fc.subarray(["USDT", "USDC"], { minLength: 1 }),
  interval: fc.subarray(["1", "4", "8"], { minLength: 1 }),
  min_volume: fc.integer({ min: 0, max: 1_000_000 }).map((volume) => [String(volume)]),
};

const query = fc
  .record(
    { ...filters, sort: fc.constantFrom(...SORT_FIELDS), order: fc.constantFrom(...SORT_ORDERS) },
    { requiredKeys: [] },
  )
  .map((given) =>
    new URLSearchParams(
      Object.entries(given).map(([k, v]): [string, string] => [k, String(v)]),
    ).toString(),
  );

describe("generated markets", () => {
  test("pages of a cursor chain join to the unpaged list, though the board moves on", async () => {
    await fc.assert(
      fc.asyncProperty(
        market,
        market,
        query,
        fc.integer({ min: 1, max: 9 }),
        async (rows, later, text, limit) => {
          const app = testApp(new TestBoard(allCollected(snapshotOf("1-1", rows))));
          const whole = await list(app, `${PATH}?${text}`);
          let seq = 1;
          const pages = await walk(app, `${text}&limit=${limit}`, () => {
            seq += 1;
            app.board.publish(snapshotOf(`1-${seq}`, later));
          });
          expect(pages.flatMap((page) => page.rows)).toEqual(whole.rows);
          for (const page of pages) {
            expect(page).toMatchObject({
              snapshot: "1-1",
              total: whole.total,
              count: page.rows.length,
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("filters commute: both together give the same as one after the other", async () => {
    const names = Object.keys(filters) as (keyof typeof filters)[];
    const pair = fc.record({ left: fc.constantFrom(...names), right: fc.constantFrom(...names) });
    await fc.assert(
      fc.asyncProperty(market, fc.record(filters), pair, async (rows, values, { left, right }) => {
        fc.pre(left !== right);
        const app = testApp(new TestBoard(allCollected(snapshotOf("1-1", rows))));
        const uids = async (text: string) =>
          (await list(app, `${PATH}?${text}`)).rows.map(({ uid }) => uid);
        const one = `${left}=${values[left].join(",")}`;
        const other = `${right}=${values[right].join(",")}`;
        const inOther = new Set(await uids(other));
        const expected = (await uids(one)).filter((uid) => inOther.has(uid));
        expect(await uids(`${one}&${other}`)).toEqual(expected);
        expect(await uids(`${other}&${one}`)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test("random queries are 200 or 400, never anything else", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")])));
    const name = fc.oneof(
      fc.constantFrom(
        "exchange",
        "base",
        "limit",
        "cursor",
        "sort",
        "interval",
        "min_volume",
        "__proto__",
      ),
      fc.string({ maxLength: 12 }),
    );
    const value = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom("%", "%E0%A4%A", ",", "\u0000"),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, value), { maxLength: 6 }),
        fc.boolean(),
        async (pairs, raw) => {
          const encode = (text: string) =>
            raw
              ? text.replaceAll(/[\s#\\]|[^\x20-\x7e]/g, "")
              : encodeURIComponent(text.toWellFormed());
          const text = pairs.map(([left, right]) => `${encode(left)}=${encode(right)}`).join("&");
          const response = await app.get(`${PATH}?${text}`);
          expect([200, 400]).toContain(response.status);
        },
      ),
      { numRuns: 300 },
    );
  });
});

const THREE = [rowOf("okx", "A"), rowOf("okx", "B"), rowOf("okx", "C")];

async function firstCursor(app: TestApp, text = "limit=1"): Promise<string> {
  return (await list(app, `${PATH}?${text}`)).next_cursor ?? "";
}

describe("a cursor", () => {
  test("is a 410 once its snapshot is no longer retained", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", THREE)));
    const cursor = await firstCursor(app);
    app.board.publish(snapshotOf("1-2", THREE));
    expect((await app.get(`${PATH}?limit=1&cursor=${cursor}`)).status).toBe(200);
    app.board.forget();
    const response = await app.get(`${PATH}?limit=1&cursor=${cursor}`);
    expect(response.status).toBe(410);
    expect(await response.json()).toMatchObject({ code: "cursor_expired" });
  });

  test("issued by another process works here as long as the snapshot is retained", async () => {
    const cursor = await firstCursor(testApp(new TestBoard(snapshotOf("1-1", THREE))));
    const other = testApp(new TestBoard(snapshotOf("1-1", THREE)));
    expect((await list(other, `${PATH}?limit=1&cursor=${cursor}`)).rows[0]?.base).toBe("B");
  });

  test("continues in its own snapshot alongside one in another", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", THREE)));
    const first = await firstCursor(app);
    app.board.publish(snapshotOf("1-2", THREE.toReversed().slice(0, 2)));
    const second = await firstCursor(app);
    const bases = async (cursor: string) =>
      (await list(app, `${PATH}?cursor=${cursor}`)).rows.map(({ base }) => base);
    expect([await bases(first), await bases(second)]).toEqual([["B", "C"], ["C"]]);
  });

  test("can continue with another page size, or with all remaining rows", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", THREE)));
    const cursor = await firstCursor(app);
    const { rows } = await list(app, `${PATH}?cursor=${cursor}`);
    expect(rows.map(({ base }) => base)).toEqual(["B", "C"]);
  });

  test("belongs to its query, however that is spelled", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", THREE)));
    const cursor = await firstCursor(app, "limit=1&base=A,B&exchange=okx");
    const same = await app.get(
      `${PATH}?exchange=okx&base=b&base=a&order=asc&limit=1&cursor=${cursor}`,
    );
    expect(same.status).toBe(200);
    for (const other of ["base=A,B", "base=A,B&exchange=okx&order=desc", ""]) {
      const response = await app.get(`${PATH}?${other}&cursor=${cursor}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: "bad_cursor" });
    }
  });

  test.each(["arb?min_volume=0&", "divergence?min_volume=0&min_lasted=0&min_exchanges=2&"])(
    "of %s belongs to the fees it was issued with: the service's may change",
    async (resource) => {
      const rates = ["A", "B"].flatMap((base) => [
        rowOf("okx", base, { fundingRate: -0.001 }),
        rowOf("bybit", base, { fundingRate: 0.001 }),
      ]);
      const made = (bps: number) =>
        testApp(new TestBoard(snapshotOf("1-1", rates)), {
          fees: feeTable({ asOf: "2026-11-01", takerBps: new Map([["gate", bps]]) }),
        });
      const path = `/api/funding/${resource}limit=1`;
      const [one, other] = [made(5), made(6)];
      const first = await one.get(path);
      const { next_cursor: cursor } = (await first.json()) as { next_cursor: string };
      expect((await made(5).get(`${path}&cursor=${cursor}`)).status).toBe(200);
      expect((await other.get(`${path}&cursor=${cursor}`)).status).toBe(400);
    },
  );

  test("of the list is not a cursor for one asset", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", THREE)));
    const cursor = await firstCursor(app);
    expect((await app.get(`/api/funding/symbol/A?cursor=${cursor}`)).status).toBe(400);
  });

  test("that was modified or invented is a 400", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", THREE)));
    const cursor = await firstCursor(app);
    const [version, id, hash] = Buffer.from(cursor, "base64url").toString().split("~");
    const made = (...parts: unknown[]) => Buffer.from(parts.join("~")).toString("base64url");
    const bad = [
      `${cursor}A`,
      `${cursor}=`,
      cursor.slice(1),
      made("2", id, hash, 1),
      made(version, id, hash, 0),
      made(version, id, hash, 3),
      made(version, id, hash, "1e1"),
      made(version, "../x", hash, 1),
      made(version, "xx", hash, 1),
      made(version, id, hash, 1, 1),
    ];
    for (const text of bad) {
      const response = await app.get(`${PATH}?limit=1&cursor=${text}`);
      expect([text, response.status]).toEqual([text, 400]);
    }
  });
});
