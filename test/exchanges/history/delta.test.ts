import { describe, expect, test } from "bun:test";
import { delta } from "../../../src/exchanges/delta.ts";
import { settlementsOf } from "../../../src/exchanges/delta-steps-wire.ts";
import type { ExchangeHttp } from "../../../src/exchanges/exchange.ts";
import { testHistory } from "../../support/history-suite.ts";

// No history of Delta was recorded.
testHistory({ exchange: delta, recorded: [] });

const HOUR_MS = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 10, 1);

/** Hourly values from midnight on: each with how many hours it holds; null for missing hours. */
function candlesOf(...parts: readonly (readonly [rate: string | null, hours: number])[]) {
  const values = parts.flatMap(([rate, hours]) => Array.from({ length: hours }, () => rate));
  return new Map(
    values.flatMap((rate, hour) =>
      rate === null ? [] : [[MIDNIGHT + hour * HOUR_MS, rate] as const],
    ),
  );
}

/** The hours after midnight at which there are settlements. */
const hoursOf = (candles: ReadonlyMap<number, string>, intervalHours: number | null) =>
  settlementsOf(candles, intervalHours).map(({ atMs }) => (atMs - MIDNIGHT) / HOUR_MS);

describe("settlements in candles of Delta", () => {
  test("are where the value steps, with the new value", () => {
    const candles = candlesOf(["0.0003", 8], ["-0.0002", 8], ["0.0001", 8]);
    expect(settlementsOf(candles, 8).map(({ atMs, rate }) => [atMs - MIDNIGHT, rate])).toEqual([
      [0, "0.0003"],
      [8 * HOUR_MS, "-0.0002"],
      [16 * HOUR_MS, "0.0001"],
    ]);
  });

  test("are as far apart as the resting rate says where it does not step", () => {
    expect(hoursOf(candlesOf(["0.0003", 8], ["0.0001", 24], ["0.0002", 8]), 8)).toEqual([
      0, 8, 16, 24, 32,
    ]);
    expect(hoursOf(candlesOf(["0.0003", 8], ["0.00005", 16], ["0.0002", 4]), 4)).toEqual([
      0, 8, 12, 16, 20, 24,
    ]);
    // Every 4 hours today, but every 8 at that time.
    expect(hoursOf(candlesOf(["0.0003", 8], ["0.0001", 16], ["0.0002", 4]), 4)).toEqual([
      0, 8, 16, 24,
    ]);
    // The resting rate of 4 hours for no longer than one period of 8 is a coincidence.
    expect(hoursOf(candlesOf(["0.0003", 8], ["0.00005", 8], ["0.0002", 8]), 8)).toEqual([0, 8, 16]);
  });

  test("keep the interval of the past: steps count whatever it is today", () => {
    const hourly = candlesOf(["0.0003", 8], ["0.0001", 1], ["0.0002", 1], ["0.0004", 1]);
    expect(hoursOf(hourly, 8)).toEqual([0, 8, 9, 10]);
    const longer = candlesOf(["0.0003", 8], ["0.0007", 8], ["0.0002", 8]);
    expect(hoursOf(longer, 4)).toEqual([0, 8, 16]);
  });

  test("are only the certain ones within a stretch that does not fit today's interval", () => {
    expect(hoursOf(candlesOf(["0.0003", 3], ["0.0007", 20], ["0.0002", 1]), 4)).toEqual([
      0, 3, 8, 16, 23,
    ]);
  });

  test("are those of today's interval where nothing contradicts it", () => {
    expect(hoursOf(candlesOf(["0.0007", 24]), 4)).toEqual([0, 4, 8, 12, 16, 20]);
    expect(hoursOf(candlesOf(["0.0007", 4], ["0.0003", 12], ["0.0002", 4]), 4)).toEqual([
      0, 4, 8, 12, 16,
    ]);
    expect(hoursOf(candlesOf(["0.0007", 24]), null)).toEqual([0, 8, 16]);
  });

  test("are not read beyond missing hours, unless the hour is on the grid", () => {
    expect(hoursOf(candlesOf(["0.0003", 8], [null, 8], ["0.0002", 8]), 8)).toEqual([0, 16]);
    expect(hoursOf(candlesOf(["0.0003", 8], [null, 3], ["0.0002", 5]), 8)).toEqual([0]);
  });
});

