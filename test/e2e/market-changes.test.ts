import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Simulator, startSimulator } from "../../src/simulator/server.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";
import type { InstrumentRow } from "../../src/http/api/instruments/schema.ts";
import type { IntervalChangeRow } from "../../src/http/api/intervals/schema.ts";
import { allShown, answerOf, fundingAt } from "../support/service-api.ts";
import {
  type ServiceProcess,
  startService,
  temporaryDatabasePath,
  until,
} from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";
import { PART } from "../support/part-of-market.ts";

/**
 * Exchanges where a change shows up in the next refresh: MEXC publishes the interval with the rate, OKX has it between
 * two times, KuCoin shows which contracts are live, and since when, in the reply with the rates.
 */
const EXCHANGES = ["mexc", "okx", "kucoin"] as const;
type Exchange = (typeof EXCHANGES)[number];

const REFRESH_SECONDS = 2;

/** One may be in progress when a change comes, the next shows it, and is over when the one after it begins. */
const REFRESHES_TO_SEE_IT = 3;

/** Accepted batches without an instrument after which it is delisted. */
const MISSED_BATCHES = 3;

/** Enough for anything to happen twice that should happen once. */
const AFTERWARDS = 3;

/** The request that each refresh of an exchange sends exactly once. */
const ONCE_PER_REFRESH = {
  mexc: "mexc /api/v1/contract/funding_rate",
  kucoin: "kucoin /api/v1/contracts/active",
  okx: "okx /api/v5/public/funding-rate",
} as const satisfies Record<Exchange, string>;

interface List<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

