import { describe, expect, test } from "bun:test";
import type { z } from "@hono/zod-openapi";
import type { SeriesDescription } from "../../src/db/history/series-repository.ts";
import type { CumulativeListSchema } from "../../src/http/api/cumulative/schema.ts";
import type { HistoryReader } from "../../src/services/history/history-reader.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { seriesOf } from "../support/history.ts";
import { historyInMemory, HistoryWriter, type Paid, readerOn } from "../support/history-db.ts";
import { NOON_MS } from "../support/quote.ts";

const NOON = NOON_MS / 1000;
const HOUR = 3600;
const DAY = 24 * HOUR;

type Cumulative = z.infer<typeof CumulativeListSchema>;

/** Payments every `hours` hours before noon, the newest `hours` hours before it, with these rates in turn. */
function paidEvery(hours: number, rates: readonly string[], count: number): Paid[] {
  return Array.from({ length: count }, (_, n) => ({
    slot: NOON - (count - n) * hours * HOUR,
    rate: rates[n % rates.length] ?? "0",
  }));
}

function listed(base: string, more: Partial<SeriesDescription> = {}): SeriesDescription {
  const uid = `${more.exchange ?? "okx"}:${base}USDT:1`;
  const firstSeen = NOON_MS - 60 * DAY * 1000;
  return seriesOf(base, { uid, exchangeSymbol: `${base}USDT`, firstSeen, ...more });
}

function appWith(write: (writer: HistoryWriter) => void): TestApp {
  const db = historyInMemory();
  write(new HistoryWriter(db));
  const rows = [rowOf("okx", "BTC"), rowOf("bybit", "BTC"), rowOf("okx", "ETH")];
  const board = new TestBoard(snapshotOf("1-1", rows, NOON_MS + 30_000));
  return testApp(board, { history: readerOn(db, ["okx"]) });
}

async function bodyOf<Body>(app: TestApp, target: string): Promise<Body> {
  const response = await app.get(target);
  if (response.status !== 200) throw new Error(`${target}: ${await response.text()}`);
  return (await response.json()) as Body;
}

