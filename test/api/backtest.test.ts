import { describe, expect, test } from "bun:test";
import type { z } from "@hono/zod-openapi";
import type { SeriesDescription } from "../../src/db/history/series-repository.ts";
import type { BacktestListSchema } from "../../src/http/api/backtest/schema.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { seriesOf } from "../support/history.ts";
import { historyInMemory, HistoryWriter, type Paid, readerOn } from "../support/history-db.ts";
import { NOON_MS } from "../support/quote.ts";

type Body = z.infer<typeof BacktestListSchema>;

const NOON = NOON_MS / 1000;
const HOUR = 3600;
const DAY = 24 * HOUR;
const PAIR =
  "/api/funding/backtest?long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&fees=all:5&notional=10000";

function listed(exchange: "okx" | "bybit" | "deribit", more: Partial<SeriesDescription> = {}) {
  const firstSeen = NOON_MS - 60 * DAY * 1000;
  const names = { uid: `${exchange}:BTCUSDT:1`, exchange, exchangeSymbol: "BTCUSDT" };
  return seriesOf("BTC", { ...names, firstSeen, ...more });
}

/** Payments every `hours` hours from four days before noon up to noon. */
function every(hours: number, rate: string): Paid[] {
  const count = (4 * 24) / hours + 1;
  return Array.from({ length: count }, (_, n) => ({
    slot: NOON - 4 * DAY + n * hours * HOUR,
    rate,
  }));
}

function appWith(write: (writer: HistoryWriter) => void): TestApp {
  const db = historyInMemory();
  write(new HistoryWriter(db));
  const rows = [rowOf("okx", "BTC"), rowOf("bybit", "BTC")];
  return testApp(new TestBoard(snapshotOf("1-1", rows, NOON_MS + 15_000)), {
    history: readerOn(db),
  });
}

/** One hour against eight hours: the long leg pays 0.00001 an hour, the short one receives 0.0003 every eight. */
const oneAgainstEight = () =>
  appWith((writer) => {
    writer.add(listed("okx"), every(1, "0.00001"));
    writer.add(listed("bybit"), every(8, "0.0003"));
    const eth = { uid: "bybit:ETHUSDT:1", exchange: "bybit", exchangeSymbol: "ETHUSDT" } as const;
    writer.add(seriesOf("ETH", eth), every(8, "0.0003"));
  });

async function bodyOf(app: TestApp, target: string): Promise<Body> {
  const response = await app.get(target);
  if (response.status !== 200) throw new Error(`${target}: ${await response.text()}`);
  return (await response.json()) as Body;
}