describe("candles of Delta", () => {
  interface ReadOptions {
    readonly pageRows?: number;
    /** The length of the range. */
    readonly hours?: number;
    readonly percent?: number;
    /** The first candle there is. */
    readonly sinceMs?: number;
  }

  /** Reads ten days, or as many hours as given, from candles with one value, and notes the requests. */
  async function read(exchangeSymbol: string, fromMs: number, options: ReadOptions = {}) {
    const { pageRows = 1000, hours: rangeHours = 240, percent = 0.01, sinceMs = 0 } = options;
    const { history } = delta;
    if (history?.kind !== "settlements") throw new Error("no settlements");
    const requests: (readonly [path: string, host: string | undefined])[] = [];
    const http: ExchangeHttp = {
      get: (path, decode, host) => {
        requests.push([path, host]);
        const { searchParams } = new URL(path, "http://delta");
        const from = Math.ceil(Number(searchParams.get("start")) / 3600);
        const to = Math.floor(Number(searchParams.get("end")) / 3600);
        const hours = Array.from(
          { length: Math.max(0, to - from + 1) },
          (_none, hour) => to - hour,
        );
        const result = hours
          .filter((hour) => hour * HOUR_MS >= sinceMs)
          .slice(0, pageRows)
          .map((hour) => ({ time: hour * 3600, close: percent }));
        return Promise.resolve(decode({ success: true, result }));
      },
      postRead: () => Promise.reject(new Error("not a POST")),
    };
    const instrument = { exchangeSymbol, intervalHours: 8, key: null };
    const toMs = fromMs + rangeHours * HOUR_MS;
    const page = await history.load(http, { instrument, fromMs, toMs, page: 1, cursor: null });
    return { ...page, requests };
  }

  test("are percent, of the platform that has the contract", async () => {
    const { rows, requests } = await read("BTCUSDT", MIDNIGHT);
    expect(rows).toHaveLength(30);
    expect(rows[0]?.rate).toBe("0.0001");
    expect(requests).toEqual([
      [
        `/v2/history/candles?resolution=1h&symbol=FUNDING%3ABTCUSDT&start=${MIDNIGHT / 1000 - 9 * 3600}&end=${MIDNIGHT / 1000 + (10 * 24 + 9) * 3600 - 1}`,
        "global",
      ],
    ]);
    expect((await read("BTCUSD", MIDNIGHT)).requests[0]?.[1]).toBe("main");
  });

  test("are requested until the range is whole", async () => {
    const whole = await read("BTCUSD", MIDNIGHT);
    const { rows, requests } = await read("BTCUSD", MIDNIGHT, { pageRows: 100 });
    expect(rows).toEqual(whole.rows);
    expect(requests).toHaveLength(3);
  });

  test("are judged by the hours around the range, wherever it cuts a flat stretch", async () => {
    // The resting rate of one hour, every 8 hours today, and the oldest three hours that there are.
    const oldest = { percent: 0.00125, hours: 3, sinceMs: MIDNIGHT };
    expect((await read("BTCUSD", MIDNIGHT, oldest)).rows).toHaveLength(3);
    const { rows } = await read("BTCUSD", MIDNIGHT + 2 * HOUR_MS, { percent: 0.00125, hours: 2 });
    expect(rows).toHaveLength(2);
  });

  test("end where funding was exchanged every minute", async () => {
    const switched = Date.UTC(2025, 8, 8, 12);
    const { rows, isLast } = await read("BTCUSD", switched - 5 * 24 * HOUR_MS);
    expect(isLast).toBe(true);
    expect(Math.min(...rows.map(({ atMs }) => atMs))).toBe(switched + 4 * HOUR_MS);
    expect(await read("BTCUSD", switched - 20 * 24 * HOUR_MS)).toEqual({
      rows: [],
      isLast: true,
      requests: [],
    });
  });
});