describe("/api/funding/cumulative", () => {
  test("adds up exactly what was charged in the range, annualized over the time covered", async () => {
    const app = appWith((writer) => {
      const id = writer.add(listed("BTC"), paidEvery(8, ["0.0001", "0.0002", "-0.00005"], 90));
      writer.backfilled(id, NOON - 60 * DAY, NOON, true);
    });
    const { rows, ...body } = await bodyOf<Cumulative>(app, "/api/funding/cumulative?range=7d");
    expect(body).toMatchObject({ range: "7d", from_at: NOON - 7 * DAY, to_at: NOON, total: 1 });
    expect(body.fetched_at).toBe(NOON);
    expect(rows[0]).toEqual({
      uid: "okx:BTCUSDT:1",
      exchange: "okx",
      exchange_symbol: "BTCUSDT",
      symbol: "BTCUSDT",
      asset_id: "BTC",
      base: "BTC",
      quote: "USDT",
      asset_class: "crypto",
      accrual: "periodic",
      settlements: 21,
      estimated_settlements: 0,
      unpriced_hours: 0,
      sum_pct: 0.175,
      sum_fraction: 0.00175,
      sum_text: "0.00175",
      annualized_pct: 9.125,
      covered_hours: 168,
      positive_share: 14 / 21,
      sign_flips: 13,
      longest_run: {
        sign: "positive",
        settlements: 2,
        hours: 16,
        first_slot_at: NOON - 7 * DAY,
        last_slot_at: NOON - 7 * DAY + 8 * HOUR,
      },
      expected_settlements: 21,
      completeness_share: 1,
      complete: true,
      reason: null,
    });
  });

  test("a daylight-saving night under another time zone changes nothing; 1 h and 8 h are comparable", async () => {
    const zone = process.env["TZ"];
    process.env["TZ"] = "America/New_York";
    const app = appWith((writer) => {
      writer.add(listed("BTC"), paidEvery(1, ["0.0000125"], 24 * 30));
      writer.add(listed("BTC", { exchange: "bybit" }), paidEvery(8, ["0.0001"], 90));
    });
    const { rows } = await bodyOf<Cumulative>(app, "/api/funding/cumulative?range=7d");
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
    expect(
      rows.map((row) => [row.exchange, row.settlements, row.sum_text, row.annualized_pct]),
    ).toEqual([
      ["bybit", 21, "0.0021", 10.95],
      ["okx", 168, "0.0021", 10.95],
    ]);
  });

  test("Deribit's hours accrue exactly", async () => {
    const app = appWith((writer) => {
      const id = writer.add(listed("BTC", { exchange: "deribit", accrual: "continuous" }));
      writer.accrue(id, NOON - 2 * HOUR, "0.000040037341082362756", "fraction");
      writer.accrue(id, NOON - HOUR, "0.000042599284093567054", "fraction");
    });
    const { rows } = await bodyOf<Cumulative>(app, "/api/funding/cumulative?range=1d");
    expect(rows).toMatchObject([
      { settlements: 2, sum_text: "0.00008263662517592981", covered_hours: 2, complete: false },
    ]);
  });

  test("sorts with unknown values last, and filters by exchange, asset and class", async () => {
    const app = appWith((writer) => {
      writer.add(listed("BTC"), paidEvery(8, ["0.0001"], 30));
      writer.add(listed("BTC", { exchange: "bybit" }), paidEvery(8, ["-0.0001"], 30));
      writer.add(listed("ETH"), []);
      writer.add(listed("TSLA", { assetClass: "stock" }), paidEvery(8, ["0.0002"], 30));
    });
    const namesOf = async (query: string) =>
      (await bodyOf<Cumulative>(app, `/api/funding/cumulative?${query}`)).rows.map(
        ({ exchange, base }) => `${exchange} ${base}`,
      );
    expect(await namesOf("")).toEqual(["okx TSLA", "okx BTC", "bybit BTC", "okx ETH"]);
    expect(await namesOf("order=asc")).toEqual(["bybit BTC", "okx BTC", "okx TSLA", "okx ETH"]);
    expect(await namesOf("exchange=bybit")).toEqual(["bybit BTC"]);
    expect(await namesOf("base=xbt")).toEqual(["okx BTC", "bybit BTC"]);
    expect(await namesOf("asset_id=ETH")).toEqual(["okx ETH"]);
    expect(await namesOf("asset_class=stock")).toEqual(["okx TSLA"]);
    const { rows } = await bodyOf<Cumulative>(app, "/api/funding/cumulative?base=ETH");
    expect(rows).toMatchObject([{ sum_pct: null, annualized_pct: null, reason: "no_settlements" }]);
  });

  test("a minute's answers are computed once, for all spellings, pages and formats", async () => {
    let asked = 0;
    const db = historyInMemory();
    const writer = new HistoryWriter(db);
    for (const base of ["A", "B", "C"]) writer.add(listed(base), paidEvery(8, ["0.0001"], 30));
    const reader = readerOn(db);
    const history: HistoryReader = {
      ask: (kind, query, signal) => {
        if (kind === "cumulative") asked += 1;
        return reader.ask(kind, query, signal);
      },
    };
    const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "A")], NOON_MS + 1_000));
    const app = testApp(board, { history });
    const first = await bodyOf<Cumulative>(app, "/api/funding/cumulative?limit=2");
    board.publish(snapshotOf("1-2", [rowOf("okx", "A")], NOON_MS + 6_000));
    const next = `/api/funding/cumulative?limit=2&cursor=${first.next_cursor}`;
    expect((await bodyOf<Cumulative>(app, next)).count).toBe(1);
    for (const target of [
      "/api/funding/cumulative?format=parquet",
      "/api/funding/cumulative?sort=sum_pct",
    ])
      expect((await app.get(target)).status).toBe(200);
    expect(asked).toBe(1);
    board.publish(snapshotOf("1-3", [rowOf("okx", "A")], NOON_MS + 61_000));
    await bodyOf(app, "/api/funding/cumulative");
    expect(asked).toBe(2);
  });

  test("too much at once is a 400 that names the range", async () => {
    const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")]));
    const tooWide = { kind: "too_wide", payments: 5_000_000 } as const;
    const history = { ask: async () => tooWide } as unknown as HistoryReader;
    const app = testApp(board, { history });
    for (const target of ["/api/funding/cumulative?range=365d", "/api/quality/gaps?range=all"]) {
      const response = await app.get(target);
      expect([response.status, await response.json()]).toMatchObject([
        400,
        {
          errors: [
            {
              parameter: "range",
              rule: "covers too much: 5000000 payments; choose a shorter one, or fewer exchanges or assets",
            },
          ],
        },
      ]);
    }
  });
});