describe("what changes on an exchange while the service runs", () => {
  const stack = new AsyncDisposableStack();
  let stage: { readonly service: ServiceProcess; readonly simulator: Simulator } | null = null;

  const staged = () => {
    if (stage === null) throw new Error("the stage was not set");
    return stage;
  };

  /** Sends a command to the simulator's control, like an operator of the demo. */
  const control = async (command: string, body: object): Promise<void> => {
    const init = { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${staged().simulator.origin}/control/${command}`, init);
    expect([command, response.status]).toEqual([command, 200]);
  };

  const rowsOf = async (exchange: Exchange): Promise<readonly FundingRow[]> =>
    (await fundingAt(staged().service.origin, `?exchange=${exchange}`)).rows;

  const rowOf = async (exchange: Exchange, symbol: string): Promise<FundingRow | undefined> =>
    (await rowsOf(exchange)).find((row) => row.exchange_symbol === symbol);

  const instrumentsOf = async (exchange: Exchange): Promise<readonly InstrumentRow[]> =>
    (
      await answerOf<List<InstrumentRow>>(
        staged().service.origin,
        `/api/instruments?exchange=${exchange}`,
      )
    ).rows;

  const changesOf = (exchange: Exchange): Promise<List<IntervalChangeRow>> =>
    answerOf(staged().service.origin, `/api/intervals/changes?exchange=${exchange}`);

  /** Counts refreshes from now on. */
  const refreshesFrom = (exchange: Exchange): (() => number) => {
    const sent = (): number =>
      staged().simulator.market.requests()[ONCE_PER_REFRESH[exchange]] ?? 0;
    const before = sent();
    return () => sent() - before;
  };

  /** A contract with eight hours that others depend on. */
  const eightHours = async (exchange: Exchange): Promise<FundingRow> => {
    const rows = await rowsOf(exchange);
    const row = rows.find(
      (one) => one.funding_interval_hours === 8 && one.funding_rate !== 0 && one.flags.length === 0,
    );
    if (row === undefined) throw new Error(`${exchange} has no contract of eight hours`);
    return row;
  };

  beforeAll(async () => {
    const database = stack.use(temporaryDatabasePath());
    const simulator = stack.adopt(startSimulator({ nowMs: () => Date.now(), scale: PART }), (one) =>
      one.stop(),
    );
    const service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: EXCHANGES.join(","),
      REFRESH_SECONDS: String(REFRESH_SECONDS),
    });
    stack.use(service);
    stage = { service, simulator };
    await allShown(service.origin, EXCHANGES);
  }, LONG_MS);

  afterAll(() => stack.disposeAsync());

  // Each test has its own exchange: they wait at the same time.
  test.concurrent.each(["mexc", "okx"] as const)(
    "%s: a changed interval is one event, and on the row from the next refresh on",
    async (exchange) => {
      const before = await eightHours(exchange);
      const { exchange_symbol: symbol, uid } = before;
      const count = (await rowsOf(exchange)).length;
      expect(await changesOf(exchange)).toMatchObject({ total: 0, rows: [] });
      const refreshes = refreshesFrom(exchange);
      const flippedAt = Date.now() / 1000;
      let isOverdueAt = Number.POSITIVE_INFINITY;
      await control("interval", { exchange, exchange_symbol: symbol, hours: 1 });
      let row: FundingRow | undefined;
      await until(
        async () => {
          if (refreshes() >= REFRESHES_TO_SEE_IT)
            isOverdueAt = Math.min(isOverdueAt, Date.now() / 1000);
          row = await rowOf(exchange, symbol);
          return row?.funding_interval_hours === 1;
        },
        () => JSON.stringify(row),
      );
      const shownAfter = refreshes();
      console.log(`changes: ${exchange} ${symbol} 8 h to 1 h shown after ${shownAfter} refreshes`);
      const { funding_rate: rate, annualized_pct: yearly, next_funding_time: next } = row ?? before;
      expect(yearly).toBeCloseTo(rate * 24 * 365 * 100, 9);
      expect((next ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(3_600);
      expect(row?.uid).toBe(uid);

      await until(() => refreshes() >= shownAfter + AFTERWARDS);
      const { total, rows } = await changesOf(exchange);
      expect(total).toBe(1);
      expect(rows[0]).toMatchObject({
        uid,
        exchange,
        exchange_symbol: symbol,
        from_hours: 8,
        to_hours: 1,
      });
      const changedAt = rows[0]?.changed_at ?? Number.NaN;
      // The first refresh that began after it, whenever that was; and whole seconds.
      expect(changedAt).toBeGreaterThan(flippedAt - 1);
      expect(changedAt).toBeLessThanOrEqual(isOverdueAt);
      const instruments = await instrumentsOf(exchange);
      expect(instruments).toHaveLength(count);
      expect(instruments.find((one) => one.uid === uid)?.interval_changed_at).toBe(changedAt);
      expect(instruments.filter((one) => one.interval_changed_at !== null)).toHaveLength(1);
    },
    LONG_MS,
  );

  test.concurrent(
    "a delisted contract leaves the list after three refreshes; listed again it is a new instrument",
    async () => {
      const exchange = "kucoin";
      const { exchange_symbol: symbol, uid: oldUid } = await eightHours(exchange);
      const count = (await rowsOf(exchange)).length;
      const explainPath = `/api/explain/${exchange}/${symbol}`;
      const explain = async (): Promise<number> =>
        (await fetch(staged().service.origin + explainPath)).status;
      expect(await explain()).toBe(200);
      const missed = refreshesFrom(exchange);
      await control("delist", { exchange, exchange_symbol: symbol });
      await until(async () => (await rowOf(exchange, symbol)) === undefined);
      const goneAfter = missed();
      console.log(`changes: ${symbol} delisted, gone after ${goneAfter} refreshes`);
      expect(goneAfter).toBeGreaterThanOrEqual(MISSED_BATCHES);
      expect(await rowsOf(exchange)).toHaveLength(count - 1);
      const left = await instrumentsOf(exchange);
      expect(left.some((one) => one.exchange_symbol === symbol)).toBe(false);
      expect(await explain()).toBe(404);

      const relisted = refreshesFrom(exchange);
      await control("relist", { exchange, exchange_symbol: symbol });
      await until(async () => (await rowOf(exchange, symbol)) !== undefined);
      const newUid = (await rowOf(exchange, symbol))?.uid ?? "";
      console.log(`changes: ${symbol} listed again, shown after ${relisted()} refreshes`);
      expect(newUid).toStartWith(`${exchange}:${symbol}:`);
      expect(newUid).not.toBe(oldUid);
      // And it remains the same one.
      const shownAfter = relisted();
      await until(() => relisted() >= shownAfter + AFTERWARDS);
      const now = await rowsOf(exchange);
      expect(now).toHaveLength(count);
      expect(now.filter((row) => row.exchange_symbol === symbol).map((row) => row.uid)).toEqual([
        newUid,
      ]);
      expect(await explain()).toBe(200);
    },
    LONG_MS,
  );
});