describe("/api/funding/backtest", () => {
  test("adds up 1 h against 8 h to the cent, with the fees of four fills", async () => {
    const from = NOON - DAY;
    const to = NOON - 8 * HOUR;
    const body = await bodyOf(oneAgainstEight(), `${PAIR}&from=${from}&to=${to}`);
    expect(body).toMatchObject({
      result: "done",
      from_at: from,
      to_at: to,
      notional_usd: 10_000,
      long: { uid: "okx:BTCUSDT:1", taker_fee_bps: 5 },
      short: { uid: "bybit:BTCUSDT:1", taker_fee_bps: 5 },
      held_hours: 16,
      // Sixteen payments of 0.10 by the long leg, two of 3.00 to the short one.
      gross_usd: 4.4,
      fees_usd: 20,
      net_usd: -15.6,
      price_usd: null,
      complete: true,
      lacking: [],
    });
    expect(body.trades).toMatchObject([
      {
        entry_at: from,
        exit_at: to,
        opened_by: "from",
        closed_by: "to",
        long_usd: -1.6,
        short_usd: 6,
      },
    ]);
    expect(body.rows[0]).toMatchObject({ point_at: from, kind: "entry", equity_usd: -10 });
    expect(body.rows.at(-1)).toMatchObject({ point_at: to, kind: "exit", equity_usd: -15.6 });
    expect(body.rows).toHaveLength(18);
  });

  test("a settlement counts if entry < slot <= exit: one second decides", async () => {
    const app = oneAgainstEight();
    const slot = NOON - 16 * HOUR;
    const receivedOf = async (from: number, to: number) =>
      (await bodyOf(app, `${PAIR}&from=${from}&to=${to}`)).trades[0]?.short_usd;
    expect(await receivedOf(slot - 1, slot + HOUR)).toBe(3);
    expect(await receivedOf(slot, slot + HOUR)).toBe(0);
    expect(await receivedOf(slot + 1, slot + HOUR)).toBe(0);
    expect(await receivedOf(slot - HOUR, slot)).toBe(3);
    expect(await receivedOf(slot - HOUR, slot - 1)).toBe(0);
  });

  test("a continuous leg accrues by the hours held", async () => {
    const app = appWith((writer) => {
      const id = writer.add(listed("deribit", { accrual: "continuous" }));
      for (let ago = 48; ago >= 0; ago -= 1)
        writer.accrue(id, NOON - ago * HOUR, "0.00001", "fraction");
      writer.add(listed("bybit"), every(8, "0.0003"));
    });
    const query = `from=${NOON - 10 * HOUR - HOUR / 2}&to=${NOON - HOUR}`;
    const body = await bodyOf(app, `${PAIR.replace("okx", "deribit")}&${query}`);
    // Nine and a half hours of 0.10.
    expect(body.trades).toMatchObject([{ long_usd: -0.95, short_usd: 3 }]);
    expect(body.rows.filter(({ is_pro_rata: isProRata }) => isProRata)).toHaveLength(1);
  });

  test("estimated and missing settlements are listed, and refused unless gaps are allowed", async () => {
    const app = appWith((writer) => {
      writer.add(
        listed("okx"),
        every(8, "0.0001").filter((_, n) => n !== 6),
      );
      writer.add(
        listed("bybit"),
        every(8, "0.0003").map((one, n) => (n === 9 ? { ...one, origin: "estimated" } : one)),
      );
    });
    const query = `${PAIR}&from=${NOON - 3 * DAY}&to=${NOON - 8 * HOUR}`;
    const refused = await bodyOf(app, query);
    expect(refused).toMatchObject({ result: "refused", net_usd: null, complete: false, total: 0 });
    const lacking = [
      { side: "long", ranges: [{ state: "missing", first_slot_at: NOON - 2 * DAY, slots: 1 }] },
      { side: "short", ranges: [{ state: "estimated", first_slot_at: NOON - DAY, slots: 1 }] },
    ];
    expect(refused.lacking).toMatchObject(lacking);
    const allowed = await bodyOf(app, `${query}&gaps=allow`);
    // Seven of eight payments of 1.00, eight of 3.00.
    expect(allowed).toMatchObject({ result: "done", gross_usd: 17, lacking });
    const csv = await app.get(`${query}&format=csv`);
    expect(csv.headers.get("x-complete")).toBe("false");
  });

  test("legs may be named by exchange and symbol, past ones by uid", async () => {
    const app = appWith((writer) => {
      writer.add(listed("okx"), every(8, "0.0001"));
      const old = { uid: "bybit:BTCUSDT:0", endedAt: NOON_MS - DAY * 1000 };
      writer.add(listed("bybit", old), every(8, "0.0003").slice(0, 10));
    });
    const query = "long=okx:BTCUSDT&short=bybit:BTCUSDT:0&gaps=allow";
    const body = await bodyOf(app, `/api/funding/backtest?${query}&from=${NOON - 2 * DAY}`);
    expect([body.long.uid, body.short.uid]).toEqual(["okx:BTCUSDT:1", "bybit:BTCUSDT:0"]);
    expect([body.long.asset_id, body.short.asset_id]).toEqual(["BTC", null]);
    expect(body.trades).toMatchObject([{ closed_by: "delisting" }]);
  });

  test.each<
    readonly [
      what: string,
      bases: readonly [string, string],
      assetIds: readonly (string | null)[],
      refused: readonly [string, string] | null,
    ]
  >([
    ["of one asset under two tickers", ["GOLD", "XAU"], ["XAU", "XAU"], null],
    ["of two assets with one ticker", ["BTC", "BTC"], ["BTC~2", "BTC"], ["BTC~2", "BTC"]],
    ["with one ticker, only one of them identified", ["BTC", "BTC"], ["BTC", null], null],
    ["with two names of one thing, not identified", ["TON", "GRAM"], [null, null], null],
    ["with two tickers, not identified", ["TON", "BTC"], [null, "BTC"], ["TON", "BTC"]],
  ])("legs %s are compared by asset_id, else by ticker", async (_, bases, assetIds, refused) => {
    const app = appWith((writer) => {
      const ids = [
        writer.add(listed("okx", { uid: "okx:OLD:0", base: bases[0] }), every(8, "0.0001")),
        writer.add(listed("bybit", { uid: "bybit:OLD:0", base: bases[1] }), every(8, "0.0003")),
      ];
      for (const [place, asset] of assetIds.entries())
        writer.db.run("INSERT INTO series_events VALUES (?, 'asset_id', ?, ?)", [
          ids[place] ?? 0,
          NOON - DAY,
          asset,
        ]);
    });
    const response = await app.get(
      `/api/funding/backtest?long=okx:OLD:0&short=bybit:OLD:0&fees=all:5&gaps=allow&from=${NOON - DAY}`,
    );
    const { errors = [] } = (await response.json()) as { errors?: readonly object[] };
    const [longName, shortName] = refused ?? [];
    expect(errors).toEqual(
      refused === null
        ? []
        : [
            {
              parameter: "long",
              rule: `must be the same asset as short: ${longName} is not ${shortName}`,
            },
            {
              parameter: "short",
              rule: `must be the same asset as long: ${shortName} is not ${longName}`,
            },
          ],
    );
  });

  test.each([
    [
      "long=nowhere:X&short=bybit:BTCUSDT:1",
      "long",
      '"nowhere:X" must be an instrument with a past: a uid, or exchange:exchange_symbol',
    ],
    [
      "long=okx:BTCUSDT:1&short=bybit:GONE:7",
      "short",
      '"bybit:GONE:7" must be an instrument with a past: a uid, or exchange:exchange_symbol',
    ],
    [
      `long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&from=${NOON - 400 * DAY}`,
      "from",
      "must not be more than 366 days before to",
    ],
    [
      `long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&from=${NOON - 40 * DAY}&enter_over=5`,
      "from",
      "must not be more than 31 days before to with enter_over",
    ],
    [
      "long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&enter_over=5&leave_under=6",
      "leave_under",
      "must not be above enter_over",
    ],
    ["short=bybit:BTCUSDT:1", "long", "must be given"],
    [
      `long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&from=${NOON}&to=${NOON - 1}`,
      "from",
      "must be before to",
    ],
    [
      `long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&from=${NOON - 1}&to=${NOON - 1}`,
      "from",
      "must be before to",
    ],
    [
      "long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&leave_under=6",
      "leave_under",
      "has no meaning without enter_over",
    ],
    ["long=okx:BTCUSDT:1&short=okx:btcusdt", "long", "must be another instrument than short"],
    [
      "long=okx:BTCUSDT:1&short=bybit:ETHUSDT:1",
      "long",
      "must be the same asset as short: BTC is not ETH",
    ],
    [
      "long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&notional=-1",
      "notional",
      '"-1" must be a number above 0 to 1000000000000 (US dollars)',
    ],
    [
      "long=okx:BTCUSDT:1&short=bybit:BTCUSDT:1&fees=all:-1",
      "fees",
      '"all:-1" must be exchange:bps or all:bps from 0 to 1000 (basis points)',
    ],
  ])("%s is a 400 that names %s", async (query, parameter, rule) => {
    const response = await oneAgainstEight().get(`/api/funding/backtest?${query}`);
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: readonly object[] };
    expect(errors[0]).toEqual({ parameter, rule });
  });
});