interface Gaps {
  readonly to_at: number;
  readonly from_at: number | null;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

describe("/api/quality/gaps", () => {
  const app = () =>
    appWith((writer) => {
      const paid = paidEvery(8, ["0.0001"], 120).filter((_, n) => n !== 100 && n !== 101);
      const btc = writer.add(listed("BTC"), paid);
      writer.backfilled(btc, NOON - 40 * DAY, NOON, true);
      const eth = writer.add(listed("ETH"), paidEvery(8, ["0.0001"], 30));
      writer.backfilled(eth, NOON - 10 * DAY, NOON, false);
      writer.db.run(
        "UPDATE backfills SET requests = 7, failures_in_row = 2, failure = 'timeout' WHERE series_id = ?",
        [eth],
      );
      const estimated = paidEvery(8, ["0.0001"], 90);
      writer.add(listed("BTC", { exchange: "lbank" }), [
        ...estimated.slice(0, -3),
        ...estimated.slice(-3).map((one) => ({ ...one, origin: "estimated" as const })),
      ]);
    });

  test("has a row per exchange: what was due, what is there and how far reading it has come", async () => {
    const { rows, from_at: from } = await bodyOf<Gaps>(app(), "/api/quality/gaps?range=30d");
    expect(from).toBe(NOON - 30 * DAY);
    expect(rows).toEqual([
      {
        exchange: "lbank",
        has_history: false,
        instruments: 1,
        complete_instruments: 0,
        expected_settlements: 90,
        present: 87,
        estimated: 3,
        pending: 0,
        being_backfilled: 0,
        missing: 0,
        absent_at_source: 0,
        completeness_share: 87 / 90,
        instruments_read: 0,
        instruments_failing: 0,
        requests: 0,
        oldest_at: NOON - 30 * DAY,
      },
      {
        exchange: "okx",
        has_history: true,
        instruments: 2,
        complete_instruments: 0,
        expected_settlements: 180,
        present: 118,
        estimated: 0,
        pending: 0,
        being_backfilled: 60,
        missing: 2,
        absent_at_source: 0,
        completeness_share: 118 / 180,
        instruments_read: 1,
        instruments_failing: 1,
        requests: 7,
        oldest_at: NOON - 40 * DAY,
      },
    ]);
  });

  test("expects of the same days what the sums over them expect", async () => {
    const query = "range=30d&exchange=okx,lbank";
    const gaps = await bodyOf<Gaps>(app(), `/api/quality/gaps?${query}`);
    const sums = await bodyOf<Cumulative>(app(), `/api/funding/cumulative?${query}`);
    expect([gaps.from_at, gaps.to_at]).toEqual([sums.from_at, sums.to_at]);
    const figures = ({ rows }: typeof gaps | typeof sums) =>
      rows
        .map((row) => [row.uid, row.expected_settlements, row.completeness_share, row.complete])
        .toSorted();
    expect(figures(gaps)).toEqual(figures(sums));
    expect(gaps.rows.length).toBe(3);
  });

  test("covers a week unless told otherwise", async () => {
    const { rows, from_at: from } = await bodyOf<Gaps>(app(), "/api/quality/gaps?exchange=lbank");
    expect(from).toBe(NOON - 7 * DAY);
    expect(rows).toMatchObject([{ expected_settlements: 21, present: 18, estimated: 3 }]);
  });

  test("has a row per instrument of the exchanges or uids asked for, with exactly its holes", async () => {
    const { rows } = await bodyOf<Gaps>(app(), "/api/quality/gaps?range=30d&exchange=okx");
    expect(rows).toMatchObject([
      {
        uid: "okx:BTCUSDT:1",
        asset_id: "BTC",
        complete: false,
        present: 88,
        missing: 2,
        lacking: [
          {
            state: "missing",
            first_slot_at: NOON - 20 * 8 * HOUR,
            last_slot_at: NOON - 19 * 8 * HOUR,
            funding_interval_hours: 8,
            slots: 2,
          },
        ],
        read_completely: true,
      },
      {
        uid: "okx:ETHUSDT:1",
        lacking: [{ state: "being_backfilled", first_slot_at: NOON - 30 * DAY, slots: 60 }],
        read_from_at: NOON - 10 * DAY,
        read_completely: false,
        requests: 7,
        failures_in_row: 2,
        failure: "timeout",
      },
    ]);
    const one = await bodyOf<Gaps>(app(), "/api/quality/gaps?uid=lbank:BTCUSDT:1&range=all");
    expect([one.from_at, one.rows.map(({ uid }) => uid)]).toEqual([null, ["lbank:BTCUSDT:1"]]);
  });
});
